// The console, taken over and given back.

import assert from 'node:assert/strict';
import { afterEach, before, beforeEach, test } from 'node:test';
import { format } from 'node:util';
import { fresh } from '../shared/kakashi.mjs';

const METHODS = ['log', 'info', 'warn', 'error', 'debug', 'trace'];
const real = Object.fromEntries(METHODS.map((name) => [name, console[name]]));

let kakashi;
let sink;
before(async () => (kakashi = await fresh()));
beforeEach(() => {
  kakashi.reset();
  sink = kakashi.memorySink();
  kakashi.configure({ sinks: [sink], level: 'all' });
});
afterEach(() => Object.assign(console, real));

const said = () => sink.records.map(({ level, logger, message, fields }) => [level, logger, message, fields]);

test('each method has its level, text is the message, an object the fields', () => {
  const restore = kakashi.captureConsole();
  console.log('a text', 1, true, null);
  console.info({ a: 1 });
  console.warn('with fields', { id: 7 });
  console.error('failed', new TypeError('closed'));
  console.debug([1, 2]);
  console.trace('here');
  console.error(new RangeError('alone'));
  console.log('two', { a: 1 }, { b: 2 });
  console.log(new Map([['key', 'value']]), 'after it');
  console.log();
  restore();
  const records = said();
  assert.deepEqual(records.map(([level, logger, message]) => [level, logger, message]), [
    ['INFO', 'console', 'a text 1 true null'],
    ['INFO', 'console', ''],
    ['WARNING', 'console', 'with fields'],
    ['ERROR', 'console', 'failed'],
    ['DEBUG', 'console', ''],
    ['TRACE', 'console', 'here'],
    ['ERROR', 'console', 'alone'],
    ['INFO', 'console', 'two'],
    ['INFO', 'console', 'after it'],
    ['INFO', 'console', ''],
  ]);
  const fields = records.map(([, , , fields]) => fields);
  assert.deepEqual([fields[1], fields[2], fields[4], fields[7], fields[8]], [{ a: 1 }, { id: 7 }, { values: [1, 2] }, { args: [{ a: 1 }, { b: 2 }] }, { key: 'value' }]);
  assert.deepEqual([fields[3]['exception.type'], fields[3]['exception.message'], fields[6]['exception.type']], ['TypeError', 'closed', 'RangeError']);
  assert.match(fields[5].stack, /^ +at .*capture_console\.test\.mjs/);
});

test('formats are what the console makes of them, and what was put in is none', () => {
  const calls = [
    ['%s is %d', 'it', 5], ['100%'], ['%s'], ['%d%%', 5], ['%%'], ['%i %f', '7.9', '7.9'], ['%s', '%s', 'x'], ['%c red', 'color: red'],
    ['%x %s', 'a'], ['%d', 'no'], ['a', 'b%s', 'c'], ['%s %s', 'one'], ['%d', 5n], ['%s', -0], ['%s', undefined], [5, '%s', 'x'], ['%j', { a: 1 }],
  ];
  const restore = kakashi.captureConsole();
  for (const call of calls) console.log(...call);
  restore();
  assert.deepEqual(said().map(([, , message]) => message), calls.map((call) => format(...call)));
});

test('a console sink does not hear itself, and lines stay in the order of the calls', async () => {
  const written = [];
  for (const name of METHODS) console[name] = (...given) => void written.push([name, ...given]);
  kakashi.configure({ sinks: [kakashi.consoleSink({ format: 'json' })] });
  const restore = kakashi.captureConsole();
  const log = kakashi.getLogger('app');
  for (let round = 0; round < 3; round++) {
    log.info(`logged ${round}`);
    console.log(`printed ${round}`);
  }
  await kakashi.flush();
  restore();
  console.log('after');
  assert.deepEqual(written.pop(), ['log', 'after']);
  const lines = written.flatMap(([, text]) => text.split('\n')).map((line) => JSON.parse(line).message);
  assert.deepEqual(lines, ['logged 0', 'printed 0', 'logged 1', 'printed 1', 'logged 2', 'printed 2']);
  assert.equal(kakashi.stats().dropped.total, 0);
});

test('what a sink prints, also later, is printed, and so is what goes to a console by its own methods', async () => {
  const written = [];
  console.log = (...given) => void written.push(given.join(' '));
  const restore = kakashi.captureConsole();
  kakashi.configure({ sinks: [kakashi.callbackSink(async ({ text }) => {
    console.log('at once', text.trim().split(' ').at(-1));
    await null;
    console.log('later');
  })] });
  console.log('said');
  await kakashi.flush();
  assert.deepEqual(written, ['at once said', 'later']);
  kakashi.configure({ sinks: [kakashi.consoleSink({ direct: true })] });
  console.log('direct');
  assert.equal(written.pop(), 'direct');
  restore();
});

test('captures end in any order, once, and by `using`', () => {
  const { log } = console;
  const restores = ['one', 'two', 'three'].map((logger) => kakashi.captureConsole({ logger, methods: ['log'] }));
  assert.equal(console.info, real.info);
  console.log('a');
  restores[2]();
  restores[2]();
  console.log('b');
  restores[0].restore();
  console.log('c');
  (restores[1][Symbol.dispose] ?? restores[1])();
  assert.equal(console.log, log);
  assert.deepEqual(said().map(([, logger, message]) => [logger, message]), [['three', 'a'], ['two', 'b'], ['two', 'c']]);
  assert.throws(() => kakashi.captureConsole({ methods: ['table'] }), /^RangeError: captureConsole takes over log, info, warn, error, debug, trace, not "table"$/);
});

test('a method that somebody else replaces meanwhile stays theirs, and works', () => {
  const written = [];
  console.log = (text) => void written.push(text);
  const restore = kakashi.captureConsole();
  const ours = console.log;
  const theirs = (text) => ours(`spied ${text}`);
  console.log = theirs;
  console.log('one');
  restore();
  assert.equal(console.log, theirs);
  console.log('two');
  const again = kakashi.captureConsole();
  console.log('three');
  again();
  console.log('four');
  assert.deepEqual(written, ['spied two', 'spied four']);
  assert.deepEqual(said().map(([, , message]) => message), ['spied one', 'three']);
});

test('getters of what is printed may print', () => {
  const restore = kakashi.captureConsole();
  console.log('outer', {
    get inner() {
      console.log('of a getter');
      return 1;
    },
  });
  restore();
  assert.deepEqual(said().map(([, , message]) => message), ['outer', 'of a getter']);
});
