// The interface of sinks.

import type { Batch, Format } from './batch.js';
import type { Level } from '../record/level.js';

/** A form, or `auto`: pretty on a terminal, text elsewhere. */
export type FormatName = Format | 'auto';

/**
 * Takes batches somewhere.
 *
 * Calls never overlap: the next waits for the promise of the last. A sink that
 * throws, or whose promise is rejected, has taken nothing of the batch: it gets the
 * same batch again, at most three times, and then the records are dropped, counted and
 * announced in the stream. An error with `retry: false` says that trying again is of no use.
 */
export interface Sink {
  /** Its name in reports of failures. */
  readonly name?: string;
  /** The form of its batches, whatever is configured. */
  readonly format?: FormatName;
  /** Records below it do not go here. */
  readonly level?: Level;
  /** Bytes that may be queued for it; batches beyond that are dropped and counted. At first 8 MiB. */
  readonly maxQueueBytes?: number;
  /** Batches of about this many bytes, whatever is configured. */
  readonly maxBatchBytes?: number;
  write(batch: Batch): void | PromiseLike<void>;
  /** Called when a page gets hidden, with all queued batches: the last chance to send them. Returns how many it took, from the front. */
  last?(batches: readonly Batch[]): number;
  /** Writes what it has buffered itself. */
  flush?(): void | PromiseLike<void>;
}
