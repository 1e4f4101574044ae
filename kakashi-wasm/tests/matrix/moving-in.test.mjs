// Projects that come from pino, consola and LogTape: moved by one import, or keeping them with kakashi behind.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import process from 'node:process';
import { test } from 'node:test';
import { sinceNow } from '../shared/clock.mjs';
import { pages } from './pages.mjs';
import { WORK, load, run, tool } from './read-back.mjs';

const SAVED = { level: 'INFO', logger: 'shop::db', message: 'Saved', type: 'success', id: 7, pin: '[REDACTED]' };
const SLOW = { level: 'WARNING', logger: 'shop::web', message: 'Slow: 2 s, [REDACTED]', seconds: 2, pin: '[REDACTED]' };
const UNPAID = { level: 'ERROR', logger: 'shop', message: 'Not paid', pin: '[REDACTED]', order: 8 };

/** Compares what a program has written; its streams may come in any order. */
function check(lines, expected) {
  const records = lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
  const sorted = (all) => all.map(({ timestamp, ...record }) => record).sort((one, other) => (one.logger < other.logger ? -1 : 1));
  assert.deepEqual(sorted(records), sorted(expected), lines.join('\n'));
}

const { pageOf } = pages((texts, count) => texts.filter((text) => text.startsWith('{')).length >= count);
const page = (file, count) => pageOf(file, 'type="module"', count);

for (const [name, command] of [['Node', [process.execPath]], ['Bun', [tool('bun')]], ['Deno', [tool('deno'), 'run', '--no-prompt', '--allow-env', '--allow-sys', '--allow-read', '--node-modules-dir=manual']]]) {
  const [program, ...args] = command;
  for (const [what, file, expected] of [['has moved', 'moved.mjs', [SAVED, SLOW, UNPAID]], ['has moved and requires', 'moved.cjs', [SAVED, SLOW, UNPAID]], ['keeps its libraries', 'kept.mjs', [SAVED, SLOW]]]) {
    test(`${name}: a project that ${what}`, () => check(run(program, [...args, file]), expected));
  }
}

for (const [what, file, expected] of [['has moved', 'moved', [SAVED, SLOW, UNPAID]], ['keeps its libraries', 'kept', [SAVED, SLOW]]]) {
  test(`esbuild: a page of a project that ${what}`, async () => {
    const { build } = await load('esbuild');
    await build({ entryPoints: [join(WORK, `${file}.mjs`)], bundle: true, format: 'esm', target: 'es2022', outfile: join(WORK, `esbuild-${file}/page.mjs`), logLevel: 'silent' });
    check(await page(`esbuild-${file}/page.mjs`, expected.length), expected);
  });
  test(`Vite 8: a page of a project that ${what}`, async () => {
    const { build } = await load('vite8');
    const outDir = join(WORK, `vite-${file}`);
    await build({ root: WORK, configFile: false, logLevel: 'error', build: { outDir, target: 'es2022', rollupOptions: { input: join(WORK, `${file}.mjs`), output: { entryFileNames: 'page.mjs' } } }, base: `/vite-${file}/` });
    check(await page(`vite-${file}/page.mjs`, expected.length), expected);
  });
}

test("Fastify's loggerInstance: it logs by ours what it logs by pino", () => {
  const isNow = sinceNow();
  const lines = (pino) => run(process.execPath, ['fastify-pino.mjs', pino]).filter((line) => line).map((line) => {
    const { time, responseTime, err, ...record } = JSON.parse(line);
    assert.ok(isNow(time), line);
    return { ...record, responseTime: typeof responseTime, err: err && { ...err, stack: typeof err.stack } };
  });
  const theirs = lines('pino');
  assert.ok(theirs.length >= 8, `${theirs.length}`);
  assert.deepEqual(lines('kakashi-wasm/pino'), theirs);
});

test('the types fit those of consola, LogTape and pino', () => {
  run(tool('tsc'), ['--ignoreConfig', '--noEmit', '--strict', '--exactOptionalPropertyTypes', '--target', 'es2023', '--lib', 'es2023,dom,dom.iterable', '--types', 'node', '--module', 'nodenext', '--moduleResolution', 'nodenext', '--skipLibCheck', 'moving-in.mts']);
});
