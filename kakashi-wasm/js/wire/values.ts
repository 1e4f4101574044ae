// Reads values as the wire has them (kakashi_core::codec), back into those of JavaScript.

import { leb } from './leb.js';
import { utf8 } from './utf8.js';

/** Reads values of the codec (kakashi_core::codec) that this package's own code has written or checked. */
export class Values {
  readonly view: DataView;

  /** Reads bytes from an offset on; `ofPairs` makes what stands for a map. */
  constructor(
    readonly bytes: Uint8Array,
    public at = 0,
    private readonly ofPairs: (pairs: [string, unknown][]) => unknown = Object.fromEntries,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get isEmpty(): boolean {
    return this.at >= this.bytes.length;
  }

  next(): unknown {
    const tag = this.bytes[this.at++]!;
    if (tag >= 0x80) return this.text(tag - 0x80);
    if (tag >= 0x10) {
      const length = tag & 0xf;
      // Six bytes are within what a double holds; a bigint costs twenty times as much.
      if (length <= 6) return tag >= 0x20 ? -1 - this.narrow(length) : this.narrow(length);
      return small(tag >= 0x20 ? -1n - this.integer(length) : this.integer(length));
    }
    switch (tag) {
      case 0:
        return null;
      case 1:
      case 2:
        return tag === 2;
      case 3:
        return this.view.getFloat64((this.at += 8) - 8, true);
      case 4:
        return this.view.getFloat32((this.at += 4) - 4, true);
      case 5:
        return String.fromCodePoint(this.leb());
      case 6:
        return this.text();
      case 7: {
        const length = this.leb();
        return this.bytes.slice(this.at, (this.at += length));
      }
      case 8:
        return this.leb() + this.leb() / 1e9;
      case 9: {
        const items: unknown[] = [];
        for (const end = this.end(); this.at < end; ) items.push(this.next());
        return items;
      }
      case 10: {
        const map: [string, unknown][] = [];
        for (const end = this.end(); this.at < end; ) map.push([this.text(), this.next()]);
        return this.ofPairs(map);
      }
      case 11:
        return small(BigInt.asIntN(128, this.integer(16)));
      case 12:
        return small(this.integer(16));
      default:
        throw new RangeError(`kakashi: the tag ${tag} has no reader`);
    }
  }

  private end(): number {
    const length = this.view.getUint32(this.at, true);
    this.at += 4;
    return this.at + length;
  }

  leb(): number {
    return leb(this);
  }

  private narrow(length: number): number {
    let number = 0;
    for (let index = length - 1; index >= 0; index--) number = number * 0x100 + this.bytes[this.at + index]!;
    this.at += length;
    return number;
  }

  integer(length: number): bigint {
    let number = 0n;
    for (let index = length - 1; index >= 0; index--) number = (number << 8n) | BigInt(this.bytes[this.at + index]!);
    this.at += length;
    return number;
  }

  text(length = this.leb()): string {
    return utf8.decoder.decode(this.bytes.subarray(this.at, (this.at += length)));
  }
}

function small(number: bigint): number | bigint {
  const narrow = Number(number);
  return Number.isSafeInteger(narrow) ? narrow : number;
}
