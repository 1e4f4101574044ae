import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { beforeEach, test } from 'node:test';
import { catcher, gate } from '../shared/catcher.mjs';
import { ENTRY, fresh } from '../shared/kakashi.mjs';
import { addsUp } from '../shared/sums.mjs';
import { until } from '../shared/until.mjs';

let kakashi;
let sink;
let logger;
beforeEach(async () => {
  kakashi = await fresh();
  kakashi.configure({ level: 'all', sinks: [(sink = catcher())] });
  logger = kakashi.getLogger('app');
});

const logging = {
  'a getter': (log) => ({ get a() { log(); return 1; } }),
  'a getter below': (log) => ({ b: [{ get a() { log(); return 1; } }] }),
  'a toJSON': (log) => ({ a: { toJSON() { log(); return 1; } } }),
  'an iterator': (log) => ({ a: Object.assign([1], { *[Symbol.iterator]() { log(); yield 1; } }) }),
  'a proxy': (log) => ({ a: new Proxy({ b: 1 }, { ownKeys() { log(); return ['b']; }, getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true }) }) }),
  'lazy fields': (log) => () => (log(), { a: 1 }),
  'a getter in lazy fields': (log) => () => ({ get a() { log(); return 1; } }),
};

for (const [place, fields] of Object.entries(logging)) {
  test(`what is logged from ${place} is written once the record is whole`, async () => {
    for (const level of ['info', 'error']) {
      for (let round = 0; round < 5; round++) {
        logger[level]('outer', fields(() => {
          logger.info('inner', { of: round });
          logger.child('below').error('inner error', { of: round });
        }));
      }
    }
    await kakashi.flush();
    const { messages } = sink;
    assert.deepEqual(messages, Array.from({ length: 10 }, () => ['outer', 'inner', 'inner error']).flat());
    addsUp(kakashi, { sent: 30, written: 30 });
  });
}

test('a record that logs itself for ever ends, and what is dropped is counted', async () => {
  const endless = { get a() { logger.info('again', endless); return 1; } };
  logger.info('again', endless);
  const deep = (depth) => ({ get a() { logger.info(`depth ${depth}`, deep(depth + 1)); return depth; } });
  logger.info('first', deep(0));
  await kakashi.flush();
  assert.equal(sink.messages.filter((message) => message === 'first').length, 1);
  assert.ok(sink.messages.length >= 3 && sink.messages.length < 200, `${sink.messages.length}`);
  const { dropped } = addsUp(kakashi);
  assert.ok(dropped.byReason.reentrant > 0);
  await kakashi.flush();
  assert.equal(sink.announced, dropped.total);
  logger.info('after');
  await kakashi.flush();
  assert.equal(sink.messages.at(-1), 'after');
});

test('what a sink logs comes after what it is given, and does not feed itself for ever', async () => {
  const echo = catcher((batch) => {
    if (echo.offered < 10) logger.error(`from the sink ${echo.offered}`);
  });
  kakashi.configure({ sinks: [echo] });
  logger.error('first');
  logger.info('second');
  await until('all is written', async () => (await kakashi.flush(), echo.messages.length === 11));
  assert.equal(echo.messages[0], 'first');
  assert.deepEqual(echo.messages.filter((message) => message.startsWith('from')), Array.from({ length: 9 }, (_, at) => `from the sink ${at + 1}`));
  addsUp(kakashi, { sent: 11, written: 11 });
});

test('what a sink throws after it has logged loses neither', async (t) => {
  t.mock.method(console, 'warn', () => {});
  let failing = true;
  const sick = catcher(() => {
    logger.error(`complaint ${failing}`);
    if (failing) throw new Error('sick');
  });
  kakashi.configure({ sinks: [sick] });
  logger.error('first');
  failing = false;
  await kakashi.flush();
  assert.equal(sick.messages[0], 'first');
  addsUp(kakashi);
});

test('onError may log, throw and change settings', async () => {
  const other = catcher();
  const sick = catcher(() => { throw Object.assign(new Error('sick'), { retry: false }); });
  let reports = 0;
  kakashi.configure({
    sinks: [sick],
    onError() {
      reports++;
      logger.error('reported');
      kakashi.configure({ sinks: [other] });
      throw new Error('and throws');
    },
  });
  logger.error('first');
  logger.error('second');
  await kakashi.flush();
  assert.equal(reports, 1);
  assert.deepEqual(other.messages, ['second']);
  addsUp(kakashi, { pending: 0 });
});

test('flush, shutdown of async loggers and stats may be called from a record and from a sink', async () => {
  const flushes = [];
  const meddler = catcher(() => {
    flushes.push(kakashi.flush(50));
    addsUp(kakashi);
  });
  kakashi.configure({ sinks: [meddler] });
  logger.error('first', { get a() { flushes.push(kakashi.flush(50)); kakashi.stats(); return 1; } });
  logger.error('second', { get a() { flushes.push(kakashi.shutdownAsyncLogging(50)); kakashi.clearLoggerCache(); return 1; } });
  await Promise.all(flushes);
  assert.deepEqual(await kakashi.flush(), { complete: true, pending: 0 });
  assert.deepEqual(meddler.messages, ['first', 'second']);
});

test('decoding from inside a record leaves the record whole', async () => {
  const wire = catcher(undefined, { format: 'wire' });
  kakashi.configure({ sinks: [wire, sink] });
  logger.error('block', { long: 'x'.repeat(10_000) });
  const [{ bytes }] = wire.batches;
  const many = Buffer.concat(Array.from({ length: 300 }, () => bytes));
  logger.error('outer', { before: 'b', get a() { return kakashi.decode(many).length; }, list: [{ get b() { return kakashi.decode(many).length; } }], after: 'a' });
  await kakashi.flush();
  const { before, a, list, after } = sink.records.at(-1);
  assert.deepEqual({ before, a, list, after }, { before: 'b', a: 300, list: [{ b: 300 }], after: 'a' });
});

/** A copy whose module fails at the calls of `take` that `fails` says. */
async function failingModule(t, fails) {
  const { Instance } = WebAssembly;
  t.mock.method(WebAssembly, 'Instance', function (module) {
    const { exports } = new Instance(module);
    return { exports: { ...exports, take(...args) {
      if (fails()) throw new WebAssembly.RuntimeError('unreachable');
      return exports.take(...args);
    } } };
  });
  return fresh();
}

for (const level of ['info', 'error']) {
  test(`a record logged by onError while the module restarts is written or counted: ${level}`, async (t) => {
    let failures = 0;
    kakashi = await failingModule(t, () => failures-- > 0);
    const onError = () => kakashi.getLogger('operator')[level]('reported', { at: 1 });
    kakashi.configure({ sinks: [sink], onError });
    for (const path of ['flush', 'an error', 'a full ring', 'other settings']) {
      sink.batches.length = 0;
      const before = kakashi.stats();
      kakashi.info('lost');
      failures = 1;
      if (path === 'an error') kakashi.error('lost as well');
      if (path === 'a full ring') kakashi.info('long', { text: 'x'.repeat(100_000) });
      if (path === 'other settings') kakashi.configure({ redact: ['password', 'x'.repeat(1000)] });
      await kakashi.flush();
      addsUp(kakashi);
      // What was logged in the middle of a flush goes with the next one.
      await kakashi.flush();
      const { sent, written, dropped } = addsUp(kakashi, { buffered: 0, pending: 0 });
      assert.deepEqual(sink.messages, path === 'a full ring' ? ['long', 'reported'] : ['reported'], path);
      assert.equal(dropped.total - before.dropped.total, path === 'an error' ? 2 : 1, path);
      assert.equal(sent - before.sent, dropped.total - before.dropped.total + written - before.written, path);
      // What the report says is lost is announced with the next batch.
      kakashi.info('after');
      await kakashi.flush();
      assert.equal(sink.announced, dropped.total - before.dropped.total, path);
    }
  });
}

test('an onError that logs ends, though the module fails each time, and what is lost is counted', async (t) => {
  let failing = false;
  kakashi = await failingModule(t, () => failing);
  let reports = 0;
  const onError = () => {
    reports++;
    kakashi.error('reported');
  };
  kakashi.configure({ sinks: [sink], onError });
  failing = true;
  kakashi.error('lost');
  kakashi.error('lost');
  assert.equal(reports, 2);
  addsUp(kakashi, { sent: 4, written: 0 });
  failing = false;
  await kakashi.flush();
  assert.equal(sink.announced, 4);
});

test('a record logged by a getter of a setting or of a sink is written or counted', async (t) => {
  let failing = false;
  kakashi = await failingModule(t, () => failing);
  let logged = 0;
  const logs = (target) => new Proxy(target, {
    get(object, key, receiver) {
      if (!['write', 'flush'].includes(key)) logger.info('from a getter', { number: ++logged });
      return Reflect.get(object, key, receiver);
    },
  });
  logger = kakashi.getLogger('app');
  const ofAll = () => ({ maxBatchBytes: 1000, service: logs({ name: 'shop' }), onError: () => {} });
  const settings = (more = ofAll()) => logs({
    ...more, format: 'json', redact: logs(['password', 'x'.repeat(500)]),
    sinks: [logs({ ...sink, level: 'info', maxQueueBytes: 1 << 20, maxBatchBytes: 1000, write: (batch) => sink.write(batch) })],
  });
  kakashi.configure({ sinks: [sink] });
  kakashi.info('before');
  kakashi.configure(settings());
  kakashi.createCustomLogger('custom', settings({})).info('custom');
  for (let round = 0; round < 20; round++) kakashi.info('batches', { round, text: 'x'.repeat(500) });
  kakashi.info('settings', { get a() { kakashi.configure(settings()); return 1; } });
  await kakashi.flush();
  const { sent, dropped } = addsUp(kakashi, { buffered: 0, pending: 0 });
  assert.ok(logged > 20, `${logged}`);
  assert.equal(sent, logged + 23);
  assert.equal(sink.records.length + dropped.total, sent);
  failing = true;
  kakashi.info('lost');
  void kakashi.flush();
  failing = false;
  await kakashi.flush();
  addsUp(kakashi, { buffered: 0, pending: 0 });
});

test('a setting that throws loses no record that waits for the module', async () => {
  delete globalThis[Symbol.for('kakashi-wasm')];
  const slim = await import(`${new URL('slim.js', ENTRY)}?copy=0`);
  slim.configure({ sinks: [sink] });
  slim.info('before', { get a() { slim.configure({ level: 'debug' }); return 1; } });
  let reads = 0;
  const sick = { write() {}, get level() { if (++reads > 1) throw new Error('sick'); return 0; } };
  assert.throws(() => slim.configure({ get format() { slim.debug('from a getter'); return 'json'; }, sinks: [sick] }), /sick/);
  addsUp(slim, { buffered: 3 });
  slim.initSync(new WebAssembly.Module(readFileSync(new URL('../../kakashi.wasm', ENTRY))));
  await slim.flush();
  assert.deepEqual(sink.messages, ['before', 'from a getter', 'from a getter']);
  addsUp(slim, { sent: 3, written: 3 });
});

test('what onError logs comes after the batch whose failure it is told of', async () => {
  let tries = 0;
  const sick = catcher(() => {
    if (++tries === 1) throw Object.defineProperty(new Error('sick'), 'retry', { get() { logger.error('from the error'); throw new Error('sick, too'); } });
  });
  kakashi.configure({ sinks: [sick], onError: () => logger.error('reported') });
  logger.error('first');
  await kakashi.flush();
  assert.deepEqual(sick.messages, ['first', 'from the error', 'reported']);
  addsUp(kakashi, { sent: 3, written: 3 });
});

test('what onError logs as the process ends is written', async () => {
  let flushAtExit;
  [kakashi, { flushAtExit }] = await fresh('../engine/flush.js');
  const sick = catcher((_, offered) => { if (offered === 1) throw new Error('sick'); });
  kakashi.configure({ sinks: [sick], onError: () => kakashi.info('reported') });
  kakashi.info('first');
  flushAtExit();
  assert.deepEqual(sick.messages, ['first', 'reported']);
  addsUp(kakashi, { sent: 2, written: 2 });
});

test('what a sink logs as a page gets hidden is written or counted, and no batch is written twice', async () => {
  let flushLast;
  [kakashi, { flushLast }] = await fresh('../engine/flush.js');
  const stuck = gate();
  const taken = [];
  const leaving = catcher(() => stuck.promise, {
    maxQueueBytes: 1,
    last(batches) {
      kakashi.error('from the sink', { text: 'x'.repeat(60_000) });
      kakashi.error('from the sink', { text: 'x'.repeat(60_000) });
      taken.push(...batches);
      return batches.length;
    },
  });
  kakashi.configure({ sinks: [leaving] });
  kakashi.info('before');
  flushLast();
  assert.deepEqual(taken.flatMap((batch) => [...batch.lines()].map(({ text }) => JSON.parse(text).message)), ['before']);
  addsUp(kakashi, { sent: 3, written: 1 });
  stuck.open();
  await kakashi.flush();
  const { written, dropped } = addsUp(kakashi, { sent: 3, pending: 0, buffered: 0 });
  assert.equal(leaving.messages.length + 1, written);
  assert.ok(!leaving.messages.includes('before') && dropped.total < 2);
});
