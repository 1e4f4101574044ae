// Where batches go.

import type { Batch, Format } from './batch.js';
import type { Level } from '../record/level.js';

/** A form, or `auto`: pretty on a terminal, text elsewhere. */
export type FormatName = Format | 'auto';

/**
 * Takes batches somewhere.
 *
 * One call is made at a time: the next waits for the promise of the last. A sink that
 * throws, or whose promise is rejected, has taken nothing of the batch: it gets the
 * same batch again, at most three times, and then the records are dropped, counted and
 * announced in the stream. An error with `retry: false` says that trying again is of no use.
 */
export interface Sink {
  /** Named in reports of failures. */
  readonly name?: string;
  /** The form it wants, whatever is configured. */
  readonly format?: FormatName;
  /** Records below it do not go here. */
  readonly level?: Level;
  /** Bytes that wait for it at most; what comes then is dropped and counted. At first 8 MiB. */
  readonly maxQueueBytes?: number;
  /** Batches of about this many bytes, whatever is configured. */
  readonly maxBatchBytes?: number;
  write(batch: Batch): void | PromiseLike<void>;
  /** Called when a page gets hidden, with all that waits: the last chance to send it. Returns how many it took, from the front. */
  last?(batches: readonly Batch[]): number;
  /** Passes on what it keeps back. */
  flush?(): void | PromiseLike<void>;
}
