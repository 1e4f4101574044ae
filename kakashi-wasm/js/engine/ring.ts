// The memory that records are written to and that the wasm reads: the wasm's own, or plain
// memory until the wasm has been loaded.

import { leb } from '../wire/leb.js';
import { Writer } from '../wire/writer.js';
import { RECORD, dispatchIds, peekRecord } from './record-writer.js';
import { once } from '../realm.js';

/** The ring's size in bytes while nothing asks for more. */
export const RING = 64 << 10;
/** The kind of an evicted item; readers pass over it. */
export const DEAD = 0x7f;

/** Where records are written; how often the ring has been emptied, and whether a record is being written. */
export const { ring, ringState } = /* @__PURE__ */ once('ring', () => ({ ring: new Writer(RING), ringState: { drains: 1, writing: false } }));

/** The length of the item at an offset of the ring. */
export function itemLength(bytes: Uint8Array, at: number): number {
  return 5 + leb({ bytes, at: at + 1 });
}

/** Calls `visit` with the level and the dispatch's id of each record between two offsets. */
export function eachRecord(bytes: Uint8Array, from: number, end: number, visit: (level: number, dispatchId: number) => void): void {
  for (let at = from; at < end; at += itemLength(bytes, at)) {
    if (bytes[at] !== RECORD) continue;
    const { level, logger } = peekRecord(bytes, at);
    visit(level, dispatchIds[logger]!);
  }
}
