// The same little programs, run with the real pino and with ours: their lines are the same objects.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import process from 'node:process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import real from 'pino';
import { sinceNow } from '../shared/clock.mjs';
import * as kakashi from '../../pkg/dist/entries/node.js';
import ours from '../../pkg/dist/pino.js';

/** What a program has written, as objects; times and stacks vary. */
function lines(pino, options, program) {
  const isNow = sinceNow();
  const written = [];
  const destination = { write: (line) => void written.push(line) };
  const logger = pino(options, destination);
  program(logger, written);
  return written.map((line) => {
    assert.ok(line.endsWith('\n'));
    // Ours and the real one are called from two places.
    const object = JSON.parse(line.replace(/(TestContext.{1,200}?mjs):\d+:\d+/g, '$1'));
    if (typeof object.time === 'number') object.time = isNow(object.time);
    return object;
  });
}

const circular = { name: 'c' };
circular.self = circular;
const failed = Object.assign(new TypeError('closed', { cause: new Error('reset') }), { code: 'E_CLOSED' });
const dated = new Date(0);

const PROGRAMS = {
  'messages and fields': [{ name: 'app' }, (log) => {
    log.info('plain');
    log.info({ a: 1, b: { c: [1, null, undefined, 'x'], d: undefined, e: () => 1 }, n: NaN, u: undefined, f: () => 1, date: dated }, 'with fields');
    log.info({ only: 'fields' });
    log.warn({ msg: 'of the object' });
    log.info({ level: 'mine', time: 'late', timestamp: 1, message: 'm', logger: 'l', name: 'other', message_: 2 }, 'names');
    log.info('%s is %d %i %f %o %O %j 100%% %x', 'it', 5, 5.9, 5.5, { a: 1 }, 'text', [1], 'rest');
    log.info({ a: 1 }, 'item %s of %d', 'x', 3);
    log.info('100%');
    log.info('%s');
    log.info('%s', '%d', 5);
    log.info(5);
    log.info(null);
    log.info(undefined, 'after nothing');
    log.info(null, 'after null');
    log.info({ nested: { '"key"': '}\n"' } }, 'é€😀 "quoted" \u001b[31m');
  }],
  'errors': [{}, (log) => {
    for (const given of [[failed], [failed, 'it failed'], [{ err: failed }], [{ err: failed }, 'of fields'], [{ error: failed, err: 'text' }, 'm'], [new AggregateError([new Error('one')], 'many')]]) log.error(...given);
  }],
  'levels': [{ level: 'trace' }, (log) => {
    for (const level of ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']) log[level](`at ${level}`);
    log.level = 'warn';
    log.info('below');
    log.warn({ is: [log.isLevelEnabled('info'), log.isLevelEnabled('error'), log.isLevelEnabled('none'), log.level, log.levelVal] }, 'at');
    log.level = 'silent';
    log.fatal('nothing');
    assert.throws(() => (log.level = 'loud'), /unknown level/);
  }],
  'children': [{ name: 'app', msgPrefix: '[a] ', serializers: { user: ({ id }) => id } }, (log) => {
    const child = log.child({ requestId: 'r-1', user: { id: 7, secret: 1 } }, { level: 'debug', msgPrefix: '[b] ' });
    child.debug({ user: { id: 8 } }, 'of the child');
    child.child({ deep: true }, { serializers: { deep: String } }).info('deep');
    child.setBindings({ added: 1 });
    child.info(JSON.stringify(child.bindings()));
    log.debug('below');
    log.info(JSON.stringify(log.bindings()));
    child.child({ a: 1 }, { redact: ['a', 'b'] }).info({ b: 2 });
  }],
  'redaction': [{ redact: ['password', 'user.card', '*.token', 'items[*].pin', 'headers["x-api-key"]'], base: undefined }, (log) => {
    const given = { password: 'p', user: { card: 1, password: 'kept' }, a: { token: 't' }, items: [{ pin: 1, id: 2 }, { pin: 3 }], headers: { 'x-api-key': 'k', host: 'h' } };
    log.info(given, 'hidden');
    assert.equal(given.password, 'p');
    log.child({ password: 'of a child' }).info({ token: 'kept' });
  }],
  'a censor': [{ redact: { paths: ['a.b', 'c'], censor: (value, path) => `${path.join('/')}:${value}` } }, (log) => log.info({ a: { b: 1 }, c: 2 })],
  'removed': [{ redact: { paths: ['a.b', 'c'], remove: true } }, (log) => log.info({ a: { b: 1, d: 1 }, c: 2 })],
  'other keys': [{ base: { app: 'x' }, timestamp: false, messageKey: 'message', errorKey: 'error', nestedKey: 'payload' }, (log) => {
    log.info({ a: 1 }, 'nested');
    log.info('no payload');
    log.error(new RangeError('out'));
  }],
  'no base': [{ base: null, timestamp: () => ',"at":"now"' }, (log) => log.info('m')],
  'formatters': [{ formatters: { level: (label, number) => ({ severity: label.toUpperCase(), number }), bindings: ({ pid }) => ({ hasPid: pid > 0 }), log: (object) => ({ ...object, logged: true }) } }, (log) => {
    log.info({ a: 1 }, 'm');
    log.child({ b: 2 }).error('n');
  }],
  'a mixin': [{ mixin: (object, level) => ({ mixed: level, a: 'mixin' }) }, (log) => log.warn({ a: 1 }, 'm')],
  'levels of ones own': [{ customLevels: { audit: 35, tiny: 5 }, level: 'trace' }, (log) => {
    log.audit({ a: 1 }, 'audited');
    log.tiny('below');
    log.level = 'tiny';
    log.tiny('small');
    log.level = 'info';
    log.child({}, { customLevels: { more: 45 } }).more('more');
  }],
  'empty messages': [{}, (log) => {
    log.info('');
    log.info({ a: 1 }, '');
    log.info({ msg: '' });
    log.info();
    log.info({});
    log.info({ a: 1 }, null);
    log.info({ a: 1 }, undefined);
    log.child({}, { msgPrefix: '' }).info('');
  }],
  'levels that children have of their parents': [{ customLevels: { audit: 35 } }, (log) => {
    log.child({ a: 1 }).child({ b: 2 }).audit('of a grandchild');
    const child = log.child({}, { level: 'audit' });
    child.info('below');
    child.audit('at');
    assert.deepEqual([child.level, child.levelVal, child.isLevelEnabled('info'), child.levels.values.audit], ['audit', 35, false, 35]);
  }],
  'the event of levels': [{}, (log) => {
    const heard = [];
    const listener = (...given) => heard.push([...given.slice(0, 4), given[4] === log]);
    log.on('level-change', listener);
    log.level = 'debug';
    log.level = 'debug';
    const child = log.child({});
    child.level = 'warn';
    log.off('level-change', listener);
    log.level = 'error';
    let once = 0;
    log.once('level-change', () => once++);
    log.level = 'info';
    log.level = 'warn';
    log.warn({ heard, once, count: log.listenerCount('level-change') });
  }],
  'hooks': [{ hooks: { logMethod(args, method, level) {
    method.apply(this, [`${level}: ${args[0]}`]);
  } } }, (log) => log.error('hooked')],
  'the order of members': [{ name: 'app', timestamp: () => ',"at":"now"', formatters: { level: (label) => ({ severity: label, of: 'formatter' }) }, nestedKey: 'payload', mixin: () => ({ mixed: 1, b: 2 }) }, (log) => {
    const child = log.child({ z: 1, a: 2, shared: 'binding' }).child({ m: 3, z: 4 });
    child.info({ y: 1, b: 2, shared: 'call', err: 'e' }, 'last');
    child.setBindings({ late: true, a: 5 });
    child.error(new RangeError('of an error'));
    child.warn('no members');
  }],
  'the order of members that override bindings': [{ base: { one: 1, two: 2 }, formatters: { level: (level, number) => ({ level, number }) } }, (log) => {
    log.child({ three: 3 }).info({ four: 4, two: 'call', 7: 'seven', msg: 'of the object' }, 'm');
    log.child({ three: 3 }).info({ time: 'mine', msg: 'of the object' });
    log.child({ msg: 'bound', level: 'x', time: 5 }).warn({ a: 1 }, 'm');
  }],
};

for (const [name, [options, program]] of Object.entries(PROGRAMS)) {
  test(`${name}: ours writes what pino writes`, () => {
    const [own, theirs] = [ours, real].map((pino) => lines(pino, options, program));
    assert.deepEqual(own, theirs);
    assert.deepEqual(own.map((line) => JSON.stringify(line)), theirs.map((line) => JSON.stringify(line)), 'in the same order');
  });
}

test('a line is with its stream when the call returns, and data is never a format', () => {
  const written = [];
  const log = ours({ base: null, timestamp: false }, { write: (line) => void written.push(line) });
  log.info({ data: '%s %d %o' }, 'at once');
  assert.deepEqual(written.map((line) => JSON.parse(line)), [{ level: 30, data: '%s %d %o', msg: 'at once' }]);
  let called = 0;
  log.flush(() => called++);
});

test('what a program has given and throws costs no call and no record: its value says so', () => {
  const no = () => {
    throw new Error('no');
  };
  const written = (options, program) => {
    const all = [];
    program(ours({ base: null, timestamp: false, ...options }, { write: (line) => void all.push(JSON.parse(line)) }));
    return all;
  };
  const threw = '[threw: no]';
  const log = (level, given, message) => (logger) => logger[level](given, message);
  for (const [options, program, expected] of [
    [{ serializers: { bad: no } }, log('warn', { bad: 1, a: 2 }, 'm'), { level: 40, bad: threw, a: 2, msg: 'm' }],
    [{ serializers: { bad: no } }, (logger) => logger.child({ bad: 1, b: 2 }).info('m'), { level: 30, bad: threw, b: 2, msg: 'm' }],
    [{ serializers: { msg: no } }, log('info', { a: 1 }, 'm'), { level: 30, a: 1, msg: threw }],
    [{ mixin: no }, log('fatal', { a: 2 }, 'm'), { level: 60, a: 2, mixin_error: threw, msg: 'm' }],
    [{ formatters: { log: no } }, log('info', { a: 2 }, 'm'), { level: 30, a: 2, formatter_error: threw, msg: 'm' }],
    [{ formatters: { level: no } }, log('info', { a: 2 }, 'm'), { formatter_error: threw, a: 2, msg: 'm' }],
    [{ timestamp: no }, log('info', { a: 2 }, 'm'), { level: 30, timestamp_error: threw, a: 2, msg: 'm' }],
    [{ redact: { paths: ['secret'], censor: no } }, log('info', { secret: 's', a: 2 }, 'm'), { level: 30, secret: threw, a: 2, msg: 'm' }],
    [{ hooks: { logMethod: no } }, log('info', { a: 2 }, 'm'), { level: 30, a: 2, hook_error: threw, msg: 'm' }],
    [{}, log('info', { a: { toJSON: no }, b: 1 }, 'm'), { level: 30, a: threw, b: 1, msg: 'm' }],
    [{}, log('info', { get a() { return no(); }, b: 1 }, 'm'), { level: 30, a: threw, b: 1, msg: 'm' }],
    [{}, log('info', { x: { get a() { return no(); } }, b: 1 }, 'm'), { level: 30, x: { a: threw }, b: 1, msg: 'm' }],
  ]) assert.deepEqual(written(options, program), [expected]);
  const [{ level, msg, err }] = written({}, log('warn', new Proxy({}, { ownKeys: no, get: no }), 'm'));
  assert.deepEqual([level, msg, err.message], [40, 'm', 'no']);
});

test('a line has each of pino\'s own members once', () => {
  const lines = [];
  const log = ours({ base: null, customLevels: { audit: 35 } }, { write: (line) => void lines.push(line) });
  log.audit({ a: 1 }, 'm');
  log.child({}, { customLevels: { more: 45 } }).more('');
  for (const line of lines) assert.deepEqual(['"level":', '"time":', '"msg":'].map((member) => line.split(member).length), [2, 2, 2], line);
});

test('the names and symbols that pino exports are there, and a logger answers to those that mean something here', async () => {
  assert.deepEqual(Object.keys(ours.symbols).sort(), Object.keys(real.symbols).sort());
  for (const [name, symbol] of Object.entries(real.symbols)) assert.equal(String(ours.symbols[name]), String(symbol));
  assert.equal(ours.symbols.needsMetadataGsym, real.symbols.needsMetadataGsym);
  const options = { customLevels: { audit: 35 }, messageKey: 'message', errorKey: 'error', nestedKey: 'payload', msgPrefix: 'p', serializers: { user: String } };
  const answers = (pino) => {
    const log = pino(options, { write() {} });
    const { levelValSym, messageKeySym, errorKeySym, nestedKeySym, msgPrefixSym, useOnlyCustomLevelsSym, serializersSym, setLevelSym } = pino.symbols;
    log[setLevelSym]('warn');
    return [...[levelValSym, messageKeySym, errorKeySym, nestedKeySym, msgPrefixSym, useOnlyCustomLevelsSym].map((symbol) => log[symbol]), log[serializersSym].user, log.level];
  };
  assert.deepEqual(answers(ours), answers(real));
  const [own, theirs] = await Promise.all([import('../../pkg/dist/pino.js'), import('pino')]);
  for (const name of Object.keys(theirs)) if (!['version', 'module.exports'].includes(name)) assert.equal(typeof own[name], typeof theirs[name], name);
});

test('what is not supported is refused with what to use', () => {
  for (const [options, message] of [
    [{ transport: { target: 'pino-pretty' } }, /option transport: sinks are its transports/],
    [{ browser: {} }, /option browser/], [{ depthLimit: 3 }, /configure\(\{limits: \{depth\}\}\)/], [{ crlf: true }, /crlf/], [{ levelComparison: 'DESC' }, /levels rise/],
    [{ level: 'loud' }, /default level:loud must be included in custom levels/], [{ redact: ['a..b'] }, /redact has no path/], [{ hooks: { streamWrite: String } }, /streamWrite/],
  ]) assert.throws(() => ours(options), message);
  assert.throws(() => ours({}, 'app.log'), /kakashi-wasm\/file/);
  assert.throws(() => ours.transport({}), /transports/);
});

test('without a destination records go to the sinks that configure names, with the context of the task', async () => {
  const log = ours({ name: 'app' });
  const sink = kakashi.memorySink();
  kakashi.configure({ sinks: [sink] });
  kakashi.withContext({ requestId: 'r' }, () => log.child({ a: 1 }).info({ b: 2 }, 'm'));
  const [{ level, logger, message, fields, context }] = sink.records;
  assert.deepEqual([level, logger, message, fields, context.request_id, context.a], ['INFO', 'app', 'm', { b: 2 }, 'r', 1]);
  const { records } = kakashi.withCapturedLogs(() => ours({ name: 'late' }).warn('captured'));
  assert.deepEqual(records.map(({ logger, message }) => [logger, message]), [['late', 'captured']]);
  await kakashi.reset();
});

test('a program that imports nothing else writes pino\'s lines to stdout, to its end', () => {
  const program = (from, end) => `import pino from ${JSON.stringify(from)};
    const log = pino({ name: 'app', timestamp: false });
    log.info({ a: 1 }, 'one');
    log.error(new Error('two').message);
    ${end}`;
  // What the real one writes as it exits may be out of order.
  const written = [[import.meta.resolve('pino'), ''], [new URL('../../pkg/dist/pino.js', import.meta.url).href, 'process.exit(0);']].map((given) =>
    execFileSync(process.execPath, ['--input-type=module', '-e', program(...given)], { encoding: 'utf8', cwd: fileURLToPath(new URL('../..', import.meta.url)) })
      .trimEnd().split('\n').map((line) => ({ ...JSON.parse(line), pid: 0 })));
  assert.deepEqual(written[1], written[0]);
});

const KINDS = { text: ['x', ''], number: [5, 0, -1, NaN], flag: [true, false], nothing: [null, undefined], list: [[], ['a']], object: [{}, { a: 1 }], function: [() => ({}), () => ''] };
const ALL = Object.values(KINDS).flat();

/** What the real pino takes and makes something of; all else is refused. */
const TAKEN = {
  name: ['x', '', null], level: [...Object.keys(real.levels.values), 'INFO', 'silent', 10, 30, Infinity], enabled: KINDS.flag, base: [...KINDS.object, null, false], timestamp: [true, false, () => ''],
  messageKey: KINDS.text, errorKey: KINDS.text, nestedKey: [...KINDS.text, null, false], msgPrefix: [...KINDS.text, null, false], serializers: [{}, { a: String }, null, false],
  formatters: [{}, { log: (object) => object }, null, false], redact: [[], ['a'], ['a.b', '*.c'], { paths: [] }, { paths: ['a'], censor: 5, remove: true }, null, false], mixin: [() => ({}), null, false], mixinMergeStrategy: [() => ({})],
  customLevels: [{}, { a: 1 }, { audit: 35, tiny: -5.5 }, null, false], useOnlyCustomLevels: [false], hooks: [{}, { logMethod() {} }, { streamWrite: null }], onChild: [() => {}, null, false],
};
const CHILD = ['level', 'serializers', 'formatters', 'redact', 'msgPrefix', 'customLevels'];
const isOf = (taken, value) => taken.some((each) => JSON.stringify(each) === JSON.stringify(value) && typeof each === typeof value);
const WRONG = {
  ...Object.fromEntries(Object.entries(TAKEN).map(([option, taken]) => [option, ALL.filter((value) => value !== undefined && !isOf(taken, value))])),
  serializers: [5, 'x', [], { user: 5 }, { user: null }], formatters: [5, 'x', [], { levl: String }, { level: 5 }, { log: 'x' }], hooks: [5, null, 'x', [], { logMethd() {} }, { logMethod: 5 }],
  redact: [5, 'password', true, {}, { paths: 'a' }, { path: ['a'] }, { paths: ['a'], remov: true }, { paths: ['a'], remove: 'yes' }, [5], [''], ['a..b']], customLevels: [5, 'x', [], { audit: '35' }, { audit: NaN }, { audit: null }],
  level: ['loud', '', 5, 35, NaN, true, null, undefined, {}, []], useOnlyCustomLevels: [1, 'yes', null, true],
};

test('an option that there is not, or that makes no sense, is refused with what would be right', () => {
  const stream = { write() {} };
  for (const [option, values] of Object.entries(TAKEN)) for (const value of values) {
    assert.doesNotThrow(() => real({ [option]: value }, stream), `the real one, ${option}: ${String(value)}`);
    assert.doesNotThrow(() => ours({ [option]: value }, stream).info({ a: 1 }, 'm'), `${option}: ${String(value)}`);
  }
  for (const [option, values] of Object.entries(WRONG)) for (const value of values) {
    const says = /give |it has |redact (has no path .* use|must contain)|must be included in custom levels|customLevels is required/;
    assert.throws(() => ours({ [option]: value }, stream), { message: says }, `${option}: ${JSON.stringify(value)}`);
    if (CHILD.includes(option) && !['', undefined, null].includes(value)) assert.throws(() => ours({}, stream).child({}, { [option]: value }), { message: /give |it has |redact (has no path .* use|must contain)|unknown level .* use/ }, `of a child, ${option}: ${JSON.stringify(value)}`);
  }
  assert.throws(() => ours({ nonsense: 1 }), ({ message }) => {
    const [, all] = /^pino has no option "nonsense": it has (.*)$/.exec(message) ?? assert.fail(message);
    assert.deepEqual(all.split(', ').toSorted(), Object.keys(TAKEN).toSorted());
    return true;
  });
  for (const wrong of [null, 5, true, [], () => {}]) assert.throws(() => ours(wrong), /give an object, such as/, String(wrong));
  for (const wrong of [5, true, {}, []]) assert.throws(() => ours({}, wrong), /a stream with write/, String(wrong));
  for (const none of [null, undefined, false]) assert.doesNotThrow(() => ours({ level: 'silent' }, none));
});

test('whatever the real pino refuses is refused', () => {
  const throws = (pino, options) => {
    try {
      pino(options, { write() {} });
      return false;
    } catch {
      return true;
    }
  };
  for (const option of Object.keys(TAKEN)) for (const value of ALL) {
    // Undefined is left out, but for a level: the real one dies of it within.
    if (value === undefined && option !== 'level') continue;
    const options = { [option]: value };
    if (throws(real, options) && !isOf(TAKEN[option], value)) assert.ok(throws(ours, options), `${option}: ${String(value)}`);
  }
});

test('options of a child that are not its own are let pass, as pino-http hands on all of its', () => {
  const written = [];
  const log = ours({ base: null, timestamp: false }, { write: (line) => void written.push(JSON.parse(line)) });
  for (const options of [null, undefined, {}, { autoLogging: true, genReqId() {}, stream: {} }, { level: '' }, { level: undefined, serializers: null, customLevels: null, redact: null, msgPrefix: undefined }]) log.child({ a: 1 }, options).info('m');
  assert.deepEqual(written, Array(6).fill({ level: 30, a: 1, msg: 'm' }));
  for (const wrong of [5, 'x', true, []]) assert.throws(() => log.child({}, wrong), /give an object/);
});

test('options of destinations and of several streams are looked at', () => {
  assert.doesNotThrow(() => ours.destination({ dest: 1, sync: false, minLength: 4096, append: true, mkdir: true }));
  for (const [options, message] of [[{ minLenght: 1 }, /it has dest, sync/], [{ sync: 'no' }, /give true or false/], [{ minLength: '4k' }, /give a number/], [{ dest: 'app.log' }, /kakashi-wasm\/file/], [null, /options as an object/]]) assert.throws(() => ours.destination(options), message);
  const stream = { write() {} };
  for (const [options, message] of [[{ dedup: true }, /it has dedupe/], [{ dedupe: 5 }, /give true or false/], [{ dedupe: true }, /level of its own/], [{ levels: { audit: 35 } }, /pino's six/], [5, /options as an object/]]) assert.throws(() => ours.multistream([{ stream }], options), message);
  for (const wrong of [[{}], [{ stream: {} }], [5], [null], 5, null]) assert.throws(() => ours.multistream(wrong), /streams with write\(line\), or {stream, level}/, JSON.stringify(wrong));
});

test('streams of a list may stand for themselves', () => {
  const all = [];
  const log = ours({ base: null, timestamp: false }, ours.multistream([{ write: (line) => void all.push(line) }]));
  log.debug('below');
  log.info('m');
  assert.deepEqual(all, ['{"level":30,"msg":"m"}\n']);
});

test('several streams, each with its level', () => {
  const [all, bad] = [[], []];
  const log = ours({ level: 'debug' }, ours.multistream([{ level: 'debug', stream: { write: (line) => void all.push(line) } }, { level: 'error', stream: { write: (line) => void bad.push(line) } }]));
  log.debug('a');
  log.error('b');
  assert.deepEqual([all.length, bad.length], [2, 1]);
});
