// Files in the real Node, Bun and Deno: every end, two processes, and a kill at every step.

import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import process from 'node:process';
import { before, test } from 'node:test';
import { build as esbuild } from 'esbuild';
import { build as vite } from 'vite';
import { linesIn, namesIn } from '../shared/rotated.mjs';
import { install, tool } from './install.mjs';

const RUNTIMES = {
  node: [process.execPath],
  bun: [tool('bun')],
  deno: [tool('deno'), 'run', '--no-prompt', '--allow-read', '--allow-write', '--allow-run', '--allow-sys', '--allow-env', '--node-modules-dir=manual'],
};
const ENDS = ['end', 'exit', 'throw', 'later', 'reject', 'signal'];
const COUNT = 100;
const KILLS = { node: 40, bun: 12, deno: 12 };

let folder;
before(() => (folder = install()));

const logs = () => join(mkdtempSync(join(folder, 'logs-')), 'shop.log');
const numbersIn = (path) => linesIn(join(path, '..')).map((line) => / files number (\d+)$/.exec(line)).filter(Boolean).map(([, n]) => Number(n));
const command = (runtime, ...args) => [RUNTIMES[runtime][0], [...RUNTIMES[runtime].slice(1), 'files.mjs', ...args.map(String)], { cwd: folder, encoding: 'utf8', timeout: 120_000 }];

/** Kills a program when it has acknowledged so many records. */
function killed(runtime, path, first, records) {
  const [file, args, options] = command(runtime, path, 'acknowledged', first, 10_000);
  const child = spawn(file, args, { ...options, stdio: ['ignore', 'pipe', 'inherit'] });
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    stdout += text;
    if (stdout.split('\n').length > records) child.kill('SIGKILL');
  });
  return new Promise((ended) => child.on('close', (_, signal) => ended({ stdout, signal })));
}

for (const [bundler, bundle] of [
  ['esbuild', async (entry, outfile) => esbuild({ entryPoints: [entry], outfile, bundle: true, format: 'esm', platform: 'browser', logLevel: 'silent' })],
  ['esbuild for an edge', async (entry, outfile) => esbuild({ entryPoints: [entry], outfile, bundle: true, format: 'esm', conditions: ['edge-light'], logLevel: 'silent' })],
  ['Vite', async (entry, outfile) => vite({ root: folder, configFile: false, logLevel: 'error', build: { emptyOutDir: false, outDir: join(outfile, '..'), target: 'es2022', lib: { entry, formats: ['es'], fileName: () => basename(outfile) } } })],
]) {
  test(`a page's bundle (${bundler}) may name files, and says at the call that there are none`, async () => {
    const entry = join(folder, 'named-files.mjs');
    writeFileSync(entry, `import { FileError, fileSink, reopenFiles, rotatingFileSink } from 'kakashi-wasm/file';
      export const errors = [fileSink, rotatingFileSink, reopenFiles].map((call) => {
        try { return call('shop.log'); } catch (error) { return error instanceof FileError ? 'a FileError' : error.message; }
      });`);
    const made = join(folder, `named-files-${bundler.replaceAll(' ', '-')}.mjs`);
    await bundle(entry, made);
    const { errors } = await import(made);
    for (const [at, name] of ['fileSink', 'rotatingFileSink', 'reopenFiles'].entries()) {
      assert.match(errors[at], new RegExp(`^kakashi-wasm/file has no ${name} here: it writes files in Node, Deno and Bun, .*httpSink.*platform 'node'`));
    }
  });
}

for (const runtime of Object.keys(RUNTIMES)) {
  for (const how of ENDS) {
    test(`${runtime}: nothing is lost at the program's end (${how})`, () => {
      const path = logs();
      const { stderr } = spawnSync(...command(runtime, path, how, 0, COUNT));
      assert.deepEqual(numbersIn(path), Array.from({ length: COUNT }, (_, n) => n), stderr);
      const names = namesIn(join(path, '..'));
      assert.ok(names.length > 5);
      assert.equal(readlinkSync(path), names.at(-1));
      assert.doesNotMatch(stderr, /^kakashi:/m);
    });
  }

  test(`${runtime}: a kill at any moment loses and doubles no record that was written`, async () => {
    const path = logs();
    const written = new Set();
    let first = 0;
    let kills = 0;
    for (let round = 1; round <= KILLS[runtime]; round++) {
      // In Node at each call that changes the disk, the others after so many records: whatever they do then.
      const { stdout, signal } = runtime === 'node' ? spawnSync(...command(runtime, path, 'acknowledged', first, 30, round)) : await killed(runtime, path, first, (7 * round) % 20);
      if (signal === 'SIGKILL') kills++;
      for (const line of stdout.split('\n').slice(0, -1)) written.add(Number(line));
      // The one after the last may be written, too.
      first = Math.max(first, ...written) + 2;
    }
    assert.ok(kills > KILLS[runtime] / 2, `${kills}`);
    assert.ok(written.size > KILLS[runtime], `${written.size}`);
    spawnSync(...command(runtime, path, 'end', first, 30));
    const numbers = numbersIn(path);
    assert.equal(new Set(numbers).size, numbers.length, 'none stands twice');
    assert.deepEqual(numbers, [...numbers].sort((one, other) => one - other), 'all are in order');
    for (const n of written) assert.ok(numbers.includes(n), `${n} was written`);
    for (let n = first; n < first + 30; n++) assert.ok(numbers.includes(n), `${n} was logged after the last kill`);
    assert.deepEqual(readdirSync(join(path, '..')).filter((name) => /link$/.test(name)), []);
  });

  test(`${runtime}: two processes of a path lose and double nothing`, async () => {
    const path = logs();
    const children = [0, 1].map((at) => {
      const [file, args, options] = command(runtime, path, 'acknowledged', at * COUNT, COUNT);
      const child = spawn(file, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
      child.stdout.resume();
      let said = '';
      child.stderr.setEncoding('utf8').on('data', (text) => (said += text));
      return new Promise((ended) => child.on('close', (code) => ended([code, said])));
    });
    const ends = await Promise.all(children);
    assert.deepEqual(ends.map(([code]) => code), [0, 0], JSON.stringify(ends));
    assert.deepEqual(numbersIn(path).sort((one, other) => one - other), Array.from({ length: 2 * COUNT }, (_, n) => n));
  });
}

test('deno: files need no permission but those for their folder, where there is no link then', () => {
  const path = logs();
  const own = join(path, '..');
  const [deno] = RUNTIMES.deno;
  const { stdout, stderr } = spawnSync(deno, ['run', '--no-prompt', '--node-modules-dir=manual', `--allow-read=${own}`, `--allow-write=${own}`, 'files.mjs', path, 'end', '0', '100'], { cwd: folder, encoding: 'utf8' });
  assert.deepEqual(numbersIn(path), Array.from({ length: 100 }, (_, n) => n), stdout + stderr);
  assert.doesNotMatch(stderr, /kakashi:/);
  assert.ok(!readdirSync(own).includes('shop.log'));
});

test('node: a line in an ordinary file is one write, whole, also where two processes append to it', async () => {
  const path = logs();
  const program = `
    const { configure, error } = require('kakashi-wasm');
    const { fileSink } = require('kakashi-wasm/file');
    configure({ sinks: [fileSink(process.argv[1])] });
    for (let n = 0; n < 500; n++) error('number ' + n, { who: process.argv[2], pad: 'x'.repeat(n % 5000) });`;
  const ends = ['a', 'b'].map((who) => new Promise((ended) => spawn(process.execPath, ['-e', program, path, who], { cwd: folder }).on('close', ended)));
  assert.deepEqual(await Promise.all(ends), [0, 0]);
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  for (const who of ['a', 'b']) {
    const own = lines.map((line) => /ERROR root number (\d+) pad="?x*"? who=(\w)$/.exec(line) ?? /ERROR root number (\d+) who=(\w) pad="?x*"?$/.exec(line)).filter((found) => found?.[2] === who);
    assert.deepEqual(own.map(([, n]) => Number(n)), Array.from({ length: 500 }, (_, n) => n), lines[0]);
  }
  assert.equal(lines.length, 1000);
});

test('node: a worker and its program log into files of one path, and lose nothing', () => {
  const path = logs();
  const program = `
    const { Worker, isMainThread } = require('node:worker_threads');
    const { configure, getLogger } = require('kakashi-wasm');
    const { rotatingFileSink } = require('kakashi-wasm/file');
    configure({ sinks: [rotatingFileSink(process.argv.at(-1), { maxBytes: 600, numbered: true })] });
    const log = (from, method) => { for (let n = from; n < from + 100; n++) getLogger('files')[method]('number ' + n); };`;
  execFileSync(process.execPath, ['-e', `${program}
    const worker = new Worker(${JSON.stringify(program)} + "log(100, 'error')", { eval: true, argv: process.argv.slice(1) });
    worker.on('online', () => log(0, 'error'));
    worker.on('exit', () => log(200, 'info'));`, path], { cwd: folder });
  assert.deepEqual(numbersIn(path).sort((one, other) => one - other), Array.from({ length: 300 }, (_, n) => n));
});

test('node: a disk that is really full costs nothing once there is room', { skip: process.getuid?.() !== 0 && 'only root may mount' }, () => {
  const disk = join(folder, 'disk');
  mkdirSync(disk);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'none', disk]);
  try {
    const output = execFileSync(process.execPath, ['--input-type=module', '-e', `
      import { rmSync, writeFileSync } from 'node:fs';
      import { configure, flush, getLogger, stats } from 'kakashi-wasm';
      import { rotatingFileSink } from 'kakashi-wasm/file';
      let told = 0;
      configure({ sinks: [rotatingFileSink(process.argv[1] + '/shop.log', { maxBytes: 5000, numbered: true })], onError: () => told++ });
      try { writeFileSync(process.argv[1] + '/ballast', Buffer.alloc(40960)); } catch {}
      for (let n = 0; n < 400; n++) getLogger('files').error('number ' + n);
      const { pending } = stats();
      rmSync(process.argv[1] + '/ballast');
      await flush();
      console.log(JSON.stringify([pending, stats().written, told]));`, disk], { cwd: folder, encoding: 'utf8' });
    const [pending, written, told] = JSON.parse(output);
    assert.ok(pending > 10, output);
    assert.equal(written, 400);
    assert.ok(told >= 1 && told <= 2, output);
    assert.deepEqual(numbersIn(join(disk, 'shop.log')), Array.from({ length: 400 }, (_, n) => n));
  } finally {
    execFileSync('umount', [disk]);
    rmSync(disk, { recursive: true });
  }
});
