// Options that there are not, and values that make no sense: each is refused by whatever takes it, with what would be right.

import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, test } from 'node:test';
import * as kakashi from '../../pkg/dist/entries/node.js';
import { createConsola, kakashiReporter } from '../../pkg/dist/consola.js';
import { requestLogger as ofExpress } from '../../pkg/dist/express.js';
import { requestLogger as ofFastify } from '../../pkg/dist/fastify.js';
import { fileSink, rotatingFileSink } from '../../pkg/dist/file.js';
import { requestLogger as ofHono } from '../../pkg/dist/hono.js';
import { fetchHandler, requestListener } from '../../pkg/dist/http-server.js';
import { httpSink } from '../../pkg/dist/http.js';
import { register, withKakashi as ofNext } from '../../pkg/dist/next.js';
import { otelLogsSink, otlpSink, useOpenTelemetry } from '../../pkg/dist/otlp.js';

const folder = mkdtempSync(join(tmpdir(), 'kakashi-options-'));
after(() => rmSync(folder, { recursive: true }));
afterEach(() => kakashi.reset());

const nothing = () => {};
const NUMBER = ['1', -1, NaN, null, {}];
const FLAG = ['yes', 1, null];
const FUNCTION = ['x', 5, null, {}];
const OBJECT = ['x', 5, null, []];
const LEVEL = ['loud', null, 256, -1, 1.5, {}];
const FORMAT = ['xml', null, 5, {}];
const TEXT = [5, null, {}];
const SINK = { format: FORMAT, level: LEVEL, maxQueueBytes: NUMBER, maxBatchBytes: [...NUMBER, 0] };
const HEADERS = ['x', null, [], { a: 5 }, { 'a b': 'x' }, { a: 'x\ny' }];
const FILE = { ...SINK, format: [...FORMAT, 'auto'], mode: ['640', 0o444, 0o1777, null], owner: [...OBJECT, { usr: 1 }, { user: 'root' }, { group: -1 }] };
const COUNT = ['1k', 0, 1.5, -1, NaN, null];
const REQUESTS = {
  logger: ['http', null, {}], requestIdHeader: ['', 'a b', 5], takesRequestId: FLAG, ignore: ['/health', 5, [5]], level: ['info', 20], query: ['page', [5]],
  trustedProxies: ['10.0.0.0/8', ['10.0.0/8'], [5]], forwardedHeader: ['x-real-ip', 5], peerAddress: FUNCTION, route: FUNCTION,
};
const LOGGER = { level: LEVEL, format: FORMAT, sinks: ['x', null, [null], [{}], [{ ...kakashi.memorySink(), level: 'loud' }], [{ ...kakashi.memorySink(), maxBatchBytes: 'x' }], [kakashi.consoleSink({ direct: 'yes' })], [kakashi.consoleSink({ fromat: 'json' })], [kakashi.consoleSink({ format: 'wire' })]], redact: ['password', [5], [''], null] };

const CONSOLA = {
  level: [null, {}, true], reporters: ['x', [5], [{}], null], types: ['x', null, { audit: 5 }], defaults: OBJECT, throttle: NUMBER, throttleMin: NUMBER, stdout: [5, {}, null], stderr: ['x', {}, null], mockFn: FUNCTION, prompt: FUNCTION,
  formatOptions: OBJECT, fancy: FLAG,
};
const logs = { getLogger: () => ({ emit: nothing }) };

/** What takes options, and for each option what it must refuse. */
const TAKERS = {
  getAsyncLogger: [(options) => kakashi.getAsyncLogger('a', options), { level: LEVEL, capacity: [...NUMBER, 0], onFull: ['drop', null, true] }],
  getPerformanceLogger: [(options) => kakashi.getPerformanceLogger('a', options), { level: LEVEL, capacity: [...NUMBER, 0] }],
  consoleSink: [(options) => kakashi.configure({ sinks: [kakashi.consoleSink(options)] }), { format: [...FORMAT, 'wire'], level: LEVEL, direct: FLAG, structured: FLAG }],
  createConsola: [createConsola, CONSOLA],
  'create of consola': [(options) => createConsola().create(options), CONSOLA],
  otelLogsSink: [(options) => otelLogsSink(logs, options), { level: LEVEL }],
  configure: [kakashi.configure, {
    ...LOGGER, levels: [...OBJECT, { app: 'loud' }], maxBatchBytes: [...NUMBER, 0], flushMs: NUMBER, limits: [...OBJECT, { dept: 3 }, { depth: 17 }, { items: 0 }, { bytes: 'x' }], onError: FUNCTION,
    service: [...OBJECT, { nam: 'x' }, { name: 5 }],
  }],
  createCustomLogger: [(options) => kakashi.createCustomLogger('c', { sinks: [kakashi.memorySink()], ...options }), { ...LOGGER, fields: OBJECT, enrichers: [...FUNCTION, [5]], filters: [...FUNCTION, [5]] }],
  callbackSink: [(options) => kakashi.callbackSink(nothing, options), { ...SINK, name: TEXT }],
  memorySink: [kakashi.memorySink, { name: TEXT, level: LEVEL }],
  httpSink: [(options) => httpSink('https://logs.example/', options), { ...SINK, format: [...FORMAT, 'auto'], headers: HEADERS, retries: NUMBER, backoffMs: NUMBER, timeoutMs: [...NUMBER, 0], fetch: FUNCTION }],
  otlpSink: [(options) => otlpSink('https://logs.example/', options), {
    headers: HEADERS, resource: [...OBJECT, { a: 5 }], compression: ['zstd', true], level: LEVEL, maxQueueBytes: NUMBER, maxBatchBytes: [...NUMBER, 0], retries: NUMBER, backoffMs: NUMBER, timeoutMs: [...NUMBER, 0],
    traceContext: FLAG, fetch: FUNCTION,
  }],
  fileSink: [(options) => fileSink(join(folder, 'a.log'), options), FILE],
  rotatingFileSink: [(options) => rotatingFileSink(join(folder, 'b.log'), options), {
    ...FILE, hourly: FLAG, daily: FLAG, localTime: FLAG, maxBytes: COUNT, numbered: FLAG, keepFiles: COUNT, keepFor: ['3d', 5, null, { weeks: 2 }], keepBytes: COUNT, gzip: FLAG, removeOldestWhenFull: FLAG, pidInNames: FLAG,
    link: [5, '', true], clock: FUNCTION,
  }],
  captureConsole: [(options) => kakashi.captureConsole(options)(), { logger: TEXT, methods: ['log', ['lgo']] }],
  kakashiReporter: [kakashiReporter, { logger: TEXT }],
  flushOnSignals: [(options) => kakashi.flushOnSignals(options)(), { signals: ['SIGTERM', ['TERM']], timeoutMs: NUMBER }],
  'requestLogger of Express': [ofExpress, REQUESTS],
  'requestLogger of Fastify': [(options) => ofFastify({ addHook: nothing }, options, nothing), REQUESTS],
  'requestLogger of Hono': [ofHono, REQUESTS],
  requestListener: [(options) => requestListener(nothing, options), REQUESTS],
  fetchHandler: [(options) => fetchHandler(nothing, options), REQUESTS],
  'withKakashi of Next': [(options) => ofNext(nothing, options), REQUESTS],
};

for (const [name, [take, options]] of Object.entries(TAKERS)) {
  test(`${name} refuses what makes no sense, and says what would`, () => {
    // Each says the option, or what is wrong with a level, a format, a path, a network.
    for (const [option, values] of Object.entries(options)) {
      for (const value of values) {
        const says = new RegExp(`\\b${option}\\b.*(give|it has|is a list|is at most)|unknown (level|format) |consoleSink|the sink|can't be redacted|is no network|captureConsole takes over|must be`);
        assert.throws(() => take({ [option]: value }), { message: says }, `${option}: ${JSON.stringify(value)}`);
      }
    }
    const known = Object.keys(options).toSorted();
    assert.throws(() => take({ nonsense: 1 }), ({ message }) => {
      const [, all] = /^\w+ has no option "nonsense": it has (.*)$/.exec(message) ?? assert.fail(message);
      assert.deepEqual(all.split(', ').toSorted(), known, 'each of its options is tried here');
      return true;
    });
    if (!/custom|Fastify|consoleSink/i.test(name)) for (const wrong of [null, 5, 'x', []]) assert.throws(() => take(wrong), /takes options as an object, not/, JSON.stringify(wrong));
  });

  test(`${name} takes options that are undefined for what is left out`, (t) => {
    if (name.endsWith('fileSink') || name === 'rotatingFileSink') t.after(() => readdirSync(folder).forEach((file) => rmSync(join(folder, file))));
    const { sinks, ...others } = options;
    assert.doesNotThrow(() => take(Object.fromEntries(Object.keys(others).map((option) => [option, undefined]))));
  });
}

test('no value of a header is in the message that refuses it', () => {
  for (const sink of [httpSink, otlpSink]) assert.throws(() => sink('https://logs.example/', { headers: { authorization: 'Bearer secret\n' } }), ({ message }) => !message.includes('secret'));
});

test('what is no URL, no function and no API is refused with what would be right', async () => {
  for (const url of [undefined, null, 5, '', 'ftp://logs.example/', 'mailto:x@y', {}]) assert.throws(() => httpSink(url), /^RangeError: httpSink takes a URL such as "\/logs" or "https:/, String(url));
  for (const url of ['/logs', 'logs', './logs?a=b:c', '//logs.example/x', 'https://logs.example', new URL('http://logs.example')]) assert.equal(httpSink(url).name, String(url));
  for (const [name, take] of Object.entries({ requestListener, fetchHandler, withKakashi: ofNext, callbackSink: kakashi.callbackSink, withCapturedLogs: kakashi.withCapturedLogs })) {
    for (const wrong of [undefined, null, 5, {}]) assert.throws(() => take(wrong), { name: 'TypeError', message: new RegExp(`^${name} takes a function, not `) });
  }
  // It changes what a console prints.
  const { withKakashi: ofCloudflare } = await import('../../pkg/dist/cloudflare.js');
  for (const wrong of [undefined, null, 5, 'x']) assert.throws(() => ofCloudflare(wrong), /^TypeError: withKakashi takes a worker's handlers, such as {fetch/);
  for (const wrong of [null, 5, {}, { trace: {} }]) assert.throws(() => useOpenTelemetry(wrong), /^TypeError: useOpenTelemetry takes the module of @opentelemetry\/api/);
});

test("Next's register takes what configure takes", () => {
  for (const wrong of [null, 5, { levl: 'info' }]) assert.throws(() => register(wrong), /^RangeError: configure (takes options as an object|has no option)/);
  assert.doesNotThrow(() => register());
});

test('a logger has one option', () => {
  assert.throws(() => kakashi.getLogger('a', { levl: 'debug' }), /^RangeError: getLogger has no option "levl": it has level$/);
  for (const level of LEVEL) assert.throws(() => kakashi.getLogger('a', { level }), { message: /unknown level|must be|level/ }, JSON.stringify(level));
  assert.doesNotThrow(() => kakashi.getLogger('a', { level: undefined }));
});

test("Fastify's own options of a plugin are none of ours", () => {
  assert.doesNotThrow(() => ofFastify({ addHook: nothing }, { prefix: '/x', logLevel: 'warn', logSerializers: {}, ignore: [] }, nothing));
});

test("a console's sink that a program has changed is still one", () => {
  assert.doesNotThrow(() => kakashi.configure({ sinks: [{ ...kakashi.consoleSink({ format: 'json' }), name: 'mine', colours: false, maxQueueBytes: 10, flush: nothing }] }));
});
