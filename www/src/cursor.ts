/** Reads the wire's numbers and texts from the front of some bytes. */

/** Says that bytes break the format. */
export class Malformed extends Error {}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export class Cursor {
  constructor(
    readonly bytes: Uint8Array,
    public at = 0,
    readonly end = bytes.length,
  ) {}

  get left(): number {
    return this.end - this.at;
  }

  byte(): number {
    return this.take(1)[0]!;
  }

  take(length: number): Uint8Array {
    if (length > this.left) throw new Malformed(`${length} bytes are said to follow, ${this.left} do`);
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  /** Reads a LEB128 integer of at most 64 bits. */
  leb(): bigint {
    let number = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = this.byte();
      const part = BigInt(byte & 0x7f);
      if (shift > 63n || (part << shift) >> 64n !== 0n) throw new Malformed('a number does not fit 64 bits');
      number |= part << shift;
      if (byte < 0x80) return number;
    }
  }

  /** Reads a LEB128 integer that is a length. */
  length(): number {
    const first = this.bytes[this.at];
    // Most are short, and a bigint costs twenty times as much.
    if (first !== undefined && first < 0x80 && this.left > first) {
      this.at++;
      return first;
    }
    const length = this.leb();
    if (length > BigInt(this.left)) throw new Malformed(`${length} bytes are said to follow, ${this.left} do`);
    return Number(length);
  }

  text(length = this.length()): string {
    const bytes = this.take(length);
    try {
      return UTF8.decode(bytes);
    } catch {
      throw new Malformed('a text is not UTF-8');
    }
  }

  /** Reads a little-endian integer of 0 to 16 bytes. */
  integer(length: number): bigint {
    return this.take(length).reduceRight((number, byte) => (number << 8n) | BigInt(byte), 0n);
  }
}
