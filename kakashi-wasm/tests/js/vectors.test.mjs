import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { catcher } from '../shared/catcher.mjs';
import { standingClock } from '../shared/clock.mjs';
import { DECODES, fresh } from '../shared/kakashi.mjs';
import { EXAMPLES, blockWith, tagsOfCodec } from '../shared/value_kinds.mjs';
import { callOf, fieldsOf, redactions, vectors } from '../shared/vectors.mjs';

const LEVELS = { TRACE: 5, DEBUG: 10, INFO: 20, WARNING: 30, ERROR: 40, CRITICAL: 50 };
/** There are this many today; fewer would mean that the translation has lost some. */
const LEAST = 120;

const calls = vectors.map((vector) => ({ vector, call: callOf(vector) })).filter(({ call }) => call);

let kakashi;
const clock = standingClock();
before(async () => {
  kakashi = await fresh();
  kakashi.configure({ limits: { depth: 16 } });
});

/** Logs a vector and returns the sink that got it. */
async function logged(format, { vector, call }) {
  const sink = catcher(undefined, { format });
  kakashi.configure({ level: 'all', sinks: [sink], redact: vector.paths ?? [] });
  clock.micros = call.micros;
  kakashi.getLogger(vector.logger).with(call.context).log(vector.level, call.message, call.fields);
  await kakashi.flush();
  assert.equal(sink.batches.length, 1);
  return sink;
}

test(`at least ${LEAST} vectors can be said in JavaScript`, (t) => {
  t.diagnostic(`${calls.length} of ${vectors.length} vectors are logged, all are decoded`);
  assert.ok(calls.length >= LEAST, `${calls.length}`);
});

for (const format of ['text', 'json']) {
  test(`every vector that can be said makes the same ${format} line, byte for byte`, async (t) => {
    for (const each of calls) {
      await t.test(each.vector.name, async () => {
        // Three times: a message that comes again takes another way.
        for (let round = 0; round < 3; round++) {
          const { lines, batches } = await logged(format, each);
          assert.deepEqual(lines, [each.vector[format]]);
          assert.deepEqual(Buffer.from(batches[0].bytes), Buffer.from(`${each.vector[format]}\n`));
        }
      });
    }
  });
}

for (const format of ['text', 'json']) {
  test(`what must not be written is what the vectors of redaction leave out of the ${format} line`, async (t) => {
    for (const vector of redactions) {
      await t.test(vector.name, async () => {
        for (let round = 0; round < 3; round++) {
          const { lines } = await logged(format, { vector, call: callOf(vector) });
          assert.deepEqual(lines, [vector[format]]);
        }
      });
    }
  });
}

test('every vector that can be said is read back from the wire as it was said', DECODES, async (t) => {
  for (const each of calls) {
    await t.test(each.vector.name, async () => {
      const { batches } = await logged('wire', each);
      const [item] = kakashi.decode(batches[0].bytes);
      assert.deepEqual([item.logger, item.levelName, item.message], [each.vector.logger, each.vector.level, each.call.message]);
      assert.equal(item.timestampNs, BigInt(each.call.micros) * 1000n);
      assert.deepEqual(item.fields, fieldsOf(each.vector));
    });
  }
});

test('every block of the vectors is decoded to what its lines say', DECODES, async (t) => {
  for (const vector of vectors) {
    await t.test(vector.name, () => {
      const items = kakashi.decode(Buffer.from(vector.wire_block_hex, 'hex'));
      assert.equal(items.length, 1);
      const [item] = items;
      assert.equal(item.kind, 'record');
      assert.equal(item.message, JSON.parse(vector.json).message);
      assert.deepEqual([item.logger, item.levelName, item.level], [vector.logger, vector.level, LEVELS[vector.level]]);
      assert.equal(item.timestamp, vector.text.split(' ')[0]);
      assert.equal(item.uptime, vector.timestamp.uptime_ns !== undefined);
      assert.equal(item.timestampNs, BigInt(vector.timestamp.wall_ns ?? vector.timestamp.uptime_ns));
      assert.deepEqual(item.fields, fieldsOf(vector));
      assert.equal(item.sequence === undefined ? undefined : String(item.sequence), vector.sequence);
      const { module, file, line = 0 } = vector.location ?? {};
      if (line > 0) assert.deepEqual([item.module, item.file, item.line], [module, file, line]);
    });
  }
});

test('every kind of value that the codec has is decoded', DECODES, async (t) => {
  const tags = EXAMPLES.map(({ bytes }) => bytes[0]).sort((one, other) => one - other);
  assert.deepEqual(tags, tagsOfCodec(), 'each tag of kakashi_core::codec has one example');
  for (const { bytes, value } of EXAMPLES) {
    await t.test(`tag ${bytes[0].toString(16).padStart(2, '0')}`, () => {
      const items = kakashi.decode(blockWith(bytes));
      assert.deepEqual(items.map(({ kind }) => kind), ['record']);
      assert.deepEqual(items[0].fields, { v: value });
    });
  }
});
