// Requests of node:http: their context, and their record at the end.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { Agent, request as begin } from 'node:http';
import { connect } from 'node:net';
import { beforeEach, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { catcher, gate } from '../shared/catcher.mjs';
import { fresh } from '../shared/kakashi.mjs';
import { Random } from '../shared/random.mjs';
import { ask, listen } from '../shared/requests.mjs';
import { until } from '../shared/until.mjs';

let kakashi;
let requestListener;
let requestId;
let sink;
beforeEach(async () => {
  [kakashi, { requestListener, requestId }] = await fresh('../http-server.js');
  sink = catcher();
  kakashi.configure({ sinks: [sink], level: 'debug' });
});

/** All records, once so many requests have had theirs. */
async function records(ends = 1) {
  return until(`${ends} requests have their records`, async () => {
    await kakashi.flush();
    return sink.records.filter(({ logger }) => logger === 'http').length >= ends && sink.records;
  });
}
const end = async () => (await records()).find(({ logger }) => logger === 'http');

const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

test('every record of a request has its context, and one at the end says how it went', async (t) => {
  const url = await listen(t, requestListener(async (request, response) => {
    assert.equal(request.headers['x-request-id'], 'r-1');
    assert.equal(requestId(), 'r-1');
    kakashi.setUserContext({ userId: '42' });
    await setImmediate();
    kakashi.info('Handled');
    response.end('hello');
  }));
  const answer = await ask(`${url}/orders/42?token=secret`, { headers: { 'x-request-id': 'r-1', 'user-agent': 'curl/8', traceparent: TRACEPARENT } });
  assert.deepEqual([answer.status, answer.headers['x-request-id'], answer.body], [200, 'r-1', 'hello']);
  const [handled, finished, ...rest] = await records();
  assert.deepEqual([handled.message, finished.message, rest], ['Handled', 'Request finished', []]);
  for (const record of [handled, finished]) {
    const { ip, access, request_id, user_agent, user_id, method, trace_id, span_id } = record;
    assert.deepEqual({ ip, access, request_id, user_agent, user_id, method, trace_id, span_id }, {
      ip: '127.0.0.1', access: 'GET /orders/42', request_id: 'r-1', user_agent: 'curl/8', user_id: '42', method: 'GET',
      trace_id: '0af7651916cd43dd8448eb211c80319c', span_id: 'b7ad6b7169203331',
    });
  }
  const { level, logger, status, bytes, duration } = finished;
  assert.deepEqual([level, logger, status, bytes], ['INFO', 'http', 200, 5]);
  assert.ok(duration > 0 && duration < 60, `${duration} is in seconds`);
  assert.ok(!JSON.stringify(finished).includes('secret'));
  assert.equal(kakashi.currentContext().isEmpty, true);
});

test('a request without a valid id gets one of its own', async (t) => {
  const seen = [];
  const url = await listen(t, requestListener((request, response) => {
    seen.push(request.headers['x-correlation-id']);
    response.end();
  }, { requestIdHeader: 'X-Correlation-Id' }));
  const wrong = ['a b', '', 'a"b', 'a\tb', 'a;b', '<a>', 'a\\b', 'a%b', 'é', 'a'.repeat(129)];
  for (const given of [undefined, ...wrong]) {
    const { headers } = await ask(url, { headers: given === undefined ? {} : { 'x-correlation-id': Buffer.from(given).toString('latin1') } });
    assert.match(headers['x-correlation-id'], /^[\da-f]{32}$/, JSON.stringify(given));
    assert.equal(headers['x-correlation-id'], seen.at(-1));
  }
  assert.equal(new Set(seen).size, wrong.length + 1);
  for (const given of ['r-1', '01JD:x/y.z_+=@~', 'a'.repeat(128)]) {
    assert.equal((await ask(url, { headers: { 'x-correlation-id': given } })).headers['x-correlation-id'], given);
  }
  assert.equal((await ask(url, { headers: { 'x-correlation-id': ['r-1', 'r-2'] } })).headers['x-correlation-id'], 'r-1');
});

test('an id of the client is not taken where that is not wanted, nor one that its handler has set replaced', async (t) => {
  const url = await listen(t, requestListener((_, response) => response.end(), { takesRequestId: false }));
  assert.match((await ask(url, { headers: { 'x-request-id': 'taken' } })).headers['x-request-id'], /^[\da-f]{32}$/);
  const other = await listen(t, requestListener((_, response) => response.setHeader('x-request-id', 'mine').end()));
  assert.equal((await ask(other)).headers['x-request-id'], 'mine');
});

test('a traceparent that is not valid gives no ids', async (t) => {
  const url = await listen(t, requestListener((_, response) => response.end()));
  const right = [TRACEPARENT, TRACEPARENT.replace('00', 'cc'), `${TRACEPARENT.replace('00', 'cc')}-later`];
  const wrong = ['', TRACEPARENT.replace('00', 'ff'), TRACEPARENT.toUpperCase(), TRACEPARENT.slice(0, 54), `${TRACEPARENT}-more`,
    TRACEPARENT.replace('0af7651916cd43dd8448eb211c80319c', '0'.repeat(32)), TRACEPARENT.replace('b7ad6b7169203331', '0'.repeat(16)),
    TRACEPARENT.replace('b7ad6b7169203331', 'b7ad6b71692033'), TRACEPARENT.replaceAll('-', '_'), [TRACEPARENT, TRACEPARENT]];
  for (const traceparent of [...right, ...wrong]) await ask(url, { headers: { traceparent } });
  const all = await records(right.length + wrong.length);
  assert.deepEqual(all.map(({ trace_id }) => Boolean(trace_id)), [...right.map(() => true), ...wrong.map(() => false)]);
});

test('a status says the level, and a setting another one', async (t) => {
  const answer = (request, response) => response.writeHead(Number(request.url.slice(1))).end();
  const url = await listen(t, requestListener(answer));
  for (const status of [200, 302, 404, 503]) await ask(`${url}/${status}`);
  assert.deepEqual((await records(4)).map(({ level, status }) => [level, status]), [['INFO', 200], ['INFO', 302], ['WARNING', 404], ['ERROR', 503]]);
  sink.batches.length = 0;
  const levels = { 404: 'info', 500: 'critical', 200: 'nonsense', 201: 0 };
  const other = await listen(t, requestListener(answer, { level: (status) => levels[status] }));
  for (const status of [404, 500, 200, 503]) await ask(`${other}/${status}`);
  assert.deepEqual((await records(4)).map(({ level }) => level), ['INFO', 'CRITICAL', 'INFO', 'ERROR']);
});

for (const when of ['at once', 'later']) {
  test(`what a handler throws ${when} is an error with the request's context and its stack, and a 500`, async (t) => {
    const url = await listen(t, requestListener((_, response) => {
      kakashi.setUserContext({ userId: '42' });
      const thrown = new TypeError('no order 7', { cause: new Error('no database') });
      if (when === 'at once') throw thrown;
      return setImmediate().then(() => {
        response.setHeader('x', '1');
        throw thrown;
      });
    }));
    const { status, body } = await ask(url);
    assert.deepEqual([status, body], [500, '']);
    const record = await end();
    assert.deepEqual([record.level, record.message, record.status, record.user_id], ['ERROR', 'Request failed', 500, '42']);
    assert.deepEqual([record['exception.type'], record['exception.message']], ['TypeError', 'no order 7: no database']);
    assert.match(record['exception.stacktrace'], /requests-node\.test\.mjs[^]*Caused by: Error: no database/);
  });
}

test('what a handler throws after the head tears the response, and is said', async (t) => {
  const url = await listen(t, requestListener(async (_, response) => {
    await new Promise((written) => response.writeHead(200, { 'content-length': 10 }).write('12345', written));
    throw new Error('the disk is gone');
  }));
  await assert.rejects(ask(url));
  const { level, message, status, bytes, 'exception.message': said } = await end();
  assert.deepEqual([level, message, status, bytes, said], ['ERROR', 'Request failed', 200, 5, 'the disk is gone']);
});

test('a client that goes away before the response is said', async (t) => {
  const entered = gate();
  const url = await listen(t, requestListener(() => {
    kakashi.setUserContext({ userId: '42' });
    entered.open();
  }));
  const asked = begin(url).on('error', () => {}).end();
  await entered.promise;
  asked.destroy();
  const { level, message, status, user_id } = await end();
  assert.deepEqual([level, message, status, user_id], ['WARNING', 'Client went away before the response', undefined, '42']);
});

test('a client that goes away during the response is said, with the bytes until then', async (t) => {
  const url = await listen(t, requestListener((_, response) => void response.write('12345')));
  const asked = begin(url, (response) => response.once('data', () => asked.destroy()).on('error', () => {})).on('error', () => {}).end();
  const { level, message, status, bytes } = await end();
  assert.deepEqual([level, message, status, bytes], ['WARNING', 'Client went away during the response', 200, 5]);
});

test('a streamed body is counted to its end, in whatever form it is written, and what has none is 0', async (t) => {
  const url = await listen(t, requestListener(async (request, response) => {
    if (request.url === '/stream') {
      for (const piece of ['é', Buffer.from('12'), 'w6k=']) {
        await new Promise((written) => response.write(piece, piece === 'w6k=' ? 'base64' : 'utf8', written));
        assert.equal(sink.records.length, 0, 'it is not over');
      }
      response.end(new Uint8Array(3), () => {});
    } else {
      response.statusCode = request.url === '/none' ? 204 : 200;
      response.end('hello');
    }
  }));
  await ask(`${url}/stream`);
  assert.equal((await end()).bytes, 9);
  await ask(url, { method: 'HEAD' });
  await ask(`${url}/none`);
  assert.deepEqual((await records(3)).slice(1).map(({ bytes }) => bytes), [0, 0]);
});

test('what is logged as a body comes in and as a response ends has the context', async (t) => {
  const url = await listen(t, requestListener((request, response) => {
    const parts = [];
    request.on('data', (part) => {
      kakashi.info('data');
      parts.push(part);
    });
    request.on('end', () => {
      kakashi.info('end');
      response.on('finish', () => kakashi.info('finish')).end(Buffer.concat(parts));
    });
  }));
  assert.equal((await ask(url, { method: 'POST', body: 'hello', headers: { 'x-request-id': 'r-1' } })).body, 'hello');
  const all = await records();
  assert.deepEqual(all.map(({ message }) => message).sort(), ['Request finished', 'data', 'end', 'finish']);
  for (const { request_id } of all) assert.equal(request_id, 'r-1');
});

test('what is ignored has its context but no record, unless it fails', async (t) => {
  const listener = (options) => listen(t, requestListener((request, response) => {
    kakashi.info('asked');
    response.writeHead(request.headers.fails ? 503 : 404).end();
  }, options));
  const ignores = [['/health', '/ready'], (request) => request.url.startsWith('/health')];
  for (const ignore of ignores) {
    const url = await listener({ ignore });
    await ask(`${url}/health?deep`, { headers: { 'x-request-id': 'quiet' } });
    await ask(`${url}/health`, { headers: { fails: '1', 'x-request-id': 'loud' } });
  }
  const url = await listener({ ignore: () => { throw new Error('of a setting'); } });
  await ask(url, { headers: { 'x-request-id': 'other' } });
  const all = await records(3);
  assert.deepEqual(all.filter(({ logger }) => logger === 'http').map(({ request_id }) => request_id), ['loud', 'loud', 'other']);
  assert.equal(all.filter(({ message, request_id }) => message === 'asked' && request_id === 'quiet').length, 2);
});

test('of a query only what may be written is, and nothing by default', async (t) => {
  const url = await listen(t, requestListener((_, response) => response.end(), { query: ['page', 'sort'] }));
  await ask(`${url}/a?page=2&token=secret&sort=up&flag&token=page=3`);
  const { access, query } = await end();
  assert.deepEqual([access, query], ['GET /a', 'page=2&token=[REDACTED]&sort=up&flag&token=[REDACTED]']);
});

test('texts that a client chooses are bounded, and one line', async (t) => {
  const url = await listen(t, requestListener((_, response) => response.end()));
  await ask(`${url}/${'a'.repeat(5000)}?${'b'.repeat(5000)}`, { headers: { 'user-agent': 'c'.repeat(5000) } });
  const { access, user_agent } = await end();
  assert.deepEqual([access.length, user_agent.length], [4 + 1024, 256]);
  assert.equal(sink.lines.length, 1);
});

test('a request that a server refuses before its handler costs nothing', async (t) => {
  const url = await listen(t, requestListener((_, response) => response.end()));
  await new Promise((closed) => connect(new URL(url).port, '127.0.0.1').on('close', closed).on('error', () => {}).end('nonsense\r\n\r\n').resume());
  await ask(url);
  assert.equal((await records()).length, 1);
});

test("a client's address is a header's only behind a trusted proxy", async (t) => {
  const cases = [
    ['203.0.113.7', ['198.51.100.1'], '203.0.113.7'],
    ['10.0.0.1', ['203.0.113.7'], '203.0.113.7'],
    ['::ffff:10.0.0.1', ['203.0.113.7'], '203.0.113.7'],
    ['10.0.0.1', ['6.6.6.6, 203.0.113.7, 10.0.0.2'], '203.0.113.7'],
    ['10.0.0.1', ['6.6.6.6', '203.0.113.7', '10.0.0.2'], '203.0.113.7'],
    ['10.0.0.1', ['203.0.113.7:4711'], '203.0.113.7'],
    ['10.0.0.1', ['2001:db8::1'], '2001:db8::1'],
    ['fd00::1', ['[2001:db8::1]:80, [fd00::2]'], '2001:db8::1'],
    ['10.0.0.1', ['10.0.0.3, 10.0.0.2'], '10.0.0.3'],
    ['10.0.0.1', ['6.6.6.6, unknown, 10.0.0.2'], '10.0.0.2'],
    ['10.0.0.1', [''], '10.0.0.1'],
    ['10.0.0.1', [], '10.0.0.1'],
    ['nonsense', ['6.6.6.6'], undefined],
    ['10.0.0.1', ['for=6.6.6.6, For="203.0.113.7:80";proto=http;by=10.0.0.1'], '203.0.113.7', 'forwarded'],
    ['10.0.0.1', ['proto=https;for="[2001:db8::1]:4711"'], '2001:db8::1', 'forwarded'],
    ['10.0.0.1', ['for=_hidden'], '10.0.0.1', 'forwarded'],
    ['10.0.0.1', ['proto=https'], '10.0.0.1', 'forwarded'],
  ];
  for (const [peer, lines, , forwardedHeader = 'x-forwarded-for'] of cases) {
    const url = await listen(t, requestListener((_, response) => response.end(), { trustedProxies: ['10.0.0.0/8', 'fd00::/8'], forwardedHeader, peerAddress: () => peer }));
    await ask(url, { headers: lines.length > 0 ? { [forwardedHeader]: lines } : {} });
  }
  assert.deepEqual((await records(cases.length)).map(({ ip }) => ip), cases.map(([, , ip]) => ip));
});

test('what is no network is named', () => {
  for (const network of ['', '10.0.0', '10.0.0.0/33', '::/129', '10.0.0.0/', '10.0.0.0/x', 'proxy', '10.0.0.0/8 ', '256.0.0.1', '1::2::3', '12345::', '1:2:3:4:5:6:7:8:9', '10.0.0.0/8/8']) {
    assert.throws(() => requestListener(() => {}, { trustedProxies: [network] }), (error) => error instanceof RangeError && error.message.startsWith(`${JSON.stringify(network)} is no network`));
  }
  requestListener(() => {}, { trustedProxies: ['::/0', '10.1.2.3', '2001:db8::/32', '1:2:3:4:5:6:7:8', '1::'] });
});

test('of a thousand requests at once, over connections that are kept, none has the context of another', async (t) => {
  const random = new Random(7);
  const url = await listen(t, requestListener(async (request, response) => {
    const id = request.url.slice(1);
    kakashi.setUserContext({ userId: id });
    const parts = [];
    request.on('data', (part) => {
      kakashi.info('data', { id });
      parts.push(part);
    });
    await new Promise((ended) => request.on('end', ended));
    for (let step = 0; step < 3; step++) {
      for (let turn = random.below(20); turn > 0; turn--) await setImmediate();
      kakashi.info('step', { id });
    }
    if (random.chance(0.1)) throw new Error(id);
    response.write('1');
    await setImmediate();
    response.end(Buffer.concat(parts));
  }));
  const agent = new Agent({ keepAlive: true, maxSockets: 200 });
  t.after(() => agent.destroy());
  await Promise.all(Array.from({ length: 1000 }, (_, id) => ask(`${url}/${id}`, { agent, method: 'POST', body: String(id), headers: { 'x-request-id': `r${id}` } })));
  const all = await records(1000);
  assert.equal(all.filter(({ logger }) => logger === 'http').length, 1000);
  assert.equal(all.filter(({ message }) => message === 'step').length, 3000);
  for (const record of all) {
    const { id = record['exception.message'] ?? record.user_id, user_id, request_id, access } = record;
    assert.deepEqual([user_id, request_id, access], [id, `r${id}`, `POST /${id}`]);
  }
});

test('node:http2 works as well', async (t) => {
  const { createServer, connect } = await import('node:http2');
  const server = createServer(requestListener((_, response) => response.end('hello')));
  t.after(() => server.close());
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  const client = connect(`http://127.0.0.1:${server.address().port}`);
  t.after(() => client.destroy());
  const stream = client.request({ ':path': '/two', 'x-request-id': 'r-2' });
  let headers;
  stream.on('response', (given) => (headers = given)).end();
  for await (const _ of stream);
  assert.equal(headers['x-request-id'], 'r-2');
  const { status, bytes, access, request_id } = await end();
  assert.deepEqual([status, bytes, access, request_id], [200, 5, 'GET /two', 'r-2']);
});

test('a server that nobody else logs in writes its records all the same', () => {
  const entry = new URL('../../pkg/dist/http-server.js', import.meta.url);
  const output = execFileSync(process.execPath, ['--input-type=module', '--eval', `
    import { createServer } from 'node:http';
    const { requestListener } = await import(${JSON.stringify(entry.href)});
    const server = createServer(requestListener((_, response) => response.end('x'))).listen(0, '127.0.0.1', async () => {
      await (await fetch('http://127.0.0.1:' + server.address().port)).text();
      server.close();
      server.closeAllConnections();
    });`], { encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } });
  assert.match(output, /INFO http Request finished status=200 bytes=1 /);
});
