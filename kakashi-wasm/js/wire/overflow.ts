// What a value's bytes are written to, and what is thrown when they do not fit.
//
// It stands apart so that value.ts, which Writer calls, need not import Writer.

/** Thrown at the end of the memory: one constant, so that it costs nothing; the same for all copies of the package. */
export const OVERFLOW: unknown = /* @__PURE__ */ Symbol.for('kakashi-wasm');

/** The part of a Writer that values of the rarer types need. */
export interface ValueOutput {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Where the next byte goes. */
  pos: number;
  /** Beyond it no list or map is begun. */
  readonly most: number;
  /** Throws OVERFLOW unless so many bytes fit. */
  reserve(bytes: number): void;
  leb(number: number): void;
  text(text: string): void;
  string(text: string): void;
  value(value: unknown): void;
  raw(bytes: Uint8Array): void;
}
