// Calls in whatever way they are made: nothing is lost, and none throws.

import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { catcher } from '../shared/catcher.mjs';
import { freshLogger } from '../shared/kakashi.mjs';
import { addsUp } from '../shared/sums.mjs';

const LEVELS = ['trace', 'debug', 'info', 'warning', 'warn', 'error', 'critical'];

let kakashi;
let sink;
let log;
beforeEach(async () => {
  ({ kakashi, sink, log } = await freshLogger('app', catcher()));
});

/** What was written last, without time and level. */
async function last() {
  await kakashi.flush();
  const { timestamp, level, logger, ...rest } = sink.records.at(-1);
  return rest;
}

test('a method may be passed on without its logger', async () => {
  await Promise.reject(new TypeError('refused')).catch(log.error);
  const failed = await last();
  assert.deepEqual([failed.message, failed['exception.type'], failed['exception.message']], ['refused', 'TypeError', 'refused']);
  assert.match(failed['exception.stacktrace'], /calls\.test\.mjs/);
  await Promise.reject(new TypeError('refused')).catch(log.exception);
  assert.equal((await last())['exception.type'], 'TypeError');
  for (const logger of [log, log.with({ a: 1 }), log.child('c'), kakashi.getAsyncLogger('q'), kakashi.getPerformanceLogger('p'), kakashi.createCustomLogger('own', { sinks: [sink], format: 'json' })]) {
    for (const name of LEVELS) {
      const { [name]: method } = logger;
      method(`by ${name}`);
      assert.equal((await last()).message, `by ${name}`);
      assert.equal(logger[name], method, 'it is one function');
    }
    const { child, with: withFields, isEnabled, log: at, flush } = logger;
    child('below').info('child');
    withFields({ more: 1 }).info('with');
    at('info', 'log');
    assert.equal(isEnabled('info'), true);
    assert.deepEqual(await flush(), { complete: true, pending: 0 });
    assert.equal(sink.messages.at(-1), 'log');
  }
  for (const name of LEVELS) {
    const { [name]: method } = kakashi;
    method(`by ${name}`, { a: 1 });
    assert.equal((await last()).message, `by ${name}`);
  }
});

test('an error as message or as fields is an exception with its stack and causes, at every level', async () => {
  const error = Object.assign(new RangeError('outer', { cause: new TypeError('inner') }), { code: 'E_FAR' });
  for (const name of LEVELS) {
    for (const [given, message, more] of [
      [[error], 'outer', {}],
      [['failed', error], 'failed', {}],
      [['failed', () => error], 'failed', {}],
      [[error, 'failed'], 'failed', {}],
      [[error, { a: 1 }], 'outer', { a: 1 }],
    ]) {
      log[name](...given);
      const { 'exception.stacktrace': stack, ...rest } = await last();
      assert.deepEqual(rest, { message, ...more, 'exception.type': 'RangeError', 'exception.message': 'outer: inner', 'exception.code': 'E_FAR' });
      assert.match(stack, /^ +at .*calls\.test\.mjs[^]*\nCaused by: TypeError: inner\n +at .*calls\.test\.mjs/);
    }
  }
  log.error(new Error(''));
  assert.equal((await last()).message, 'Error');
});

test("pino's order is understood", async () => {
  log.error({ a: 1 }, 'said');
  assert.deepEqual(await last(), { message: 'said', a: 1 });
  log.info({ a: 1 });
  assert.deepEqual(await last(), { message: '', a: 1 });
  log.info([1, 2], 'said');
  assert.deepEqual(await last(), { message: 'said', values: [1, 2] });
  log.log('info', { a: 1 }, 'said');
  assert.deepEqual(await last(), { message: 'said', a: 1 });
  log.child({ requestId: 'r' }).info('said');
  assert.deepEqual(await last(), { message: 'said', requestId: 'r' });
  kakashi.info({ a: 1 }, 'said');
  assert.deepEqual(await last(), { message: 'said', a: 1 });
});

test('what comes after message and fields is kept, and nothing is a format', async () => {
  log.info('user %s has %d', 'ann', 5);
  assert.deepEqual(await last(), { message: 'user %s has %d', value: 'ann', args: [5] });
  log.info('m', { a: 1 }, { b: 2 }, [3]);
  assert.deepEqual(await last(), { message: 'm', a: 1, args: [{ b: 2 }, [3]] });
  log.info({ a: 1 }, 'hello %s', 'x');
  assert.deepEqual(await last(), { message: 'hello %s', a: 1, args: ['x'] });
  ['one', 'two'].forEach(log.info);
  assert.deepEqual(await last(), { message: 'two', value: 1, args: [['one', 'two']] });
});

test('no call throws, whatever it is given, and each is written', async () => {
  const hostile = new Proxy({}, Object.fromEntries(Object.getOwnPropertyNames(Reflect).map((trap) => [trap, () => { throw new Error(trap); }])));
  const { proxy: revoked, revoke } = Proxy.revocable(() => {}, {});
  revoke();
  const odd = [undefined, null, NaN, 1n, Symbol('s'), '', [], {}, () => {}, () => { throw new Error('no'); }, class A {}, Object.create(null), new Date(NaN),
    hostile, revoked, new Proxy([], {}), new Error(), { toJSON: hostile }, { constructor: Object, toString() { throw new Error('no'); } }, globalThis, new WeakRef({}), new Map([[hostile, hostile]])];
  let calls = 0;
  for (const one of odd) {
    for (const other of odd) {
      for (const logger of [log, kakashi]) {
        logger.info(one, other);
        logger.info(one, other, one, other);
        logger.log('info', one, other);
        logger.log(one, other, one);
        logger.exception(one, other, one);
        calls += 5;
      }
      kakashi.metric(one, other, one);
      kakashi.audit(one, other, one);
      kakashi.security(one, other, one);
      calls += 3;
      kakashi.withContext(other, () => log.info('context'));
      kakashi.withContext({ userId: other, other }, () => (kakashi.setUserContext(one), kakashi.setCustomContext(one), kakashi.setRequestContext(one, other, other ?? undefined), log.info('context')));
      log.child(one, other).info('child');
      log.with(one).info('with');
      calls += 4;
    }
  }
  await kakashi.flush();
  const { sent, written, dropped } = addsUp(kakashi);
  assert.deepEqual([sent, written + dropped.total], [calls, calls]);
  assert.equal(dropped.total, 0);
});

test('a call at the end of the stack throws nothing of its own, and logging goes on', async () => {
  const down = () => {
    log.info('deep', { a: [{ b: 1 }] });
    down();
  };
  assert.throws(down, RangeError);
  log.info('after');
  assert.equal((await last()).message, 'after');
  addsUp(kakashi);
});
