// Where records are written before the wasm reads them: memory of the wasm's, or, before
// it is there, plain memory.

import { glance, RECORD, routeOf } from './record-writer.js';
import { Writer } from '../wire/writer.js';

/** The ring's size in bytes while nothing asks for more. */
export const RING = 64 << 10;
/** The kind of an item that is no more; readers pass over it. */
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

/** Calls `visit` with the level and the route of each record between two offsets. */
export function eachRecord(items: Writer, from: number, end: number, visit: (level: number, route: number) => void): void {
  for (let at = from; at < end; at += itemLength(items.bytes, at)) {
    if (items.bytes[at] !== RECORD) continue;
    const { level, logger } = glance(items, at);
    visit(level, routeOf[logger]!);
  }
}
