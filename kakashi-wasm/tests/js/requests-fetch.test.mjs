// Requests and responses of the Fetch standard, and what Hono's and Next's wrappers make of them.

import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { inspect } from 'node:util';
import { catcher, gate } from '../shared/catcher.mjs';
import { fresh } from '../shared/kakashi.mjs';
import { Random } from '../shared/random.mjs';

let kakashi;
let fetchHandler;
let next;
let sink;
beforeEach(async () => {
  [kakashi, { fetchHandler }, next] = await fresh('../http-server.js', '../next.js');
  sink = catcher();
  kakashi.configure({ sinks: [sink], level: 'debug' });
});

async function records() {
  await kakashi.flush();
  return sink.records;
}
const ends = async () => (await records()).filter(({ logger }) => logger === 'http');
const end = async () => {
  const all = await ends();
  assert.equal(all.length, 1, JSON.stringify(all));
  return all[0];
};
const get = (path, init) => new Request(`http://shop.test${path}`, init);

/** A body whose pieces come one after the other, each when it is read and some turns have passed. */
function stream(pieces, { fails, onCancel } = {}) {
  const left = [...pieces];
  return new ReadableStream({
    async pull(controller) {
      await setImmediate();
      kakashi.info('piece');
      if (left.length > 0) controller.enqueue(new TextEncoder().encode(left.shift()));
      else if (fails) controller.error(fails);
      else controller.close();
    },
    cancel: onCancel,
  }, { highWaterMark: 0 });
}

test('every record of a request has its context, and one at the end says how it went', async () => {
  const handle = fetchHandler(async (request) => {
    kakashi.setUserContext({ userId: '42' });
    await setImmediate();
    kakashi.info('Handled');
    return Response.json({ path: new URL(request.url).pathname });
  });
  const response = await handle(get('/orders/42?token=secret', { headers: { 'x-request-id': 'r-1', 'user-agent': 'curl/8' } }));
  assert.deepEqual([response.headers.get('x-request-id'), await response.json()], ['r-1', { path: '/orders/42' }]);
  const all = await records();
  assert.deepEqual(all.map(({ message }) => message), ['Handled', 'Request finished']);
  for (const { access, request_id, user_agent, user_id, method } of all) {
    assert.deepEqual([access, request_id, user_agent, user_id, method], ['GET /orders/42', 'r-1', 'curl/8', '42', 'GET']);
  }
  assert.deepEqual([all[1].status, all[1].bytes, all[1].level], [200, 21, 'INFO']);
});

test('a text stays a body whose length is known: the record is there before it is read', async () => {
  for (const [body, type] of [['hello', 'text/plain;charset=UTF-8'], [new TextEncoder().encode('hello'), null], [new Blob(['hello'], { type: 'a/b' }), 'a/b']]) {
    sink.batches.length = 0;
    const response = await fetchHandler(() => new Response(body, { status: 201, headers: { 'x-own': '1' } }))(get('/'));
    if (typeof body === 'string') assert.equal((await end()).bytes, 5);
    assert.deepEqual([response.status, response.headers.get('content-type'), response.headers.get('x-own'), await response.text()], [201, type, '1', 'hello']);
    assert.equal((await end()).bytes, 5);
  }
});

test('a streamed body is in the scope, and the record comes after its last byte', async () => {
  const response = await fetchHandler(() => new Response(stream(['12345', '123', '1'])))(get('/', { headers: { 'x-request-id': 'r-1' } }));
  assert.deepEqual(await ends(), []);
  assert.equal(await response.text(), '123451231');
  const all = await records();
  assert.deepEqual(all.map(({ message }) => message), ['piece', 'piece', 'piece', 'piece', 'Request finished']);
  for (const { request_id } of all) assert.equal(request_id, 'r-1');
  assert.equal(all.at(-1).bytes, 9);
});

test('the head of a response does not wait for its body', async () => {
  const held = gate();
  const response = await fetchHandler(() => new Response(new ReadableStream({ pull: () => held.promise })))(get('/'));
  assert.equal(response.status, 200);
  await response.body.cancel();
  const { message, status, bytes, level } = await end();
  assert.deepEqual([message, status, bytes, level], ['Client went away during the response', 200, 0, 'WARNING']);
});

test('who stops reading has the body cancelled, with its reason', async () => {
  const reasons = [];
  const response = await fetchHandler(() => new Response(stream(['12345', '67'], { onCancel: (reason) => reasons.push(reason) })))(get('/'));
  const reader = response.body.getReader();
  await reader.read();
  await reader.cancel('enough');
  assert.deepEqual(reasons, ['enough']);
  assert.deepEqual([(await end()).message, (await end()).bytes], ['Client went away during the response', 5]);
});

test('a body that fails is said, and fails for who reads it', async () => {
  const response = await fetchHandler(() => new Response(stream(['12345', '12345'], { fails: new Error('the disk is gone') })))(get('/'));
  await assert.rejects(response.text(), /the disk is gone/);
  const { level, message, status, bytes, 'exception.message': said } = await end();
  assert.deepEqual([level, message, status, bytes, said], ['ERROR', 'Request failed', 200, 10, 'the disk is gone']);
});

test('a signal that is aborted before the response says that the client went away', async () => {
  const client = new AbortController();
  const held = gate();
  const answer = fetchHandler(() => held.promise)(get('/', { signal: client.signal, headers: { 'x-request-id': 'r-1' } }));
  client.abort();
  const { level, message, status, request_id } = await end();
  assert.deepEqual([level, message, status, request_id], ['WARNING', 'Client went away before the response', undefined, 'r-1']);
  held.open(new Response('late'));
  await answer;
  assert.equal((await ends()).length, 1);
});

for (const when of ['at once', 'later']) {
  test(`what a handler throws ${when} is in the record, and goes on to the server`, async () => {
    const handle = fetchHandler(() => {
      kakashi.setUserContext({ userId: '42' });
      if (when === 'at once') throw new TypeError('no order 7');
      return setImmediate().then(() => Promise.reject(new TypeError('no order 7')));
    });
    await assert.rejects(handle(get('/')), /no order 7/);
    const { level, message, status, user_id, 'exception.type': type, 'exception.stacktrace': stack } = await end();
    assert.deepEqual([level, message, status, user_id, type], ['ERROR', 'Request failed', undefined, '42', 'TypeError']);
    assert.match(stack, /requests-fetch\.test\.mjs/);
  });
}

test('responses whose headers can not be changed, without a body, and none at all', async () => {
  const redirected = await fetchHandler(() => Response.redirect('http://shop.test/x', 303))(get('/'));
  assert.deepEqual([redirected.status, redirected.headers.get('location')], [303, 'http://shop.test/x']);
  assert.match(redirected.headers.get('x-request-id'), /^[\da-f]{32}$/);
  const cookies = new Headers([['set-cookie', 'a=1'], ['set-cookie', 'b=2']]);
  const empty = await fetchHandler(() => new Response(null, { status: 204, headers: cookies }))(get('/'));
  assert.deepEqual(empty.headers.getSetCookie(), ['a=1', 'b=2']);
  const filled = await fetchHandler(() => new Response('x', { headers: cookies }))(get('/'));
  assert.deepEqual(filled.headers.getSetCookie(), ['a=1', 'b=2']);
  assert.equal(await fetchHandler(() => undefined)(get('/')), undefined);
  const network = await fetchHandler(() => Response.error())(get('/'));
  assert.equal(network.type, 'error');
  const used = new Response('x');
  await used.text();
  assert.equal(await fetchHandler(() => used)(get('/')), used);
  assert.deepEqual((await ends()).map(({ status }) => status), [303, 204, 200, undefined, 0, 200]);
});

test('an answer to HEAD has no bytes, and its own headers', async () => {
  const response = await fetchHandler(() => new Response('hello', { headers: { 'content-length': '5' } }))(get('/', { method: 'HEAD' }));
  assert.equal(response.headers.get('content-length'), '5');
  assert.equal((await end()).bytes, 0);
});

test('the address of the other end is what Bun, Deno and Cloudflare say', async () => {
  const handle = fetchHandler(() => new Response());
  await handle(get('/'), { requestIP: () => ({ address: '203.0.113.1' }) });
  await handle(get('/'), { remoteAddr: { hostname: '203.0.113.2' } });
  await handle(Object.assign(get('/', { headers: { 'cf-connecting-ip': '203.0.113.3' } }), { cf: {} }));
  await handle(get('/', { headers: { 'cf-connecting-ip': '6.6.6.6', 'x-forwarded-for': '6.6.6.6' } }), { requestIP: () => null });
  assert.deepEqual((await ends()).map(({ ip }) => ip), ['203.0.113.1', '203.0.113.2', '203.0.113.3', undefined]);
});

test('of a thousand requests at once none has the context of another', async () => {
  const random = new Random(11);
  const handle = fetchHandler(async (request) => {
    const id = new URL(request.url).pathname.slice(1);
    kakashi.setUserContext({ userId: id });
    for (let step = 0; step < 3; step++) {
      for (let turn = random.below(20); turn > 0; turn--) await setImmediate();
      kakashi.info('step', { id });
    }
    return new Response(random.chance(0.5) ? stream(['1', '2']) : '12');
  });
  await Promise.all(Array.from({ length: 1000 }, async (_, id) => {
    const response = await handle(get(`/${id}`, { headers: { 'x-request-id': `r${id}` } }));
    assert.equal(await response.text(), '12');
    assert.equal(kakashi.currentContext().isEmpty, true);
  }));
  const all = await records();
  assert.equal(all.filter(({ message }) => message === 'Request finished').length, 1000);
  for (const { id, user_id, request_id, access } of all) {
    assert.deepEqual([id ?? user_id, request_id, access], [user_id, `r${user_id}`, `GET /${user_id}`]);
  }
});

test("what Next's redirect and notFound throw is an answer, and what renders again nothing", async () => {
  const digests = ['NEXT_REDIRECT;replace;/login;307;', 'NEXT_HTTP_ERROR_FALLBACK;404', 'DYNAMIC_SERVER_USAGE', 'mine'];
  for (const digest of digests) {
    const handle = next.withKakashi(() => {
      throw Object.assign(new Error('thrown'), { digest });
    });
    await assert.rejects(handle(get('/')));
  }
  assert.deepEqual((await ends()).map(({ status, level, message }) => [status, level, message]), [
    [307, 'INFO', 'Request finished'],
    [404, 'WARNING', 'Request finished'],
    [undefined, 'ERROR', 'Request failed'],
  ]);
});

test('a proxy of Next that hands a request on gives it the id, and writes no record', async () => {
  const proxy = next.withKakashi(() => new Response(null, { headers: { 'x-middleware-next': '1' } }));
  const { headers } = await proxy(get('/', { headers: { accept: 'a', cookie: 'b' } }));
  const id = headers.get('x-request-id');
  assert.match(id, /^[\da-f]{32}$/);
  assert.equal(headers.get('x-middleware-request-x-request-id'), id);
  assert.deepEqual(headers.get('x-middleware-override-headers').split(',').sort(), ['accept', 'cookie', 'x-request-id']);
  assert.deepEqual([headers.get('x-middleware-request-accept'), headers.get('x-middleware-request-cookie')], ['a', 'b']);
  assert.deepEqual(await ends(), []);
  await next.withKakashi(() => new Response('no', { status: 401 }))(get('/'));
  assert.equal((await end()).status, 401);
});

test("an error of a request is logged once, by its handler or by Next's instrumentation", async () => {
  next.register({ service: { name: 'shop' } });
  const thrown = new Error('no database');
  await assert.rejects(next.withKakashi(() => Promise.reject(thrown))(get('/orders/7')));
  const request = { path: '/page?token=secret', method: 'GET', headers: { 'x-request-id': 'r-1' } };
  const route = { routerKind: 'App Router', routePath: '/page', routeType: 'render', renderSource: 'react-server-components' };
  next.onRequestError(thrown, request, route);
  await end();
  next.onRequestError(new Error('in a page'), request, route);
  const [, { timestamp, 'exception.stacktrace': stack, ...page }] = await ends();
  assert.ok(timestamp && stack);
  assert.deepEqual(page, {
    level: 'ERROR', logger: 'http', message: 'Request failed', 'exception.type': 'Error', 'exception.message': 'in a page', router_kind: 'App Router', route_type: 'render',
    access: 'GET /page', request_id: 'r-1', service_name: 'shop', method: 'GET', route: '/page',
  });
});

test("an error that one realm has logged is not logged in another: Next's edge hands it to its server", async () => {
  const [server, serverNext] = await fresh('../next.js');
  const told = catcher();
  server.configure({ sinks: [told] });
  const request = { path: '/orders/7', method: 'GET', headers: {} };
  const route = { routerKind: 'App Router', routePath: '/orders/[id]', routeType: 'route' };
  const thrown = [new Error('no database'), Object.freeze(new Error('frozen'))];
  for (const error of thrown) await assert.rejects(next.withKakashi(() => Promise.reject(error))(get('/orders/7')));
  // A page's, which no handler wraps.
  thrown.push(new Error('in a page'));
  next.onRequestError(thrown[2], request, route);
  for (const error of thrown) next.onRequestError(error, request, route);
  assert.equal((await ends()).length, 3);
  for (const error of thrown) serverNext.onRequestError(error, request, route);
  await server.flush();
  // What nobody can mark is said in both.
  assert.deepEqual(told.records.map((record) => record['exception.message']), ['frozen']);
  assert.ok(!inspect(thrown[0]).includes('kakashi-wasm.logged'));
});

test("a worker's platform waits for the record of a request, and for the sinks that get it", async () => {
  const held = gate();
  const waitUntil = (promise) => waited.push(promise);
  const waited = [];
  sink.write = () => held.promise.then(() => order.push('taken'));
  const order = [];
  const response = await fetchHandler(() => new Response(stream(['1', '2'])))(get('/'), {}, { waitUntil });
  assert.equal(waited.length, 1);
  waited[0].then(() => order.push('no longer held'));
  await response.body.cancel();
  await setImmediate();
  assert.deepEqual(order, []);
  held.open();
  await waited[0];
  assert.equal(order[0], 'taken');
  assert.equal(order.at(-1), 'no longer held');
  // Those that are no worker's have none.
  await fetchHandler(() => new Response())(get('/'), null, { waitUntil: 'no' });
});
