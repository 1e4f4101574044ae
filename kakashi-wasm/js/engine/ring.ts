// The memory that records are written to and that the wasm reads: the wasm's own, or plain
// memory until the wasm has been loaded.

import { Writer } from '../wire/writer.js';
import { RECORD, dispatchIds, peekRecord } from './record-writer.js';

/** The ring's size in bytes while nothing asks for more. */
export const RING = 64 << 10;
/** The kind of an evicted item; readers pass over it. */
export const DEAD = 0x7f;

/** Where records are written. */
export const ring = new Writer(RING);

/** How often the ring has been emptied, and whether a record is being written. */
export const ringState = { drains: 1, writing: false };

/** The length of the item at an offset of the ring. */
export function itemLength(bytes: Uint8Array, at: number): number {
  return (
    5 +
    ((bytes[at + 1]! & 0x7f) | ((bytes[at + 2]! & 0x7f) << 7) | ((bytes[at + 3]! & 0x7f) << 14) | (bytes[at + 4]! << 21))
  );
}

/** Calls `visit` with the level and the dispatch's id of each record between two offsets. */
export function eachRecord(bytes: Uint8Array, from: number, end: number, visit: (level: number, dispatchId: number) => void): void {
  for (let at = from; at < end; at += itemLength(bytes, at)) {
    if (bytes[at] !== RECORD) continue;
    const { level, logger } = peekRecord(bytes, at);
    visit(level, dispatchIds[logger]!);
  }
}
