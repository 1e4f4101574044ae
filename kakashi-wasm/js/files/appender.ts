// The end of an open file: lines go there whole, or are finished by the next write.
//
// A full disk, a crash or a lost machine leaves a file that ends within a line; what is
// appended then would be glued to it. The file's end is looked at when it is new and after
// a write that failed; a write after one that went well costs nothing. A record that was
// taken in part is continued if its first part still stands at the end, else written whole.

import { fdatasyncSync, fstatSync, readSync, writeSync } from 'node:fs';
import type { Format } from '../sinks/batch.js';
import { lineEnds } from '../sinks/split-batch.js';
import { FileError } from './file-error.js';
import { pause } from './state.js';

const NEWLINE = 10;
/** How often a file that ends within a line is looked at while it grows. */
const LOOKS = 10;

/** A batch, or a part of one. */
export class BatchPart {
  private found: readonly number[] | undefined;

  constructor(
    readonly bytes: Uint8Array,
    readonly format: Format,
  ) {}

  /** Whether each record is a line. */
  get isLines(): boolean {
    return this.format !== 'wire';
  }

  /** Where its records end, ascending; empty where the bytes are one block. */
  get ends(): readonly number[] {
    return (this.found ??= lineEnds(this.bytes, this.format));
  }

  /** The bytes from one place to another, which records begin and end at. */
  part(from: number, to = this.bytes.length): BatchPart {
    return from === 0 && to === this.bytes.length ? this : new BatchPart(this.bytes.subarray(from, to), this.format);
  }
}

/** What of a record the file took when a write failed. */
interface Torn {
  /** The file's length then. */
  readonly at: number;
  readonly head: Uint8Array;
}

/** Appends to an open file. */
export class Appender {
  private isWhole = false;
  private torn: Torn | undefined;

  constructor(
    readonly fd: number,
    private readonly path: string,
    private readonly isRegular: boolean,
  ) {}

  /** Whether bytes begin with a record whose first part stands at the end of the file. */
  isBegun(bytes: Uint8Array): boolean {
    const { torn } = this;
    return torn !== undefined && startsWith(bytes, torn.head) && fstatSync(this.fd).size === torn.at;
  }

  /** Writes a piece, by one call where the system takes it whole. Throws a {@link FileError} that says what was taken. */
  write(piece: BatchPart): void {
    const { bytes, isLines } = piece;
    let from = 0;
    let written = bytes;
    if (this.isBegun(bytes)) {
      from = this.torn!.head.length;
      written = bytes.subarray(from);
    } else if (!this.isWhole && this.isRegular && isLines && !this.endsALine()) {
      from = -1;
      written = new Uint8Array(bytes.length + 1);
      written[0] = NEWLINE;
      written.set(bytes, 1);
    }
    let done = 0;
    try {
      while (done < written.length) done += writeSome(this.fd, written, done);
    } catch (error) {
      throw done > 0 ? this.failed(piece, Math.max(from + done, 0), error) : new FileError(this.path, error);
    }
    this.torn = undefined;
    this.isWhole = isLines;
  }

  /** Puts what was written on the disk. */
  sync(): void {
    fdatasyncSync(this.fd);
  }

  private failed({ bytes, ends, isLines }: BatchPart, taken: number, error: unknown): FileError {
    let accepted = 0;
    for (let at = 0; at < ends.length && ends[at]! <= taken; at++) accepted = ends[at]!;
    this.isWhole = isLines && accepted === taken && taken > 0;
    try {
      this.torn = accepted < taken ? { at: fstatSync(this.fd).size, head: bytes.slice(accepted, taken) } : undefined;
    } catch {
      // It can't be asked: the record is written whole.
      this.torn = undefined;
    }
    return new FileError(this.path, error, accepted);
  }

  /** Whether the file ends in a newline, is empty, or can't be read. Another process may be in the middle of a write. */
  private endsALine(): boolean {
    const last = new Uint8Array(1);
    try {
      for (let looks = 0, before = -1; looks < LOOKS; looks++) {
        const { size } = fstatSync(this.fd);
        if (size === 0 || readSync(this.fd, last, 0, 1, size - 1) === 0 || last[0] === NEWLINE) return true;
        if (size === before) return false;
        before = size;
        pause(1);
      }
    } catch {
      // It may be written only.
    }
    return true;
  }
}

/** Writes as much as the system takes at once; never nothing. */
export function writeSome(fd: number, bytes: Uint8Array, from: number): number {
  const taken = writeSync(fd, bytes, from, bytes.length - from);
  if (taken === 0) throw new Error('nothing was written');
  return taken;
}

function startsWith(bytes: Uint8Array, head: Uint8Array): boolean {
  return head.length < bytes.length && head.every((byte, at) => bytes[at] === byte);
}
