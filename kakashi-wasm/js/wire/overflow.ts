// What a value's bytes are written to, and what is thrown when they do not fit.
//
// It stands apart so that value.ts, which Writer calls, need not import Writer.

/** Thrown at the end of the memory: one constant, so that it costs nothing. */
export const OVERFLOW = { overflow: true };

/** The part of a Writer that values of the rarer types need. */
export interface ValueOutput {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Where the next byte goes. */
  pos: number;
  /** Throws OVERFLOW unless so many bytes fit. */
  reserve(bytes: number): void;
  leb(number: number): void;
  text(text: string): void;
  string(text: string): void;
  value(value: unknown): void;
  raw(bytes: Uint8Array): void;
}
