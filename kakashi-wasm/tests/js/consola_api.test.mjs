// The same little programs, run with the real consola and with ours: their reporters get the same log objects, and kakashi the same records.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import process from 'node:process';
import { afterEach, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import * as real from 'consola/core';
import * as kakashi from '../../pkg/dist/entries/node.js';
import { sinceNow } from '../shared/clock.mjs';
import * as ours from '../../pkg/dist/consola.js';

afterEach(async () => {
  await kakashi.reset();
});

/** What the reporters of a program get; times vary. */
function reported({ createConsola }, options, program) {
  const isNow = sinceNow();
  const objects = [];
  const reporter = { log: ({ date, ...object }, { options: { level, types } }) => void objects.push({ ...object, date: date instanceof Date && isNow(Number(date)), level: [object.level, level], types: types === undefined }) };
  const consola = createConsola({ level: 3, throttle: 0, ...options, reporters: [reporter] });
  program(consola, objects, reporter);
  return objects;
}

const failed = Object.assign(new TypeError('closed', { cause: new Error('reset') }), { code: 'E_CLOSED' });
const TYPES = ['silent', 'fatal', 'error', 'warn', 'log', 'info', 'success', 'fail', 'ready', 'start', 'box', 'debug', 'trace', 'verbose'];

const PROGRAMS = {
  'messages, formats and objects': [{}, (consola) => {
    consola.info('plain');
    consola.info('%s is %d', 'it', 5, { a: 1 });
    consola.info({ a: 1 });
    consola.warn(failed);
    consola.error('failed', failed, { id: 7 });
    consola.log();
    consola.log(undefined, null, 5, Symbol.for('s'));
  }],
  'log objects': [{}, (consola) => {
    consola.info({ message: 'of an object', additional: 'more', title: 'T', badge: true });
    consola.info({ message: 'lines', additional: ['one', 'two'] });
    consola.box({ title: 'Box', message: 'within', style: { padding: 2 } });
    consola.log({ args: ['only', 'args'], level: 1, type: 'WARN', tag: 5 });
    consola.info({ message: 'raw or not' }, 'two arguments');
    consola.info.raw({ message: 'raw' });
    consola.info({ message: 'with a stack', stack: 'x' });
    const args = ['shared'];
    consola.info({ message: '', args });
    assert.deepEqual(args, ['shared']);
  }],
  'every type, at every level': [{}, (consola) => {
    for (const level of [-999, -1, 0, 1, 2, 3, 4, 5, 999, Infinity]) {
      consola.level = level;
      for (const type of TYPES) consola[type](`${type} at ${level}`);
    }
    consola.level = 'warn';
    assert.equal(consola.level, 1);
    consola.level = 'no such type';
    assert.equal(consola.level, 1);
  }],
  'tags and defaults': [{ defaults: { tag: 'app', extra: 1 } }, (consola) => {
    consola.info('tagged');
    consola.withTag('db').warn('below');
    consola.withTag('db').withTag('sql').withScope('deep').info('deep');
    consola.withDefaults({ tag: 'other', level: 0, extra: 2 }).info('other');
    const child = consola.create({ level: 5 });
    child.trace('of the child');
    consola.trace('below the level');
    consola.create({ defaults: { message: 'of the defaults', additional: 'and more' } }).info('said');
  }],
  'reporters': [{}, (consola, objects, reporter) => {
    const second = { log: ({ args }) => void objects.push(args) };
    assert.equal(consola.addReporter(second), consola);
    consola.info('to two');
    assert.deepEqual(consola.removeReporter(second), [second]);
    consola.info('to one');
    consola.remove({ log() {} });
    consola.clear();
    consola.info('to none');
    consola.setReporters([second, reporter]).info('set');
    consola.add(second).create({}).info('of a child');
  }],
  'pause and resume': [{}, (consola, objects) => {
    consola.pauseLogs();
    consola.info('kept');
    consola.withTag('child').info('kept too');
    assert.equal(objects.length, 0);
    consola.level = 1;
    consola.resumeLogs();
    consola.level = 3;
    consola.pause();
    consola.info('kept once more');
    consola.resume();
    consola.info('after it');
  }],
  'types of ones own': [{ types: { ...real.LogTypes, audit: { level: 2, tag: 'audit' }, quiet: {} } }, (consola) => {
    consola.audit('audited');
    consola.quiet('without a level');
    consola.level = 1;
    consola.audit('below');
  }],
  'mocks': [{}, (consola, objects) => {
    consola.mockTypes((type, defaults) => type !== 'log' && ((...given) => void objects.push([type, defaults.level ?? 0, given])));
    consola.info('mocked', 1);
    consola.error.raw('raw');
    consola.log('as before');
    consola.withTag('child').warn('of a child');
  }],
};

for (const [name, [options, program]] of Object.entries(PROGRAMS)) {
  test(`${name}: our reporters get what consola's get`, () => {
    assert.deepEqual(reported(ours, options, program), reported(real, options, program));
  });
}

test('the names that consola exports have the values of consola', () => {
  assert.deepEqual(ours.LogLevels, real.LogLevels);
  assert.deepEqual(ours.LogTypes, real.LogTypes);
  assert.ok(ours.consola instanceof ours.Consola && ours.default === ours.consola);
  for (const name of Object.getOwnPropertyNames(real.Consola.prototype)) {
    if (!name.startsWith('_')) assert.equal(typeof Object.getOwnPropertyDescriptor(ours.Consola.prototype, name), typeof Object.getOwnPropertyDescriptor(real.Consola.prototype, name), name);
  }
});

/** The records of a program that logs by an instance. */
function records(consola, program) {
  const sink = kakashi.memorySink();
  kakashi.configure({ sinks: [sink] });
  program(consola);
  return sink.records.map(({ level, logger, message, fields, context }) => ({ level, logger, message, fields, context }));
}

function everything(consola) {
  consola.level = Infinity;
  for (const type of TYPES) consola[type](type, { a: 1 });
  consola.withTag('db').withTag('sql').info('%s %d', 'formatted', 5);
  consola.error(new RangeError('alone'));
  consola.error('failed', failed, { id: 7 });
  consola.info({ message: 'extra', custom: 1, badge: true, icon: '*' });
  consola.box({ title: 'Box', message: 'within' });
  consola.info('several', { a: 1 }, { b: 2 });
  consola.info(new Map([['key', 'value']]));
}

test('the real consola with kakashiReporter writes the records that ours writes', () => {
  const programs = [real.createConsola({ throttle: 0, reporters: [ours.kakashiReporter()] }), ours.createConsola()];
  const [theirs, own] = programs.map((consola) => records(consola, (it) => kakashi.withContext({ requestId: 'r' }, () => everything(it))));
  assert.deepEqual(own, theirs);
  const levels = own.slice(0, 14).map(({ level, message, fields }) => [message, level, fields.type]);
  assert.deepEqual(levels, [
    ['silent', 'INFO', 'silent'], ['fatal', 'CRITICAL', undefined], ['error', 'ERROR', undefined], ['warn', 'WARNING', undefined], ['log', 'INFO', undefined],
    ['info', 'INFO', undefined], ['success', 'INFO', 'success'], ['fail', 'INFO', 'fail'], ['ready', 'INFO', 'ready'], ['start', 'INFO', 'start'], ['box', 'INFO', 'box'],
    ['debug', 'DEBUG', undefined], ['trace', 'TRACE', undefined], ['verbose', 'TRACE', 'verbose'],
  ]);
  const [sql, alone, both, extra, box, several, map] = own.slice(14);
  assert.deepEqual([sql.logger, sql.message, sql.context], ['db::sql', 'formatted 5', { request_id: 'r' }]);
  assert.deepEqual([alone.logger, alone.message, alone.fields['exception.type']], ['consola', 'alone', 'RangeError']);
  assert.deepEqual([both.message, both.fields['exception.message'], both.fields.args], ['failed', 'closed: reset', [{ id: 7 }]]);
  assert.deepEqual([extra.fields, box.fields], [{ custom: 1 }, { type: 'box', title: 'Box' }]);
  assert.deepEqual([several.fields, map.fields], [{ args: [{ a: 1 }, { b: 2 }] }, { key: 'value' }]);
});

test('records have the time of their log object', () => {
  const sink = kakashi.memorySink();
  kakashi.configure({ sinks: [sink] });
  const hourAgo = new Date(Date.now() - 3_600_000);
  ours.createConsola().info({ message: 'of an hour ago', date: hourAgo });
  ours.createConsola().error({ message: 'failed then', date: hourAgo });
  ours.createConsola().info('now');
  const [then, error, now] = sink.records.map(({ time }) => time - hourAgo);
  for (const off of [then, error]) assert.ok(off >= 0 && off < 1_800_000, `${off}`);
  assert.ok(now >= 3_600_000, `${now}`);
});

test('nothing is throttled: what is said again is written again', () => {
  const own = records(ours.createConsola(), (consola) => {
    for (let time = 0; time < 20; time++) consola.info('again');
  });
  assert.equal(own.length, 20);
});

test('the console and the streams are taken over and given back; what sinks and reporters print is printed', async () => {
  const { log, success } = console;
  const printed = [];
  console.log = (...given) => void printed.push(given.join(' '));
  const mine = console.log;
  const stream = () => ({ lines: [], write(line) { this.lines.push(line); return true; } });
  const [stdout, stderr] = [stream(), stream()];
  try {
    const sink = kakashi.callbackSink(({ text }) => console.log(`sink: ${text}`), { format: 'json' });
    kakashi.configure({ sinks: [sink] });
    const consola = ours.createConsola({ stdout, stderr }).withTag('wrapped');
    consola.addReporter({ log: ({ args }) => { console.log('reporter', ...args); stdout.write('by a reporter'); } });
    consola.wrapAll();
    console.log('by the console', { a: 1 });
    console.warn({ message: 'not a log object' });
    stdout.write('by a stream\n');
    stderr.write(Buffer.from('bytes'), () => printed.push('called back'));
    consola.restoreAll();
    assert.equal(console.log, mine);
    console.log('printed');
    stdout.write('written');
    await kakashi.flush();
    const entries = printed.filter((line) => line.startsWith('sink: ')).flatMap((line) => line.slice(6).trim().split('\n')).map((line) => JSON.parse(line));
    assert.deepEqual(entries.map(({ level, logger, message, a }) => [level, logger, message, a]), [
      ['INFO', 'wrapped', 'by the console', 1], ['WARNING', 'wrapped', '', undefined], ['INFO', 'wrapped', 'by a stream', undefined], ['INFO', 'wrapped', 'bytes', undefined],
    ]);
    assert.deepEqual(printed.filter((line) => !line.startsWith('sink: ')), ['reporter by the console [object Object]', 'reporter [object Object]', 'reporter by a stream', 'reporter bytes', 'called back', 'printed']);
    assert.deepEqual(stdout.lines, [...new Array(4).fill('by a reporter'), 'written']);
    assert.equal(console.success, success);
  } finally {
    console.log = log;
  }
});

test('no call throws, whatever is given and whoever fails', () => {
  const errors = [];
  kakashi.configure({ sinks: [kakashi.memorySink()], onError: (error) => errors.push(error.message) });
  const consola = ours.createConsola();
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  const bad = new Proxy(function named() {}, { get() { throw new Error('no'); } });
  const throwing = { get message() { throw new Error('no'); } };
  for (const given of [[revoked.proxy], [bad], ['%s', bad], [throwing], ['m', throwing], [{ message: 'm', additional: 5 }], [{ args: 'no list', message: 'm' }], [Symbol('s')]]) consola.info(...given);
  consola.addReporter({ log() { throw new Error('of a reporter'); } });
  consola.info('still written');
  assert.deepEqual(errors, ['kakashi: a reporter of consola failed: of a reporter']);
});

test('a prompt is refused, unless the program brings one', async () => {
  assert.throws(() => ours.createConsola().prompt('Sure?'), /kakashi-wasm\/consola has no prompt: .*@clack\/prompts/);
  assert.equal(await ours.createConsola({ prompt: async (message) => `${message} yes` }).prompt('Sure?'), 'Sure? yes');
});

test('a program without other settings writes to the console, at the level that the environment names', () => {
  const program = `import { consola } from ${JSON.stringify(new URL('../../pkg/dist/consola.js', import.meta.url).href)};
    consola.success('done', { a: 1 });
    consola.withTag('db').debug('hidden or not');`;
  const run = (env) => execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8', cwd: fileURLToPath(new URL('../..', import.meta.url)), env: { PATH: process.env.PATH, NO_COLOR: '1', ...env } })
    .trimEnd().split('\n').map((line) => line.replace(/^\S+ /, ''));
  assert.deepEqual(run({}), ['INFO consola done type=success a=1']);
  for (const env of [{ DEBUG: '1' }, { CONSOLA_LEVEL: '4' }]) assert.deepEqual(run(env), ['INFO consola done type=success a=1', 'DEBUG db "hidden or not"'.replaceAll('"', '')]);
  assert.deepEqual(run({ CONSOLA_LEVEL: 'no number' }), ['INFO consola done type=success a=1']);
});
