import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { catcher, gate } from '../shared/catcher.mjs';
import { fresh } from '../shared/kakashi.mjs';
import { addsUp } from '../shared/sums.mjs';

let kakashi;
let sink;
beforeEach(async () => {
  kakashi = await fresh();
  kakashi.configure({ level: 'all', sinks: [(sink = catcher())] });
});

const numbers = (from, to) => Array.from({ length: to - from }, (_, at) => `n${from + at}`);

test('an async logger has its ERROR written soon after the call, not in it', async () => {
  const logger = kakashi.getAsyncLogger('q');
  logger.error('soon');
  assert.deepEqual(sink.messages, []);
  await null;
  assert.deepEqual(sink.messages, ['soon']);
});

test('with flush a full queue is handed over at once, and nothing is dropped', () => {
  const logger = kakashi.getAsyncLogger('q', { capacity: 16, onFull: 'flush' });
  for (const message of numbers(0, 1000)) logger.info(message);
  assert.ok(sink.messages.length >= 980, `${sink.messages.length}`);
  addsUp(kakashi, { sent: 1000 });
  return kakashi.flush().then(() => assert.deepEqual(sink.messages, numbers(0, 1000)));
});

test('with dropNewest a full queue keeps what is in it, and counts what comes', async () => {
  const logger = kakashi.getAsyncLogger('q', { capacity: 16, onFull: 'dropNewest' });
  for (const message of numbers(0, 100)) logger.info(message);
  const { dropped } = addsUp(kakashi, { sent: 100, buffered: 14 });
  assert.deepEqual([dropped.byLevel.INFO, dropped.byReason.queue_full], [86, 86]);
  await kakashi.flush();
  assert.deepEqual(sink.messages, numbers(0, 14));
  assert.equal(sink.announced, 86);
  addsUp(kakashi, { written: 14 });
});

test('with dropOldest a full queue keeps the newest, and counts what made way', async () => {
  const logger = kakashi.getAsyncLogger('q', { capacity: 16, onFull: 'dropOldest' });
  for (const message of numbers(0, 100)) logger.info(message);
  addsUp(kakashi, { sent: 100, buffered: 14 });
  await kakashi.flush();
  assert.deepEqual(sink.messages, numbers(86, 100));
  assert.equal(sink.announced, 86);
  addsUp(kakashi, { written: 14 });
});

for (const onFull of ['dropNewest', 'dropOldest']) {
  test(`with ${onFull} noise pushes out no WARNING`, async () => {
    const logger = kakashi.getAsyncLogger('q', { capacity: 64, onFull });
    const noise = () => { for (let round = 0; round < 200; round++) logger.debug('noise'); };
    noise();
    for (const message of numbers(0, 4)) logger.warning(message);
    noise();
    logger.log('warning', 'n4');
    noise();
    await kakashi.flush();
    assert.deepEqual(sink.messages.filter((message) => message !== 'noise'), numbers(0, 5));
    const { dropped } = addsUp(kakashi, { sent: 605 });
    assert.equal(dropped.byLevel.WARNING, 0);
    assert.equal(sink.announced, dropped.total);
    assert.equal(sink.messages.length + dropped.total, 605);
  });

  test(`with ${onFull} a queue of nothing but evidence is full all the same`, async () => {
    const logger = kakashi.getAsyncLogger('q', { capacity: 16, onFull });
    for (const message of numbers(0, 100)) logger.warning(message);
    const { buffered, dropped } = addsUp(kakashi, { sent: 100 });
    assert.deepEqual([buffered, dropped.byLevel.WARNING], [16, 84]);
    await kakashi.flush();
    assert.deepEqual(sink.messages, numbers(0, 16));
    assert.equal(sink.announced, 84);
  });

  test(`with ${onFull} loggers share the ring and not their queues`, async () => {
    const full = kakashi.getAsyncLogger('full', { capacity: 8, onFull });
    const other = kakashi.getAsyncLogger('other', { capacity: 1000, onFull });
    const sync = kakashi.getLogger('sync');
    for (const message of numbers(0, 500)) {
      full.info(message, { padding: 'x'.repeat(300) });
      other.info(message);
      if (!(message.length % 4)) sync.info(message);
    }
    await kakashi.flush();
    const of = (name) => sink.records.filter(({ logger }) => logger === name).map(({ message }) => message);
    assert.deepEqual(of('other'), numbers(0, 500));
    assert.deepEqual(of('sync'), numbers(100, 500));
    const { dropped } = addsUp(kakashi);
    assert.equal(of('full').length + dropped.total, 500);
    assert.equal(sink.announced, dropped.total);
  });

  test(`with ${onFull} a queue is empty again after a flush, for hundreds of rounds`, async () => {
    const logger = kakashi.getAsyncLogger('q', { capacity: 32, onFull });
    for (let round = 0; round < 300; round++) {
      for (let at = 0; at < 28; at++) logger.info('kept', { round, at, context: 'x'.repeat(round) });
      await kakashi.flush();
    }
    assert.equal(sink.messages.length, 300 * 28);
    addsUp(kakashi, { sent: 300 * 28, written: 300 * 28 });
  });
}

test('a performance logger drops the newest and never waits for its sink', async () => {
  const stuck = gate();
  kakashi.configure({ sinks: [(sink = catcher(() => stuck.promise))] });
  const logger = kakashi.getPerformanceLogger('p', { capacity: 100 });
  for (const message of numbers(0, 10_000)) logger.info(message);
  logger.error('evidence');
  assert.equal(sink.offered, 0);
  stuck.open();
  await kakashi.flush();
  assert.deepEqual(sink.messages, [...numbers(0, 88), 'evidence']);
  const { dropped } = addsUp(kakashi, { sent: 10_001, written: 89 });
  assert.equal(dropped.byReason.queue_full, 10_000 - 88);
});

test('announcements say of each sink what is missing there, by level and reason', async () => {
  const loud = catcher(undefined, { level: 'warning' });
  kakashi.configure({ sinks: [sink, loud] });
  const logger = kakashi.getAsyncLogger('q', { capacity: 8, onFull: 'dropNewest' });
  for (let round = 0; round < 20; round++) logger.info('i');
  for (let round = 0; round < 20; round++) logger.warning('w');
  await kakashi.flush();
  const [announcement] = sink.announcements;
  const { dropped } = addsUp(kakashi);
  assert.deepEqual(announcement.levels, { INFO: 13, WARNING: 19 });
  assert.deepEqual(announcement.reasons, { queue_full: 32 });
  assert.deepEqual(loud.announcements[0].levels, { WARNING: 19 });
  assert.equal(dropped.total, 32 + 19);
  assert.equal(sink.messages.length, 40 - 32);
  assert.equal(loud.messages.length, 20 - 19);
});

test('drops are announced though nothing is logged after them', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const logger = kakashi.getAsyncLogger('q', { capacity: 1, onFull: 'dropNewest' });
  logger.warning('kept');
  logger.warning('dropped');
  t.mock.timers.tick(1000);
  assert.deepEqual(sink.entries.map(({ message }) => message).sort(), ['Records were dropped', 'kept']);
});

test('the first to ask decides on capacity and policy, and children have them too', async () => {
  const logger = kakashi.getAsyncLogger('q', { capacity: 8, onFull: 'dropNewest' });
  assert.equal(kakashi.getAsyncLogger('q', { capacity: 8000 }), logger);
  const child = logger.child('below');
  for (const message of numbers(0, 100)) child.info(message);
  await kakashi.flush();
  assert.deepEqual(sink.messages, numbers(0, 7));
});
