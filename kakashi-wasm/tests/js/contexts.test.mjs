import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { beforeEach, test } from 'node:test';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { catcher } from '../shared/catcher.mjs';
import { fresh } from '../shared/kakashi.mjs';

let kakashi;
let platform;
let sink;
beforeEach(async () => {
  [kakashi, { platform }] = await fresh('../platform.js');
  kakashi.configure({ sinks: [(sink = catcher())] });
});

async function fieldsOf() {
  await kakashi.flush();
  return sink.records.splice(0).map(({ timestamp, level, logger, message, ...fields }) => fields);
}

test('a context is on every record inside it, across await, and on none outside', async () => {
  await kakashi.withContext({ requestId: 'r1' }, async () => {
    kakashi.info('before');
    await setTimeout(1);
    kakashi.info('after');
    await Promise.all([setImmediate(), setTimeout(2)]);
    queueMicrotask(() => kakashi.info('microtask'));
    await null;
  });
  kakashi.info('outside');
  assert.deepEqual(await fieldsOf(), [{ request_id: 'r1' }, { request_id: 'r1' }, { request_id: 'r1' }, {}]);
});

test('contexts of a hundred tasks at once never meet', async () => {
  const rounds = 20;
  await Promise.all(
    Array.from({ length: 100 }, (_, task) =>
      kakashi.withContext({ task }, async () => {
        for (let round = 0; round < rounds; round++) {
          await setImmediate();
          kakashi.setCustomContext({ round });
          await setImmediate();
          kakashi.getLogger('t').info('step', { said: `${task}/${round}` });
        }
      }),
    ),
  );
  const all = await fieldsOf();
  assert.equal(all.length, 100 * rounds);
  for (const { task, round, said } of all) assert.equal(`${task}/${round}`, said);
});

test('a value of the call wins over the inner scope, that over the outer, that over the logger, that over the service', async () => {
  kakashi.configure({ service: { name: 'service', version: 'service', environment: 'service' } });
  const logger = kakashi.getLogger('l').with({ service_name: 'logger', a: 'logger', b: 'logger', c: 'logger', d: 'logger' });
  kakashi.withContext({ b: 'outer', c: 'outer', d: 'outer', e: 'outer' }, () =>
    kakashi.withContext({ c: 'inner', d: 'inner', e: 'inner' }, () => logger.info('m', { d: 'call' })),
  );
  const [{ version, environment, ...fields }] = await fieldsOf();
  assert.deepEqual([version, environment], ['service', 'service']);
  assert.deepEqual({ ...fields, service_name: undefined }, { a: 'logger', b: 'outer', c: 'inner', d: 'call', e: 'inner', service_name: undefined });
});

test('typed keys win over custom ones of the same name, in whatever order they come', async () => {
  for (const context of [{ requestId: 'typed', request_id: 'custom' }, { request_id: 'custom', requestId: 'typed' }]) {
    kakashi.withContext(context, () => kakashi.info('m'));
    kakashi.withContext({ requestId: 'typed' }, () => kakashi.withContext({ request_id: 'custom' }, () => kakashi.info('m')));
    kakashi.withContext({ request_id: 'custom' }, () => kakashi.withContext({ requestId: 'typed' }, () => kakashi.info('m')));
  }
  for (const fields of await fieldsOf()) assert.deepEqual(fields, { request_id: 'typed' });
});

test('typed keys have their names in records, and are text', async () => {
  const typed = { ip: '::1', access: 'GET /', requestId: 'r', userAgent: 'u', userId: 7, sessionId: 's', serviceName: 'n', version: 1.5, environment: 'e' };
  kakashi.withContext({ ...typed, custom: { a: [1] } }, () => kakashi.info('m'));
  assert.deepEqual(await fieldsOf(), [
    { ip: '::1', access: 'GET /', request_id: 'r', user_agent: 'u', user_id: '7', session_id: 's', service_name: 'n', version: '1.5', environment: 'e', custom: { a: [1] } },
  ]);
});

test('what is set in a scope ends with it', async () => {
  kakashi.setRequestContext('10.0.0.1', 'GET /a', { requestId: 'r', userAgent: 'ua' });
  kakashi.withContext({}, () => {
    kakashi.setUserContext({ userId: 'u', sessionId: 's', plan: 'pro' });
    kakashi.setCustomContext({ extra: 1 });
    kakashi.info('inside');
    kakashi.clearContext();
    kakashi.info('cleared');
  });
  kakashi.info('outside');
  kakashi.clearContext();
  kakashi.info('none');
  const request = { ip: '10.0.0.1', access: 'GET /a', request_id: 'r', user_agent: 'ua' };
  assert.deepEqual(await fieldsOf(), [{ ...request, user_id: 'u', session_id: 's', plan: 'pro', extra: 1 }, {}, request, {}]);
});

test('clearRequestContext removes the request only', async () => {
  kakashi.withContext({}, () => {
    kakashi.setRequestContext('10.0.0.1', 'GET /a', { requestId: 'r', userAgent: 'ua' });
    kakashi.setUserContext({ userId: 'u', plan: 'pro' });
    kakashi.setCustomContext({ extra: 1 });
    kakashi.withContext({ request_id: 'custom' }, () => {
      kakashi.clearRequestContext();
      kakashi.info('inside');
    });
    kakashi.info('outside');
    kakashi.clearRequestContext();
    kakashi.info('cleared');
    kakashi.setRequestContext('', '', { requestId: 'next' });
    kakashi.info('next');
    kakashi.clearContext();
    kakashi.info('none');
    kakashi.setRequestContext('', 'GET /b');
    kakashi.info('only access');
    kakashi.clearRequestContext();
    assert.equal(kakashi.currentContext().isEmpty, true);
  });
  const request = { ip: '10.0.0.1', access: 'GET /a', request_id: 'r', user_agent: 'ua' };
  const rest = { user_id: 'u', plan: 'pro', extra: 1 };
  assert.deepEqual(await fieldsOf(), [
    { ...rest, request_id: 'custom' },
    { ...request, ...rest },
    rest,
    { request_id: 'next', ...rest },
    {},
    { access: 'GET /b' },
  ]);
});

test('withContext returns what the function returns, and lets through what it throws', async () => {
  assert.equal(kakashi.withContext({}, () => 5), 5);
  assert.equal(await kakashi.withContext({}, async () => 6), 6);
  assert.throws(() => kakashi.withContext({ a: 1 }, () => { throw new Error('mine'); }), /mine/);
  await assert.rejects(kakashi.withContext({ a: 1 }, async () => { throw new Error('mine'); }), /mine/);
  kakashi.info('outside');
  assert.deepEqual(await fieldsOf(), [{}]);
});

test('a LogContext never changes: merge and with make new ones', async () => {
  const { LogContext } = kakashi;
  const one = new LogContext({ requestId: 'r', a: 1, missing: undefined });
  const more = one.merge(new LogContext({ a: 2, b: 3 })).with({ c: 4 });
  assert.deepEqual(one.toJSON(), { request_id: 'r', a: 1 });
  assert.deepEqual(more.toJSON(), { request_id: 'r', a: 2, b: 3, c: 4 });
  kakashi.withContext(more, () => assert.deepEqual(kakashi.currentContext().toJSON(), more.toJSON()));
  assert.deepEqual(kakashi.currentContext().toJSON(), {});
  assert.deepEqual(new LogContext().toJSON(), {});
  assert.deepEqual(new LogContext(null).toJSON(), {});
});

test('children and copies carry fields down, each its own', async () => {
  const parent = kakashi.getLogger('p').with({ a: 1, b: 1 });
  const child = parent.child('c', { b: 2, c: 2 });
  child.with({ c: 3 }).info('deepest');
  child.info('child');
  parent.info('parent');
  kakashi.getLogger('p').info('bare');
  assert.equal(child.name, 'p::c');
  assert.deepEqual(await fieldsOf(), [{ a: 1, b: 2, c: 3 }, { a: 1, b: 2, c: 2 }, { a: 1, b: 1 }, {}]);
});

test('without AsyncLocalStorage a scope ends when its function returns', async () => {
  platform.storage = undefined;
  const done = kakashi.withContext({ a: 1 }, async () => {
    kakashi.info('at once');
    kakashi.withContext({ b: 2 }, () => kakashi.info('nested'));
    await null;
    kakashi.info('later');
  });
  kakashi.info('outside');
  await done;
  assert.throws(() => kakashi.withContext({ a: 1 }, () => { throw new Error('mine'); }), /mine/);
  kakashi.info('after a throw');
  assert.deepEqual(await fieldsOf(), [{ a: 1 }, { a: 1, b: 2 }, {}, {}, {}]);
});

test('a service is on all records, of all loggers, also those that exist', async () => {
  const logger = kakashi.getLogger('old').with({ a: 1 });
  logger.info('before');
  kakashi.configure({ service: { name: 'shop', version: '1.2.3' } });
  logger.info('after');
  kakashi.info('root');
  kakashi.configure({ service: {} });
  logger.info('none');
  assert.deepEqual(await fieldsOf(), [{ a: 1 }, { service_name: 'shop', version: '1.2.3', a: 1 }, { service_name: 'shop', version: '1.2.3' }, { a: 1 }]);
});

test("the time is asked for outside of all contexts: Next keeps no page in whose context it is", async (t) => {
  const pages = new AsyncLocalStorage();
  const askers = [];
  const { now } = Date;
  t.mock.method(Date, 'now', () => (askers.push(pages.getStore()), now()));
  await pages.run('a page', async () => {
    kakashi.error('written before the call returns');
    kakashi.info('written later');
    await kakashi.flush();
  });
  assert.deepEqual([...new Set(askers)], [undefined]);
});
