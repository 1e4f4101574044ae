// Plain files: appended to, repaired, removed, renamed, full.

import assert from 'node:assert/strict';
import { appendFileSync, existsSync, linkSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, test } from 'node:test';
import { fillDisk, replaceCalls, restoreCalls, systemError } from '../shared/disk.mjs';
import { fresh } from '../shared/kakashi.mjs';
import { addsUp } from '../shared/sums.mjs';
import { until } from '../shared/until.mjs';

let kakashi;
let fileSink;
let reopenFiles;
let folder;
let path;
let errors;

beforeEach(async () => {
  [kakashi, { fileSink, reopenFiles }] = await fresh('../file.js');
  folder = mkdtempSync(join(tmpdir(), 'kakashi-files-'));
  path = join(folder, 'shop.log');
  errors = [];
});

afterEach(() => {
  restoreCalls();
  rmSync(folder, { recursive: true, force: true });
});

function lead(options, at = path) {
  const sink = fileSink(at, { format: 'json', ...options });
  kakashi.configure({ sinks: [sink], onError: (error) => errors.push(error.message) });
  return sink;
}

const said = (at = path) => readFileSync(at, 'utf8').trimEnd().split('\n').filter(Boolean).map((line) => JSON.parse(line).message);
const log = (...messages) => messages.forEach((message) => kakashi.error(message));

test('lines are appended to what is there, in folders that are made', () => {
  path = join(folder, 'a/b/shop.log');
  const sink = lead();
  log('one');
  appendFileSync(path, '{"message":"of another"}\n');
  log('two');
  assert.deepEqual(said(), ['one', 'of another', 'two']);
  assert.equal(sink.file, path);
  const { written, bytes, failures } = sink.stats();
  assert.deepEqual([written, failures], [2, 0]);
  addsUp(kakashi, { written: 2, bytes });
});

test('a relative path is meant from where it was opened', () => {
  const before = process.cwd();
  try {
    process.chdir(folder);
    lead({}, 'shop.log');
    process.chdir('/');
    log('one');
    reopenFiles();
    log('two');
  } finally {
    process.chdir(before);
  }
  assert.deepEqual(said(), ['one', 'two']);
});

test('each batch is one write, whole', () => {
  const calls = [];
  replaceCalls({ writeSync: (write, fd, bytes, ...rest) => (calls.push(Buffer.from(bytes).toString()), write(fd, bytes, ...rest)) });
  lead();
  for (let at = 0; at < 100; at++) kakashi.info(`number ${at}`);
  log('last');
  assert.equal(calls.length, 1);
  assert.match(calls[0], /\n$/);
});

test('a line that a crash tore is closed before the next', () => {
  writeFileSync(path, '{"message":"whole"}\n{"message":"to');
  lead();
  log('next');
  assert.match(readFileSync(path, 'utf8'), /^{"message":"whole"}\n{"message":"to\n{.*"message":"next"}\n$/);
});

test('a file that was removed is made again, and its folder', () => {
  path = join(folder, 'deep/shop.log');
  const sink = lead();
  log('one');
  unlinkSync(path);
  log('two');
  assert.deepEqual(said(), ['two']);
  rmSync(join(folder, 'deep'), { recursive: true });
  log('three');
  assert.deepEqual(said(), ['three']);
  assert.equal(sink.stats().reopened, 2);
  assert.deepEqual(errors, []);
});

test('a file that was renamed is gone on with until reopenFiles(), and nothing is lost', () => {
  const sink = lead();
  log('one');
  renameSync(path, `${path}.1`);
  log('two');
  reopenFiles();
  log('three');
  assert.deepEqual([said(`${path}.1`), said()], [['one', 'two'], ['three']]);
  assert.equal(sink.stats().reopened, 1);
});

test('a file that can not be opened anew keeps records waiting, and is tried again', async () => {
  lead();
  log('one');
  renameSync(path, `${path}.1`);
  mkdirSync(path);
  reopenFiles();
  log('two');
  assert.equal(errors.length, 1);
  assert.match(errors[0], /EISDIR/);
  rmSync(path, { recursive: true });
  await kakashi.flush();
  assert.deepEqual([said(`${path}.1`), said()], [['one'], ['two']]);
  addsUp(kakashi, { written: 2 });
});

for (const room of [0, 1, 60, 70, 100, 150, 200, 250]) {
  test(`a disk that is full after ${room} bytes costs nothing: told once, tried again, written once each`, async () => {
    const sink = lead();
    fillDisk(room);
    for (let at = 0; at < 5; at++) kakashi.info(`number ${at}`);
    log('last');
    for (let at = 0; at < 5; at++) kakashi.warn(`more ${at}`);
    log('at last');
    await kakashi.flush(1);
    assert.equal(errors.length, 1);
    assert.match(errors[0], /^kakashi: the sink "file .*shop\.log" failed: .*ENOSPC/);
    const { pending, written } = addsUp(kakashi);
    assert.equal(sink.stats().written, written);
    assert.equal(written + pending, 12);
    assert.ok(sink.stats().failures >= 1);
    restoreCalls();
    await kakashi.flush();
    assert.deepEqual(said(), [0, 1, 2, 3, 4].map((at) => `number ${at}`).concat('last', [0, 1, 2, 3, 4].map((at) => `more ${at}`), 'at last'));
    assert.equal(sink.stats().written, 12);
    addsUp(kakashi, { written: 12, failures: sink.stats().failures, bytes: statSync(path).size });
  });
}

test('a record whose first half somebody took away is written whole', async () => {
  for (const change of [() => writeFileSync(path, ''), () => appendFileSync(path, 'OTHER'), () => appendFileSync(path, '\n{"message":"other"}\n')]) {
    rmSync(path, { force: true });
    lead();
    fillDisk(10);
    log('one');
    change();
    restoreCalls();
    await kakashi.flush();
    assert.match(readFileSync(path, 'utf8'), /(^|\n){[^\n]*"message":"one"}\n$/);
  }
});

test('while it fails records wait up to maxQueueBytes, and what exceeds that is counted and announced', async () => {
  lead({ maxQueueBytes: 2000 });
  fillDisk(0);
  for (let at = 0; at < 100; at++) log(`number ${at}`);
  const { dropped, pending } = addsUp(kakashi);
  assert.ok(dropped.byReason.sink_failed > 50 && pending > 5, JSON.stringify({ dropped, pending }));
  restoreCalls();
  await kakashi.flush();
  log('last');
  addsUp(kakashi, { written: 101 - dropped.total });
  const announced = readFileSync(path, 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line));
  assert.equal(announced.reduce((sum, { dropped = 0 }) => sum + dropped, 0), dropped.total);
});

test('a device that is always full is told once, and tried again', async () => {
  const sink = lead({}, '/dev/full');
  log('one', 'two');
  await until('it was tried again', () => sink.stats().failures > 2);
  assert.equal(errors.length, 1);
  assert.match(errors[0], /ENOSPC/);
  addsUp(kakashi, { written: 0, pending: 2 });
});

test('two sinks of a path share its file and its queue', () => {
  const sinks = [fileSink(path, { format: 'json' }), fileSink(join(folder, '../', folder.split('/').at(-1), 'shop.log'), { format: 'json' })];
  assert.equal(sinks[0].target, sinks[1].target);
  kakashi.configure({ sinks: [sinks[0]] });
  const other = kakashi.createCustomLogger('custom', { sinks: [sinks[1]] });
  fillDisk(100);
  log('one');
  other.error('two');
  log('three');
  restoreCalls();
  return kakashi.flush().then(() => {
    assert.deepEqual(said(), ['one', 'two', 'three']);
    assert.deepEqual(sinks[0].stats(), sinks[1].stats());
  });
});

test('the mode is what was chosen, whatever the umask is', () => {
  const before = process.umask(0o077);
  try {
    lead({ mode: 0o640 });
  } finally {
    process.umask(before);
  }
  assert.equal(statSync(path).mode & 0o777, 0o640);
});

test('what is no file, or no setting, is refused with what would be right', () => {
  mkdirSync(join(folder, 'dir'));
  for (const [given, options, right] of [
    ['', {}, /names no file/],
    ['logs/', {}, /names no file/],
    [5, {}, /names no file/],
    [join(folder, 'dir'), {}, /is a folder: give the path of a file in it/],
    [path, { mode: 0o444 }, /mode is 0o444: .* 0o640/],
    [path, { mode: 0o1777 }, /mode is 0o1777/],
    [path, { owner: { user: 'root' } }, /owner: user is "root": give a number, such as 1000/],
  ]) {
    assert.throws(() => fileSink(given, options), right);
  }
  assert.ok(!existsSync(path));
});

test('lines for people have no colours in a file, though the console has them', () => {
  const { platform } = globalThis[Symbol.for('kakashi-wasm')][1];
  Object.assign(platform, { terminal: true, colours: true });
  lead({ format: 'pretty' });
  log('one');
  assert.match(readFileSync(path, 'utf8'), /one\n$/);
  assert.doesNotMatch(readFileSync(path, 'utf8'), /\x1b/);
});

test('a file that is closed is opened again by the next record', () => {
  const sink = lead();
  log('one');
  sink.close();
  sink.close();
  log('two');
  assert.deepEqual(said(), ['one', 'two']);
  sink.sync();
});

test('a link is followed, and a second name of the file is as good', () => {
  symlinkSync('real.log', path);
  lead();
  log('one');
  linkSync(join(folder, 'real.log'), join(folder, 'second.log'));
  unlinkSync(join(folder, 'real.log'));
  log('two');
  assert.deepEqual(said(join(folder, 'second.log')), ['one', 'two']);
});

test('a file that may only be written is appended to', () => {
  replaceCalls({
    openSync(open, name, flags, mode) {
      if (name === path && (flags & 3) === 2) throw systemError('EACCES', 'open');
      return open(name, flags, mode);
    },
  });
  lead();
  log('one');
  restoreCalls();
  assert.deepEqual(said(), ['one']);
});
