import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { catcher } from '../shared/catcher.mjs';
import { DECODES, fresh } from '../shared/kakashi.mjs';
import { addsUp } from '../shared/sums.mjs';

/** What the ring and the wasm do with large records, which the limits would cut. */
const UNLIMITED = { items: Infinity, bytes: Infinity };

let kakashi;
let sink;
beforeEach(async () => {
  kakashi = await fresh();
  kakashi.configure({ sinks: [(sink = catcher())], limits: UNLIMITED });
});

test('a message of ten megabytes is written whole, and so is what comes after it', async () => {
  const long = '0123456789'.repeat(1 << 20);
  for (const [message, fields] of [[long, {}], ['field', { long }], ['é', { long: 'é'.repeat(5 << 20) }]]) {
    kakashi.info('before');
    kakashi.info(message, fields);
    kakashi.info('after');
    await kakashi.flush();
    const [before, middle, after] = sink.records.splice(-3);
    assert.deepEqual([before.message, after.message], ['before', 'after']);
    assert.ok(middle.message === message && middle.long === fields.long);
  }
  addsUp(kakashi, { sent: 9, written: 9 });
});

test('memory that grows in the middle of a batch moves no record', DECODES, async () => {
  const wire = catcher(undefined, { format: 'wire' });
  kakashi.configure({ sinks: [sink, wire] });
  const sizes = [10, 60_000, 70_000, 1, 500_000, 20, 3_000_000, 30, 66_000, 65_536, 65_535, 32_768];
  for (const [at, size] of [...sizes, ...sizes].entries()) {
    kakashi.info(`number ${at}`, { at, text: String.fromCharCode(97 + (at % 26)).repeat(size), after: at });
    if (at % 4 === 3) await kakashi.flush();
  }
  await kakashi.flush();
  const { records } = sink;
  const decoded = wire.batches.flatMap(({ bytes }) => kakashi.decode(bytes));
  for (const [at, size] of [...sizes, ...sizes].entries()) {
    for (const { message, text, after } of [records[at], { ...decoded[at].fields, message: decoded[at].message }]) {
      assert.ok(message === `number ${at}` && after === at && text === String.fromCharCode(97 + (at % 26)).repeat(size));
    }
  }
  addsUp(kakashi, { sent: 48, written: 48 });
});

test('a million fields are written, in order', async () => {
  const fields = {};
  for (let at = 0; at < 1_000_000; at++) fields[`k${at}`] = at;
  kakashi.info('many', fields);
  kakashi.info('after');
  await kakashi.flush();
  const [line, after] = sink.lines;
  const start = line.indexOf('"k0"');
  assert.ok(line.slice(start) === `${Object.entries(fields).map(([key, value]) => `"${key}":${value}`).join(',')}}`);
  assert.equal(JSON.parse(after).message, 'after');
  addsUp(kakashi, { sent: 2, written: 2 });
});

test('a list of a million items, and a string as a million keys of maps, are written', async () => {
  kakashi.info('list', { list: Array.from({ length: 1_000_000 }, (_, at) => at) });
  kakashi.info('maps', { list: Array.from({ length: 100_000 }, (_, at) => ({ [`k${at}`]: at })) });
  await kakashi.flush();
  const [list, maps] = sink.records;
  assert.equal(list.list.length, 1_000_000);
  assert.ok(list.list.every((item, at) => item === at));
  assert.ok(maps.list.every((item, at) => item[`k${at}`] === at));
});

test('a record that is larger than all that may wait is dropped, counted and announced, and harms no other', async () => {
  const tooLong = 'x'.repeat(100 << 20);
  kakashi.info('before');
  kakashi.info('too long', { tooLong });
  kakashi.info('after');
  await kakashi.flush();
  assert.deepEqual(sink.messages, ['before', 'after']);
  const { dropped } = addsUp(kakashi, { sent: 3, written: 2 });
  assert.equal(dropped.byReason.too_large, 1);
  assert.deepEqual([sink.announcements[0].levels, sink.announcements[0].reasons], [{ INFO: 1 }, { too_large: 1 }]);
});

test('a ring that is full at every length of a record is handed over whole', async () => {
  for (let size = 1; size < 700; size += 3) {
    for (let round = 0; round < 130_000 / (size + 60); round++) kakashi.info('fill', { round, text: 'x'.repeat(size) });
    await kakashi.flush();
    let round = 0;
    for (const record of sink.records) assert.ok(record.round === round++ && record.text.length === size, `${size}`);
    sink.batches.length = 0;
  }
  const { sent, written } = addsUp(kakashi);
  assert.equal(written, sent);
});

test('more messages, contexts, loggers and shapes than the tables hold mix nothing up', DECODES, async () => {
  const wire = catcher(undefined, { format: 'wire' });
  kakashi.configure({ sinks: [sink, wire] });
  const expected = [];
  const log = (name, message, context, fields) => {
    kakashi.withContext(context, () => kakashi.getLogger(name).info(message, fields));
    expected.push([name, message, { ...context, ...fields }]);
  };
  const contexts = Array.from({ length: 3000 }, (_, id) => new kakashi.LogContext({ context: id }));
  for (let round = 0; round < 3; round++) {
    for (let id = 0; id < 3000; id++) {
      log(`logger ${id % 1500}`, `message ${id}`, { c: id }, { id });
      log('one logger', 'one message', {}, { [`key ${id % 20}`]: id });
      log(`logger ${id % 7}`, `message ${id % 40}`, {}, { id, round });
      kakashi.withContext(contexts[id], () => kakashi.info('kept context'));
      expected.push(['root', 'kept context', { context: id }]);
    }
  }
  await kakashi.flush();
  const { records } = sink;
  const decoded = wire.batches.flatMap(({ bytes }) => kakashi.decode(bytes));
  assert.equal(records.length, expected.length);
  for (const [at, [name, message, all]] of expected.entries()) {
    const { timestamp, level, logger: from, message: said, ...fields } = records[at];
    assert.deepEqual([from, said, fields], [name, message, all]);
    assert.deepEqual([decoded[at].logger, decoded[at].message, decoded[at].fields], [name, message, all]);
  }
  addsUp(kakashi, { sent: 2 * expected.length, written: 2 * expected.length });
});

test('a wasm that fails is started anew; what it had is counted for the right sinks, and nothing else is lost', DECODES, async (t) => {
  const { Instance } = WebAssembly;
  let failing = false;
  t.mock.method(WebAssembly, 'Instance', function (module) {
    const { exports } = new Instance(module);
    return { exports: { ...exports, take: (...args) => { if (failing) { failing = false; throw new WebAssembly.RuntimeError('unreachable'); } return exports.take(...args); } } };
  });
  kakashi = await fresh();
  const other = catcher();
  const errors = [];
  kakashi.configure({ sinks: [sink], onError: (error) => errors.push(error.message) });
  const custom = kakashi.createCustomLogger('custom', { sinks: [other], format: 'json' });
  for (let round = 0; round < 3; round++) {
    kakashi.info('written', { round });
    custom.info('written', { round });
    await kakashi.flush();
    failing = true;
    kakashi.info('lost', { round });
    custom.info('lost', { round });
    custom.info('lost', { round });
    await kakashi.flush();
    addsUp(kakashi);
  }
  kakashi.info('written');
  custom.info('written');
  await kakashi.flush();
  assert.deepEqual(sink.messages, ['written', 'written', 'written', 'written']);
  assert.deepEqual(other.messages, ['written', 'written', 'written', 'written']);
  assert.deepEqual([sink.announced, other.announced], [3, 6]);
  assert.match(errors[0], /the encoder failed and was started anew/);
  const { dropped } = addsUp(kakashi, { sent: 17, written: 8 });
  assert.equal(dropped.byReason.encoder_failed, 9);
});
