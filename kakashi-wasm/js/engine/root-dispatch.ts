// The dispatch of all loggers without their own, and the context of all records.

import { EMPTY } from '../record/context.js';
import { consoleSink } from '../sinks/console-sink.js';
import { SinkQueue } from '../sinks/sink-queue.js';
import { Dispatch } from './dispatch.js';
import { addDispatch } from './emit.js';

/** The program's context: its name, version and environment. */
export const base = { context: EMPTY };

let dispatch: Dispatch | undefined;

/** Returns the dispatch; until `configure` names other sinks, records go to the console. */
export function rootDispatch(): Dispatch {
  // Made on the first call: by then the entry has described the console in `platform`.
  if (!dispatch) {
    dispatch = new Dispatch();
    dispatch.setQueues([new SinkQueue(consoleSink(), dispatch.format)]);
    addDispatch(dispatch);
  }
  return dispatch;
}
