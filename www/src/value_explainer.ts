/**
 * Explains one value of the wire, byte by byte; the alphabet is that of
 * `kakashi_core::codec`.
 */

import { Cursor, Malformed } from './cursor';

/** What a value says; durations are nanoseconds. */
export type Plain = null | boolean | bigint | number | string | Uint8Array | { readonly nanoseconds: bigint };

/** A run of bytes and what it says. The parts of a block follow each other without a gap. */
export interface Part {
  readonly offset: number;
  readonly length: number;
  /** Which kind of thing it is: `sync`, `key`, `value` … */
  readonly name: string;
  readonly meaning: string;
  /** How far inside lists and maps. */
  readonly depth: number;
  /** Set for each value that is no list and no map. */
  readonly value?: Plain;
  /** Whether a checksum is right; set for checksums only. */
  readonly holds?: boolean;
}

export type Emit = (part: Omit<Part, 'offset' | 'length'>) => void;

const MAX_DEPTH = 16;

/** Shows a text in quotes, with escapes for what cannot be seen. */
export function quoted(text: string): string {
  return JSON.stringify(text).replace(/[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, (char) => {
    return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

export function counted(count: number | bigint, noun: string): string {
  return `${count} ${noun}${BigInt(count) === 1n ? '' : 's'}`;
}

export function hex(byte: number): string {
  return byte.toString(16).toUpperCase().padStart(2, '0');
}

/** Writes a 32-bit float with the fewest digits that read back as the same. */
function shortFloat32(number: number): string {
  for (let digits = 1; digits < 10 && Number.isFinite(number); digits++) {
    const short = Number(number.toPrecision(digits));
    if (Math.fround(short) === number) return String(Object.is(short, -0) ? '-0' : short);
  }
  return String(number);
}

function showFloat(number: number): string {
  return Object.is(number, -0) ? '-0' : String(number);
}

/** Explains a value and what is inside it; `emit` is called at the end of each part. */
export function explainValue(cursor: Cursor, emit: Emit, name = 'value', depth = 0): void {
  const tag = cursor.byte();
  const emitValue = (kind: string, value: Plain, shown: string) =>
    emit({ name, meaning: `${shown} (${kind}, tag ${hex(tag)})`, depth, value });

  if (tag >= 0x80) {
    const text = cursor.text(tag & 0x7f);
    return emitValue(`string of ${counted(tag & 0x7f, 'byte')}`, text, quoted(text));
  }
  if ((tag >= 0x10 && tag <= 0x18) || (tag >= 0x20 && tag <= 0x28)) {
    const size = tag & 0x0f;
    const number = cursor.integer(size);
    const value = tag < 0x20 ? number : -1n - number;
    return emitValue(`integer in ${counted(size, 'byte')}`, value, String(value));
  }
  switch (tag) {
    case 0x00:
      return emitValue('null', null, 'null');
    case 0x01:
    case 0x02:
      return emitValue('boolean', tag === 0x02, String(tag === 0x02));
    case 0x03: {
      const value = dataView(cursor.take(8)).getFloat64(0, true);
      return emitValue('64-bit float', value, showFloat(value));
    }
    case 0x04: {
      const value = dataView(cursor.take(4)).getFloat32(0, true);
      return emitValue('32-bit float', value, shortFloat32(value));
    }
    case 0x05: {
      const scalar = cursor.leb();
      if (scalar > 0x10ffffn || (scalar >= 0xd800n && scalar < 0xe000n)) throw new Malformed('no Unicode scalar value');
      const text = String.fromCodePoint(Number(scalar));
      return emitValue('character', text, quoted(text));
    }
    case 0x06: {
      const start = cursor.at;
      const text = cursor.text();
      return emitValue(`string, length and ${counted(cursor.at - start, 'byte')}`, text, quoted(text));
    }
    case 0x07: {
      const value = cursor.take(cursor.length());
      const shown = [...value.subarray(0, 16)].map(hex).join(' ') + (value.length > 16 ? ' …' : '');
      return emitValue(counted(value.length, 'byte'), value, shown || 'no bytes');
    }
    case 0x08: {
      const seconds = cursor.leb();
      const nanos = cursor.leb();
      if (nanos >= 1_000_000_000n) throw new Malformed('a duration has a second or more of nanoseconds');
      const shown = `${seconds}${nanos ? `.${String(nanos).padStart(9, '0').replace(/0+$/, '')}` : ''} s`;
      return emitValue('duration', { nanoseconds: seconds * 1_000_000_000n + nanos }, shown);
    }
    case 0x0b:
    case 0x0c: {
      const number = cursor.integer(16);
      const value = tag === 0x0b ? BigInt.asIntN(128, number) : number;
      return emitValue(`${tag === 0x0b ? '' : 'un'}signed 128-bit integer`, value, String(value));
    }
    case 0x09:
    case 0x0a: {
      if (depth >= MAX_DEPTH) throw new Malformed(`lists and maps nest deeper than ${MAX_DEPTH}`);
      const size = Number(cursor.integer(4));
      if (size > cursor.left) throw new Malformed(`${size} bytes are said to be inside, ${cursor.left} are left`);
      const kind = tag === 0x09 ? 'list' : 'map';
      emit({ name, meaning: `${kind}, ${counted(size, 'byte')} inside (tag ${hex(tag)})`, depth });
      const inside = new Cursor(cursor.bytes, cursor.at, cursor.at + size);
      // `emit` asks the item's own cursor how far it has come.
      const follow: Emit = (part) => {
        cursor.at = inside.at;
        emit(part);
      };
      if (tag === 0x0a) explainPairs(inside, follow, depth + 1);
      else while (inside.left > 0) explainValue(inside, follow, 'element', depth + 1);
      cursor.at = inside.at;
      return;
    }
    default:
      throw new Malformed(`tag ${hex(tag)} is not assigned`);
  }
}

/** Explains pairs to the end and returns their keys. */
export function explainPairs(cursor: Cursor, emit: Emit, depth = 0): string[] {
  const keys: string[] = [];
  while (cursor.left > 0) {
    const key = cursor.text();
    keys.push(key);
    emit({ name: 'key', meaning: quoted(key), depth });
    explainValue(cursor, emit, 'value', depth);
  }
  return keys;
}

function dataView(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
