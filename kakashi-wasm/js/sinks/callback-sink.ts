// A sink that calls a function.

import { checkFunction, checkOptions, format, sinkRules, text } from '../options.js';
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
 * returns, if it returns one. When it throws or rejects, it gets the same batch again.
 */
export function callbackSink(write: (batch: Batch) => unknown, options: CallbackOptions = {}): Sink {
  checkFunction('callbackSink', write);
  checkOptions('callbackSink', options, { name: text, ...sinkRules(format()) });
  return { name: 'callback', ...options, write: write as Sink['write'] };
}
