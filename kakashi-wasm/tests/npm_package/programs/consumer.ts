// An application in TypeScript, as strict as it can be; `@ts-expect-error` is what must not compile.

import {
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
  info,
  metric,
  security,
  setLogLevel,
  shutdown,
  shutdownAsyncLogging,
  stats,
  withContext,
} from 'kakashi-wasm';
import { withKakashi } from 'kakashi-wasm/cloudflare';
import { type HttpSink, httpSink } from 'kakashi-wasm/http';
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
logger.log('fatal' satisfies Level, 'm');
const child: Logger = logger.child('c', { a: 1 }).with({ b: 2 });
const enabled: boolean = child.isEnabled('INFO');
const flushed: Promise<Flushed> = logger.flush(100);

configure({
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

class Memory implements Sink {
  readonly name = 'memory';
  readonly lines: string[] = [];
  write(batch: Batch): void {
    for (const { level, text } of batch.lines()) this.lines.push(`${level} ${text}`);
  }
}

const http: HttpSink = httpSink('https://logs.example/', { headers: { a: 'b' }, retries: 1 });
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
export const all = [enabled, flushed, result, later, context, queueFull, flush(10), shutdown(), shutdownAsyncLogging(5)];
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
