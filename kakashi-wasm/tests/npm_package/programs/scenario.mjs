// What every runtime must do, whichever way the package came into it.
//
// It asserts by itself: some of the places it runs in have no module for that.

function fail(what, actual, expected) {
  throw new Error(`${what}: ${JSON.stringify(actual)} in place of ${JSON.stringify(expected)}`);
}

function same(actual, expected, what) {
  if (JSON.stringify(actual) !== JSON.stringify(expected)) fail(what, actual, expected);
}

function addsUp(kakashi) {
  const { sent, written, dropped, buffered, pending } = kakashi.stats();
  same(written + dropped.total + buffered + pending, sent, 'records that were sent');
}

function collector(kakashi, format) {
  const batches = [];
  const sink = kakashi.callbackSink((batch) => void batches.push(batch), { format });
  return { sink, batches, text: () => batches.map((batch) => batch.text).join('') };
}

/** Runs it all; throws what went wrong, returns the statistics. */
export async function scenario(kakashi) {
  await kakashi.ready;
  const [text, json, wire] = ['text', 'json', 'wire'].map((format) => collector(kakashi, format));
  kakashi.configure({ level: 'debug', sinks: [text.sink, json.sink, wire.sink], redact: ['password'], service: { name: 'packed' } });

  const logger = kakashi.getLogger('app');
  logger.info('Hello', { n: 1, list: [1, 'two', { three: 3 }], big: 2n ** 70n, password: 'secret' });
  logger.trace('not enabled', () => fail('lazy fields of a disabled call', 'made', 'not made'));
  logger.child('db', { pool: 'main' }).warning('Slow query', { ms: 12.5 });
  logger.with({ tenant: 't' }).debug('Copied', () => ({ lazy: true }));
  kakashi.withContext({ requestId: 'r-1', plan: 'pro' }, () => logger.info('In context'));
  logger.exception('Failed', new RangeError('too far', { cause: new Error('inner') }), { step: 2 });
  kakashi.metric('latency', 3.25, { unit: 'ms' });
  kakashi.getAsyncLogger('queued').info('Queued');
  const flushed = await kakashi.flush();
  same(flushed, { complete: true, pending: 0 }, 'flush');

  const records = json.text().trim().split('\n').map((line) => JSON.parse(line));
  const bare = records.map(({ timestamp, 'exception.stacktrace': trace, ...record }) => record);
  const service_name = 'packed';
  same(bare, [
    { level: 'INFO', logger: 'app', message: 'Hello', n: 1, list: [1, 'two', { three: 3 }], big: bare[0].big, password: '[REDACTED]', service_name },
    { level: 'WARNING', logger: 'app::db', message: 'Slow query', ms: 12.5, service_name, pool: 'main' },
    { level: 'DEBUG', logger: 'app', message: 'Copied', lazy: true, service_name, tenant: 't' },
    { level: 'INFO', logger: 'app', message: 'In context', service_name, request_id: 'r-1', plan: 'pro' },
    { level: 'ERROR', logger: 'app', message: 'Failed', 'exception.type': 'RangeError', 'exception.message': 'too far: inner', step: 2, service_name },
    { level: 'INFO', logger: 'root', message: 'latency', metric: 'latency', value: 3.25, unit: 'ms', service_name },
    { level: 'INFO', logger: 'queued', message: 'Queued', service_name },
  ].map((record, at) => reordered(record, bare[at])), 'records');
  for (const { timestamp } of records) if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/.test(timestamp)) fail('timestamp', timestamp, '…');
  if (Math.abs(Date.parse(records[0].timestamp) - Date.now()) > 600_000) fail('timestamp', records[0].timestamp, new Date());
  if (!/:\d+:\d+/.test(records[4]['exception.stacktrace'])) fail('stack', records[4]['exception.stacktrace'], 'places');

  const lines = text.text().trim().split('\n');
  same(lines.length, 7, 'lines of text');
  if (!lines[1].endsWith(' WARNING app::db Slow query ms=12.5 service_name=packed pool=main')) fail('line', lines[1], '…');

  const items = wire.batches.flatMap(({ bytes }) => kakashi.decode(bytes));
  same(items.map(({ kind, levelName, logger, message }) => [kind, levelName, logger, message]), records.map(({ level, logger, message }) => ['record', level, logger, message]), 'decoded');
  if (items[0].fields.big !== 2n ** 70n) fail('big integer', String(items[0].fields.big), String(2n ** 70n));
  addsUp(kakashi);

  const own = collector(kakashi, 'json');
  const custom = kakashi.createCustomLogger('custom', { sinks: [own.sink], fields: { app: 'x' }, redact: ['token'], enrichers: [() => ({ enriched: true })], filters: [({ message }) => message !== 'no'] });
  custom.info('yes', { token: 't' });
  custom.info('no');
  await kakashi.flush();
  const [{ token, enriched, app, message }] = own.text().trim().split('\n').map((line) => JSON.parse(line));
  same([message, token, enriched, app], ['yes', '[REDACTED]', true, 'x'], 'custom logger');

  const dropping = kakashi.getAsyncLogger('dropping', { capacity: 8, onFull: 'dropNewest' });
  for (let round = 0; round < 100; round++) dropping.info('noise');
  await kakashi.flush();
  const announcements = json.text().trim().split('\n').map((line) => JSON.parse(line)).filter(({ logger }) => logger === 'kakashi');
  same(announcements.reduce((sum, { dropped }) => sum + dropped, 0), 93, 'announced drops');
  addsUp(kakashi);

  const shown = [];
  const { info } = console;
  try {
    console.info = (...args) => shown.push(...args);
    kakashi.configure({ sinks: [kakashi.consoleSink({ format: 'json', structured: false })] });
    kakashi.info('On the console', { a: 1 });
    await kakashi.flush();
  } finally {
    console.info = info;
  }
  same(shown.map((line) => JSON.parse(line)).map(({ message, a }) => [message, a]), [['On the console', 1]], 'console');
  addsUp(kakashi);
  const stats = kakashi.stats();
  same([stats.buffered, stats.pending, stats.dropped.byReason.queue_full], [0, 0, 3 * 93], 'statistics');
  return stats;
}

/** The same record with its keys in the order of another: their order is no promise here. */
function reordered(record, like) {
  return Object.fromEntries(Object.keys(like).filter((key) => key in record).concat(Object.keys(record).filter((key) => !(key in like))).map((key) => [key, record[key]]));
}
