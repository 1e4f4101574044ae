// Reads the values that the ring's records have (kakashi_core::codec), and prints them.

import type { Redaction } from '../engine/encoder.js';
import { type Reader, leb } from '../wire/leb.js';
import { utf8 } from '../wire/utf8.js';
import { bytesJson, bytesText, float, quoted, valueText } from './line.js';
import type { Path } from './redaction.js';

/** A key, and what is printed of its value. */
export type Pair = [key: string, value: string];

/** Prints values one after the other. */
export class ValuePrinter implements Reader {
  readonly view: DataView;

  constructor(
    readonly bytes: Uint8Array,
    public at: number,
    private readonly redaction?: Redaction | undefined,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  text(length = leb(this)): string {
    return utf8.decoder.decode(this.raw(length));
  }

  private raw(length: number): Uint8Array {
    return this.bytes.subarray(this.at, (this.at += length));
  }

  /** The keys up to an offset, and their values. */
  pairs(end: number, json: boolean, outer?: Path): Pair[] {
    const pairs: Pair[] = [];
    while (this.at < end) {
      const key = this.text();
      pairs.push([key, this.field(key, json, outer)]);
    }
    return pairs;
  }

  /** The value of a key, as JSON or as the text line has it. */
  field(key: string, json: boolean, outer: Path = []): string {
    const print = (path: Path) => this.value(json, path);
    return this.redaction ? this.redaction.cover(outer, key, print) : print(outer);
  }

  private value(json: boolean, path: Path): string {
    const tag = this.bytes[this.at++]!;
    if (tag >= 0x80 || tag === 6) {
      const text = this.text(tag === 6 ? undefined : tag - 0x80);
      return json ? quoted(text) : valueText(text);
    }
    if (tag > 10) {
      const number = this.integer(tag < 0x10 ? 16 : tag & 0xf);
      return String(tag >= 0x20 ? -1n - number : tag === 11 ? BigInt.asIntN(128, number) : number);
    }
    switch (tag) {
      case 1:
      case 2:
        return String(tag === 2);
      case 3: {
        const number = this.view.getFloat64((this.at += 8) - 8, true);
        if (Number.isFinite(number)) return float(number);
        return json ? `"${number}"` : String(number).replace('Infinity', 'inf');
      }
      case 7: {
        const bytes = this.raw(leb(this));
        return json ? bytesJson(bytes) : bytesText(bytes);
      }
      case 9:
      case 10: {
        const end = this.view.getUint32(this.at, true) + (this.at += 4);
        if (tag === 10) return `{${this.pairs(end, true, path).map(([key, value]) => `${quoted(key)}:${value}`)}}`;
        const items: string[] = [];
        while (this.at < end) items.push(this.value(true, path));
        return `[${items}]`;
      }
      default:
        return 'null';
    }
  }

  private integer(length: number): bigint {
    let number = 0n;
    for (let index = length - 1; index >= 0; index--) number = (number << 8n) | BigInt(this.bytes[this.at + index]!);
    this.at += length;
    return number;
  }
}
