// The dispatch of all loggers without their own, and the context of all records.

import { EMPTY } from '../record/context.js';
import { consoleSink } from '../sinks/console-sink.js';
import { SinkQueue } from '../sinks/sink-queue.js';
import { Dispatch } from './dispatch.js';
import { addDispatch } from './emit.js';
import { once } from '../realm.js';

export const base = /* @__PURE__ */ once('base', () => ({
  /** The program's context: its name, version and environment. */
  context: EMPTY,
  dispatch: undefined as Dispatch | undefined,
}));

/** Returns the dispatch; until `configure` names other sinks, records go to the console. */
export function rootDispatch(): Dispatch {
  // Made on the first call: by then the entry has described the console in `platform`.
  if (!base.dispatch) {
    base.dispatch = new Dispatch();
    base.dispatch.setQueues([new SinkQueue(consoleSink(), base.dispatch.format)]);
    addDispatch(base.dispatch);
  }
  return base.dispatch;
}
