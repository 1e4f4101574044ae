// Loggers whose calls never wait for a sink, and never do more than write a record.

import type { Level } from '../record/level.js';
import { Logger, type LoggerOptions, handleOf } from './logger.js';
import { type OnFull, policyOf } from './overflow-policy.js';
import { type Core, coreOf, newCore } from './registry.js';
import { root } from '../engine/root-dispatch.js';

const CAPACITY = 8192;

/** Settings of one async logger. */
export interface AsyncLoggerOptions extends LoggerOptions {
  /** Records between two flushes, at most; an eighth is kept for WARNING and above. At first 8,192. */
  capacity?: number;
  /** What happens when there are so many: hand them over at once (the default), or drop and count. */
  onFull?: OnFull;
}

/** As {@link Logger}, but ERROR and above reach their sinks soon after the call, not before it returns. */
export class AsyncLogger extends Logger {}

/** An {@link AsyncLogger} that drops, counted and announced, rather than take any time. */
export class PerformanceLogger extends AsyncLogger {}

/** Returns the async logger of this name; the first to ask decides on capacity and policy. */
export function getAsyncLogger(name: string, options: AsyncLoggerOptions = {}): AsyncLogger {
  const { level, capacity = CAPACITY, onFull = 'flush' } = options;
  if (!['flush', 'dropNewest', 'dropOldest'].includes(onFull)) {
    throw new RangeError(`unknown policy ${JSON.stringify(onFull)}: use flush, dropNewest or dropOldest`);
  }
  return handleOf(core('async', name, level, capacity, onFull), AsyncLogger);
}

/** Returns the performance logger of this name. */
export function getPerformanceLogger(
  name: string,
  { level, capacity = CAPACITY }: Omit<AsyncLoggerOptions, 'onFull'> = {},
): PerformanceLogger {
  return handleOf(core('performance', name, level, capacity, 'dropNewest'), PerformanceLogger);
}

function core(kind: string, name: string, level: Level | undefined, capacity: number, onFull: OnFull): Core {
  if (!(capacity > 0)) throw new RangeError(`a capacity is a number of records from 1 on, not ${capacity}`);
  return coreOf(kind, name, level, () => {
    const made = newCore(kind, name, root(), level);
    made.inherit = (below) => {
      below.inherit = made.inherit!;
      policyOf(below, capacity, onFull);
    };
    made.inherit(made);
    return made;
  });
}
