// The examples, each by the real framework: Express 5 and 4, Fastify, Hono on each runtime, and none at all.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import { freePort, until } from '../shared/until.mjs';
import { ask } from '../shared/requests.mjs';
import { WORK, run, start, tool } from './read-back.mjs';
import { checkShop } from './shop.mjs';

const WORKER = fileURLToPath(new URL('worker.mjs', import.meta.url));
const SERVE = ['serve', '--no-lock', '--node-modules-dir=manual', '--host=127.0.0.1', '--allow-env', '--allow-read'];

const env = { ...process.env, NO_COLOR: '1', NODE_ENV: 'production' };

/** Runs a server until it has been checked. */
async function shop(t, folder, command, args, expected) {
  const port = await freePort();
  const { lines, stop, hasEnded } = start(command, args.map((arg) => arg.replace('PORT', port)), { cwd: join(WORK, 'examples', folder), env: { ...env, PORT: String(port) } });
  t.after(stop);
  const url = `http://127.0.0.1:${port}`;
  await until('the shop is open', () => {
    if (hasEnded()) throw new Error(`the shop has closed: ${lines.join('\n')}`);
    return ask(`${url}/health`).then(({ status }) => status === 200, () => false);
  });
  await checkShop(url, lines, expected);
}

test('Express 5', (t) => shop(t, 'express', process.execPath, ['server.mjs']));
test('Express 4', (t) => {
  const express5 = readFileSync(join(WORK, 'examples/express/server.mjs'), 'utf8');
  writeFileSync(join(WORK, 'examples/express/server4.mjs'), express5.replace("from 'express'", "from 'express4'"));
  return shop(t, 'express', process.execPath, ['server4.mjs']);
});
test('Fastify 5', (t) => shop(t, 'fastify', process.execPath, ['server.mjs']));
test('Hono 4 on Node', (t) => shop(t, 'hono', process.execPath, ['server.mjs']));
test('Hono 4 on Bun', (t) => shop(t, 'hono', tool('bun'), ['app.mjs']));
test('node:http', (t) => shop(t, 'http-server', process.execPath, ['server.mjs'], { routes: false }));
test('Bun without a framework', (t) => shop(t, 'http-server', tool('bun'), ['fetch.mjs'], { routes: false, failed: null }));

// Bundled for workerd: its errors have the frames of one module.
for (const [name, folder, module, expected] of [['Hono 4', 'hono', 'app.mjs'], ['a handler of requests', 'http-server', 'fetch.mjs', { routes: false, failed: null }]]) {
  test(`${name} in workerd`, (t) => shop(t, folder, process.execPath, [WORKER, module, 'nodejs_compat'], { length: null, ...expected }));
  test(`${name} in workerd, with its own AsyncLocalStorage only`, (t) => shop(t, folder, process.execPath, [WORKER, module, 'nodejs_als'], { length: null, ...expected }));
  test(`${name} in Deno`, (t) => shop(t, folder, tool('deno'), [...SERVE, '--port=PORT', module], expected));
}

test('the types fit those of the frameworks', () => {
  run(tool('tsc'), ['--ignoreConfig', '--noEmit', '--strict', '--exactOptionalPropertyTypes', '--target', 'es2023', '--lib', 'es2023,dom,dom.iterable', '--types', 'node', '--module', 'nodenext', '--moduleResolution', 'nodenext', '--skipLibCheck', 'servers.mts']);
});
