// Beside the real OpenTelemetry for JavaScript: ids of its active span in every record, and its log records
// as ours, and ours as its.

import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import * as api from '@opentelemetry/api';
import { SeverityNumber, logs } from '@opentelemetry/api-logs';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { catcher } from '../shared/catcher.mjs';
import { PLAIN, fresh } from '../shared/kakashi.mjs';
import { addsUp } from '../shared/sums.mjs';

let kakashi;
let otlp;
let sink;
let spans;

beforeEach(async () => {
  [kakashi, otlp] = await fresh('../otlp.js');
  sink = catcher();
  kakashi.configure({ level: 'all', sinks: [sink] });
  api.context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  spans = new InMemorySpanExporter();
  api.trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] }));
});

afterEach(() => {
  api.context.disable();
  api.trace.disable();
  logs.disable();
});

/** Runs a function with a span, and returns the span's ids. */
function inSpan(run) {
  return api.trace.getTracer('test').startActiveSpan('span', (span) => {
    const { traceId, spanId } = span.spanContext();
    const ids = { trace_id: traceId, span_id: spanId };
    const done = run(ids);
    return typeof done?.then === 'function' ? done.then(() => (span.end(), ids)) : (span.end(), ids);
  });
}

/** The fields of all records. */
async function fieldsOf() {
  await kakashi.flush();
  return sink.records.map(({ timestamp, level, logger, message, ...fields }) => fields);
}

test('records have the ids of the active span, in every form and across await', async () => {
  otlp.useOpenTelemetry();
  const log = kakashi.getLogger('app');
  log.info('before');
  const ids = await inSpan(async () => {
    log.info('in it', { a: 1 });
    await new Promise(setImmediate);
    kakashi.withContext({ tenant: 't' }, () => log.with({ b: 2 }).info('deeper'));
  });
  log.info('after');
  assert.deepEqual(await fieldsOf(), [{}, { a: 1, ...ids }, { tenant: 't', b: 2, ...ids }, {}]);

  const text = catcher(undefined, { format: 'text' });
  kakashi.configure({ sinks: [text] });
  const { trace_id, span_id } = inSpan(() => log.info('as text'));
  await kakashi.flush();
  assert.ok(text.lines[0].endsWith(` INFO app "as text" trace_id=${trace_id} span_id=${span_id}`) || text.lines[0].endsWith(` INFO app as text trace_id=${trace_id} span_id=${span_id}`), text.lines[0]);
});

test('spans one in the other, and side by side, have their own', async () => {
  otlp.useOpenTelemetry();
  const log = kakashi.getLogger('app');
  const all = [];
  await Promise.all([1, 2, 3].map((n) => inSpan(async (outer) => {
    for (let round = 0; round < 3; round++) {
      await new Promise(setImmediate);
      log.info('outer', { n });
      all.push({ n, ...outer });
      inSpan((inner) => {
        log.info('inner', { n });
        all.push({ n, ...inner });
      });
    }
  })));
  assert.deepEqual(await fieldsOf(), all);
});

test('the fields of a call hide the ids, and these the context', async () => {
  otlp.useOpenTelemetry();
  const log = kakashi.getLogger('app');
  const ids = inSpan(() => kakashi.withContext({ trace_id: 'context', span_id: 'context' }, () => {
    log.info('context');
    log.info('own', { trace_id: 'own', span_id: 'own' });
  }));
  assert.deepEqual(await fieldsOf(), [ids, { trace_id: 'own', span_id: 'own' }]);
});

test('nothing is asked before it is said so, nor afterwards; an api may be given', async () => {
  const log = kakashi.getLogger('app');
  inSpan(() => log.info('not yet'));
  otlp.useOpenTelemetry(api);
  const ids = inSpan(() => log.info('by api'));
  otlp.useOpenTelemetry(false);
  inSpan(() => log.info('no more'));
  assert.deepEqual(await fieldsOf(), [{}, ids, {}]);
});

test('no API, one that throws, and ids that are none cost no record', async () => {
  const log = kakashi.getLogger('app');
  api.context.disable();
  otlp.useOpenTelemetry();
  log.info('no manager');
  otlp.useOpenTelemetry({ trace: { getActiveSpan: () => assert.fail('no') } });
  log.info('throws');
  otlp.useOpenTelemetry({ trace: { getActiveSpan: () => api.trace.wrapSpanContext(api.INVALID_SPAN_CONTEXT) } });
  log.info('invalid');
  otlp.useOpenTelemetry({ trace: { getActiveSpan: () => ({ spanContext: () => undefined }) } });
  log.info('none');
  assert.deepEqual(await fieldsOf(), [{}, {}, {}, {}]);
});

test('a sink of OTLP asks for the ids itself, and its requests make no spans', async () => {
  const bodies = [];
  const fetch = async (_url, { body }) => {
    // As an instrumented fetch does.
    api.trace.getTracer('fetch').startSpan('POST').end();
    bodies.push(JSON.parse(Buffer.from(body)));
    return new Response('{}');
  };
  kakashi.configure({ sinks: [otlp.otlpSink('http://localhost', { fetch })] });
  const ids = inSpan(() => kakashi.getLogger('app').info('m'));
  await kakashi.flush();
  const [record] = bodies[0].resourceLogs[0].scopeLogs[0].logRecords;
  assert.deepEqual([{ trace_id: record.traceId, span_id: record.spanId }, record.attributes], [ids, []]);
  assert.deepEqual(spans.getFinishedSpans().map(({ name }) => name), ['span']);
});

test('what libraries log by the API goes through our loggers', async () => {
  logs.setGlobalLoggerProvider(otlp.kakashiLoggerProvider());
  kakashi.configure({ levels: { 'lib::quiet': 'error' }, redact: ['secret'] });
  const lib = logs.getLogger('lib', '1.2.3');
  const ids = inSpan(() => {
    lib.emit({ severityNumber: SeverityNumber.WARN, severityText: 'WARN', body: 'Slow {n}', attributes: { n: 1, secret: 's', list: [1, { a: null }], raw: new Uint8Array([1]) } });
  });
  lib.emit({ severityNumber: SeverityNumber.INFO3, severityText: 'notice', body: { a: 1 }, eventName: 'cart.changed', timestamp: [1_700_000_000, 5] });
  lib.emit({ severityText: 'error', exception: new TypeError('no') });
  lib.emit({});
  const given = api.trace.setSpanContext(api.ROOT_CONTEXT, { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 0 });
  lib.emit({ severityNumber: SeverityNumber.FATAL4, body: 'by context', context: given });
  const quiet = logs.getLogger('lib::quiet');
  assert.deepEqual([quiet.enabled({ severityNumber: SeverityNumber.WARN4 }), quiet.enabled({ severityNumber: SeverityNumber.ERROR })], [false, true]);
  quiet.emit({ severityNumber: SeverityNumber.INFO, body: 'not heard' });
  await kakashi.flush();
  const records = sink.records.map(({ timestamp, 'exception.stacktrace': stack, ...record }) => record);
  const head = { logger: 'lib', 'otel.scope.version': '1.2.3' };
  assert.deepEqual(records, [
    { ...head, level: 'WARNING', message: 'Slow {n}', n: 1, secret: '[REDACTED]', list: [1, { a: null }], raw: 'AQ==', ...ids },
    { ...head, level: 'INFO', message: 'cart.changed', body: { a: 1 }, 'event.name': 'cart.changed', severity_number: 11, severity_text: 'notice', 'log.record.timestamp': '2023-11-14T22:13:20.000000005Z' },
    { ...head, level: 'ERROR', message: '', 'exception.type': 'TypeError', 'exception.message': 'no' },
    { ...head, level: 'INFO', message: '' },
    { ...head, level: 'CRITICAL', message: 'by context', severity_number: 24, trace_id: 'a'.repeat(32), span_id: 'b'.repeat(16) },
  ]);
});

test('no record of the API makes a call throw', async () => {
  const { emit } = otlp.kakashiLoggerProvider().getLogger('lib');
  const hostile = new Proxy({}, { get: () => assert.fail('no'), ownKeys: () => assert.fail('no') });
  for (const record of [{ body: hostile }, { attributes: hostile }, { timestamp: NaN }, { timestamp: 'soon' }, { timestamp: [] }, { context: {} }, { severityNumber: NaN }, { severityText: {} }, { severityNumber: 1e9 }, hostile, null, undefined]) emit(record);
  await kakashi.flush();
  assert.equal(sink.records.length, 12);
});

/** The real SDK, and what it has exported. */
function sdk() {
  const exporter = new InMemoryLogRecordExporter();
  const provider = new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter })] });
  return { provider, exporter };
}

test('our records are emitted into the real SDK', async () => {
  const { provider, exporter } = sdk();
  logs.setGlobalLoggerProvider(provider);
  kakashi.configure({ service: { name: 'shop', version: '1.4.2' }, sinks: [otlp.otelLogsSink(logs), sink] });
  otlp.useOpenTelemetry();
  const log = kakashi.getLogger('shop::orders');
  const fields = { id: 42, wide: 2n ** 64n, share: 0.5, list: [1, { a: null }], raw: new Uint8Array([0, 255]) };
  const ids = inSpan(() => log.error('Paid', fields));
  log.info('Without a span', { trace_id: 'f'.repeat(32) });
  await kakashi.flush();
  const [first, second] = exporter.getFinishedLogRecords();
  assert.deepEqual([first.body, first.severityNumber, first.severityText, first.instrumentationScope.name], ['Paid', SeverityNumber.ERROR, 'ERROR', 'shop::orders']);
  const { traceId, spanId } = first.spanContext;
  assert.deepEqual({ trace_id: traceId, span_id: spanId }, ids);
  const raw = PLAIN ? 'AP8=' : new Uint8Array([0, 255]);
  assert.deepEqual(first.attributes, { id: 42, wide: `${2n ** 64n}`, share: 0.5, list: [1, { a: null }], raw, service_name: 'shop', version: '1.4.2' });
  assert.equal(new Date(first.hrTime[0] * 1000 + first.hrTime[1] / 1e6).toISOString().slice(0, 22), sink.records[0].timestamp.slice(0, 22));
  assert.deepEqual([second.spanContext, second.attributes.trace_id], [undefined, 'f'.repeat(32)]);
  addsUp(kakashi, { written: 4 });
});

test('flush has the SDK flush too, and a provider that throws is a sink that fails', async () => {
  let flushed = 0;
  const taken = [];
  let isBroken = true;
  const provider = {
    getLogger: () => ({ emit: (record) => (isBroken ? assert.fail('broken') : void taken.push(record.body)) }),
    forceFlush: async () => void flushed++,
  };
  const errors = [];
  kakashi.configure({ sinks: [otlp.otelLogsSink(provider)], onError: (error) => errors.push(error) });
  kakashi.getLogger('app').error('m');
  isBroken = false;
  await kakashi.flush();
  assert.deepEqual([taken, flushed, errors.length], [['m'], 1, 1]);
  addsUp(kakashi, { written: 1 });
});

test('both bridges at once make no circle', async () => {
  const provider = otlp.kakashiLoggerProvider();
  assert.throws(() => otlp.otelLogsSink(provider), /from kakashi/);
  assert.throws(() => otlp.otelLogsSink({}), TypeError);
  // Not seen by the `logs` of the API, behind which it is.
  logs.setGlobalLoggerProvider(provider);
  const errors = [];
  kakashi.configure({ sinks: [otlp.otelLogsSink(logs)], onError: (error) => errors.push(error.message) });
  kakashi.getLogger('app').info('m');
  for (let round = 0; round < 20; round++) await kakashi.flush();
  assert.equal(kakashi.stats().dropped.byReason.reentrant, 1);
  assert.deepEqual(errors, ['kakashi: a sink logs what it is given; the rest of it is dropped as reentrant']);
  addsUp(kakashi, {});
});
