// The interface of sinks.

import type { Batch, Format } from './batch.js';
import type { Level } from '../record/level.js';

/** A form that JavaScript makes of JSON: `pinoFormat()`. Batches of it are of the format `json`. */
export interface LineFormat {
  /** Makes a line of one; neither has its end. */
  line(json: string): string;
}

/** A form, or `auto`: pretty on a terminal, text elsewhere. */
export type FormatName = Format | 'auto' | LineFormat;

/** Says what a sink's receiver has not taken of a batch, for good: those records are dropped, counted and announced. */
export interface Settled {
  /** Records that the receiver refused. */
  readonly rejected?: number;
  /** Records that were given up. */
  readonly lost?: number;
  /** Why; reported as a failure. */
  readonly because?: Error;
}

/**
 * Takes batches somewhere.
 *
 * Calls never overlap: the next waits for the promise of the last. A sink that
 * throws, or whose promise is rejected, has taken nothing of the batch: it gets the
 * same batch again, at most three times, and then the records are dropped, counted and
 * announced in the stream. An error with `retry: false` says that trying again is of no use;
 * with `retry: true` records wait, up to `maxQueueBytes`, and are tried again about once a second. One with
 * `accepted: n` says that the batch's first n bytes were taken, whole lines: it gets the rest.
 * A promise may say what part of the batch was refused; the rest counts as written.
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
  /** Whether `pretty` lines have colours; at first as the console has them. */
  readonly colours?: boolean;
  /** What it writes to, if other sinks write there too: those of one target, form and level share a queue. */
  readonly target?: object;
  write(batch: Batch): void | PromiseLike<Settled | void>;
  /** Shows records of a batch of JSON as objects, in a browser's console. @internal */
  writeObjects?(batch: Batch): void;
  /** Called when a page gets hidden, with all queued batches: the last chance to send them. Returns how many it took, from the front. */
  last?(batches: readonly Batch[]): number;
  /** Writes what it has buffered itself. */
  flush?(): void | PromiseLike<void>;
}
