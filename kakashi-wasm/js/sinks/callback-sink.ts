// A sink that calls a function.

import type { Batch } from './batch.js';
import type { Level } from '../record/level.js';
import type { FormatName, Sink } from './sink.js';

/** Settings of a callback. */
export interface CallbackOptions {
  name?: string;
  format?: FormatName;
  level?: Level;
  /** Bytes that may be queued for it. At first 8 MiB. */
  maxQueueBytes?: number;
  maxBatchBytes?: number;
}

/**
 * Hands batches to a function, one at a time: the next waits for the promise that it
 * returns. When it throws or rejects, it gets the same batch again.
 */
export function callbackSink(write: (batch: Batch) => void | PromiseLike<void>, options: CallbackOptions = {}): Sink {
  if (typeof write !== 'function') throw new TypeError(`callbackSink takes a function, not ${typeof write}`);
  return { name: 'callback', ...options, write };
}
