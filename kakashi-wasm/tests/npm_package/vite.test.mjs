// A production build by Vite, served by Vite, in a browser.

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { build, preview } from 'vite';
import { until } from '../shared/until.mjs';
import { consoleOf, launch } from './browser.mjs';
import { install } from './install.mjs';

let folder;
let server;
let browser;
let page;
let said;
before(async () => {
  folder = install();
  await build({ root: folder, logLevel: 'warn', configFile: false, build: { outDir: 'built' } });
  server = await preview({ root: folder, logLevel: 'warn', configFile: false, build: { outDir: 'built' }, preview: { host: '127.0.0.1', port: 0 } });
  browser = await launch();
  page = await browser.newPage();
  said = consoleOf(page);
  await page.goto(server.resolvedUrls.local[0]);
});
after(async () => {
  await browser?.close();
  await server?.close();
});

test('the wasm is one of the files of the build', () => {
  assert.equal(readdirSync(join(folder, 'built/assets')).filter((name) => name.endsWith('.wasm')).length, 1);
});

test('what was logged before the wasm arrived is on the console, in order', async () => {
  await until('all is on the console', () => said.length >= 50);
  assert.deepEqual(said.slice(0, 50).map(({ text }) => /root (.*)/.exec(text)?.[1]), Array.from({ length: 50 }, (_, at) => `early ${at}`));
});

test('the scenario runs in the build', async () => {
  await page.waitForFunction(() => 'scenario' in globalThis);
  const stats = await page.evaluate(() => scenario());
  assert.equal(stats.pending, 0);
  assert.equal(await page.evaluate(() => typeof httpSink('/').stats), 'function');
  assert.deepEqual(said.filter(({ type }) => type === 'pageerror' || type === 'error'), []);
});
