/**
 * Rows that arrived together, kept in the form in which they came: wire or lines.
 *
 * A million rows as objects would take a gigabyte; as wire they take what the
 * wire takes. Rows are made when they are shown.
 */

import { decode } from 'kakashi-wasm';
import { Malformed } from './cursor';
import { rowOfItem, rowOfLine, SKIPPED_LEVEL, type Row } from './row';
import { explainBlock, findBlocks, type Block } from './block_explainer';

export interface Chunk {
  readonly levels: Uint8Array;
  readonly bytes: number;
  /** Makes all rows. */
  rows(): Row[];
}

/** The position of a row's item in the wire. */
export interface WirePosition {
  readonly bytes: Uint8Array;
  readonly block: Block;
  readonly item: number;
  /** The offset of the bytes in their file. */
  readonly base: number;
}

export class LinesChunk implements Chunk {
  readonly levels: Uint8Array;
  readonly bytes: number;

  constructor(readonly lines: readonly string[]) {
    this.levels = Uint8Array.from(lines, (line) => rowOfLine(line).level);
    this.bytes = lines.reduce((total, line) => total + line.length + 1, 0);
  }

  rows(): Row[] {
    return this.lines.map(rowOfLine);
  }
}

export class WireChunk implements Chunk {
  readonly bytes: number;

  private constructor(
    readonly wire: Uint8Array,
    readonly levels: Uint8Array,
    readonly base = 0,
  ) {
    this.bytes = wire.length;
  }

  /** Takes one block that kakashi has just made: its items are counted, not decoded. */
  static ofOwnBlock(wire: Uint8Array): WireChunk {
    return new WireChunk(wire, levelsOfOwnBlock(wire) ?? levelsOf(decode(wire).map(rowOfItem)));
  }

  /** Takes any bytes, from the offset `base` of their file. */
  static ofAnyBytes(wire: Uint8Array, base: number): WireChunk {
    return new WireChunk(wire, levelsOf(decode(wire).map(rowOfItem)), base);
  }

  rows(): Row[] {
    return decode(this.wire).map(rowOfItem);
  }

  /** Finds the item that became the row; none for skipped bytes. */
  position(row: number): WirePosition | undefined {
    let at = 0;
    let end = 0;
    for (const span of findBlocks(this.wire)) {
      if (span.offset > end) at++;
      end = span.offset + span.length;
      const block = explainBlock(this.wire, span);
      for (const [item, { kind, malformed }] of block.items.entries()) {
        const isRow = malformed !== undefined || kind === 'RECORD' || kind === 'DROPPED';
        if (isRow && at++ === row) {
          return malformed === undefined ? { bytes: this.wire, block, item, base: this.base } : undefined;
        }
      }
    }
    return undefined;
  }
}

function levelsOf(rows: readonly Row[]): Uint8Array {
  return Uint8Array.from(rows, (row) => row.level);
}

/** Reads the level of each record of a block, and nothing else; none when it is not plainly one block. */
function levelsOfOwnBlock(wire: Uint8Array): Uint8Array | undefined {
  if (wire.length < 14) return undefined;
  const size = new DataView(wire.buffer, wire.byteOffset).getUint32(6, true);
  if (wire[0] !== 0xf5 || size + 14 !== wire.length) return undefined;
  const levels: number[] = [];
  const siteLevels = new Map<number, number>();
  let at = 10;
  const leb = (): number => {
    let number = 0;
    for (let scale = 1; scale < 2 ** 49; scale *= 128) {
      const byte = wire[at++]!;
      number += (byte & 0x7f) * scale;
      if (byte < 0x80) return number;
    }
    throw new Malformed('an id is very long');
  };
  try {
    while (at < 10 + size) {
      const kind = wire[at++]!;
      const length = leb();
      const end = at + length;
      if (kind === 1) siteLevels.set(leb(), wire[at]!);
      else if (kind === 5) levels.push(SKIPPED_LEVEL);
      else if (kind === 4) {
        const flags = wire[at]!;
        at += 2 + (wire[at + 1]! & 0x0f);
        levels.push(flags & 1 ? (siteLevels.get(leb()) ?? 0) : wire[at]!);
      }
      at = end;
    }
  } catch {
    return undefined;
  }
  return Uint8Array.from(levels);
}
