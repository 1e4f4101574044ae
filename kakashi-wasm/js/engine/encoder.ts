// What makes lines of the ring's records: the module of wasm, or the writer in plain JavaScript.

import type { Batch } from '../sinks/batch.js';

/** A `WebAssembly.Memory`, in types that need no library of a browser. */
export interface Memory {
  readonly buffer: ArrayBufferLike;
}

/**
 * What makes lines of the ring's records: the wasm module, or the writer in plain JavaScript.
 *
 * scripts/build.mjs reads the lines of this and of `Exports` to know which exports to keep: a function
 * that is not listed is not in the package. One member a line, and no brace within.
 * A `dispatch` is the id of a Dispatch.
 */
export interface Encoder {
  dispatch(dispatch: number): void;
  destination(dispatch: number, format: number, threshold: number, batchBytes: number): void;
  take(from: number, end: number): number;
  /** The length of a batch's bytes, which `reply` tells of; the plain writer makes the batch. 0 or none where there are no lines. */
  batch(dispatch: number, destination: number): number | Batch | undefined;
  add_dropped(dispatch: number, destination: number, level: number, reason: number, records: number): void;
  announce(dispatch: number, micros: number): void;
  forget(): void;
  /** Only the plain writer has it: takes what a dispatch must not write. */
  readonly plain?: (dispatch: number, redaction: Redaction) => void;
}

/** What the wasm module exports beside that (kakashi-wasm/src/npm). */
export interface Exports {
  memory: Memory;
  ring(bytes: number): number;
  reply(): number;
  redact(dispatch: number, length: number): void;
  dropped(): number;
  input(bytes: number): number;
  decode(): number;
}

/** One or the other. */
export type Instance = Encoder & Partial<Exports>;

/** What an encoder must leave out. It is made where something is (settings/redaction.ts): who redacts nothing has no code for it. */
export interface Redaction {
  /** Passes it to an encoder, for the dispatch of an id. */
  pass(encoder: Instance, dispatch: number): void;
  /** For the plain writer: what stands for the value of a key below others; `print` prints the value, if it may. */
  cover(outer: readonly string[], key: string, print: (path: readonly string[]) => string): string;
}
