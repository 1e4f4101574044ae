// Records at an OTLP receiver: each is confirmed, waits, or is counted, whatever the receiver does. What they
// look like there is in otlp_vectors.test.mjs.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import process from 'node:process';
import { afterEach, beforeEach, test } from 'node:test';
import { gate } from '../shared/catcher.mjs';
import { fresh } from '../shared/kakashi.mjs';
import { startReceiver } from '../shared/otlp-receiver.mjs';
import { endPauses } from '../shared/pauses.mjs';
import { addsUp } from '../shared/sums.mjs';
import { until } from '../shared/until.mjs';

let kakashi;
let otlp;
let receiver;
let errors;

beforeEach(async () => {
  for (const name of Object.keys(process.env)) if (name.startsWith('OTEL_')) delete process.env[name];
  [kakashi, otlp] = await fresh('../otlp.js');
  receiver = await startReceiver();
  errors = [];
});

afterEach(async () => {
  await receiver.close();
  assert.deepEqual(receiver.faults, []);
});

function send(options, endpoint = receiver.endpoint) {
  const sink = otlp.otlpSink(endpoint, { backoffMs: 1, ...options });
  kakashi.configure({ sinks: [sink], onError: (error) => errors.push(error.cause) });
  return sink;
}

/** Logs numbers; their batches are full now and then. */
function logNumbers(from, to) {
  const logger = kakashi.getLogger('sender');
  for (let n = from; n < to; n++) logger.info('Counted', { n });
}

/** The sink's numbers must add up, and agree with the engine's. */
function agrees(sink, expected) {
  const stats = sink.stats();
  assert.deepEqual(stats, { sent: 0, acknowledged: 0, unconfirmed: 0, rejected: 0, dropped: 0, ...expected });
  assert.equal(stats.acknowledged + stats.unconfirmed + stats.rejected + stats.dropped, stats.sent);
  addsUp(kakashi, { written: stats.acknowledged + stats.unconfirmed });
  const { rejected, sink_failed } = kakashi.stats().dropped.byReason;
  assert.deepEqual([rejected, sink_failed], [stats.rejected, stats.dropped]);
}

const range = (count) => Array.from({ length: count }, (_, n) => n);
const allTaken = () => until('all is taken', async () => (await kakashi.flush()).complete);

test('a record is at the receiver what the data model says', async () => {
  const sink = send({ headers: { 'X-Tenant': 'blue' }, resource: { 'host.name': 'web-1', 'service.name': 'no' } });
  kakashi.configure({ service: { name: 'shop', version: '1.4.2', environment: 'production' }, redact: ['secret'] });
  const error = new TypeError('no', { cause: new Error('gone') });
  kakashi.withContext({ tenant: 'a"b\\\n\u202e' }, () => {
    kakashi.getLogger('shop::orders').exception('Failed', error, { id: 42, high: 2n ** 63n - 1n, wide: 2n ** 64n, share: 0.5, none: NaN, list: [1, { a: null }], secret: 's' });
  });
  await kakashi.flush();
  const [{ headers, records: [record] }] = receiver.requests;
  assert.equal(headers['x-tenant'], 'blue');
  assert.match(headers['user-agent'], /^OTel-OTLP-Exporter-kakashi\//);
  const { 'exception.stacktrace': stack, ...attributes } = record.attributes;
  assert.match(stack, /at [^]*Caused by: Error: gone/);
  assert.deepEqual(attributes, {
    'exception.type': 'TypeError', 'exception.message': 'no: gone', id: 42, high: 2n ** 63n - 1n, wide: `${2n ** 64n}`, share: 0.5, none: 'NaN',
    list: [1, { a: null }], secret: '[REDACTED]', tenant: 'a"b\\\n\u202e',
  });
  assert.deepEqual([record.scope, record.body, record.severityNumber, record.severityText], ['shop::orders', 'Failed', 17, 'ERROR']);
  assert.equal(record.timeUnixNano, record.observedTimeUnixNano);
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  assert.deepEqual(record.resource, {
    'service.name': 'shop', 'service.version': '1.4.2', 'deployment.environment.name': 'production', 'host.name': 'web-1',
    'telemetry.sdk.name': 'kakashi', 'telemetry.sdk.language': 'nodejs', 'telemetry.sdk.version': version,
  });
  agrees(sink, { sent: 1, acknowledged: 1 });
});

test('each level has its severity', async () => {
  send();
  kakashi.configure({ level: 'all' });
  for (const level of ['trace', 'debug', 'info', 'warning', 'error', 'critical']) kakashi.log(level, level);
  await kakashi.flush();
  const severities = receiver.records.map(({ severityNumber, severityText }) => [severityNumber, severityText]);
  assert.deepEqual(severities, [[1, 'TRACE'], [5, 'DEBUG'], [9, 'INFO'], [13, 'WARNING'], [17, 'ERROR'], [21, 'CRITICAL']]);
});

test('ten thousand records arrive once each, in order', async () => {
  const sink = send();
  logNumbers(0, 10_000);
  await allTaken();
  assert.deepEqual(receiver.numbers, range(10_000));
  assert.ok(receiver.requests.length > 1);
  agrees(sink, { sent: 10_000, acknowledged: 10_000 });
});

test('a request is compressed where that is asked for', async () => {
  const sink = send({ compression: 'gzip' });
  logNumbers(0, 1000);
  await allTaken();
  assert.ok(receiver.requests.every(({ headers }) => headers['content-encoding'] === 'gzip' && headers['content-length'] < 20_000));
  assert.deepEqual(receiver.numbers, range(1000));
  agrees(sink, { sent: 1000, acknowledged: 1000 });
});

for (const status of [429, 502, 503, 504]) {
  test(`a ${status} is tried again until it is taken`, async () => {
    receiver.answer = (count) => (count <= 6 ? status : 200);
    const sink = send();
    logNumbers(0, 10);
    await allTaken();
    assert.equal(receiver.requests.length, 7);
    assert.deepEqual(receiver.numbers, range(10));
    agrees(sink, { sent: 10, acknowledged: 10 });
  });
}

for (const status of [301, 307, 400, 401, 404, 413, 500, 501]) {
  test(`a ${status} is a refusal, which is counted`, async () => {
    receiver.answer = (_count, response) => (response.writeHead(status, { location: '/elsewhere' }).end(), undefined);
    const sink = send();
    logNumbers(0, 10);
    await kakashi.flush();
    assert.equal(receiver.requests.length, 1);
    assert.deepEqual([errors.length, errors[0].name, errors[0].status], [1, 'OtlpError', status]);
    agrees(sink, { sent: 10, rejected: 10 });
    // What has not arrived is said.
    receiver.answer = () => 200;
    await kakashi.flush();
    assert.deepEqual(receiver.records.map(({ body, attributes }) => [body, attributes]), [['Records were dropped', { dropped: 10, levels: { INFO: 10 }, reasons: { rejected: 10 } }]]);
  });
}

test('a part that the receiver refuses is counted, and announced once', async () => {
  receiver.answer = (count, response) => {
    if (count > 2) return 200;
    response.writeHead(200).end(JSON.stringify({ partialSuccess: { rejectedLogRecords: count === 1 ? '3' : 2, errorMessage: 'no' } }));
  };
  const sink = send();
  logNumbers(0, 10);
  kakashi.error('The last');
  await kakashi.flush();
  agrees(sink, { sent: 11, acknowledged: 8, rejected: 3 });
  const { INFO, ERROR } = kakashi.stats().dropped.byLevel;
  assert.deepEqual([INFO, ERROR], [2, 1]);
  logNumbers(10, 20);
  await kakashi.flush();
  agrees(sink, { sent: 21, acknowledged: 16, rejected: 5 });
  assert.equal(errors.length, 1, 'it is said once while it goes on');
  assert.match(errors[0].message, /refused 3 of 11 records/);
  logNumbers(20, 30);
  await kakashi.flush();
  assert.deepEqual(receiver.numbers.filter((n) => n !== undefined), range(30).slice(20));
});

for (const answer of ['', 'garbage', '{"partialSuccess":null}', '{"partialSuccess":{"rejectedLogRecords":"-5"}}', '{"partialSuccess":{"rejectedLogRecords":"5"}', 'x'.repeat(1 << 20)]) {
  test(`a success is one whatever it says beside: ${answer.slice(0, 60)}`, async () => {
    receiver.answer = (_count, response) => void response.writeHead(200).end(answer);
    const sink = send();
    logNumbers(0, 10);
    await kakashi.flush();
    agrees(sink, { sent: 10, acknowledged: 10 });
  });
}

test('a success that says that more are refused than came refuses all', async () => {
  receiver.answer = (_count, response) => void response.writeHead(200).end('{"partialSuccess":{"rejectedLogRecords":"9999999999999999999999"}}');
  const sink = send();
  logNumbers(0, 10);
  await kakashi.flush();
  agrees(sink, { sent: 10, rejected: 10 });
});

test('what is no HTTP, and what is cut, is no answer', async () => {
  let isGarbage = true;
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => (isGarbage ? socket.end('garbage\r\n\r\n') : socket.destroy()));
  });
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  const calls = [];
  const { port } = server.address();
  const fetch = (url, request) => {
    const count = calls.push(request);
    isGarbage = count < 5;
    return globalThis.fetch(count < 10 ? url : `${receiver.endpoint}/v1/logs`, request);
  };
  const sink = send({ fetch }, `http://127.0.0.1:${port}`);
  logNumbers(0, 10);
  await allTaken();
  server.close();
  assert.equal(calls.length, 10);
  assert.deepEqual(receiver.numbers, range(10));
  agrees(sink, { sent: 10, acknowledged: 10 });
});

test('a receiver that is killed and started again gets all, in order', async () => {
  const sink = send({ maxBatchBytes: 2000 });
  logNumbers(0, 500);
  await allTaken();
  const { port } = receiver;
  const before = receiver.numbers;
  await receiver.close();
  logNumbers(500, 1000);
  await kakashi.flush(50);
  const { sent, acknowledged } = sink.stats();
  assert.ok(sent > acknowledged, 'a batch is on the way');
  assert.equal(kakashi.stats().pending + kakashi.stats().written, 1000);
  receiver = await startReceiver(port);
  await allTaken();
  assert.deepEqual([...new Set([...before, ...receiver.numbers])], range(1000));
  agrees(sink, { sent: 1000, acknowledged: 1000 });
});

test('a receiver that never answers costs its time limit only, and gets it again', async () => {
  const { promise, open } = gate();
  receiver.answer = async (count) => {
    if (count > 1) return 200;
    await promise;
  };
  const sink = send({ timeoutMs: 50 });
  logNumbers(0, 10);
  await allTaken();
  open();
  assert.ok(receiver.requests.length >= 2);
  assert.deepEqual(receiver.numbers.slice(0, 10), range(10));
  agrees(sink, { sent: 10, acknowledged: 10 });
});

test('a receiver that stays away costs what exceeds the queue, counted', async () => {
  const { port } = receiver;
  await receiver.close();
  const sink = send({ maxQueueBytes: 10_000, maxBatchBytes: 1000 });
  for (let round = 0; round < 100; round++) {
    logNumbers(100 * round, 100 * round + 100);
    await kakashi.flush(1);
  }
  const { sent, written, pending, dropped } = kakashi.stats();
  assert.deepEqual([sent, written], [10_000, 0]);
  assert.ok(pending > 0 && dropped.total > 0 && pending + dropped.total === 10_000, `${pending} + ${dropped.total}`);
  assert.equal(kakashi.stats().dropped.byReason.sink_failed + kakashi.stats().dropped.byReason.queue_full, dropped.total);
  receiver = await startReceiver(port);
  await allTaken();
  const numbers = receiver.numbers.filter((n) => n !== undefined);
  assert.equal(numbers.length, sink.stats().acknowledged);
  assert.equal(kakashi.stats().written + kakashi.stats().dropped.total, 10_000);
  // Evidence of the beginning stays.
  assert.equal(numbers[0], 0);
});

test('a Retry-After, in seconds or as a date, goes before the pause of our own', async (t) => {
  const pauses = endPauses(t, (ms) => ms >= 70_000 && ms <= 300_000);
  // A date is far away, for the machine may be slow; and five minutes are the most.
  for (const [after, least, most] of [['70', 70_000, 77_000], [new Date(Date.now() + 7_200_000).toUTCString(), 300_000, 300_000]]) {
    pauses.length = 0;
    receiver.requests.length = 0;
    receiver.answer = (count, response) => {
      if (count > 1) return 200;
      response.writeHead(503, { 'retry-after': after }).end();
    };
    send();
    logNumbers(0, 1);
    await allTaken();
    assert.ok(pauses.length === 1 && pauses[0] >= least && pauses[0] <= most, `${pauses}`);
  }
});

test('retries that are limited end, counted', async () => {
  receiver.answer = () => 503;
  const sink = send({ retries: 2 });
  logNumbers(0, 10);
  await kakashi.flush();
  assert.equal(receiver.requests.length, 3);
  agrees(sink, { sent: 10, dropped: 10 });
  assert.equal(errors[0].status, 503);
});

test('records of many megabytes are cut into requests of at most four, and what is left out is counted', async () => {
  // Plain JavaScript hands over JSON, in which a control character has six bytes.
  const sink = send({ maxQueueBytes: 64 << 20 });
  kakashi.configure({ limits: { bytes: 64 << 20 } });
  const large = '\u0001ä'.repeat(400_000);
  kakashi.getLogger('sender').info('Large', { n: 0, large, more: 'x'.repeat(900_000) });
  kakashi.getLogger('sender').info(large, { n: 1 });
  for (let n = 2; n < 6; n++) kakashi.getLogger('sender').info('Large', { n, large: 'x'.repeat(1_000_000) });
  await allTaken();
  assert.deepEqual(receiver.numbers, range(6));
  assert.ok(receiver.requests.length > 1);
  assert.equal(receiver.records[0].droppedAttributesCount, 1);
  assert.ok(receiver.records.slice(2).every(({ attributes }) => attributes.large.length === 1_000_000));
  agrees(sink, { sent: 6, acknowledged: 6 });
});

test('a fetch that is logged, the sink\'s own among them, ends', async () => {
  let calls = 0;
  const fetch = (url, request) => {
    calls++;
    kakashi.getLogger('fetch').info('Requests', { n: -1, url });
    return globalThis.fetch(url, request);
  };
  const sink = send({ fetch });
  logNumbers(0, 1);
  await until('it ends', async () => (await kakashi.flush()).complete && calls > 5 && kakashi.stats().dropped.byReason.reentrant > 0);
  const before = calls;
  await kakashi.flush();
  assert.equal(calls, before);
  assert.equal(receiver.numbers.filter((n) => n === 0).length, 1);
  const { sent, acknowledged } = sink.stats();
  assert.equal(sent, acknowledged);
});

test('the standard variables say what the program does not', async () => {
  Object.assign(process.env, {
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint,
    OTEL_EXPORTER_OTLP_HEADERS: ' x-tenant = blue%2Cgreen ,x-b=%2,',
    OTEL_EXPORTER_OTLP_LOGS_HEADERS: 'x-tenant=red%3Dish',
    OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
    OTEL_EXPORTER_OTLP_TIMEOUT: '5000',
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
    OTEL_SERVICE_NAME: 'by-variable',
    OTEL_RESOURCE_ATTRIBUTES: 'service.name=no,team=a%20b',
  });
  kakashi.configure({ sinks: [otlp.otlpSink(undefined, { resource: { team: 'mine', more: '1' } })], service: { name: 'no', version: '2' } });
  logNumbers(0, 1);
  await kakashi.flush();
  const [{ headers, records }] = receiver.requests;
  assert.deepEqual([headers['x-tenant'], headers['x-b'], headers['content-encoding']], ['red=ish', undefined, 'gzip']);
  const { 'service.name': name, 'service.version': version, team } = records[0].resource;
  assert.deepEqual([name, version, team], ['by-variable', '2', 'a b']);
});

test('what makes no sense is refused, with what would be right', () => {
  for (const endpoint of ['', 'localhost:4318', 'ftp://localhost', 'http://', 'http://a b', '/v1/logs']) {
    assert.throws(() => otlp.otlpSink(endpoint), /no URL such as "http:\/\/localhost:4318"/, endpoint);
  }
  assert.throws(() => otlp.otlpSink('http://localhost', { headers: { 'a b': 'secret' } }), (error) => /header "a b"/.test(error.message) && !error.message.includes('secret'));
  assert.throws(() => otlp.otlpSink('http://localhost', { headers: { a: 'secret\n' } }), (error) => !error.message.includes('secret'));
  for (const [name, value, right] of [
    ['OTEL_EXPORTER_OTLP_TIMEOUT', 'soon', /above 0/],
    ['OTEL_EXPORTER_OTLP_LOGS_COMPRESSION', 'zstd', /"gzip" or "none"/],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'secret', /OTEL_EXPORTER_OTLP_HEADERS has a part that is not key=value/],
    ['OTEL_RESOURCE_ATTRIBUTES', '=1', /key=value/],
  ]) {
    process.env[name] = value;
    assert.throws(() => otlp.otlpSink('http://localhost'), right, name);
    delete process.env[name];
  }
});

test('a path is added to an endpoint once, and a password in it is in no name', () => {
  for (const endpoint of ['http://h:1', 'http://h:1/', 'http://h:1/v1/logs', 'http://h:1/v1/logs/', new URL('http://u:secret@h:1')]) {
    assert.equal(otlp.otlpSink(endpoint).name, 'otlp http://h:1/v1/logs');
  }
});
