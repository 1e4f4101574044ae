// Each bundler, without configuration: a server's bundle run by Node, a page's run by Chromium.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { test } from 'node:test';
import { pages } from './pages.mjs';
import { WORK, check, load, require, run, tool } from './read-back.mjs';

const entry = join(WORK, 'program.mjs');
const { page, pageOf } = pages((texts) => texts.some((text) => text.includes('"message":"then"')));

const node = (file) => run(process.execPath, [file]);

async function esbuild(outfile, options) {
  const { build } = await load('esbuild');
  await build({ entryPoints: [entry], bundle: true, outfile: join(WORK, outfile), logLevel: 'silent', ...options });
  return outfile;
}

async function rollup(file, format, conditions) {
  const [{ rollup }, { nodeResolve }] = [await load('rollup'), await load('@rollup/plugin-node-resolve')];
  const bundle = await rollup({ input: entry, plugins: [nodeResolve(conditions)], onLog() {} });
  await bundle.write({ file: join(WORK, file), format, name: 'matrix', inlineDynamicImports: true });
  return file;
}

function webpack(folder, options) {
  const { webpack } = { webpack: require('webpack') };
  return new Promise((made, failed) => {
    webpack({ entry, mode: 'production', output: { path: join(WORK, folder), filename: 'main.js' }, ...options }, (error, stats) => {
      if (error || stats.hasErrors()) failed(error ?? new Error(stats.toString()));
      else made(join(folder, 'main.js'));
    });
  });
}

function bun(outdir, ...args) {
  run(tool('bun'), ['build', entry, `--outdir=${outdir}`, ...args]);
  return join(outdir, 'program.js');
}

test('esbuild, a server as modules', async () => check(node(await esbuild('esbuild/server.mjs', { platform: 'node', format: 'esm' })), 'wasm'));
test('esbuild, a server as CommonJS', async () => check(node(await esbuild('esbuild/server.cjs', { platform: 'node', format: 'cjs' })), 'wasm'));
test('esbuild, a server as one function', async () => check(node(await esbuild('esbuild/server.iife.cjs', { platform: 'node', format: 'iife' })), 'wasm'));
test('esbuild, a server that requires', async () => check(node(await esbuild('esbuild/required.cjs', { entryPoints: [join(WORK, 'required.cjs')], platform: 'node' })), 'wasm'));
for (const format of ['esm', 'cjs', 'iife']) {
  test(`esbuild, a page's bundle (${format}) that is run by Node`, async () => check(node(await esbuild(`esbuild/page-${format}.${format === 'esm' ? 'mjs' : 'cjs'}`, { format })), 'plain'));
}
test('esbuild, a page as modules', async () => check(await pageOf(await esbuild('esbuild/page.mjs', { format: 'esm' })), 'plain'));
test('esbuild, a page as one function', async () => check(await pageOf(await esbuild('esbuild/page.js', { format: 'iife' }), 'defer'), 'plain'));
test('esbuild, a page with the wasm in the module', async () => {
  writeFileSync(join(WORK, 'inline.mjs'), readFileSync(entry, 'utf8').replace("'kakashi-wasm'", "'kakashi-wasm/inline'"));
  check(await pageOf(await esbuild('esbuild/inline.js', { entryPoints: [join(WORK, 'inline.mjs')], format: 'iife' }), 'defer'), 'wasm');
});
test('Rollup, a server as modules', async () => check(node(await rollup('rollup/server.mjs', 'es', { exportConditions: ['node'] })), 'wasm'));
test('Rollup, a server as CommonJS', async () => check(node(await rollup('rollup/server.cjs', 'cjs', { exportConditions: ['node'] })), 'wasm'));
test('Rollup, a page as modules', async () => check(await pageOf(await rollup('rollup/page.mjs', 'es', { browser: true })), 'plain'));
test('Rollup, a page as one function', async () => check(await pageOf(await rollup('rollup/page.js', 'iife', { browser: true }), 'defer'), 'plain'));
test('webpack, a server', async () => check(node(await webpack('webpack-server', { target: 'node' })), 'wasm'));
test('webpack, a server that requires', async () => check(node(await webpack('webpack-required', { target: 'node', entry: join(WORK, 'required.cjs') })), 'wasm'));
test('webpack, a page', async () => check(await pageOf(await webpack('webpack-page', { target: 'web', output: { path: join(WORK, 'webpack-page'), filename: 'main.js', publicPath: 'auto' } }), 'defer'), 'wasm'));
test('webpack, a page in development', async () => check(await pageOf(await webpack('webpack-development', { mode: 'development', output: { path: join(WORK, 'webpack-development'), filename: 'main.js' } }), 'defer'), 'wasm'));
test('webpack, a page that requires', async () => check(await pageOf(await webpack('webpack-page-required', { entry: join(WORK, 'required.cjs') }), 'defer'), 'wasm'));
test("Bun's bundler, a server for Node", () => check(node(bun('bun-node', '--target=node')), 'wasm'));
test("Bun's bundler, a server as CommonJS", () => check(node(bun('bun-cjs', '--target=node', '--format=cjs')), 'wasm'));
test("Bun's bundler, a server for Bun", () => check(run(tool('bun'), [bun('bun-bun', '--target=bun')]), 'wasm'));
test("Bun's bundler, a page", async () => check(await pageOf(bun('bun-page', '--target=browser')), 'plain'));

for (const version of [6, 7, 8]) {
  const vite = () => load(`vite${version}`);
  const settings = { root: WORK, configFile: false, logLevel: 'error' };
  const listen = { host: '127.0.0.1', port: 0 };

  test(`Vite ${version}, its server for development`, async () => {
    const { createServer } = await vite();
    // As in a project: its root has node_modules. The three versions share its cache, one after the other.
    const running = await createServer({ ...settings, root: join(WORK, '..'), server: listen, optimizeDeps: { force: true, entries: ['work/index.html'] } });
    try {
      await running.listen();
      check(await page(`${running.resolvedUrls.local[0]}work/index.html`), 'wasm');
    } finally {
      await running.close();
    }
  });

  test(`Vite ${version}, a build`, async () => {
    const { build, preview } = await vite();
    const outDir = `built-${version}`;
    await build({ ...settings, build: { outDir } });
    const running = await preview({ ...settings, build: { outDir }, preview: listen });
    try {
      check(await page(running.resolvedUrls.local[0]), 'wasm');
    } finally {
      await running.close();
    }
  });

  test(`Vite ${version}, a server's build`, async () => {
    const { build } = await vite();
    const outDir = `server-${version}`;
    mkdirSync(join(WORK, outDir), { recursive: true });
    await build({ ...settings, ssr: { noExternal: true }, build: { ssr: entry, outDir } });
    writeFileSync(join(WORK, outDir, 'package.json'), '{ "type": "module" }');
    check(node(join(outDir, 'program.mjs')), 'wasm');
  });
}
