// Reads blocks of the wire (kakashi_core::wire) that the wasm of this package has written:
// it has checked them, so that nothing is checked again.

import { LEVEL_NAMES } from '../record/level.js';
import { Values } from '../wire/values.js';

/** A key and its value. */
export type KeyAndValue<V = unknown> = readonly [key: string, value: V];

/** A map's pairs, in their order. */
export class MapPairs {
  constructor(readonly all: readonly KeyAndValue[]) {}
}

/** A record, with the pairs of its context apart from its own. */
export interface BlockRecord<V = unknown> {
  /** Nanoseconds since 1970. */
  readonly nanos: bigint;
  readonly level: number;
  readonly logger: string;
  readonly message: string;
  readonly own: readonly KeyAndValue<V>[];
  readonly context: readonly KeyAndValue<V>[];
}

/** Bytes of a block before its items. */
const HEAD = 10;
const [SITE, NAME, CONTEXT, RECORD, DROPPED] = [1, 2, 3, 4, 5];

/** Yields the records of whole blocks; an announcement of drops is a record as well. */
export function recordsInBlocks(bytes: Uint8Array): Generator<BlockRecord> {
  const items = new Values(bytes, 0, (pairs) => new MapPairs(pairs));
  return recordsOfBlocks(items, () => items.next(), () => announcement(items));
}

/** Yields the records of whole blocks, whose values a function reads; announcements of drops too, if one reads them. */
export function* recordsOfBlocks<V>(items: Values, value: (key: string) => V, announced?: () => BlockRecord<V>): Generator<BlockRecord<V>> {
  while (!items.isEmpty) {
    const end = items.at + HEAD + items.view.getUint32(items.at + 6, true);
    items.at += HEAD;
    yield* recordsInBlock(items, end, value, announced);
    // Its CRC.
    items.at = end + 4;
  }
}

function* recordsInBlock<V>(items: Values, end: number, value: (key: string) => V, announced?: () => BlockRecord<V>): Generator<BlockRecord<V>> {
  const sites: { level: number; message: string; keys: string[] }[] = [];
  const names: string[] = [];
  const contexts: KeyAndValue<V>[][] = [];
  const pair = (key: string): KeyAndValue<V> => [key, value(key)];
  const pairs = (until: number) => {
    const all: KeyAndValue<V>[] = [];
    while (items.at < until) all.push(pair(items.text()));
    return all;
  };
  while (items.at < end) {
    const kind = items.bytes[items.at++];
    const length = items.leb();
    const until = items.at + length;
    if (kind === SITE) {
      const id = items.leb();
      const level = items.bytes[items.at++]!;
      // All braces are doubled: no message of ours is a template.
      const message = items.text().replace(/([{}])\1/g, '$1');
      sites[id] = { level, message, keys: Array.from({ length: items.leb() }, () => items.text()) };
    } else if (kind === NAME) {
      names[items.leb()] = items.text();
    } else if (kind === CONTEXT) {
      contexts[items.leb()] = pairs(until);
    } else if (kind === RECORD) {
      const flags = items.bytes[items.at++]!;
      const nanos = time(items);
      const { level, message, keys } = flags & 1 ? sites[items.leb()]! : { level: items.bytes[items.at++]!, message: items.text(), keys: [] };
      const logger = flags & 2 ? names[items.leb()]! : '';
      const context = flags & 4 ? contexts[items.leb()]! : [];
      if (flags & 16) items.leb();
      const own = keys.map(pair);
      if (flags & 8) own.push(...pairs(until));
      yield { nanos, level, logger, message, own, context };
    } else if (kind === DROPPED && announced) {
      yield announced();
    }
    items.at = until;
  }
}

function time(items: Values): bigint {
  const head = items.bytes[items.at++]!;
  const count = items.integer(head & 0xf);
  return head & 0x10 ? -1n - count : count;
}

/** An announcement of drops as text and JSON have it. */
function announcement(items: Values): BlockRecord {
  const nanos = time(items);
  const levels = LEVEL_NAMES.map((name): KeyAndValue => [name, items.leb()]);
  const reasons = Array.from({ length: items.leb() }, (): KeyAndValue => [items.text(), items.leb()]);
  const own: KeyAndValue[] = [
    ['dropped', levels.reduce((sum, [, count]) => sum + (count as number), 0)],
    ['levels', new MapPairs(levels.filter(([, count]) => count))],
    ['reasons', new MapPairs(reasons.filter(([, count]) => count))],
  ];
  return { nanos, level: 30, logger: 'kakashi', message: 'Records were dropped', own, context: [] };
}
