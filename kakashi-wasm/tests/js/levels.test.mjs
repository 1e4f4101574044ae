import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { catcher } from '../shared/catcher.mjs';
import { fresh } from '../shared/kakashi.mjs';

const METHODS = { trace: 5, debug: 10, info: 20, warning: 30, warn: 30, error: 40, critical: 50 };
const NAMES = { 5: 'TRACE', 10: 'DEBUG', 20: 'INFO', 30: 'WARNING', 40: 'ERROR', 50: 'CRITICAL' };

let kakashi;
let sink;
beforeEach(async () => {
  kakashi = await fresh();
  kakashi.configure({ sinks: [(sink = catcher())] });
});

test('a record is written when its level is at or above the threshold, for every pair of them', async () => {
  const logger = kakashi.getLogger('app');
  const expected = [];
  for (let threshold = 0; threshold <= 255; threshold++) {
    logger.level = threshold;
    assert.equal(logger.level, threshold);
    for (const [method, level] of Object.entries(METHODS)) {
      logger[method](`${method} at ${threshold}`);
      logger.log(level, `log ${method} at ${threshold}`);
      if (level >= threshold) expected.push(`${method} at ${threshold}`, `log ${method} at ${threshold}`);
      assert.equal(logger.isEnabled(level), level >= threshold);
    }
  }
  await kakashi.flush();
  assert.deepEqual(sink.messages, expected);
});

test('a record carries the name of its level', async () => {
  kakashi.setLogLevel('all');
  for (const method of Object.keys(METHODS)) kakashi[method](method);
  await kakashi.flush();
  for (const { level, message } of sink.records) assert.equal(level, NAMES[METHODS[message]]);
  assert.equal(sink.records.length, 7);
});

test('names are read in any case, with their other names, and all and off', () => {
  const logger = kakashi.getLogger('app');
  const numbers = { trace: 5, debug: 10, info: 20, warning: 30, warn: 30, error: 40, critical: 50, fatal: 50, all: 0, off: 255 };
  for (const [name, number] of Object.entries(numbers)) {
    for (const written of [name, name.toUpperCase(), name[0].toUpperCase() + name.slice(1)]) {
      logger.level = written;
      assert.equal(logger.level, number, written);
    }
  }
});

test('a level that is none is refused with the names that are right, and changes nothing', () => {
  const logger = kakashi.getLogger('app', { level: 'error' });
  const wrong = ['loud', '', ' info', 'INFO ', '__proto__', 'constructor', '20', -1, 256, 1.5, NaN, Infinity, null, undefined, {}, [], 20n];
  for (const level of wrong) {
    const right = { name: 'RangeError', message: /TRACE, DEBUG, INFO, WARNING \(WARN\), ERROR or CRITICAL \(FATAL\)$/ };
    assert.throws(() => kakashi.setLogLevel(level), right, String(level));
    assert.throws(() => (logger.level = level), right, String(level));
    assert.throws(() => logger.isEnabled(level), right, String(level));
    if (level !== undefined) {
      assert.throws(() => kakashi.getLogger('app', { level }), right, String(level));
      assert.throws(() => kakashi.configure({ level }), right, String(level));
      assert.throws(() => kakashi.configure({ levels: { app: level } }), right, String(level));
    }
  }
  assert.equal(logger.level, 40);
  assert.equal(kakashi.getLogger('other').level, 20);
});

test('log at a level that is none is a WARNING that says which are right', async () => {
  kakashi.getLogger('app').log('loud', 'said all the same', { k: 1 });
  kakashi.log('loud', 'without a logger');
  await kakashi.flush();
  assert.deepEqual(
    sink.records.map(({ level, k, level_error }) => [level, k, /use TRACE/.test(level_error)]),
    [['WARNING', 1, true], ['WARNING', undefined, true]],
  );
});

test('a number between two levels logs at the one below, and the lowest at TRACE', async () => {
  kakashi.setLogLevel('all');
  for (const number of [0, 4, 5, 9, 10, 19, 21, 29, 31, 49, 50, 255]) kakashi.log(number, String(number));
  await kakashi.flush();
  assert.deepEqual(
    sink.records.map(({ level, message }) => [message, level]),
    [['0', 'TRACE'], ['4', 'TRACE'], ['5', 'TRACE'], ['9', 'TRACE'], ['10', 'DEBUG'], ['19', 'DEBUG'], ['21', 'INFO'],
      ['29', 'INFO'], ['31', 'WARNING'], ['49', 'ERROR'], ['50', 'CRITICAL'], ['255', 'CRITICAL']],
  );
});

test('the longest prefix counts and ends where a part ends, as in kakashi_core::Levels', () => {
  kakashi.configure({ levels: { app: 'warning', 'app::db': 'trace' } });
  for (const [name, level] of [
    ['app', 30],
    ['app::http', 30],
    ['app::db', 5],
    ['app::db.pool', 5],
    ['app::dbx', 30],
    ['application', 20],
    ['app/page', 30],
    ['app.page', 30],
    ['app:page', 30],
    ['app-page', 20],
    ['ap', 20],
    ['', 20],
  ]) {
    assert.equal(kakashi.getLogger(name).level, level, name);
    assert.equal(kakashi.getAsyncLogger(name).level, level, name);
  }
});

test('levels by prefix reach loggers that exist, and are kept when others are set', () => {
  const logger = kakashi.getLogger('app::db::pool');
  kakashi.configure({ levels: { app: 'error' } });
  assert.equal(logger.level, 40);
  kakashi.configure({ levels: { 'app::db': 'debug' } });
  assert.equal(logger.level, 10);
  assert.equal(kakashi.getLogger('app').level, 40);
  kakashi.configure({ level: 'critical' });
  assert.equal(logger.level, 10);
  assert.equal(kakashi.getLogger('elsewhere').level, 50);
});

test('setLogLevel reaches every kind of logger, children, copies with fields, and forgotten ones', () => {
  const parent = kakashi.getLogger('parent');
  const all = [
    parent,
    parent.child('below'),
    parent.child('below').child('deeper', { a: 1 }),
    parent.with({ a: 1 }),
    kakashi.getAsyncLogger('queued'),
    kakashi.getPerformanceLogger('fast'),
    kakashi.createCustomLogger('custom', { sinks: [sink] }),
    kakashi.createCustomLogger('custom', { sinks: [sink] }).child('below'),
  ];
  kakashi.clearLoggerCache();
  all.push(kakashi.getLogger('parent'));
  for (const level of ['error', 'trace', 'off', 'info']) {
    kakashi.setLogLevel(level);
    for (const logger of all) assert.equal(logger.level, { error: 40, trace: 5, off: 255, info: 20 }[level], logger.name);
  }
});

test('a level of its own stays, whatever is set for all', () => {
  const own = kakashi.getLogger('own', { level: 'debug' });
  const set = kakashi.getLogger('set');
  set.level = 'error';
  kakashi.configure({ level: 'critical', levels: { own: 'trace', set: 'trace' } });
  assert.equal(own.level, 10);
  assert.equal(set.level, 40);
  assert.equal(own.child('below').level, 10);
  kakashi.clearLoggerCache();
  kakashi.setLogLevel('warning');
  assert.equal(own.level, 10);
});

test('handles of one name are one logger', () => {
  const one = kakashi.getLogger('one');
  assert.equal(kakashi.getLogger('one'), one);
  kakashi.getLogger('one', { level: 'error' });
  assert.equal(one.level, 40);
  assert.equal(one.child('two').name, 'one::two');
  assert.notEqual(kakashi.getAsyncLogger('one'), one);
});

test('a sink with a level gets what is at or above it, and each record counts once for each sink that takes it', async () => {
  const loud = catcher(undefined, { level: 'error' });
  const none = catcher(undefined, { level: 'off' });
  kakashi.configure({ sinks: [sink, loud, none] });
  kakashi.info('quiet');
  kakashi.error('loud');
  await kakashi.flush();
  assert.deepEqual(sink.messages, ['quiet', 'loud']);
  assert.deepEqual(loud.messages, ['loud']);
  assert.deepEqual(none.messages, []);
  const { sent, written } = kakashi.stats();
  assert.deepEqual([sent, written], [3, 3]);
});

test('security takes its severity for a level, and says which are right where it is none', async () => {
  kakashi.setLogLevel('all');
  kakashi.security('login', 'critical', { user: 'u' });
  kakashi.security('login', 'dreadful');
  await kakashi.flush();
  const [right, wrong] = sink.records;
  assert.equal(right.level, 'CRITICAL');
  assert.deepEqual([right.event_type, right.severity, right.user], ['login', 'critical', 'u']);
  assert.equal(wrong.level, 'WARNING');
  assert.match(wrong.severity_error, /unknown level "dreadful"/);
});

test('metric and audit keep their own fields whatever the call gives', async () => {
  kakashi.metric('latency', 12.5, { value: 'hidden', unit: 'ms' });
  kakashi.audit('delete', 'order/7', { action: 'hidden', by: 'me' });
  await kakashi.flush();
  const [metric, audit] = sink.records;
  assert.deepEqual([metric.message, metric.metric, metric.value, metric.unit], ['latency', 'latency', 12.5, 'ms']);
  assert.deepEqual([audit.message, audit.action, audit.resource, audit.by], ['delete', 'delete', 'order/7', 'me']);
});

test('silent, none and off switch all off, in whatever case and place', async () => {
  for (const level of ['silent', 'SILENT', 'none', 'off', 'OFF']) {
    kakashi.configure({ level });
    assert.equal(kakashi.getLogger('a').level, 255);
    assert.equal(kakashi.getLogger(`own ${level}`, { level }).isEnabled('critical'), false);
    assert.equal(kakashi.createCustomLogger('own', { sinks: [], level }).level, 255);
  }
});
