// Where rows stand in the wire: the explainer and kakashi's own reader must agree.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { loadSource } from './load_source.mjs';

const { WireChunk } = await loadSource('chunk.ts');
const { crc32 } = await loadSource('crc32.ts');
const vectors = JSON.parse(readFileSync(new URL('../../tests/vectors/records.json', import.meta.url)));
const blocks = vectors.map((vector) => new Uint8Array(Buffer.from(vector.wire_block_hex, 'hex')));

test('a counted block has the rows of a decoded one', () => {
  for (const [index, block] of blocks.entries()) {
    const counted = WireChunk.ofOwnBlock(block);
    assert.deepEqual(counted.levels, WireChunk.ofAnyBytes(block, 0).levels);
    const [row, ...none] = counted.rows();
    assert.deepEqual(none, []);
    const { level, logger, message } = JSON.parse(vectors[index].json);
    assert.deepEqual([row.levelName, row.logger, row.message], [level, logger, message], vectors[index].name);
    assert.deepEqual(Object.keys(row.fields).length, new Set(fieldKeys(vectors[index])).size, vectors[index].name);
  }
});

function fieldKeys({ fields, extra = [], context }) {
  return [...fields, ...extra, ...context].map(([key]) => key);
}

test('each row is found in the wire, whatever has happened to it', () => {
  // A small generator, so that a failure comes again.
  let seed = 7;
  const random = (below) => (seed = (seed * 48271) % 0x7fffffff) % below;
  for (let round = 0; round < 300; round++) {
    const pieces = Array.from({ length: 1 + random(6) }, () => {
      const block = blocks[random(blocks.length)].slice();
      switch (random(4)) {
        case 0: // damaged
          block[random(block.length)] ^= 1 + random(255);
          return block;
        case 1: // torn
          return block.subarray(0, random(block.length));
        case 2: // written by somebody else
          block[10 + random(block.length - 14)] = random(256);
          new DataView(block.buffer).setUint32(block.length - 4, crc32(block.subarray(4, block.length - 4)), true);
          return block;
        default:
          return block;
      }
    });
    const chunk = WireChunk.ofAnyBytes(new Uint8Array(Buffer.concat(pieces)), 0);
    for (const [index, row] of chunk.rows().entries()) {
      const position = chunk.position(index);
      const kind = position && { RECORD: 'record', DROPPED: 'dropped' }[position.block.items[position.item].kind];
      assert.equal(kind ?? 'skipped', row.kind, `round ${round}, row ${index}: ${row.message}`);
      if (kind !== 'record') continue;
      const item = position.block.items[position.item];
      const message = item.parts.find((part) => part.name === 'message');
      if (message) assert.equal(JSON.parse(message.meaning), row.message);
    }
    assert.equal(chunk.position(chunk.rows().length), undefined);
  }
});

test('an item with a key twice is passed over, and what refers to it', () => {
  const twice = [1, 0x61, 0x10, 1, 0x61, 0x10];
  const record = (flag) => [4, 6, flag, 0, ...(flag === 4 ? [20, 1, 0x6d] : []), 1, ...(flag === 1 ? [0x10, 0x10] : [])];
  const site = [1, 10, 1, 20, 0, 2, 1, 0x61, 1, 0x61, 0, 0, 0];
  site[1] = site.length - 2;
  for (const items of [
    [3, 7, 1, ...twice, ...record(4)],
    [...site, ...record(1).with(1, 5)],
  ]) {
    const head = Buffer.from([1, 0, items.length, 0, 0, 0, ...items]);
    const tail = Buffer.alloc(4);
    tail.writeUInt32LE(crc32(head));
    const chunk = WireChunk.ofAnyBytes(new Uint8Array(Buffer.concat([Buffer.from('f56b6bfa', 'hex'), head, tail])), 0);
    assert.deepEqual(chunk.rows().map((row) => row.kind), ['skipped', 'skipped']);
    assert.equal(chunk.position(0), undefined);
    assert.equal(chunk.position(1), undefined);
  }
});
