// What tests of applications use: records as objects, a program as it began, the records of one function.

import assert from 'node:assert/strict';
import { before, beforeEach, test } from 'node:test';
import { catcher, gate } from '../shared/catcher.mjs';
import { sinceNow } from '../shared/clock.mjs';
import { fresh } from '../shared/kakashi.mjs';
import { callOf, vectors } from '../shared/vectors.mjs';

let kakashi;
before(async () => (kakashi = await fresh()));
beforeEach(() => kakashi.reset());

const short = (records) => records.map(({ level, logger, message, fields, context }) => [level, logger, message, fields, context]);

test('a memory has records as objects, their context apart from their fields, without a flush', () => {
  const sink = kakashi.memorySink();
  kakashi.configure({ sinks: [sink], redact: ['password'], service: { name: 'shop' } });
  const log = kakashi.getLogger('shop').with({ pool: 3, id: 'outer' });
  const isNow = sinceNow();
  kakashi.withContext({ requestId: 'r-7' }, () => log.warn('Stock {is} low', { id: 7, password: 'x', nested: { list: [1, null, 2n ** 70n] }, ok: true }));
  log.error(new TypeError('closed'));
  const [first, second] = sink.records;
  assert.deepEqual(short([first]), [[
    'WARNING', 'shop', 'Stock {is} low',
    { id: 7, password: '[REDACTED]', nested: { list: [1, null, 2n ** 70n] }, ok: true },
    { service_name: 'shop', request_id: 'r-7', pool: 3 },
  ]]);
  assert.ok(first.time instanceof Date && isNow(Number(first.time)), `${first.time}`);
  assert.deepEqual([second.level, second.message, second.fields['exception.type']], ['ERROR', 'closed', 'TypeError']);
  assert.match(sink.text, /^\S+Z WARNING shop "?Stock \{is\} low"? id=7 password="\[REDACTED\]" nested=/);
  sink.clear();
  assert.deepEqual([sink.records, sink.text], [[], '']);
  log.info('then');
  assert.deepEqual(sink.records.map(({ message }) => message), ['then']);
});

test('the text of a memory is the text line of each vector, byte for byte', () => {
  const sink = kakashi.memorySink();
  const text = catcher(undefined, { format: 'text' });
  kakashi.configure({ level: 'all', sinks: [sink, text], limits: { depth: 16 } });
  for (const vector of vectors) {
    const call = callOf(vector);
    // Twice: a message that comes again takes another way.
    for (let round = 0; call && round < 2; round++) kakashi.getLogger(vector.logger).with(call.context).log(vector.level, call.message, call.fields);
  }
  assert.deepEqual(sink.text.split('\n').slice(0, -1), text.lines);
  assert.ok(sink.records.length > 240, `${sink.records.length}`);
});

test('a memory of a level has what is at or above it, and keys of any name', () => {
  const sink = kakashi.memorySink({ level: 'warning', name: 'mine' });
  assert.equal(sink.name, 'mine');
  kakashi.configure({ sinks: [sink] });
  const log = kakashi.getLogger('app');
  log.info('below');
  log.warn('at', JSON.parse('{"__proto__": 1, "constructor": 2, "7": 3}'));
  assert.deepEqual(Object.entries(sink.records[0].fields).sort(), [['7', 3], ['__proto__', 1], ['constructor', 2]]);
  assert.equal(sink.records.length, 1);
});

test('reset takes back every setting, level, context and count, after it has handed over what was logged', async () => {
  const sink = kakashi.memorySink();
  const calls = [];
  const old = kakashi.getLogger('old', { level: 'trace' });
  kakashi.configure({
    sinks: [sink], level: 'debug', levels: { 'app::db': 'error' }, format: 'json', redact: ['secret'], flushMs: 5, maxBatchBytes: 10,
    limits: { depth: 1, items: 2, bytes: 300 }, service: { name: 'shop' }, onError: (error) => calls.push(error),
  });
  kakashi.setCustomContext({ tenant: 'a' });
  const log = kakashi.getLogger('app');
  log.debug('before');
  await kakashi.shutdown();
  log.debug('late');
  const done = kakashi.reset();

  // At once, not when the promise is settled.
  assert.deepEqual(kakashi.currentContext().toJSON(), {});
  assert.equal(kakashi.getLogger('app').level, 20);
  assert.equal(kakashi.getLogger('app::db').level, 20);
  assert.equal(old.level, 20);
  assert.notEqual(kakashi.getLogger('app'), log);
  assert.equal(kakashi.stats().sent, 0);
  assert.deepEqual(await done, { complete: true, pending: 0 });
  assert.deepEqual(sink.records.map(({ message }) => message), ['before', 'late']);

  const written = [];
  const { info } = console;
  console.info = (line) => void written.push(line);
  try {
    log.debug('below');
    log.info('to the console', { secret: 1, list: [1, 2, 3, [4, [5]]], long: 'x'.repeat(400) });
    await kakashi.flush();
  } finally {
    console.info = info;
  }
  assert.equal(sink.records.length, 2);
  assert.match(written.join('\n'), /^\S+ INFO app to the console secret=1 list=\[1,2,3,\[4,\[5\]\]\] long=x{400}$/);
});

test('reset begins with the settings of a program that has just begun', async () => {
  const [copy, { limits }] = await fresh('../wire/limits.js');
  const begun = { ...limits };
  copy.configure({ limits: { depth: 1, items: 1, bytes: 1 } });
  await copy.reset();
  assert.deepEqual(limits, begun);
});

test('a sink that takes its time gets what was logged before a reset, and its settings are those of before', async () => {
  const { promise, open } = gate();
  const slow = catcher(() => promise, { format: undefined });
  kakashi.configure({ sinks: [slow], format: 'json' });
  kakashi.getLogger('app').info('before');
  const done = kakashi.reset();
  const memory = kakashi.memorySink();
  kakashi.configure({ sinks: [memory] });
  kakashi.getLogger('app').info('after');
  open();
  await done;
  await kakashi.flush();
  assert.deepEqual(slow.messages, ['before']);
  assert.deepEqual(memory.records.map(({ message }) => message), ['after']);
  const { sent, written, pending, buffered, dropped } = kakashi.stats();
  assert.equal(sent, written + pending + buffered + dropped.total);
});

test('a function\'s records are captured with what it returns, and the sinks get them too', async () => {
  const memory = kakashi.memorySink();
  kakashi.configure({ sinks: [memory] });
  const log = kakashi.getLogger('app');
  log.info('outside');
  const { result, records, text } = kakashi.withCapturedLogs((logs) => {
    log.info('inside', { a: 1 });
    assert.deepEqual(logs.records.map(({ message }) => message), ['inside']);
    return 7;
  });
  assert.equal(result, 7);
  assert.deepEqual(short(records), [['INFO', 'app', 'inside', { a: 1 }, {}]]);
  assert.match(text, /Z INFO app inside a=1\n$/);
  const later = await kakashi.withCapturedLogs(async () => {
    await null;
    log.warn('later');
    return 'done';
  });
  assert.deepEqual([later.result, later.records.map(({ message }) => message)], ['done', ['later']]);
  log.info('after');
  assert.deepEqual(memory.records.map(({ message }) => message), ['outside', 'inside', 'later', 'after']);
  assert.equal(kakashi.stats().buffered, 0);
});

test('captures that run side by side do not mix, and one around others has theirs', async () => {
  const log = kakashi.getLogger('app');
  const child = kakashi.createCustomLogger('custom', { sinks: [kakashi.memorySink()] });
  kakashi.configure({ sinks: [] });
  const work = (name) => async () => {
    for (let round = 0; round < 50; round++) {
      log.info(`${name} ${round}`);
      if (round % 3 === 0) child.warn(`${name} of a child ${round}`);
      await null;
      if (round % 7 === 0) await new Promise(setImmediate);
    }
  };
  const outer = await kakashi.withCapturedLogs(() => Promise.all(['one', 'two', 'three'].map((name) => kakashi.withCapturedLogs(work(name)))));
  for (const [at, name] of ['one', 'two', 'three'].entries()) {
    const said = outer.result[at].records.map(({ message }) => message);
    assert.equal(said.length, 67);
    assert.ok(said.every((message) => message.startsWith(name)), said.join(', '));
  }
  assert.equal(outer.records.length, 3 * 67);
});

test('a capture goes on through `configure`, new loggers, contexts, async loggers and drops', async () => {
  const log = kakashi.getLogger('app');
  const { records } = await kakashi.withCapturedLogs(async () => {
    log.info('one');
    kakashi.configure({ sinks: [kakashi.memorySink({ level: 'error' })], level: 'debug' });
    log.debug('two');
    kakashi.createCustomLogger('new', { sinks: [kakashi.consoleSink({ level: 'off' })] }).info('three');
    kakashi.configure({ format: 'json' });
    await kakashi.withContext({ requestId: 'r' }, async () => {
      await null;
      log.info('four');
    });
    const many = kakashi.getAsyncLogger('many', { capacity: 8, onFull: 'dropOldest' });
    for (let count = 0; count < 20; count++) many.info(`of many ${count}`);
    log.info('five');
  });
  const said = records.map(({ message }) => message).filter((message) => !message.startsWith('of many') && !message.startsWith('Records were'));
  assert.deepEqual(said, ['one', 'two', 'three', 'four', 'five']);
  assert.ok(records.some(({ message }) => message === 'of many 19'));
  assert.deepEqual(records.find(({ message }) => message === 'four').context, { request_id: 'r' });
});

test('a capture ends with an error as well, and takes console methods that were put in place of the loggers\' back', async () => {
  const written = [];
  const { info } = console;
  console.info = (...given) => void written.push(given);
  try {
    kakashi.configure({ sinks: [kakashi.consoleSink({ direct: true })] });
    const log = kakashi.getLogger('app');
    const { records } = kakashi.withCapturedLogs(() => log.info('captured'));
    assert.deepEqual(records.map(({ message }) => message), ['captured']);
    assert.throws(() => kakashi.withCapturedLogs(() => {
      throw new RangeError('out');
    }), RangeError);
    await assert.rejects(kakashi.withCapturedLogs(async () => {
      throw new RangeError('later');
    }), /later/);
    log.info('direct');
    assert.deepEqual(written.at(-1), ['app', 'direct']);
  } finally {
    console.info = info;
  }
});

test('what a sink or a timer of another logs belongs to no capture', async () => {
  const log = kakashi.getLogger('app');
  const other = kakashi.createCustomLogger('other', { sinks: [kakashi.memorySink()] });
  kakashi.configure({ sinks: [kakashi.callbackSink(() => other.info('by a sink'))] });
  const { promise, open } = gate();
  const stray = promise.then(() => log.info('by another task'));
  const { records } = await kakashi.withCapturedLogs(async () => {
    log.error('mine');
    open();
    await stray;
  });
  assert.deepEqual(records.map(({ message }) => message), ['mine']);
});

test('where no task is known each capture has all records while it runs', async () => {
  const [bare, { platform }] = await fresh('../platform.js');
  platform.storage = undefined;
  bare.configure({ sinks: [] });
  const log = bare.getLogger('app');
  const outer = await bare.withCapturedLogs(async () => {
    log.info('one');
    const inner = bare.withCapturedLogs(() => log.info('two'));
    assert.deepEqual(inner.records.map(({ message }) => message), ['two']);
    await null;
    log.info('three');
  });
  assert.deepEqual(outer.records.map(({ message }) => message), ['one', 'two', 'three']);
});
