// Loggers whose calls do not wait for a sink.

import { checkOptions, from, level as isLevel, oneOf, type Rules } from '../options.js';
import type { Level } from '../record/level.js';
import { Logger, type LoggerOptions, handleOf } from './logger.js';
import { type OnFull, setOverflowPolicy } from './overflow-policy.js';
import { type LoggerCore, coreOf, newCore } from './registry.js';
import { rootDispatch } from '../engine/root-dispatch.js';

const CAPACITY = 8192;

/** Settings of one async logger. */
export interface AsyncLoggerOptions extends LoggerOptions {
  /** Records between two flushes, at most; an eighth is reserved for WARNING and above. At first 8,192. */
  capacity?: number;
  /** What happens when there are so many: flush at once (the default), or drop and count. */
  onFull?: OnFull;
}

/** As {@link Logger}, but ERROR and above reach their sinks soon after the call, not before it returns. */
export class AsyncLogger extends Logger {}

/** An {@link AsyncLogger} that drops the newest record, counted and announced, where others flush. */
export class PerformanceLogger extends AsyncLogger {}

const PERFORMANCE: Rules = { level: isLevel, capacity: /* @__PURE__ */ from(1) };
const ASYNC: Rules = { ...PERFORMANCE, onFull: /* @__PURE__ */ oneOf('flush', 'dropNewest', 'dropOldest') };

/** Returns the async logger of this name; the first to ask decides on capacity and policy. */
export function getAsyncLogger(name: string, options: AsyncLoggerOptions = {}): AsyncLogger {
  checkOptions('getAsyncLogger', options, ASYNC);
  const { level, capacity = CAPACITY, onFull = 'flush' } = options;
  return handleOf(core('async', name, level, capacity, onFull), AsyncLogger);
}

/** Returns the performance logger of this name. */
export function getPerformanceLogger(name: string, options: Omit<AsyncLoggerOptions, 'onFull'> = {}): PerformanceLogger {
  checkOptions('getPerformanceLogger', options, PERFORMANCE);
  const { level, capacity = CAPACITY } = options;
  return handleOf(core('performance', name, level, capacity, 'dropNewest'), PerformanceLogger);
}

function core(kind: string, name: string, level: Level | undefined, capacity: number, onFull: OnFull): LoggerCore {
  return coreOf(kind, name, level, () => {
    const made = newCore(kind, name, rootDispatch(), level);
    made.inherit = (below) => {
      below.inherit = made.inherit!;
      setOverflowPolicy(below, capacity, onFull);
    };
    made.inherit(made);
    return made;
  });
}
