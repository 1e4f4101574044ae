// What listens to every dispatch beside the sinks that are configured: the captures of tests.

import type { Sink } from '../sinks/sink.js';
import type { SinkQueue } from '../sinks/sink-queue.js';
import { once } from '../realm.js';
import type { Dispatch } from './dispatch.js';

export const taps = /* @__PURE__ */ once('taps', () => ({
  /** Makes the queue of what listens, if anything does. */
  queueFor: undefined as ((dispatch: Dispatch) => SinkQueue) | undefined,
  sinks: new WeakSet<Sink>(),
}));

/** The queues of sinks, and of what listens to their dispatch. */
export function withTaps(dispatch: Dispatch, queues: readonly SinkQueue[]): SinkQueue[] {
  const own = queues.filter(({ sink }) => !taps.sinks.has(sink));
  return taps.queueFor ? [...own, taps.queueFor(dispatch)] : own;
}
