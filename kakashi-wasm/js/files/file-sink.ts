// What a sink of a file offers beside the rest, and its counts.

import type { Batch } from '../sinks/batch.js';
import type { Sink } from '../sinks/sink.js';
import { splitBatch } from '../sinks/split-batch.js';
import type { FileError } from './file-error.js';

/** Counts of a file, or of files that follow one another; sinks for one path share them. */
export interface FileStats {
  /** Records that the system took. */
  written: number;
  /** Bytes that the system took. */
  bytes: number;
  /** Batches that could not be written, or not wholly: they were tried again. */
  failures: number;
  /** How often the file was opened anew: it was removed or moved, or `reopenFiles` was called. */
  reopened: number;
  /** Files that were begun. */
  begun: number;
  /** Closed files that were removed: they were too many, too old, or in the way of a full disk. */
  removed: number;
  /** Closed files that were compressed. */
  compressed: number;
}

/** A sink that appends to a file. */
export interface FileSink extends Sink {
  /** The path of the file that is written. */
  readonly file: string;
  stats(): FileStats;
  /** Puts what was written on the disk (fdatasync). Throws what the system says. */
  sync(): void;
  /** Closes the file; a record that comes later opens it again. */
  close(): void;
}

/** Makes counts that are all 0. */
export function noCounts(): FileStats {
  return { written: 0, bytes: 0, failures: 0, reopened: 0, begun: 0, removed: 0, compressed: 0 };
}

/** Counts a batch, or what was taken of one whose write failed. */
export function countWrite(counts: FileStats, batch: Batch, failure?: FileError): void {
  const taken = failure ? splitBatch(batch, failure.accepted)[0] : batch;
  counts.written += taken.count;
  counts.bytes += taken.bytes.length;
  if (failure) counts.failures++;
}
