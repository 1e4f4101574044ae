// An application in TypeScript, as strict as it can be; `@ts-expect-error` is what must not compile.

import {
  captureConsole,
  type Batch,
  type DecodedItem,
  type Fields,
  type Flushed,
  type LazyFields,
  type Level,
  type Logger,
  type Sink,
  type Stats,
  LogContext,
  LogLevel,
  callbackSink,
  clearLoggerCache,
  configure,
  consoleSink,
  createCustomLogger,
  currentContext,
  decode,
  exception,
  flush,
  getAsyncLogger,
  getLogger,
  getPerformanceLogger,
  pinoFormat,
  reset,
  withCapturedLogs,
  info,
  memorySink,
  metric,
  security,
  setLogLevel,
  shutdown,
  shutdownAsyncLogging,
  stats,
  withContext,
} from 'kakashi-wasm';
import pino, { type Logger as PinoLogger, pino as namedPino } from 'kakashi-wasm/pino';
import { type ConsolaInstance, consola, createConsola, kakashiReporter } from 'kakashi-wasm/consola';
import { type Logger as TapeLogger, getLogger as getTapeLogger, kakashiSink, lazy as tapeLazy } from 'kakashi-wasm/logtape';
import { withKakashi } from 'kakashi-wasm/cloudflare';
import { type HttpSink, httpSink } from 'kakashi-wasm/http';
import { type FileSink, type FileStats, fileSink, reopenFiles, rotatingFileSink } from 'kakashi-wasm/file';
import { type OtlpSink, kakashiLoggerProvider, otelLogsSink, otlpSink, useOpenTelemetry } from 'kakashi-wasm/otlp';
import { init, initSync } from 'kakashi-wasm/slim';

const logger: Logger = getLogger('app', { level: 'debug' });
logger.level = 'warn';
logger.level = LogLevel.ERROR;
const level: number = logger.level;
const fields: Fields = { n: 1, nested: { list: [1, 'two'] } };
const lazy: LazyFields = () => ({ level });
logger.info('m', fields);
logger.debug('m', lazy);
logger.exception('m', new Error('e'), { a: 1 });
interface Order {
  id: number;
  total?: number;
}
declare const order: Order;
logger.info('m', order);
logger.info('m', new Map([['a', 1]]));
logger.child('c', order).with(order).error('failed', new TypeError('e'));
logger.error(new Error('e'));
logger.error(new Error('e'), 'failed');
logger.error({ a: 1 }, 'm');
info(order, 'm');
try {
  logger.info('m', () => order);
} catch (thrown) {
  logger.error('failed', thrown);
  logger.error(thrown);
}
void Promise.reject(new Error('e')).catch(logger.error);
void Promise.reject(new Error('e')).catch(logger.exception);
logger.log('fatal' satisfies Level, 'm');
const child: Logger = logger.child('c', { a: 1 }).with({ b: 2 });
const enabled: boolean = child.isEnabled('INFO');
const flushed: Promise<Flushed> = logger.flush(100);

configure({
  limits: { depth: 4, items: 100, bytes: 10_000 },
  level: 'info',
  levels: { 'app::db': 'debug', other: 12 },
  format: 'json',
  sinks: [consoleSink({ format: 'pretty', direct: false }), callbackSink(async (batch: Batch) => void (await send(batch.bytes)), { format: 'wire', level: 'error' })],
  redact: ['password'],
  maxBatchBytes: 1000,
  flushMs: 50,
  onError: (error) => console.warn(error.message),
  service: { name: 'shop', version: '1.0.0' },
});

configure({ sinks: [memorySink({ level: 'debug' }), consoleSink({ format: pinoFormat() })], format: pinoFormat() });
const captured: { result: number; text: string } = withCapturedLogs((logs) => logs.records.length);
const capturedLater: Promise<{ result: string }> = withCapturedLogs(async () => 'text');
const messages: string[] = memorySink().records.map(({ message, level, context, fields, time }) => `${time.toISOString()} ${level} ${message} ${context['a']} ${fields['b']}`);
const cleared: Promise<Flushed> = reset();

const restore: () => void = captureConsole({ logger: 'console', methods: ['log'] });
restore();

const moved: PinoLogger = pino({ name: 'app', level: 'debug', redact: ['a.b'], serializers: { user: (user: { id: number }) => user.id } }, { write: (line: string) => line.length });
moved.child({ a: 1 }, { level: 'info' }).info({ b: 2 }, '%s', 'm');
moved.error(new Error('e'), 'failed');
namedPino().flush(() => {});

const boxed: ConsolaInstance = createConsola({ level: 4, defaults: { tag: 'app' }, reporters: [kakashiReporter({ logger: 'app' }), { log: ({ args, type }, { options }) => void [args, type, options.level] }] });
boxed.withTag('db').success('done', { a: 1 });
boxed.box({ title: 'T', message: 'm' });
consola.error.raw(new Error('e'));
consola.level = 5;

const tape: TapeLogger = getTapeLogger(['app', 'db']).with({ user: tapeLazy(() => 'u') }).getChild('sql');
tape.info('Hello, {name}', { name: 'n' });
tape.info`tagged ${1}`;
tape.debug((l) => l`lazy ${1}`);
tape.error('failed', new Error('e'));
const tapeDone: Promise<void> = tape.info('m', async () => ({ a: 1 }));
kakashiSink()({ category: ['a'], level: 'info', message: ['m'], rawMessage: 'm', timestamp: 0, properties: {} });
// @ts-expect-error there is no such level
tape.isEnabledFor('loud');
// @ts-expect-error a message comes before its properties
tape.info({ a: 1 }, 'm');

class Memory implements Sink {
  readonly name = 'memory';
  readonly lines: string[] = [];
  write(batch: Batch): void {
    for (const { level, text } of batch.lines()) this.lines.push(`${level} ${text}`);
  }
}

const http: HttpSink = httpSink('https://logs.example/', { headers: { a: 'b' }, retries: 1 });
const files: FileSink = rotatingFileSink('logs/shop.log', {
  daily: true, localTime: true, maxBytes: 1 << 28, keepFiles: 30, keepFor: { days: 90 }, keepBytes: 1 << 30, gzip: true,
  removeOldestWhenFull: true, link: 'current', mode: 0o640, owner: { group: 4 }, level: 'info', format: 'wire', clock: Date.now,
});
configure({ sinks: [files, fileSink('plain.log', { mode: 0o600 })] });
const { written, reopened }: FileStats = files.stats();
files.sync();
export const more = [written + reopened, files.file, reopenFiles] as const;
// @ts-expect-error there is no such setting
rotatingFileSink('logs/shop.log', { every: 'day' });
const otlp: OtlpSink = otlpSink('http://localhost:4318', { headers: { a: 'b' }, compression: 'gzip', fetch });
const rejected: number = otlp.stats().rejected;
useOpenTelemetry({ trace: { getActiveSpan: () => undefined } });
useOpenTelemetry(false);
configure({ sinks: [otlp, otelLogsSink({ getLogger: () => ({ emit: (record) => void record }) })] });
kakashiLoggerProvider().getLogger('lib').emit({ body: { rejected }, timestamp: new Date() });
// @ts-expect-error
otlpSink('http://localhost:4318', { compression: 'zstd' });
createCustomLogger('custom', { sinks: [new Memory(), http], enrichers: [({ message }) => ({ length: message.length })], filters: [({ level }) => level > 10] });
getAsyncLogger('a', { capacity: 10, onFull: 'dropOldest' }).warning('m');
getPerformanceLogger('p', { capacity: 10 }).info('m');

const result: number = withContext({ requestId: 'r', custom: [1] }, () => 5);
const later: Promise<string> = withContext(new LogContext({ userId: 'u' }), async () => 'text');
const context: LogContext = currentContext().with({ a: 1 });
info('m');
metric('latency', 5, { unit: 'ms' });
security('login', 'warning');
exception('m', 'thrown');
setLogLevel('off');
clearLoggerCache();

const { sent, dropped }: Stats = stats();
const queueFull: number = dropped.byReason.queue_full + dropped.byLevel.ERROR + sent;
for (const item of decode(new Uint8Array()) satisfies DecodedItem[]) {
  if (item.kind === 'record') console.log(item.message, item.timestampNs + 1n, item.fields['a'], item.file ?? '');
  else if (item.kind === 'dropped') console.log(item.total, item.byReason['queue_full'] ?? 0);
  else console.log(item.bytes);
}

export default withKakashi({ fetch: (request: Request): Response => new Response(request.url) });
export const all = [tapeDone, captured, capturedLater, messages, cleared, enabled, flushed, result, later, context, queueFull, flush(10), shutdown(), shutdownAsyncLogging(5)];
export const started = init(fetch('kakashi.wasm'));
export const startSync = (module: WebAssembly.Module): void => initSync(module);

async function send(bytes: Uint8Array): Promise<void> {
  await Promise.resolve(bytes);
}

// @ts-expect-error a message is text
logger.info(5);
// @ts-expect-error fields are an object
logger.info('m', 'text');
// @ts-expect-error a sink has a write method
configure({ sinks: [{}] });
// @ts-expect-error there is no such policy
getAsyncLogger('a', { onFull: 'wait' });
// @ts-expect-error there is no such form
consoleSink({ format: 'wire' });
// @ts-expect-error a custom logger has sinks
createCustomLogger('c', {});
// @ts-expect-error there is no such setting
configure({ sink: [] });
// @ts-expect-error a name is read only
logger.name = 'other';
