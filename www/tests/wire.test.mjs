// The wire's explainer against the conformance vectors.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { EXAMPLES, blockWith, tagsOfCodec } from '../../kakashi-wasm/tests/shared/value_kinds.mjs';
import { loadSource } from './load_source.mjs';

const vectors = JSON.parse(readFileSync(new URL('../../tests/vectors/records.json', import.meta.url)));
const { findBlocks, explainBlock } = await loadSource('block_explainer.ts');
const { crc32 } = await loadSource('crc32.ts');
const { showValue } = await loadSource('row.ts');

const partsOf = (block) => [...block.head, ...block.items.flatMap((item) => item.parts), ...block.tail];

function explain(bytes) {
  const [span] = findBlocks(bytes);
  return explainBlock(bytes, span);
}

/** A vector's value as the values of the parts that must explain it, inner ones in order. */
function leaves(value) {
  const [[type, inner]] = Object.entries(value);
  switch (type) {
    case 'null':
      return [null];
    case 'bool':
    case 'char':
    case 'str':
      return [inner];
    case 'u64':
    case 'i64':
    case 'u128':
    case 'i128':
      return [BigInt(inner)];
    case 'f64_bits':
      return [Buffer.from(inner, 'hex').readDoubleBE()];
    case 'f32_bits':
      return [Buffer.from(inner, 'hex').readFloatBE()];
    case 'bytes_hex':
      return [new Uint8Array(Buffer.from(inner, 'hex'))];
    case 'duration_ns':
      return [{ nanoseconds: BigInt(inner) }];
    case 'list':
      return inner.flatMap(leaves);
    case 'map':
      return inner.flatMap(([, value]) => leaves(value));
    default:
      throw new Error(type);
  }
}

const plain = (value) => (value instanceof Uint8Array ? new Uint8Array(value) : value);
const valuesOf = (item) => item.parts.filter((part) => 'value' in part).map((part) => plain(part.value));

test('every byte of every vector is explained exactly once', () => {
  for (const vector of vectors) {
    const bytes = new Uint8Array(Buffer.from(vector.wire_block_hex, 'hex'));
    assert.deepEqual(findBlocks(bytes), [{ offset: 0, length: bytes.length }], vector.name);
    const block = explain(bytes);
    assert.equal(block.checksumHolds, true, vector.name);
    let at = 0;
    for (const part of partsOf(block)) {
      assert.equal(part.offset, at, `${vector.name}: ${part.name}`);
      assert.ok(part.length > 0, `${vector.name}: ${part.name} has bytes`);
      assert.ok(!['malformed', 'more'].includes(part.name), `${vector.name}: ${part.meaning}`);
      at += part.length;
    }
    assert.equal(at, bytes.length, vector.name);
  }
});

test('the values, levels, names and messages are those of the vectors', () => {
  for (const vector of vectors) {
    const { items } = explain(new Uint8Array(Buffer.from(vector.wire_block_hex, 'hex')));
    const item = (kind) => items.find((item) => item.kind === kind);
    const record = item('RECORD');
    const own = [...vector.fields, ...(vector.extra ?? [])].flatMap(([, value]) => leaves(value));
    assert.deepEqual(valuesOf(record), own, vector.name);
    const context = vector.context.flatMap(([, value]) => leaves(value));
    assert.deepEqual(item('CONTEXT') ? valuesOf(item('CONTEXT')) : [], context, vector.name);
    const says = (from, name) => from.parts.find((part) => part.name === name)?.meaning;
    assert.equal(JSON.parse(says(item('NAME'), 'name')), vector.logger, vector.name);
    const site = item('SITE') ?? record;
    assert.ok(says(site, 'level').endsWith(vector.level), vector.name);
    assert.equal(JSON.parse(says(site, 'message').replace(/, a template$/, '')), vector.template ?? vector.message);
    if (vector.location) {
      const place = Object.fromEntries(['line', 'module', 'file'].map((name) => [name, JSON.parse(says(site, name))]));
      assert.deepEqual(place, vector.location, vector.name);
    }
    if (vector.sequence) assert.equal(says(record, 'sequence'), vector.sequence);
    assert.equal(record.uses.length, items.length - 1, 'each dictionary item is used');
  }
});

test('the times are those of the vectors, to the nanosecond', () => {
  for (const { name, timestamp, wire_block_hex } of vectors) {
    const { items } = explain(new Uint8Array(Buffer.from(wire_block_hex, 'hex')));
    const time = items.at(-1).parts.find((part) => part.name === 'time').meaning;
    if ('uptime_ns' in timestamp) {
      const [seconds, part] = time.split(' ')[0].split('.');
      assert.equal(BigInt(seconds) * 1_000_000_000n + BigInt(part), BigInt(timestamp.uptime_ns), name);
    } else {
      const [, upToSecond, part] = /^(.*)\.(\d{9})Z$/.exec(time);
      const wall = BigInt(Date.parse(`${upToSecond}Z`)) * 1_000_000n + BigInt(part);
      assert.equal(wall, BigInt(timestamp.wall_ns), name);
    }
  }
});

test('any bytes at all are safe to explain, and none is lost', () => {
  // A small generator, so that a failure comes again.
  let seed = 1;
  const random = (below) => (seed = (seed * 48271) % 0x7fffffff) % below;
  for (const vector of vectors) {
    const bytes = new Uint8Array(Buffer.from(vector.wire_block_hex, 'hex'));
    if (bytes.length > 4096) continue;
    for (let round = 0; round < 8; round++) {
      const broken = bytes.slice();
      broken[10 + random(bytes.length - 14)] = random(256);
      const crc = crc32(broken.subarray(4, broken.length - 4));
      new DataView(broken.buffer).setUint32(broken.length - 4, crc, true);
      for (const span of findBlocks(broken)) {
        const parts = partsOf(explainBlock(broken, span));
        const total = parts.reduce((at, part) => (assert.equal(part.offset, at), at + part.length), span.offset);
        assert.equal(total, span.offset + span.length);
      }
    }
  }
});

test('a damaged block is none, and the ones around it are found', () => {
  const block = Buffer.from(vectors[0].wire_block_hex, 'hex');
  const broken = Buffer.from(block);
  broken[20] ^= 1;
  const stream = new Uint8Array(Buffer.concat([Buffer.from('noise'), block, broken, block.subarray(0, 9), block]));
  const length = block.length;
  assert.deepEqual(findBlocks(stream), [
    { offset: 5, length },
    { offset: 5 + 2 * length + 9, length },
  ]);
});

test('every kind of value that the codec has is explained, and shown in the table', () => {
  const tags = EXAMPLES.map(({ bytes }) => bytes[0]).sort((one, other) => one - other);
  assert.deepEqual(tags, tagsOfCodec(), 'each tag of kakashi_core::codec has one example');
  for (const { bytes, value, explained, shown } of EXAMPLES) {
    const name = `tag ${bytes[0].toString(16).padStart(2, '0')}`;
    const [item] = explain(blockWith(bytes)).items;
    assert.equal(item.malformed, undefined, name);
    assert.deepEqual(valuesOf(item), explained ?? [plain(value)], name);
    assert.equal(showValue(value), shown, name);
  }
});
