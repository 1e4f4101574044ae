// One record of what happens from a beginning to an end.

import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { catcher } from '../shared/catcher.mjs';
import { freshLogger } from '../shared/kakashi.mjs';

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc');

let kakashi;
let sink;
let log;
beforeEach(async () => {
  ({ kakashi, sink, log } = await freshLogger('shop', catcher()));
});

/** What was written, without the time. */
async function written() {
  await kakashi.flush();
  return sink.records.map(({ timestamp, ...rest }) => rest);
}

test('an event is one record of all that was gathered, with its duration in seconds', async () => {
  const event = log.event('request', { method: 'GET', user: 1 });
  event.set({ user: 2, rows: [1, 2] }).set(() => ({ lazy: true }));
  assert.deepEqual(await written(), [], 'nothing is written before its end');
  event.end({ status: 200 });
  const [{ duration, ...record }] = await written();
  assert.deepEqual(record, { level: 'INFO', logger: 'shop', message: 'request', method: 'GET', user: 2, rows: [1, 2], lazy: true, status: 200 });
  assert.ok(duration >= 0 && duration < 3600, `${duration}`);
});

test('an event ends once, and what comes later changes nothing', async () => {
  const event = log.event('request');
  event.end();
  event.set({ late: 1 }).raise('error');
  event.end({ again: 1 });
  const [{ duration, ...record }, ...more] = await written();
  assert.deepEqual([record, more], [{ level: 'INFO', logger: 'shop', message: 'request' }, []]);
});

test('a field of the same name counts in place of the duration that was measured', async () => {
  log.event('request').end({ duration: 5 });
  assert.equal((await written())[0].duration, 5);
});

test('an error or a level that it is raised to is its level, never a lower one', async () => {
  log.event('failed').error(new TypeError('no', { cause: new Error('disk') })).raise('debug').end();
  log.event('slow').raise('warning').end();
  const [failed, slow] = await written();
  assert.deepEqual([failed.level, failed['exception.type'], failed['exception.message']], ['ERROR', 'TypeError', 'no: disk']);
  assert.match(failed['exception.stacktrace'], /wide-events\.test\.mjs/);
  assert.equal(slow.level, 'WARNING');
  assert.throws(() => log.event('x').raise('loud'), /loud/);
});

test('a level below the threshold writes nothing, an error of the same event does', async () => {
  log.level = 'warning';
  log.event('quiet').end();
  log.event('loud').error(new Error('no')).end();
  assert.deepEqual((await written()).map((record) => record.message), ['loud']);
});

test('the context is that of the end, and where there is none that of the beginning', async () => {
  let later;
  kakashi.withContext({ requestId: 'r-1' }, () => {
    later = log.event('later');
    const event = log.event('within');
    kakashi.setUserContext({ userId: 'u-1' });
    event.end();
  });
  later.end();
  const [within, outside] = await written();
  assert.deepEqual([within.request_id, within.user_id, outside.request_id], ['r-1', 'u-1', 'r-1']);
});

test('using ends an event', async () => {
  const event = log.event('request');
  event[Symbol.dispose]();
  assert.equal((await written()).length, 1);
});

test('an event that nobody can end any more is written, and says so', async () => {
  const begin = (n) => void log.event('forgotten', { n });
  for (let n = 0; n < 10; n++) begin(n);
  for (let round = 0; round < 50 && sink.records.length < 10; round++) {
    gc();
    await setImmediate();
    await kakashi.flush();
  }
  const records = await written();
  assert.deepEqual(records.map((record) => record.ended), Array(10).fill(false));
  assert.deepEqual(records.map((record) => record.n).sort(), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test('no call of an event throws, whatever it is given', async () => {
  const hostile = new Proxy({}, { ownKeys() { throw new Error('no keys'); } });
  for (const given of [null, undefined, 7, 'text', [1], new Map([['a', 1]]), new Error('x'), hostile, () => { throw new Error('lazy'); }]) {
    const open = log.event('any', given);
    open.set(given).error(given);
    open.end(given);
  }
  assert.equal((await written()).length, 9);
});

test('methods may be passed on, those of an event as that which begins it, and keep their event', async () => {
  const { event } = log;
  const { set, raise, error, end } = event('request');
  gc();
  await setImmediate();
  set({ a: 1 }).set({ b: 2 });
  raise('warning');
  await Promise.reject(new TypeError('closed')).catch(error);
  await Promise.resolve({ c: 3 }).then(end);
  const [{ level, message, a, b, c, ended, ...rest }] = await written();
  assert.deepEqual([level, message, a, b, c, ended, rest['exception.type']], ['ERROR', 'request', 1, 2, 3, undefined, 'TypeError']);
});

test('loggers of every kind have events, and children theirs', async () => {
  const own = kakashi.createCustomLogger('own', { sinks: [sink], fields: { shop: 'berlin' } });
  for (const logger of [kakashi.getAsyncLogger('a'), kakashi.getPerformanceLogger('p'), own, log.child('c', { a: 1 }), log.with({ a: 1 })]) logger.event('e').end();
  const found = (await written()).map(({ logger, a, shop }) => `${logger} ${a ?? shop}`);
  assert.deepEqual(found.sort(), ['a undefined', 'own berlin', 'p undefined', 'shop 1', 'shop::c 1']);
});
