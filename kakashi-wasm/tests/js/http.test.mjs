import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { afterEach, beforeEach, test } from 'node:test';
import { fresh } from '../shared/kakashi.mjs';
import { endPauses } from '../shared/pauses.mjs';
import { addsUp } from '../shared/sums.mjs';
import { until } from '../shared/until.mjs';

let kakashi;
let httpSink;
let server;
let url;
let requests;
/** What the server does; a number is a status. */
let answer;

beforeEach(async () => {
  [kakashi, { httpSink }] = await fresh('../http.js');
  requests = [];
  answer = () => 204;
  server = createServer(async (request, response) => {
    const parts = [];
    for await (const part of request) parts.push(part);
    const body = Buffer.concat(parts);
    requests.push({ method: request.method, headers: request.headers, body });
    const given = await answer(requests.length, response);
    if (typeof given === 'number') response.writeHead(given).end();
  });
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  url = `http://127.0.0.1:${server.address().port}/logs`;
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

function lead(options) {
  const sink = httpSink(url, { backoffMs: 1, ...options });
  kakashi.configure({ sinks: [sink], onError: () => {} });
  return sink;
}

/** The sink's numbers must add up, and agree with the engine's. */
function agrees(sink, expected) {
  const { sent, acknowledged, unconfirmed, dropped } = sink.stats();
  assert.equal(acknowledged + unconfirmed + dropped, sent);
  assert.deepEqual({ sent, acknowledged, unconfirmed, dropped }, expected);
  addsUp(kakashi, { written: acknowledged + unconfirmed });
}

const messages = () => requests.flatMap(({ body }) => body.toString().trim().split('\n').map((line) => JSON.parse(line).message));

test('batches are posted as lines of JSON, with the headers that are asked for', async () => {
  const sink = lead({ headers: { authorization: 'Bearer t', 'x-a': 'b' } });
  for (let round = 0; round < 3; round++) kakashi.info(`number ${round}`);
  assert.deepEqual(await kakashi.flush(), { complete: true, pending: 0 });
  assert.equal(requests.length, 1);
  const [{ method, headers }] = requests;
  assert.deepEqual([method, headers['content-type'], headers.authorization, headers['x-a']], ['POST', 'application/x-ndjson', 'Bearer t', 'b']);
  assert.deepEqual(messages(), ['number 0', 'number 1', 'number 2']);
  agrees(sink, { sent: 3, acknowledged: 3, unconfirmed: 0, dropped: 0 });
});

test('each form has its media type, and the wire can be read', async () => {
  for (const [format, type] of [['text', 'text/plain'], ['json', 'application/x-ndjson'], ['wire', 'application/octet-stream']]) {
    lead({ format });
    kakashi.error('m', { a: 1 });
    await kakashi.flush();
    assert.equal(requests.at(-1).headers['content-type'], type);
  }
  assert.equal(kakashi.decode(requests.at(-1).body)[0].message, 'm');
});

test('ten thousand records arrive once each, in order, in bodies of the size that is asked for', async () => {
  const sink = lead({ maxBatchBytes: 10_000 });
  for (let round = 0; round < 10_000; round++) kakashi.info(`number ${round}`);
  await until('all have arrived', async () => (await kakashi.flush()).complete);
  assert.deepEqual(messages(), Array.from({ length: 10_000 }, (_, at) => `number ${at}`));
  for (const { body } of requests) assert.ok(body.length < 12_000);
  agrees(sink, { sent: 10_000, acknowledged: 10_000, unconfirmed: 0, dropped: 0 });
});

for (const status of [503, 500, 408, 429]) {
  test(`a ${status} is tried again until it is taken`, async () => {
    answer = (count) => (count <= 3 ? status : 200);
    const sink = lead();
    kakashi.error('m');
    await kakashi.flush();
    assert.deepEqual(messages(), ['m', 'm', 'm', 'm']);
    agrees(sink, { sent: 1, acknowledged: 1, unconfirmed: 0, dropped: 0 });
  });
}

test('a server that says 503 for ever costs what it was to take, counted', async () => {
  answer = () => 503;
  const sink = lead({ retries: 2 });
  kakashi.error('m');
  await kakashi.flush();
  assert.equal(requests.length, 3);
  agrees(sink, { sent: 1, acknowledged: 0, unconfirmed: 0, dropped: 1 });
  assert.equal(kakashi.stats().dropped.byReason.sink_failed, 1);
});

for (const status of [400, 401, 403, 404, 413, 422]) {
  test(`a ${status} is given up at once`, async () => {
    answer = () => status;
    const errors = [];
    const sink = lead();
    kakashi.configure({ onError: (error) => errors.push(error.cause) });
    kakashi.error('m');
    await kakashi.flush();
    assert.equal(requests.length, 1);
    assert.equal(errors[0].status, status);
    agrees(sink, { sent: 1, acknowledged: 0, unconfirmed: 0, dropped: 1 });
  });
}

test('a server that is not there is tried again, and given up, counted', async () => {
  const port = await new Promise((found) => {
    const other = createServer().listen(0, '127.0.0.1', () => {
      const { port } = other.address();
      other.close(() => found(port));
    });
  });
  const calls = [];
  const sink = httpSink(`http://127.0.0.1:${port}/`, { retries: 2, backoffMs: 1, fetch: (...args) => (calls.push(args), fetch(...args)) });
  kakashi.configure({ sinks: [sink], onError: () => {} });
  kakashi.error('m');
  await kakashi.flush();
  assert.equal(calls.length, 3);
  agrees(sink, { sent: 1, acknowledged: 0, unconfirmed: 0, dropped: 1 });
});

test('a server that comes back gets what came meanwhile, once', async () => {
  let there = false;
  const sink = httpSink(url, { retries: 50, backoffMs: 1, fetch: (...args) => (there ? fetch(...args) : Promise.reject(new TypeError('fetch failed'))) });
  kakashi.configure({ sinks: [sink] });
  for (let round = 0; round < 5; round++) kakashi.error(`number ${round}`);
  await kakashi.flush(5);
  there = true;
  await until('it is there', async () => (await kakashi.flush()).complete);
  assert.deepEqual(messages(), Array.from({ length: 5 }, (_, at) => `number ${at}`));
  agrees(sink, { sent: 5, acknowledged: 5, unconfirmed: 0, dropped: 0 });
});

test('a Retry-After goes before the pause of our own', async (t) => {
  const pauses = endPauses(t, (ms) => ms === 7000);
  answer = (count, response) => {
    if (count > 1) return 200;
    response.writeHead(503, { 'retry-after': '7' }).end();
  };
  const sink = lead();
  kakashi.error('m');
  await kakashi.flush(60_000);
  assert.equal(requests.length, 2);
  assert.deepEqual(pauses, [7000]);
  agrees(sink, { sent: 1, acknowledged: 1, unconfirmed: 0, dropped: 0 });
});

test('a request that may wait for ever is sent', async () => {
  const sink = lead({ timeoutMs: Infinity });
  kakashi.error('m');
  assert.deepEqual(await kakashi.flush(), { complete: true, pending: 0 });
  agrees(sink, { sent: 1, acknowledged: 1, unconfirmed: 0, dropped: 0 });
});

test('a server that does not answer in time is tried again', async () => {
  answer = (count) => (count === 1 ? undefined : 200);
  const sink = lead({ timeoutMs: 300, retries: 20 });
  kakashi.error('m');
  await kakashi.flush(60_000);
  assert.ok(requests.length >= 2);
  agrees(sink, { sent: 1, acknowledged: 1, unconfirmed: 0, dropped: 0 });
});

test('a connection that breaks in the middle of an answer costs no record', async () => {
  answer = (count, response) => {
    if (count > 2) return 200;
    response.socket.destroy();
  };
  const sink = lead();
  kakashi.error('m');
  await kakashi.flush(60_000);
  assert.ok(requests.length >= 3);
  agrees(sink, { sent: 1, acknowledged: 1, unconfirmed: 0, dropped: 0 });
});

test('records that a slow server keeps waiting are written in order, one request at a time', async () => {
  let inside = 0;
  answer = async () => {
    assert.equal(++inside, 1);
    await new Promise(setImmediate);
    inside--;
    return 200;
  };
  const sink = lead();
  for (let round = 0; round < 50; round++) kakashi.error(`number ${round}`);
  await until('all have arrived', async () => (await kakashi.flush()).complete);
  assert.deepEqual(messages(), Array.from({ length: 50 }, (_, at) => `number ${at}`));
  agrees(sink, { sent: 50, acknowledged: 50, unconfirmed: 0, dropped: 0 });
});

test('a page that goes sends what waits as beacons, which count as unconfirmed', async () => {
  const sink = lead();
  const beacons = [];
  Object.defineProperty(globalThis, 'navigator', { configurable: true, value: { sendBeacon: (to, blob) => beacons.length < 2 && beacons.push([to, blob]) > 0 } });
  const batches = [];
  const probe = { format: 'json', write: (batch) => void batches.push(batch) };
  kakashi.configure({ sinks: [probe] });
  for (let round = 0; round < 3; round++) kakashi.error('m');
  assert.equal(sink.last(batches), 2);
  assert.equal(beacons[0][0], url);
  assert.equal(beacons[0][1].type, 'text/plain');
  assert.deepEqual(sink.stats(), { sent: 2, acknowledged: 0, unconfirmed: 2, dropped: 0 });
  assert.equal(httpSink(url, { headers: { a: 'b' } }).last(batches), 0);
});
