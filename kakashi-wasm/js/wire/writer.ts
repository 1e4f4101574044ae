// Values as the wire has them (kakashi_core::codec), written into memory.
//
// The hot path of the package: no objects are made, no closures called, and what
// overflows throws one constant, so that the caller can free space and write the
// record again.

import { OVERFLOW, type ValueOutput } from './overflow.js';
import { utf8 } from './utf8.js';
import { putRare } from './value.js';

/** Bytes that any one number, tag or head fits into. */
const SLACK = 32;
/** Bytes that the note on a text's cut end fits into. */
const NOTE = 40;
/** Longer texts go through the platform's encoder: its call costs as much as so many characters. */
const SHORT = 32;

/** Writes values into memory that it may not own: the wasm's, above all. */
export class Writer implements ValueOutput {
  bytes!: Uint8Array;
  view!: DataView;
  /** Where the next byte goes. */
  pos = 0;
  limit = 0;
  /** Where the item begins that is being written. */
  item = 0;
  /** Where texts are cut, and beyond which no list or map is begun. */
  most = Infinity;

  constructor(size: number) {
    this.use(new Uint8Array(size));
  }

  /** Goes on in other memory. */
  use(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.limit = bytes.byteLength - SLACK;
  }

  /** Throws OVERFLOW unless so many bytes fit. */
  reserve(bytes: number): void {
    if (this.pos + bytes > this.limit) throw OVERFLOW;
  }

  leb(number: number): void {
    while (number >= 0x80) {
      this.bytes[this.pos++] = (number % 0x80) | 0x80;
      number = Math.floor(number / 0x80);
    }
    this.bytes[this.pos++] = number;
  }

  /** A `text`: its length and its bytes. */
  text(text: string): void {
    if (!this.short(text, 0)) this.long(text, 0);
  }

  string(text: string): void {
    if (!this.short(text, 0x80)) this.long(text, 0x80);
  }

  /** A short text of ASCII and its head of one byte; false, and nothing written, if it is none. */
  private short(text: string, tag: number): boolean {
    const { length } = text;
    if (length > SHORT) return false;
    this.reserve(length);
    const { bytes, pos } = this;
    for (let index = 0; index < length; ) {
      const code = text.charCodeAt(index);
      if (code >= 0x80) return false;
      bytes[pos + ++index] = code;
    }
    bytes[pos] = tag + length;
    this.pos = pos + 1 + length;
    return true;
  }

  private long(text: string, tag: number): void {
    const size = Math.max(Math.min(3 * text.length, this.most - this.pos), 0);
    this.reserve(size + NOTE + 8);
    const { bytes, pos } = this;
    const start = pos + 6;
    let { read, written } = utf8.encoder.encodeInto(text, bytes.subarray(start, start + size));
    if (read < text.length) {
      written += utf8.encoder.encodeInto(`… (${text.length - read} characters cut)`, bytes.subarray(start + written)).written;
    }
    if (tag && written >= 0x80) bytes[this.pos++] = 6;
    if (written < 0x80) bytes[this.pos++] = tag + written;
    else this.leb(written);
    // The length is known only now, and stands before the text.
    bytes.copyWithin(this.pos, start, start + written);
    this.pos += written;
  }

  /** A value of any kind, whatever it does. */
  value(value: unknown): void {
    switch (typeof value) {
      case 'string':
        return this.string(value);
      case 'number':
        return this.number(value);
      case 'boolean':
        this.reserve(0);
        this.bytes[this.pos++] = value ? 2 : 1;
        return;
      default:
        putRare(this, value, []);
    }
  }

  number(number: number): void {
    this.reserve(0);
    if (Number.isSafeInteger(number)) {
      this.integer(number < 0 ? 0x20 : 0x10, number < 0 ? -1 - number : number);
    } else {
      this.bytes[this.pos] = 3;
      this.view.setFloat64(this.pos + 1, number, true);
      this.pos += 9;
    }
  }

  /** A non-negative integer in as few bytes as it needs. */
  private integer(tag: number, number: number): void {
    const at = this.pos;
    const low = number >>> 0;
    this.view.setUint32(at + 1, low, true);
    let length = bytesIn(low);
    if (number > low) {
      const high = (number - low) / 0x1_0000_0000;
      this.view.setUint32(at + 5, high, true);
      length = 4 + bytesIn(high);
    }
    this.bytes[at] = tag + length;
    this.pos = at + 1 + length;
  }

  /** Appends bytes that are written already. */
  raw(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.bytes.set(bytes, this.pos);
    this.pos += bytes.length;
  }

  /** Begins an item of a kind; returns the offset of its length, for `end`. */
  begin(kind: number): number {
    this.item = this.pos;
    this.most = Infinity;
    this.reserve(0);
    this.bytes[this.pos] = kind;
    const at = this.pos + 1;
    this.pos = at + 4;
    return at;
  }

  /** Removes the item that was begun last. */
  rewind(): void {
    this.pos = this.item;
  }

  /** Ends an item: its length, in four bytes. */
  end(at: number): void {
    const length = this.pos - at - 4;
    const { bytes } = this;
    bytes[at] = (length & 0x7f) | 0x80;
    bytes[at + 1] = ((length >>> 7) & 0x7f) | 0x80;
    bytes[at + 2] = ((length >>> 14) & 0x7f) | 0x80;
    bytes[at + 3] = length >>> 21;
  }
}

/** How many bytes a number of 32 bits needs: none, if it is 0. */
function bytesIn(number: number): number {
  return (39 - Math.clz32(number)) >> 3;
}

/** Runs `write` on memory of its own, which grows until all fits; `most` bytes are about what it may write. */
export function written(write: (writer: Writer) => void, most = Infinity): Uint8Array {
  for (let size = 512; ; size *= 4) {
    const writer = new Writer(size);
    writer.most = most;
    try {
      write(writer);
      return writer.bytes.slice(0, writer.pos);
    } catch (error) {
      if (error !== OVERFLOW) throw error;
    }
  }
}
