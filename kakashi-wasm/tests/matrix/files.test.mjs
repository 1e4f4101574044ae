// A server that logs into files, made by each bundler without configuration.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { test } from 'node:test';
import { linesIn, namesIn } from '../shared/rotated.mjs';
import { WORK, load, require, run, tool } from './read-back.mjs';

const entry = join(WORK, 'files.mjs');

/** Runs a bundle, and reads back what it has written. */
function check(bundle, command = process.execPath) {
  const logs = mkdtempSync(join(WORK, 'logs-'));
  const said = run(command, [bundle, join(logs, 'shop.log')]);
  assert.deepEqual(said.filter((line) => line.startsWith('kakashi:')), []);
  assert.deepEqual(linesIn(logs).map((line) => JSON.parse(line).n), Array.from({ length: 10 }, (_, n) => n), said.join('\n'));
  assert.ok(namesIn(logs).length > 3);
}

for (const format of ['esm', 'cjs']) {
  test(`esbuild, a server with files (${format})`, async () => {
    const { build } = await load('esbuild');
    const outfile = join(WORK, `files-esbuild/server.${format === 'esm' ? 'mjs' : 'cjs'}`);
    await build({ entryPoints: [entry], bundle: true, platform: 'node', format, outfile, logLevel: 'silent' });
    check(outfile);
  });
}

test('Rollup, a server with files', async () => {
  const [{ rollup }, { nodeResolve }] = [await load('rollup'), await load('@rollup/plugin-node-resolve')];
  const bundle = await rollup({ input: entry, plugins: [nodeResolve({ exportConditions: ['node'] })], onLog() {} });
  const file = join(WORK, 'files-rollup/server.mjs');
  await bundle.write({ file, format: 'es' });
  check(file);
});

test('webpack, a server with files', async () => {
  const { webpack } = { webpack: require('webpack') };
  const path = join(WORK, 'files-webpack');
  await new Promise((made, failed) => {
    webpack({ entry, mode: 'production', target: 'node', output: { path, filename: 'main.js' } }, (error, stats) => (error || stats.hasErrors() ? failed(error ?? new Error(stats.toString())) : made()));
  });
  check(join(path, 'main.js'));
});

for (const target of ['node', 'bun']) {
  test(`Bun's bundler, a server with files for ${target}`, () => {
    run(tool('bun'), ['build', entry, `--outdir=files-${target}`, `--target=${target}`]);
    check(join(`files-${target}`, 'files.js'), target === 'bun' ? tool('bun') : undefined);
  });
}

test("Vite 8, a server's build with files", async () => {
  const { build } = await load('vite8');
  mkdirSync(join(WORK, 'files-vite'), { recursive: true });
  await build({ root: WORK, configFile: false, logLevel: 'error', ssr: { noExternal: true }, build: { ssr: entry, outDir: 'files-vite' } });
  writeFileSync(join(WORK, 'files-vite/package.json'), '{ "type": "module" }');
  check(join('files-vite', 'files.mjs'));
});
