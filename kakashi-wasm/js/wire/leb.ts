// Numbers of seven bits a byte, the lowest first (LEB128), as far as a double holds them.

/** What is read, and where. */
export interface Reader {
  readonly bytes: Uint8Array;
  at: number;
}

/** Reads a number. */
export function leb(from: Reader): number {
  let number = 0;
  for (let scale = 1; ; scale *= 0x80) {
    const byte = from.bytes[from.at++]!;
    number += (byte & 0x7f) * scale;
    if (byte < 0x80) return number;
  }
}
