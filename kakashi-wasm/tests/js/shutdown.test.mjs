import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import process from 'node:process';
import { beforeEach, test } from 'node:test';
import { catcher, gate } from '../shared/catcher.mjs';
import { ENTRY, fresh } from '../shared/kakashi.mjs';
import { addsUp } from '../shared/sums.mjs';

let kakashi;
let sink;
beforeEach(async () => {
  kakashi = await fresh();
  kakashi.configure({ sinks: [(sink = catcher())] });
});

test('shutdown writes what is buffered, and what comes after it goes straight to its sink', async () => {
  kakashi.info('before');
  kakashi.getAsyncLogger('q').info('async');
  assert.deepEqual(await kakashi.shutdown(), { complete: true, pending: 0 });
  kakashi.info('after');
  kakashi.getAsyncLogger('q').info('async after');
  assert.deepEqual(sink.messages, ['before', 'async', 'after', 'async after']);
  addsUp(kakashi, { sent: 4, written: 4 });
});

test('shutdown with a stuck sink ends at its deadline, and counts what it gave up', async () => {
  const stuck = gate();
  kakashi.configure({ sinks: [(sink = catcher(() => stuck.promise)), catcher()] });
  for (let round = 0; round < 5; round++) kakashi.error('stuck');
  kakashi.info('buffered');
  assert.deepEqual(await kakashi.shutdown(20), { complete: false, pending: 6 });
  const { dropped } = addsUp(kakashi, { sent: 12, written: 6, pending: 0 });
  assert.deepEqual(dropped.byReason.shutdown, 6);
  // What it takes after all was counted already.
  stuck.open();
  await kakashi.flush();
  addsUp(kakashi, { sent: 12, written: 6, pending: 0 });
});

test('shutdownAsyncLogging makes async loggers work like others, and drops nothing any more', async () => {
  const logger = kakashi.getAsyncLogger('q', { capacity: 4, onFull: 'dropNewest' });
  logger.info('before');
  assert.deepEqual(await kakashi.shutdownAsyncLogging(), { complete: true, pending: 0 });
  for (let round = 0; round < 100; round++) logger.info('after');
  logger.error('at once');
  assert.equal(sink.messages.length, 102);
  addsUp(kakashi, { sent: 102, written: 102 });
});

test('shutdown twice, and at once with flush, is one', async () => {
  kakashi.info('a');
  const all = await Promise.all([kakashi.shutdown(), kakashi.flush(), kakashi.shutdown(), kakashi.shutdownAsyncLogging()]);
  for (const each of all) assert.deepEqual(each, { complete: true, pending: 0 });
  assert.deepEqual(sink.messages, ['a']);
});

test('clearLoggerCache loses nothing: old handles and new ones write on', async () => {
  const old = kakashi.getLogger('a');
  old.info('one');
  kakashi.clearLoggerCache();
  old.info('two');
  const other = kakashi.getLogger('a');
  assert.notEqual(other, old);
  other.info('three');
  await kakashi.flush();
  assert.deepEqual(sink.messages, ['one', 'two', 'three']);
});

/** Runs a program over the package and returns what it wrote. */
function run(program) {
  const source = `import * as kakashi from ${JSON.stringify(String(ENTRY))};\n${program}`;
  return spawnSync(process.execPath, ['--input-type=module', '--eval', source], { encoding: 'utf8', timeout: 60_000 });
}

const ENDS = {
  'the end of its program': '',
  'process.exit': 'process.exit(3);',
  'an exception that nobody catches': 'throw new Error("mine");',
  'a rejection that nobody catches': 'Promise.reject(new Error("mine"));',
};

for (const [end, program] of Object.entries(ENDS)) {
  test(`what is buffered is written at ${end}`, () => {
    const { stdout, stderr, status } = run(`kakashi.configure({format: 'json'}); for (let at = 0; at < 100; at++) kakashi.info('number ' + at); ${program}`);
    const lines = stdout.trim().split('\n').map((line) => JSON.parse(line).message);
    assert.deepEqual(lines, Array.from({ length: 100 }, (_, at) => `number ${at}`));
    assert.equal(status, { 'the end of its program': 0, 'process.exit': 3 }[end] ?? 1, stderr);
  });
}

test('a process with nothing to do but log ends, and writes to a sink that needs time', () => {
  const { stdout, status } = run(`
    const write = async (batch) => { await new Promise((done) => setTimeout(done, 50)); console.log(batch.text.trim()); };
    kakashi.configure({format: 'json', sinks: [kakashi.callbackSink(write)]});
    kakashi.info('last');`);
  assert.equal(status, 0);
  assert.match(stdout, /"message":"last"/);
});

test('importing the package keeps no process alive and prints nothing', () => {
  const { stdout, stderr, status } = run('');
  assert.deepEqual([stdout, stderr, status], ['', '', 0]);
});
