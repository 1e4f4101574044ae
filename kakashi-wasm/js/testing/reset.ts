// Everything back to where the program began, between two tests.

import { changeDispatch } from '../engine/emit.js';
import { type Flushed, ended, flush, setFlushMs } from '../engine/flush.js';
import { followers } from '../engine/followers.js';
import { base, rootDispatch } from '../engine/root-dispatch.js';
import { withTaps } from '../engine/taps.js';
import { bindConsole } from '../loggers/console-binding.js';
import { clearLoggerCache } from '../loggers/logger.js';
import { resetLevels } from '../loggers/registry.js';
import { EMPTY, clearAllContexts } from '../record/context.js';
import { consoleSink } from '../sinks/console-sink.js';
import { SinkQueue, delivery, errors } from '../sinks/sink-queue.js';
import { counts, noDrops } from '../stats.js';
import { limits } from '../wire/limits.js';

/**
 * Hands over what is buffered, and takes back what `configure` and others have set: sinks, format, redaction, levels,
 * limits, contexts, counts, and the end by `shutdown`. Loggers are forgotten; handles that exist follow the level INFO again.
 * Custom loggers keep their configuration. All of it has been done when the call returns; the promise says when the sinks
 * of before have taken what was logged for them.
 */
export function reset(timeoutMs?: number): Promise<Flushed> {
  const flushed = flush(timeoutMs);
  const dispatch = rootDispatch();
  changeDispatch(dispatch, () => {
    Object.assign(dispatch, { format: 'auto', redaction: undefined, maxBatchBytes: 64 << 10 });
    return withTaps(dispatch, [new SinkQueue(consoleSink(), 'auto')]);
  });
  followers.isConfigured = false;
  bindConsole(false);
  setFlushMs(100);
  Object.assign(limits, { depth: 8, items: 1000, bytes: 64 << 10 });
  errors.report = undefined;
  delivery.echoed = false;
  ended.all = ended.async = false;
  base.context = EMPTY;
  clearAllContexts();
  clearLoggerCache();
  resetLevels();
  Object.assign(counts, { sent: counts.buffered + counts.pending, written: 0, bytes: 0, failures: 0, drops: noDrops() });
  return flushed;
}
