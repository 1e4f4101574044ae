// LogTape beside ours: its sink writes its records, and our loggers write what its loggers write through that sink.

import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { afterEach, test } from 'node:test';
import * as real from '@logtape/logtape';
import * as kakashi from '../../pkg/dist/entries/node.js';
import * as ours from '../../pkg/dist/logtape.js';
import { sinceNow } from '../shared/clock.mjs';
import { Random } from '../shared/random.mjs';

afterEach(async () => {
  await real.reset();
  await kakashi.reset();
});

function remember(change = {}) {
  const sink = kakashi.memorySink();
  kakashi.configure({ sinks: [sink], ...change });
  return sink;
}

async function useReal(sink = ours.kakashiSink()) {
  await real.configure({
    sinks: { kakashi: sink },
    loggers: [{ category: [], sinks: ['kakashi'], lowestLevel: 'trace' }, { category: ['logtape', 'meta'], sinks: ['kakashi'], lowestLevel: 'warning' }],
    reset: true,
    contextLocalStorage: new AsyncLocalStorage(),
  });
}

/** What a program has logged; stacks are of two places. */
async function written(library, program, change) {
  const isNow = sinceNow();
  const sink = remember({ level: 'all', ...change });
  await program(library.getLogger, library);
  const records = sink.records.map(({ level, logger, message, fields, context, time }) => {
    assert.ok(isNow(Number(time)));
    const { 'exception.stacktrace': stack, ...rest } = fields;
    return { level, logger, message, fields: rest, context, hasStack: stack !== undefined };
  });
  await kakashi.reset();
  return records;
}

const error = Object.assign(new TypeError('closed', { cause: new Error('reset') }), { code: 'E_CLOSED' });
const user = { id: 7, name: { first: 'Al' }, 'full-name': 'Al B', tags: ['x', { deep: true }] };

const PROGRAMS = {
  'messages and properties': (getLogger) => {
    const log = getLogger(['app', 'db']);
    log.info('plain');
    log.info('Hello, {name}: {n} of {ok} {none} {missing}', { name: 'Al "B"', n: 5.5, ok: true, none: null });
    log.info('{{braces}} }} { and {user.name.first} {user["full-name"]} {user.tags[0]} {user?.id} { n }', { user, n: 1 });
    log.info('{list} {object} {date} {error} {big}', { list: [1, 'two'], object: { a: { b: 1 } }, date: new Date(0), error, big: 10n ** 20n });
    log.info({ a: 1, b: 'two' });
    log.info('{*}', { a: 1 });
    log.info('all: {*}', { a: 1 });
    log.info('lazily {a}', () => ({ a: 1 }));
  },
  'tagged templates': (getLogger) => {
    const log = getLogger('app');
    log.warn`A ${'text'}, ${5} and ${{ an: 'object' }}`;
    log.debug((l) => l`made ${1 + 1}`);
    log.error`nothing`;
  },
  'errors': (getLogger) => {
    const log = getLogger('app');
    for (const level of ['warn', 'warning', 'error', 'fatal']) {
      log[level](error);
      log[level](error, { id: 7 });
      log[level](error, () => ({ id: 8 }));
      log[level]('failed', error);
      log[level]('failed: {error.message}', { error, id: 9 });
    }
  },
  'levels': (getLogger) => {
    const log = getLogger([]);
    for (const level of ['trace', 'debug', 'info', 'warn', 'warning', 'error', 'fatal']) log[level](`at ${level}`);
    assert.deepEqual(['trace', 'fatal'].map((level) => log.isEnabledFor(level)), [true, true]);
  },
  'children and their properties': (getLogger, { lazy }) => {
    const log = getLogger('app');
    assert.equal(log, getLogger(['app']));
    assert.equal(log.getChild('a').getChild('b'), getLogger(['app', 'a', 'b']));
    assert.deepEqual([log.category, log.parent.category, log.getChild(['x', 'y']).category], [['app'], [], ['app', 'x', 'y']]);
    let now = 1;
    const child = log.with({ a: 1, b: 2 }).with({ b: 3, made: lazy(() => now) });
    child.info('{a} {b} {made}', { a: 4 });
    now = 2;
    child.getChild(['deep', 'er']).info`of ${'both'}`;
    child.info({ only: 'properties' });
    child.emit({ level: 'info', message: ['emitted ', 1, ''], rawMessage: 'emitted {n}', timestamp: Date.now(), properties: { n: 1 } });
  },
  'promised properties': async (getLogger) => {
    const log = getLogger('app');
    const promise = log.info('later {a}', async () => ({ a: 1 }));
    log.info('first');
    assert.equal(await promise, undefined);
    await log.error(error, async () => ({ b: 2 }));
  },
};

for (const [name, program] of Object.entries(PROGRAMS)) {
  test(`${name}: our loggers write what LogTape's write by the sink`, async () => {
    await useReal();
    const theirs = await written(real, program);
    assert.ok(theirs.length > 0);
    assert.deepEqual(await written(ours, program), theirs);
  });
}

test('a category is a logger, a message has its values, properties are fields', async () => {
  await useReal();
  const [, hello, , , props] = await written(real, PROGRAMS['messages and properties']);
  assert.deepEqual(hello, {
    level: 'INFO', logger: 'app::db', message: 'Hello, Al "B": 5.5 of true null undefined', context: {}, hasStack: false,
    fields: { name: 'Al "B"', n: 5.5, ok: true, none: null },
  });
  assert.deepEqual([props.message, props.fields], ['', { a: 1, b: 'two' }]);
  const [, withId] = await written(real, PROGRAMS['errors']);
  assert.deepEqual([withId.message, withId.fields, withId.hasStack], ['closed', { id: 7, 'exception.type': 'TypeError', 'exception.message': 'closed: reset', 'exception.code': 'E_CLOSED' }, true]);
});

test('templates are read as LogTape reads them', async () => {
  const messages = [];
  await useReal((record) => messages.push(record.message));
  const sink = remember();
  const random = new Random(7);
  const parts = ['{', '}', '{{', '}}', 'a', ' ', '.', '[', ']', '0', '"', '?', '*', 'user', '{user}', '{user.name}', '{list[0]}', '{user["x-y"]}', '{user?.name}', '{ a }', '{user.constructor}', '{user.__proto__}'];
  const properties = { user: { name: 'n', 'x-y': 1 }, list: [1], a: 'A' };
  for (let round = 0; round < 3_000; round++) {
    const template = Array.from({ length: 1 + random.below(8) }, () => random.of(parts)).join('');
    real.getLogger('app').info(template, properties);
    ours.getLogger('app').info(template, properties);
    const text = messages.pop().map((part, at) => (at % 2 === 0 || typeof part !== 'object' || part === null ? String(part) : JSON.stringify(part))).join('');
    assert.equal(sink.records.at(-1).message, template === '{*}' ? '' : text, template);
  }
});

test('levels of kakashi hold for our loggers, those of LogTape for the sink', async () => {
  const sink = remember({ level: 'warning', levels: { 'app::db': 'debug' } });
  await useReal();
  for (const { getLogger } of [ours, real]) {
    getLogger('app').info('of the application');
    getLogger(['app', 'db']).debug('of the database');
  }
  assert.deepEqual([ours.getLogger('app').isEnabledFor('info'), ours.getLogger(['app', 'db']).isEnabledFor('debug')], [false, true]);
  assert.deepEqual(sink.records.map(({ message }) => message), ['of the database', 'of the application', 'of the database']);
});

test('contexts of either are those of the record, and a message may name them', async () => {
  const sink = remember();
  await useReal();
  await real.withContext({ requestId: 'r' }, async () => real.getLogger('app').info('real {requestId}'));
  await ours.withContext({ requestId: 'r' }, async () => {
    await null;
    ours.getLogger('app').info('ours {requestId}');
  });
  kakashi.withContext({ userId: 'u' }, () => real.getLogger('app').info('both'));
  const [one, two, both] = sink.records;
  assert.deepEqual([one.message, one.fields, two.message, two.context], ['real r', { requestId: 'r' }, 'ours r', { requestId: 'r' }]);
  assert.equal(both.context.user_id, 'u');
});

test('what must not be written is not in the message either', async () => {
  const sink = remember({ redact: ['password', 'user.card', '*_token'] });
  await useReal();
  for (const { getLogger } of [real, ours]) {
    const log = getLogger('app');
    log.info('{password} {user} {user.card} {a_token} {user?.card} {id}', { password: 'secret', user: { card: 'secret', id: 7 }, a_token: 'secret', id: 8 });
    log.info`${{ password: 'secret', kept: 1 }}`;
    log.info('{*}!', { password: 'secret' });
  }
  assert.ok(!sink.text.includes('secret'), sink.text);
  const one = '[REDACTED] {"card":"[REDACTED]","id":7} [REDACTED] [REDACTED] [REDACTED] 8';
  assert.deepEqual(sink.records.map(({ message }) => message), Array(2).fill([one, '{"password":"[REDACTED]","kept":1}', '{"password":"[REDACTED]"}!']).flat());
});

test('records keep the time that LogTape gave them, as buffers hand them over later', async () => {
  const sink = remember();
  const hourAgo = Date.now() - 3_600_000;
  const theirs = ours.kakashiSink();
  await useReal((record) => theirs({ ...record, timestamp: hourAgo }));
  real.getLogger('app').info('of an hour ago');
  ours.getLogger('app').emit({ level: 'error', message: ['too'], rawMessage: 'too', timestamp: hourAgo, properties: {} });
  ours.getLogger('app').info('now');
  const [then, too, now] = sink.records.map(({ time }) => time - hourAgo);
  for (const off of [then, too]) assert.ok(off >= 0 && off < 1_800_000, `${off}`);
  assert.ok(now >= 3_600_000, `${now}`);
});

test('where the code is, is in the record', async () => {
  const sink = remember();
  await real.configure({ sinks: { kakashi: ours.kakashiSink() }, loggers: [{ category: [], sinks: ['kakashi'], captureSourceLocation: true }, { category: ['logtape', 'meta'], sinks: [], lowestLevel: 'fatal' }] });
  real.getLogger('app').info('here');
  assert.match(sink.records[0].fields['code.file.path'], /logtape\.test\.mjs$/);
  assert.ok(sink.records[0].fields['code.line.number'] > 0);
});

test('a value in a message is bounded like a field', async () => {
  const sink = remember({ limits: { depth: 3, items: 10, bytes: 4_000 } });
  await useReal();
  const deep = { a: { b: { c: { d: 1 } } } };
  const many = { huge: 'x'.repeat(100_000), list: Array.from({ length: 1_000 }, (_, at) => at), deep };
  for (const { getLogger } of [real, ours]) getLogger('app').info('{many} {deep}', { many, deep });
  for (const { message } of sink.records) {
    assert.ok(message.length < 9_000, `${message.length}`);
    assert.match(message, /characters cut/);
  }
});

test('no call throws, and no record is lost, whatever makes the properties or the message', async () => {
  const sink = remember({ level: 'all' });
  const log = ours.getLogger('app');
  const no = () => {
    throw new Error('no');
  };
  log.info('made', no);
  log.info((l) => no(l`x`));
  log.info(no);
  log.info(() => 'no template');
  await log.info('promised', async () => no());
  log.info('{a.b}', { a: { get b() { return no(); } } });
  log.with({ made: ours.lazy(no) }).info('lazy {made}');
  log.info(undefined);
  log.info(new Proxy({}, { ownKeys: no, get: no, has: no }));
  ours.kakashiSink()({ category: ['app'], level: 'info', timestamp: Date.now(), rawMessage: 'x', get message() { return no(); }, get properties() { return no(); } });
  assert.deepEqual(sink.records.map(({ message, fields }) => [message, fields.fields_error]), [
    ['made', '[threw: no]'], ['x', undefined], ['[threw: no]', undefined], ['no template', undefined], ['promised', '[threw: no]'],
    ['[threw: no]', undefined], ['lazy [threw: no]', undefined], ['undefined', undefined], ['', sink.records[8].fields.fields_error], ['[threw: no]', '[threw: no]'],
  ]);
});

test('drain waits for the sinks, and dispose hands over', async () => {
  const got = [];
  let take;
  const taken = new Promise((resolve) => (take = resolve));
  kakashi.configure({ sinks: [kakashi.callbackSink(async (batch) => { await taken; got.push(batch.count); })] });
  await useReal();
  real.getLogger('app').info('m');
  const drained = real.drain();
  assert.deepEqual(got, []);
  take();
  await drained;
  assert.deepEqual(got, [1]);
  const sink = remember();
  await useReal();
  real.getLogger('app').info('m');
  await real.dispose();
  assert.equal(sink.records.length, 1);
});

test("LogTape's configuration is refused with what to use", () => {
  for (const refused of [ours.configure, ours.configureSync]) assert.throws(() => refused({}), /kakashi-wasm\/logtape has no configure.*configure\(\{ levels, sinks \}\).*kakashiSink\(\)/);
});
