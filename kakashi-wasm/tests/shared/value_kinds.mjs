// Every kind of value that the wire has, for the tests of the readers that are written in JavaScript.
//
// The tags come from kakashi_core::codec: from the table of its docs, and from its constants.
// A new kind fails the tests until an example of it is here, and then until each reader has it.

import { readFileSync } from 'node:fs';
import { crc32 } from 'node:zlib';

const codec = readFileSync(new URL('../../../kakashi-core/src/codec/mod.rs', import.meta.url), 'utf8');
const number = (digits) => Number.parseInt(digits, 16);

/** The tags of the codec: each `10`, `18` or `10`–`18` in the first column of its table, and each constant. */
export function tagsOfCodec() {
  const tags = new Set();
  for (const [, cell] of codec.matchAll(/^\/\/! \| (`.*?) \|/gm)) {
    for (const [, first, last = first] of cell.matchAll(/`([0-9A-F]{2})`(?:–`([0-9A-F]{2})`)?/g)) {
      for (let tag = number(first); tag <= number(last); tag++) tags.add(tag);
    }
  }
  for (const [, tag] of codec.matchAll(/const \w+: u8 = 0x([0-9a-f]{2});/g)) tags.add(number(tag));
  return [...tags].sort((one, other) => one - other);
}

const utf8 = (text) => [...Buffer.from(text)];
const pattern = (length) => Array.from({ length }, (_, index) => index + 1);
const integer = (bytes) => bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
const narrow = (whole) => (Number.isSafeInteger(Number(whole)) ? Number(whole) : whole);

/**
 * An example of each tag: its bytes, the value that `decode` makes of them, the values that the page's
 * explainer names (the inner ones of a list or map), and the text in the page's table.
 */
export const EXAMPLES = [
  { bytes: [0x00], value: null, shown: 'null' },
  { bytes: [0x01], value: false, shown: 'false' },
  { bytes: [0x02], value: true, shown: 'true' },
  { bytes: [0x03, 0, 0, 0, 0, 0, 0, 0xf8, 0x3f], value: 1.5, shown: '1.5' },
  { bytes: [0x04, 0, 0, 0xc0, 0x3f], value: 1.5, shown: '1.5' },
  { bytes: [0x05, 0xe9, 0x01], value: 'é', shown: 'é' },
  { bytes: [0x06, 2, 0x68, 0x69], value: 'hi', shown: 'hi' },
  { bytes: [0x07, 2, 0x00, 0xff], value: new Uint8Array([0, 255]), shown: '<00 ff>' },
  { bytes: [0x08, 2, 0x80, 0xca, 0xb5, 0xee, 0x01], value: 2.5, explained: [{ nanoseconds: 2_500_000_000n }], shown: '2.5' },
  { bytes: [0x09, 2, 0, 0, 0, 0x00, 0x02], value: [null, true], explained: [null, true], shown: '[null,true]' },
  { bytes: [0x0a, 3, 0, 0, 0, 1, 0x6b, 0x02], value: { k: true }, explained: [true], shown: '{"k":true}' },
  { bytes: [0x0b, ...Array(15).fill(0x00), 0x80], value: -(2n ** 127n), shown: String(-(2n ** 127n)) },
  { bytes: [0x0c, ...Array(16).fill(0xff)], value: 2n ** 128n - 1n, shown: String(2n ** 128n - 1n) },
  ...pattern(9).flatMap((_, length) => {
    const positive = integer(pattern(length));
    return [[0x10, positive], [0x20, -1n - positive]].map(([tag, exact]) => ({
      bytes: [tag + length, ...pattern(length)], value: narrow(exact), explained: [exact], shown: String(exact),
    }));
  }),
  ...Array.from({ length: 128 }, (_, length) => {
    const text = 'x'.repeat(length);
    return { bytes: [0x80 + length, ...utf8(text)], value: text, shown: text || '""' };
  }),
];

/** A block with one record, which has the value in its field `v`. */
export function blockWith(value) {
  const body = [8, 0, 20, 1, 0x6d, 1, 0x76, ...value];
  const items = [4, 0x80 | (body.length & 0x7f), body.length >> 7, ...body];
  const head = Buffer.from([1, 0, 0, 0, 0, 0, ...items]);
  head.writeUInt32LE(items.length, 2);
  const tail = Buffer.alloc(4);
  tail.writeUInt32LE(crc32(head));
  return new Uint8Array(Buffer.concat([Buffer.from('f56b6bfa', 'hex'), head, tail]));
}
