// `pinoFormat()`: its lines are those of the Rust profile, byte for byte, and what pino-pretty prints.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { before, test } from 'node:test';
import pretty from 'pino-pretty';
import { catcher } from '../shared/catcher.mjs';
import { standingClock } from '../shared/clock.mjs';
import { fresh } from '../shared/kakashi.mjs';
import { callOf, vectors } from '../shared/vectors.mjs';

const data = (file) => readFileSync(new URL(`../../../tests/data/${file}`, import.meta.url), 'utf8').trimEnd().split('\n');
const NOON_MICROS = 1_795_342_320_123_456;

let kakashi;
const clock = standingClock(NOON_MICROS);
before(async () => {
  kakashi = await fresh();
  kakashi.configure({ limits: { depth: 16 } });
});

function use(change = {}) {
  const sink = catcher(undefined, { format: kakashi.pinoFormat() });
  kakashi.configure({ level: 'all', sinks: [sink], redact: [], ...change });
  return sink;
}

test('every vector that can be said makes the line of the Rust profile, byte for byte', async (t) => {
  const expected = data('pino_vectors.jsonl');
  assert.equal(expected.length, vectors.length);
  let said = 0;
  for (const [at, vector] of vectors.entries()) {
    const call = callOf(vector);
    if (!call) continue;
    said++;
    await t.test(vector.name, async () => {
      const sink = use();
      clock.micros = call.micros;
      kakashi.getLogger(vector.logger).with(call.context).log(vector.level, call.message, call.fields);
      await kakashi.flush();
      assert.deepEqual(sink.lines, [expected[at]]);
      assert.deepEqual(Buffer.from(sink.batches[0].bytes), Buffer.from(`${expected[at]}\n`));
    });
  }
  assert.ok(said >= 120, `${said}`);
});

test('an exception is `err`, and fields that have the names of others keep theirs or get an underscore', async () => {
  clock.micros = NOON_MICROS;
  const sink = use();
  const log = kakashi.getLogger('shop::orders');
  log.error('Payment failed', { 'exception.type': 'sqlx::Error', 'exception.message': 'closed', 'exception.stacktrace': 'Error: closed\n    at shop::pay' });
  const keys = ['time', 'level_', 'name', 'msg', 'err', 'err_', 'message', 'message_', 'timestamp', 'logger', 'file'];
  log.info('Names', Object.fromEntries(keys.map((key) => [key, 1])));
  await kakashi.flush();
  assert.deepEqual(sink.lines, data('pino.jsonl').slice(6));
});

test('pino-pretty prints its lines', async () => {
  clock.micros = NOON_MICROS;
  const sink = use({ redact: ['password'] });
  const log = kakashi.getLogger('shop::orders');
  log.warn('Stock is low', { left: 2, password: 'secret' });
  log.exception('Payment failed', new TypeError('closed', { cause: new Error('reset') }), { id: 7 });
  await kakashi.flush();
  const show = pretty.prettyFactory({ colorize: false, translateTime: 'UTC:HH:MM:ss.l', errorLikeObjectKeys: ['err'] });
  const [first, second] = sink.lines.map((line) => show(line));
  assert.match(first, /^\[10:12:00\.123\] WARN \(shop::orders\): Stock is low\n {4}left: 2\n {4}password: "\[REDACTED\]"\n$/);
  assert.match(second, /^\[10:12:00\.123\] ERROR \(shop::orders\): Payment failed\n {4}id: 7\n {4}err: \{\n {6}"type": "TypeError",\n {6}"message": "closed: reset",\n {6}"stack":/);
});

test('it is a format of `configure`, of a custom logger, of a console and of a callback, which keep their queues', async () => {
  const texts = [];
  const keep = (batch) => void texts.push(batch.text);
  const sink = kakashi.callbackSink(keep);
  kakashi.configure({ sinks: [sink], format: kakashi.pinoFormat() });
  kakashi.getLogger('one').info('by configure é€😀', { a: '}"\\' });
  kakashi.configure({ sinks: [sink], format: kakashi.pinoFormat() });
  await kakashi.flush();
  kakashi.configure({ sinks: [kakashi.callbackSink(keep, { format: kakashi.pinoFormat() })], format: 'text' });
  kakashi.getLogger('two').info('by callback');
  kakashi.createCustomLogger('three', { format: kakashi.pinoFormat(), sinks: [kakashi.callbackSink(keep)] }).info('by a logger');
  await kakashi.flush();
  assert.deepEqual(texts.map((text) => JSON.parse(text)).map(({ name, msg, level, a }) => [name, msg, level, a]).sort(), [
    ['one', 'by configure é€😀', 30, '}"\\'],
    ['three', 'by a logger', 30, undefined],
    ['two', 'by callback', 30, undefined],
  ]);
  const written = [];
  const { info } = console;
  console.info = (text) => void written.push(text);
  try {
    kakashi.configure({ sinks: [kakashi.consoleSink({ format: kakashi.pinoFormat() })] });
    kakashi.getLogger('four').info('by a console');
    await kakashi.flush();
  } finally {
    console.info = info;
  }
  assert.equal(JSON.parse(written[0]).msg, 'by a console');
});

test('announcements of drops are lines of it too, and batches say how many records they have', async () => {
  const sink = catcher((_batch, offered) => {
    if (offered === 1) throw Object.assign(new Error('full'), { retry: false });
  }, { format: kakashi.pinoFormat() });
  kakashi.configure({ sinks: [sink], onError: () => {} });
  const log = kakashi.getLogger('app');
  log.info('lost');
  await kakashi.flush();
  log.info('there');
  await kakashi.flush();
  assert.deepEqual(sink.entries.map(({ name, msg, level }) => [name, msg, level]), [
    ['kakashi', 'Records were dropped', 40],
    ['app', 'there', 30],
  ]);
  assert.equal(sink.batches.reduce((sum, { count }) => sum + count, 0), 1);
  assert.deepEqual(sink.batches.flatMap((batch) => [...batch.lines()]).map(({ level }) => level), [30, 20]);
});
