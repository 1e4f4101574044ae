import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { catcher, gate } from '../shared/catcher.mjs';
import { fresh } from '../shared/kakashi.mjs';
import { addsUp } from '../shared/sums.mjs';

let kakashi;
let sink;
beforeEach(async () => {
  kakashi = await fresh();
  kakashi.configure({ sinks: [(sink = catcher())] });
});

test('a setting that makes no sense says what would, and changes nothing', async () => {
  const other = catcher();
  const right = { level: 'error', levels: { root: 'error' }, sinks: [other], format: 'wire', redact: ['message'], service: { name: 'changed' } };
  for (const [wrong, message] of [
    [{ format: 'xml' }, /^unknown format "xml": use auto, text, json, pretty, wire or pinoFormat\(\)$/],
    [{ sinks: [{ ...other, format: 'xml' }] }, /^unknown format "xml": use auto/],
    [{ level: 'loud' }, /^unknown level "loud": use TRACE/],
    [{ levels: { root: 'trace', app: 'loud' } }, /^unknown level "loud": use TRACE/],
    [{ levels: { app: undefined } }, /^unknown level "undefined": use TRACE/],
    [{ sinks: [other, { ...other, level: 'loud' }] }, /^unknown level "loud": use TRACE/],
    [{ sinks: other }, /sinks is a list of sinks/],
    [{ sinks: [() => {}] }, /sinks is a list of sinks/],
    [{ sinks: [null] }, /sinks is a list of sinks/],
    [{ redact: 'password' }, /redact is a list of paths/],
    [{ redact: [5] }, /redact is a list of paths/],
    [{ maxBatchBytes: 0 }, /^configure: maxBatchBytes is 0: give a number from 1 on$/],
    [{ maxBatchBytes: NaN }, /maxBatchBytes is NaN: give a number from 1 on/],
    [{ flushMs: -1 }, /flushMs is -1: give a number from 0 on/],
    [{ sinks: [kakashi.consoleSink({ direct: true }), other] }, /must be the only sink/],
  ]) {
    assert.throws(() => kakashi.configure({ ...right, ...wrong }), { message }, JSON.stringify(wrong));
  }
  kakashi.info('as before');
  await kakashi.flush();
  const [{ timestamp, ...rest }] = sink.records;
  assert.deepEqual(rest, { level: 'INFO', logger: 'root', message: 'as before' });
  assert.deepEqual(other.lines, []);
});

test('a policy, a capacity, a name or a sink that makes no sense says what would', () => {
  assert.throws(() => kakashi.getAsyncLogger('a', { onFull: 'wait' }), { name: 'RangeError', message: 'getAsyncLogger: onFull is "wait": give "flush" or "dropNewest" or "dropOldest"' });
  assert.throws(() => kakashi.getAsyncLogger('a', { capacity: -1 }), /capacity is -1: give a number from 1 on/);
  assert.throws(() => kakashi.getAsyncLogger('a', { capacity: 'many' }), /capacity is "many": give a number from 1 on/);
  assert.throws(() => kakashi.getLogger(5), /a logger's name is a string, not number/);
  assert.throws(() => kakashi.getLogger(), /a logger's name is a string, not undefined/);
  assert.throws(() => kakashi.callbackSink(), /callbackSink takes a function, not undefined/);
  assert.throws(() => kakashi.createCustomLogger('c'), /a custom logger has sinks/);
  assert.throws(() => kakashi.createCustomLogger('c', {}), /a custom logger has sinks/);
  assert.throws(() => kakashi.createCustomLogger('c', { sinks: [{}] }), /sinks is a list of sinks/);
  assert.throws(() => kakashi.createCustomLogger('c', { sinks: [sink], format: 'xml' }), /unknown format "xml"/);
  assert.throws(() => kakashi.createCustomLogger('c', { sinks: [sink], level: 'loud' }), /unknown level "loud"/);
});

test('a batch in each form is what its form promises', async () => {
  const sinks = ['text', 'json', 'pretty', 'wire'].map((format) => catcher(undefined, { format }));
  kakashi.configure({ sinks });
  kakashi.getLogger('app').info('Hello there', { a: 1, b: 'x y' });
  kakashi.getLogger('app').exception('failed', new Error('no'));
  kakashi.getLogger('app').warning('last');
  await kakashi.flush();
  const [text, json, pretty, wire] = sinks;
  assert.match(text.lines[0], /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z INFO app Hello there a=1 b="x y"$/);
  assert.deepEqual(Object.keys(JSON.parse(json.lines[0])), ['timestamp', 'level', 'logger', 'message', 'a', 'b']);
  for (const { batches } of sinks) {
    assert.equal(batches.reduce((sum, { count }) => sum + count, 0), 3);
    for (const batch of batches) assert.equal(batch.level, Math.max(...[...(batch.lines())].map(({ level }) => level), batch.format === 'wire' ? batch.level : 0));
  }
  const levels = (sink) => sink.batches.flatMap((batch) => [...batch.lines()].map(({ level }) => level));
  assert.deepEqual(levels(text), [20, 40, 30]);
  assert.deepEqual(levels(json), [20, 40, 30]);
  // A trace has lines of its own there, which belong to their record.
  assert.deepEqual(levels(pretty), [20, 40, 30]);
  assert.match(pretty.lines[0], /^\d\d:\d\d:\d\d\.\d{3} INFO     app  Hello there  a=1 b="x y"$/);
  assert.match(pretty.lines[1], /\n {4}.*settings\.test\.mjs/);
  assert.match(pretty.lines[2], /WARNING  app  last$/);
  assert.equal(wire.batches[0].text, '');
  assert.deepEqual([...wire.batches[0].lines()], []);
  const items = wire.batches.flatMap(({ bytes }) => kakashi.decode(bytes));
  assert.deepEqual(items.map(({ kind, message }) => [kind, message]), [['record', 'Hello there'], ['record', 'failed'], ['record', 'last']]);
  assert.deepEqual([items[0].level, items[0].levelName, items[0].logger, items[0].fields], [20, 'INFO', 'app', { a: 1, b: 'x y' }]);
  assert.equal(items[0].timestamp, text.lines[0].split(' ')[0]);
  assert.equal(typeof items[0].timestampNs, 'bigint');
});

test('redacted paths are hidden wherever a record has them, and nowhere else', async () => {
  kakashi.configure({ redact: ['password', 'user.card'] });
  const held = kakashi.getLogger('a').with({ password: 'with' });
  held.info('m', { user: { card: '4111', name: 'n' }, card: 'shown', list: ['password'] });
  kakashi.withContext({ password: 'context', user: { card: 'context', id: 1 } }, () => kakashi.info('m', { password: 'call' }));
  kakashi.withContext({ password: 'context', user: { card: 'context', id: 1 } }, () => kakashi.info('m'));
  await kakashi.flush();
  const [one, two, three] = sink.records;
  assert.deepEqual([one.password, one.user, one.card, one.list], ['[REDACTED]', { card: '[REDACTED]', name: 'n' }, 'shown', ['password']]);
  assert.deepEqual([two.password, two.user], ['[REDACTED]', { card: '[REDACTED]', id: 1 }]);
  assert.deepEqual([three.password, three.user], ['[REDACTED]', { card: '[REDACTED]', id: 1 }]);
  kakashi.configure({ redact: [] });
  held.info('m');
  await kakashi.flush();
  assert.equal(sink.records.at(-1).password, 'with');
});

test('what was logged before a change goes the old way, what comes after it the new one', async () => {
  const next = catcher();
  const logger = kakashi.getLogger('a');
  for (let round = 0; round < 50; round++) logger.info(`old ${round}`);
  kakashi.configure({ sinks: [next] });
  for (let round = 0; round < 50; round++) logger.info(`new ${round}`);
  kakashi.configure({ sinks: [next, sink] });
  logger.info('both');
  await kakashi.flush();
  assert.deepEqual(sink.messages, [...Array.from({ length: 50 }, (_, round) => `old ${round}`), 'both']);
  assert.deepEqual(next.messages, [...Array.from({ length: 50 }, (_, round) => `new ${round}`), 'both']);
  addsUp(kakashi, { sent: 102, written: 102 });
});

test('settings may change while a sink is busy: what waits for it is still written', async () => {
  const busy = gate();
  const slow = catcher(() => busy.promise);
  kakashi.configure({ sinks: [slow] });
  kakashi.error('with it');
  kakashi.error('behind it');
  kakashi.configure({ sinks: [sink] });
  kakashi.error('elsewhere');
  assert.deepEqual(sink.messages, ['elsewhere']);
  addsUp(kakashi, { pending: 2 });
  kakashi.configure({ level: 'debug', format: 'json', maxBatchBytes: 100 });
  busy.open();
  assert.deepEqual(await kakashi.flush(), { complete: true, pending: 0 });
  assert.deepEqual(slow.messages, ['with it', 'behind it']);
  addsUp(kakashi, { written: 3, pending: 0 });
});

test('settings may change from inside a sink, and from inside a record', async () => {
  const next = catcher();
  const first = catcher(() => kakashi.configure({ sinks: [next] }));
  kakashi.configure({ sinks: [first] });
  kakashi.error('first');
  kakashi.error('second');
  const third = catcher();
  let custom;
  kakashi.error('third', {
    before: 'x'.repeat(100),
    get inside() {
      custom = kakashi.createCustomLogger('made inside', { sinks: [sink], redact: ['secret'] });
      custom.info('custom', { secret: 1 });
      kakashi.configure({ sinks: [third], redact: ['secret'] });
      return 'inside';
    },
    after: 'y'.repeat(100),
  });
  kakashi.error('fourth', { secret: 1 });
  custom.info('custom again', { secret: 1 });
  await kakashi.flush();
  assert.deepEqual(first.messages, ['first']);
  assert.deepEqual(next.messages, ['second', 'third']);
  assert.deepEqual([next.records[1].inside, next.records[1].after.length], ['inside', 100]);
  assert.deepEqual(third.records.map(({ message, secret }) => [message, secret]), [['fourth', '[REDACTED]']]);
  assert.deepEqual(sink.records.map(({ message, secret }) => [message, secret]), [['custom', '[REDACTED]'], ['custom again', '[REDACTED]']]);
  addsUp(kakashi);
});

test('batches are about as large as is asked for, and a sink may ask for its own size', async () => {
  const small = catcher(undefined, { maxBatchBytes: 300 });
  for (const [each, least, most] of [[sink, 4000, 6000], [small, 100, 600]]) {
    kakashi.configure({ maxBatchBytes: 5000, sinks: [each] });
    for (let round = 0; round < 500; round++) kakashi.info(`number ${round}`);
    await kakashi.flush();
    assert.equal(each.messages.length, 500);
    for (const { bytes } of each.batches.slice(0, -1)) assert.ok(bytes.length > least && bytes.length < most, `${bytes.length}`);
  }
});

test('what lies in a buffer is written soon after, by a timer that keeps no process alive', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  kakashi.configure({ flushMs: 250 });
  kakashi.info('soon');
  t.mock.timers.tick(249);
  assert.deepEqual(sink.messages, []);
  t.mock.timers.tick(1);
  assert.deepEqual(sink.messages, ['soon']);
  kakashi.configure({ flushMs: 0 });
  kakashi.info('at once');
  await null;
  assert.deepEqual(sink.messages, ['soon', 'at once']);
});

test('an ERROR is with its sink before the call returns, and so is all that came before it', () => {
  kakashi.info('before');
  kakashi.error('error');
  assert.deepEqual(sink.messages, ['before', 'error']);
});

test('a loop that never pauses loses nothing on the way to a sink that works', async () => {
  const logger = kakashi.getLogger('loop');
  const records = 200_000;
  let written = 0;
  let next = 0;
  kakashi.configure({ sinks: [kakashi.callbackSink((batch) => {
    written += batch.count;
    for (const { text } of batch.lines()) if (JSON.parse(text).round !== next++) throw new Error(`${text} is out of order`);
  }, { format: 'json' })] });
  for (let round = 0; round < records; round++) logger.info('a message of some length, as they are', { round, more: 'text of the record' });
  await kakashi.flush();
  assert.equal(written, records);
  addsUp(kakashi, { sent: records, written: records });
});

test('the console gets one call for all lines in a row that have one method', async (t) => {
  const calls = [];
  for (const method of ['debug', 'info', 'warn', 'error']) t.mock.method(console, method, (text) => calls.push([method, text.split('\n').length]));
  kakashi.configure({ level: 'all', sinks: [kakashi.consoleSink({ format: 'text' })] });
  for (const method of ['info', 'info', 'trace', 'debug', 'info', 'warning', 'warn']) kakashi[method]('m');
  kakashi.critical('m');
  assert.deepEqual(calls, [['info', 2], ['debug', 2], ['info', 1], ['warn', 2], ['error', 1]]);
});

test('a structured console gets one object a record', async (t) => {
  const calls = [];
  t.mock.method(console, 'info', (value) => calls.push(value));
  kakashi.configure({ sinks: [kakashi.consoleSink({ structured: true })] });
  kakashi.info('m', { a: { b: 1 } });
  kakashi.info('n');
  await kakashi.flush();
  assert.deepEqual(calls.map(({ message, a }) => [message, a]), [['m', { b: 1 }], ['n', undefined]]);
});

test('direct binding calls the console itself, keeps to levels, and is undone', async (t) => {
  const calls = [];
  t.mock.method(console, 'info', (...args) => calls.push(args));
  const custom = kakashi.createCustomLogger('custom', { sinks: [sink], format: 'json' });
  kakashi.configure({ sinks: [kakashi.consoleSink({ direct: true })] });
  const logger = kakashi.getLogger('app').with({ a: 1 });
  const fields = { live: true };
  logger.info('said', fields);
  logger.debug('not said');
  custom.info('with its own sinks');
  kakashi.configure({ sinks: [sink] });
  logger.info('written');
  await kakashi.flush();
  assert.deepEqual(calls, [['app {"a":1}', 'said', fields]]);
  assert.equal(calls[0][2], fields);
  assert.deepEqual(sink.messages.sort(), ['with its own sinks', 'written']);
  addsUp(kakashi, { sent: 3, written: 3 });
});

test('decode says what is no block, and reads what comes after it', async () => {
  const wire = catcher(undefined, { format: 'wire' });
  kakashi.configure({ sinks: [wire] });
  kakashi.error('one', { a: 1 });
  kakashi.error('two');
  const [one, two] = wire.batches.map(({ bytes }) => bytes);
  const noise = new Uint8Array(37).fill(0xaa);
  const items = kakashi.decode(Buffer.concat([noise, one, noise, two, noise]));
  assert.deepEqual(items.map((item) => item.message ?? item.bytes), [37, 'one', 37, 'two', 37]);
  assert.deepEqual(kakashi.decode(new Uint8Array()), []);
  // Any bytes at all are safe to read.
  let seed = 1;
  const random = () => (seed = (seed * 48271) % 0x7fffffff);
  for (let round = 0; round < 300; round++) {
    const bytes = Uint8Array.from(Buffer.concat([one, two]));
    for (let changes = random() % 5; changes >= 0; changes--) bytes[random() % bytes.length] = random() & 255;
    const read = kakashi.decode(bytes.subarray(0, random() % (bytes.length + 1)));
    for (const item of read) assert.ok(['record', 'dropped', 'skipped'].includes(item.kind));
  }
});
