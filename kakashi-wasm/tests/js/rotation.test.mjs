// Files that follow one another: names, times, sizes, how long they are kept.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, readlinkSync, renameSync, rmSync, statSync, symlinkSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { test } from 'node:test';
import { replaceCalls } from '../shared/disk.mjs';
import { DECODES } from '../shared/kakashi.mjs';
import { filesIn, linesIn, namesIn } from '../shared/rotated.mjs';
import { eachWithFiles, here, lead, log, messages, said } from '../shared/rotation.mjs';
import { until } from '../shared/until.mjs';

const NOON = Date.UTC(2026, 10, 30, 12);
const HOUR = 3_600_000;

eachWithFiles();

for (const [options, first, next, step] of [
  [{}, 'shop.2026-11-30.000000.log', 'shop.2026-12-01.000000.log', 12 * HOUR],
  [{ daily: true }, 'shop.2026-11-30.000000.log', 'shop.2026-12-01.000000.log', 12 * HOUR],
  [{ hourly: true }, 'shop.2026-11-30T12.000000.log', 'shop.2026-11-30T13.000000.log', HOUR],
  [{ hourly: true, numbered: true }, 'shop.00000000.log', 'shop.00000001.log', HOUR],
]) {
  test(`files by ${JSON.stringify(options)} are named ${first}, and follow one another at the second`, () => {
    const sink = lead(options);
    log('one');
    here.now += step - 1;
    log('two');
    assert.equal(sink.file, join(here.folder, first));
    here.now += 1;
    log('three', 'four');
    assert.deepEqual(said(), [[first, 'one,two'], [next, 'three,four']]);
    assert.equal(readlinkSync(here.path), next);
    assert.equal(sink.stats().begun, 2);
    assert.deepEqual(here.errors, []);
  });
}

test('a file has at most so many bytes, and a record that is larger has one to itself', () => {
  lead({ maxBytes: 300 });
  log('one', 'two', 'x'.repeat(400), 'three', 'four', 'five');
  for (let at = 0; at < 20; at++) here.kakashi.info(`number ${at}`);
  log('last');
  const files = filesIn(here.folder);
  assert.ok(files.every(({ bytes }) => bytes.length <= 300 || bytes.toString().split('\n').length === 2), files.map(({ bytes }) => bytes.length).join());
  assert.deepEqual(files.map(({ name }) => name), files.map((_, at) => `shop.2026-11-30T12-00-00.${String(at).padStart(6, '0')}.log`));
  assert.deepEqual(messages(), ['one', 'two', 'x'.repeat(400), 'three', 'four', 'five', ...Array.from({ length: 20 }, (_, at) => `number ${at}`), 'last']);
});

test('size and time hold together, and names go on where the clock is set back', () => {
  lead({ daily: true, maxBytes: 200 });
  log('one', 'two', 'three');
  here.now -= 48 * HOUR;
  log('four', 'five');
  here.now += 72 * HOUR;
  log('six');
  assert.deepEqual(said(), [
    ['shop.2026-11-30.000000.log', 'one,two'],
    ['shop.2026-11-30.000001.log', 'three,four'],
    ['shop.2026-11-30.000002.log', 'five'],
    ['shop.2026-12-01.000000.log', 'six'],
  ]);
});

test('hours and days are those of the local time zone, where that is chosen', () => {
  const program = `
    import { rotatingFileSink } from ${JSON.stringify(new URL('../../pkg/dist/file.js', import.meta.url))};
    import { configure, error } from ${JSON.stringify(new URL('../../pkg/dist/entries/node.js', import.meta.url))};
    let now = Date.parse('2026-10-24T21:59:59Z');
    configure({ sinks: [rotatingFileSink(process.argv[1], { [process.argv[2]]: true, localTime: true, clock: () => now })] });
    error('one');
    now += 1000;
    error('two');
    // The day has 25 hours; the hour from 2 to 3 comes twice.
    now += 24 * 3600_000;
    error('three');
    now += 3600_000;
    error('four');`;
  const files = (period) => {
    execFileSync(process.execPath, ['--input-type=module', '--eval', program, join(here.folder, period, 'shop.log'), period], { env: { ...process.env, TZ: 'Europe/Berlin' } });
    return filesIn(join(here.folder, period)).map(({ name, bytes }) => [name, bytes.toString().match(/(?<= root )\w+/g).join()]);
  };
  assert.deepEqual(files('daily'), [['shop.2026-10-24.000000.log', 'one'], ['shop.2026-10-25.000000.log', 'two,three'], ['shop.2026-10-26.000000.log', 'four']]);
  assert.deepEqual(files('hourly'), [['shop.2026-10-24T23.000000.log', 'one'], ['shop.2026-10-25T00.000000.log', 'two'], ['shop.2026-10-25T23.000000.log', 'three'], ['shop.2026-10-26T00.000000.log', 'four']]);
});

test('a start goes on with the newest file, unless its time is over, it is full, or compressed', () => {
  for (const [start, options, expected] of [
    [0, { daily: true }, 1],
    [HOUR, { daily: true }, 1],
    [24 * HOUR, { daily: true }, 2],
    [0, { maxBytes: 1000 }, 1],
    [0, { maxBytes: 50 }, 2],
  ]) {
    rmSync(here.folder, { recursive: true });
    here.now = NOON;
    const sink = lead(options);
    log('one');
    sink.close();
    here.now += start;
    lead(options);
    log('two');
    assert.equal(namesIn(here.folder).length, expected, JSON.stringify([start, options]));
    assert.deepEqual(messages(), ['one', 'two']);
  }
  rmSync(here.folder, { recursive: true });
  mkdirSync(here.folder);
  writeFileSync(join(here.folder, 'shop.2026-11-30.000003.log.gz'), '');
  assert.equal(lead().file, join(here.folder, 'shop.2026-11-30.000004.log'));
});

test('a numbered file whose period ended before a start is not gone on with', () => {
  const sink = lead({ hourly: true, numbered: true });
  log('one');
  utimesSync(sink.file, here.now / 1000, here.now / 1000);
  sink.close();
  here.now += HOUR;
  assert.equal(lead({ hourly: true, numbered: true }).file, join(here.folder, 'shop.00000001.log'));
});

test('so many closed files are kept, so many bytes, and as long: others are never touched', () => {
  const others = ['shop.log.1', 'shop.2026-11-30.log', 'myshop.2026-11-30.000000.log', 'shop.00000042.log', 'shop.2026-11-3x.000000.log', 'shop.2026-11-30.000000.txt'];
  for (const name of others) writeFileSync(join(here.folder, name), name);
  const kept = () => namesIn(here.folder).filter((name) => !others.includes(name)).length;
  for (const [options, most] of [[{ keepFiles: 3 }, 4], [{ keepBytes: 200 }, 3], [{ keepFiles: 2, keepBytes: 10_000 }, 3]]) {
    const sink = lead({ maxBytes: 60, ...options });
    for (let at = 0; at < 12; at++) log(`number ${at}`);
    assert.equal(kept(), most, JSON.stringify(options));
    assert.ok(sink.stats().removed >= 8);
    assert.equal(JSON.parse(readFileSync(sink.file, 'utf8')).message, 'number 11');
    sink.close();
    for (const name of namesIn(here.folder).filter((name) => !others.includes(name))) unlinkSync(join(here.folder, name));
  }
  const sink = lead({ maxBytes: 60, keepFor: { days: 1, hours: 12 } });
  for (let at = 0; at < 4; at++) {
    log(`number ${at}`);
    utimesSync(sink.file, here.now / 1000, here.now / 1000);
    here.now += 24 * HOUR;
  }
  log('last');
  assert.equal(kept(), 2);
  for (const name of others) assert.equal(readFileSync(join(here.folder, name), 'utf8'), name);
});

test('old files go within an hour while something is written, though no file is begun', () => {
  const old = join(here.folder, 'shop.2026-11-01T00-00-00.000000.log');
  const sink = lead({ maxBytes: 1 << 20, keepFor: { hours: 3 } });
  log('one');
  writeFileSync(old, 'x\n');
  utimesSync(old, (here.now - HOUR) / 1000, (here.now - HOUR) / 1000);
  for (let at = 0; at < 3; at++) {
    assert.ok(existsSync(old));
    here.now += HOUR;
    log('more');
  }
  assert.ok(!existsSync(old));
  assert.equal(sink.stats().removed, 1);
});

test('closed files are compressed beside the program, with their mode, and read the same', async () => {
  const sink = lead({ maxBytes: 100_000, gzip: true, mode: 0o640 });
  const text = 'x'.repeat(1000);
  for (let at = 0; at < 1000; at++) log(`${at} ${text}`);
  await until('all are compressed', () => sink.stats().compressed === sink.stats().begun - 1);
  const names = namesIn(here.folder);
  assert.deepEqual(names.map((name) => name.endsWith('.gz')), names.map((_, at) => at < names.length - 1));
  for (const name of names) assert.equal(statSync(join(here.folder, name)).mode & 0o777, 0o640);
  assert.deepEqual(messages(), Array.from({ length: 1000 }, (_, at) => `${at} ${text}`));
  assert.deepEqual(readdirSync(here.folder).filter((name) => name.endsWith('.tmp')), []);
  assert.deepEqual(here.errors, []);
});

test('what a kill left half done is put right by the next start', async () => {
  const write = (name, text) => writeFileSync(join(here.folder, name), text);
  write('shop.00000000.log', 'zero\n');
  utimesSync(join(here.folder, 'shop.00000000.log'), 1000, 1000);
  write('.shop.00000000.log.gz.tmp', 'half');
  write('shop.00000001.log', 'one\n');
  const { gzipSync } = await import('node:zlib');
  write('shop.00000001.log.gz', gzipSync('one\n'));
  write('shop.00000002.log', 'two\nto');
  symlinkSync('gone', join(here.folder, '.shop.log.link'));
  symlinkSync('shop.00000001.log', here.path);
  const sink = lead({ numbered: true, maxBytes: 1000, gzip: true });
  log('three');
  await until('it is compressed', () => sink.stats().compressed === 1);
  assert.deepEqual(readdirSync(here.folder).sort(), ['.shop.log.lock', 'shop.00000000.log.gz', 'shop.00000001.log.gz', 'shop.00000002.log', 'shop.log']);
  assert.match(linesIn(here.folder).join(), /^zero,one,two,to,{.*"three"}$/);
  assert.equal(readlinkSync(here.path), 'shop.00000002.log');
  assert.equal(statSync(join(here.folder, 'shop.00000000.log.gz')).mtimeMs, 1_000_000);
});

test('a file that grows while it is compressed stays as it is, which is told once', async () => {
  const sink = lead({ maxBytes: 60, gzip: true });
  let grown = 0;
  replaceCalls({
    renameSync(rename, from, to) {
      rename(from, to);
      if (String(to).endsWith('.gz') && grown++ < 2) writeFileSync(String(to).slice(0, -3), 'late\n', { flag: 'a' });
    },
  });
  log('one', 'two');
  await until('it was tried', () => here.errors.length > 0);
  assert.match(here.errors[0], /can't be compressed: it has grown from \d+ to \d+ bytes/);
  await until('it is idle', () => grown === 1);
  log('three');
  await until('both were tried', () => sink.stats().compressed === 1);
  assert.deepEqual(linesIn(here.folder).map((line) => (line === 'late' ? line : JSON.parse(line).message)), ['one', 'late', 'late', 'two', 'three']);
});

test('files of the wire can each be read alone', DECODES, async () => {
  lead({ maxBytes: 400, format: 'wire' });
  for (let at = 0; at < 50; at++) log(`number ${at}`);
  const files = filesIn(here.folder);
  assert.ok(files.length > 5);
  const read = files.map(({ bytes }) => here.kakashi.decode(bytes).map(({ kind, message }) => (assert.equal(kind, 'record'), message)));
  assert.deepEqual(read.flat(), Array.from({ length: 50 }, (_, at) => `number ${at}`));
});

test('the link lies where it was chosen, and its place is never empty', () => {
  lead({ link: '../current.log' }, join(here.folder, 'logs/shop.log'));
  log('one');
  assert.match(readFileSync(join(here.folder, 'current.log'), 'utf8'), /"one"/);
  assert.ok(!existsSync(join(here.folder, 'logs/shop.log')));
  lead({ link: false }, join(here.folder, 'none/shop.log'));
  log('two');
  assert.equal(readdirSync(join(here.folder, 'none')).filter((name) => lstatSync(join(here.folder, 'none', name)).isSymbolicLink()).length, 0);
  lead({ link: 'latest' }, join(here.folder, 'more/shop.log'));
  log('three');
  assert.equal(readlinkSync(join(here.folder, 'more/latest')), 'shop.2026-11-30.000000.log');
});

test('a path that is opened again goes on with the newer settings, in the same file', () => {
  const first = lead({ daily: true });
  log('one');
  const second = lead({ daily: true, maxBytes: 200 });
  assert.equal(first.target, second.target);
  log('two', 'three');
  assert.deepEqual(said().map(([, each]) => each), ['one,two', 'three']);
  lead({ daily: true, numbered: true });
  log('four');
  assert.ok(existsSync(join(here.folder, 'shop.00000000.log')));
});

test('a setting that makes no sense is refused with what would be right, before any file is made', () => {
  mkdirSync(join(here.folder, 'dir'));
  writeFileSync(join(here.folder, 'there.log'), '');
  for (const [options, right, at] of [
    [{ maxBytes: 0 }, /maxBytes is 0: give a whole number from 1 on/],
    [{ maxBytes: 1.5 }, /maxBytes is 1\.5/],
    [{ maxBytes: '1k' }, /maxBytes is "1k": give a whole number/],
    [{ keepFiles: 0 }, /keepFiles is 0/],
    [{ keepBytes: -1 }, /keepBytes is -1/],
    [{ keepFor: 5 }, /keepFor is 5: give an age of a second or more, such as {days: 90}/],
    [{ keepFor: { weeks: 2 } }, /keepFor is {"weeks":2}/],
    [{ keepFor: 'P90D' }, /keepFor is "P90D"/],
    [{ hourly: true, daily: true }, /hourly and daily together/],
    [{ daily: 'yes' }, /daily is "yes": give true or false/],
    [{ every: 'day' }, /^RangeError: rotatingFileSink has no option "every": it has hourly, daily/],
    [{ link: 5 }, /link is 5: give a path, or false/],
    [{ pidInNames: true, link: 'x' }, /a link and pidInNames together/],
    [{ mode: 0o444 }, /mode is 0o444/],
    [{}, /ends in \.gz, which compressed files get by themselves/, 'shop.log.gz'],
    [{}, /is a folder: give the path of a file in it/, 'dir'],
    [{}, /is there already and is no symbolic link: .* link: false/, 'there.log'],
  ]) {
    assert.throws(() => here.rotatingFileSink(join(here.folder, at ?? 'shop.log'), options), right, JSON.stringify(options));
  }
  assert.deepEqual(readdirSync(here.folder).sort(), ['dir', 'there.log']);
});

test('another process of the path gets files with its id, which is told once; a lock of one that has ended is taken over', async () => {
  const lock = join(here.folder, '.shop.log.lock');
  writeFileSync(lock, `${process.ppid}\n`);
  const sink = lead();
  log('one');
  assert.equal(sink.file, join(here.folder, `shop.2026-11-30.000000-${process.pid}.log`));
  lead();
  assert.equal(here.errors.length, 1);
  assert.match(here.errors[0], new RegExp(`is written by process ${process.ppid}: files of this one have its id`));
  assert.ok(!existsSync(here.path));
  sink.close();
  for (const text of ['', '999999999\n', 'nonsense', `${process.ppid}\n`]) {
    writeFileSync(lock, text);
    // It began before the process did that has its number here.now.
    utimesSync(lock, 1, 1);
    const next = lead();
    log('two');
    assert.equal(next.file, join(here.folder, 'shop.2026-11-30.000000.log'));
    next.close();
    assert.equal(readFileSync(lock, 'utf8'), '');
  }
});

test('files of a process that has ended count as this one\'s', () => {
  const write = (name) => writeFileSync(join(here.folder, name), 'x\n');
  for (const name of ['shop.00000000-999999999.log', 'shop.00000001-999999999.log', `shop.00000000-${process.ppid}.log`]) write(name);
  writeFileSync(join(here.folder, '.shop.log.999999999.lock'), '999999999\n');
  writeFileSync(join(here.folder, `.shop.log.${process.ppid}.lock`), `${process.ppid}\n`);
  lead({ numbered: true, pidInNames: true, keepFiles: 1 });
  log('one');
  assert.deepEqual(namesIn(here.folder).sort(), [`shop.00000000-${process.pid}.log`, `shop.00000000-${process.ppid}.log`, 'shop.00000001-999999999.log'].sort());
  assert.ok(!existsSync(join(here.folder, '.shop.log.999999999.lock')));
});
