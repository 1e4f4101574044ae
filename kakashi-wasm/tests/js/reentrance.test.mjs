import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { catcher } from '../shared/catcher.mjs';
import { fresh } from '../shared/kakashi.mjs';
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
