// Next 16 by both of its bundlers: the example's routes, its proxy, pages and their errors, a page's client; in Node and on
// the edge. Next's webpack builds no route for the edge, whatever it imports: there it is the middleware.

import assert from 'node:assert/strict';
import { appendFileSync, cpSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { after, before, test } from 'node:test';
import { consoleOf, launch } from '../npm_package/browser.mjs';
import { ask } from '../shared/requests.mjs';
import { freePort, until } from '../shared/until.mjs';
import { WORK, bin, check, run, start } from './read-back.mjs';
import { checkShop, endOf, recordsOf } from './shop.mjs';

const next = bin('next', 'next');
const env = { ...process.env, NO_COLOR: '1', CI: '1', NEXT_TELEMETRY_DISABLED: '1' };

let browser;
before(async () => (browser = await launch()));
after(() => browser?.close());

/** Makes an app of the example and the fixture; returns its folder. */
function app(name, { edge = () => false, middleware = false } = {}) {
  const folder = join(WORK, name);
  for (const part of ['examples/next', 'next-shop']) cpSync(join(WORK, part), folder, { recursive: true });
  const parts = readdirSync(join(folder, 'app'), { recursive: true }).filter((file) => /(route|page)\.jsx?$/.test(file) && !/fixed/.test(file));
  for (const file of parts.filter(edge)) appendFileSync(join(folder, 'app', file), "\nexport const runtime = 'edge';\n");
  if (middleware) {
    const proxy = readFileSync(join(folder, 'proxy.js'), 'utf8');
    renameSync(join(folder, 'proxy.js'), join(folder, 'middleware.js'));
    writeFileSync(join(folder, 'middleware.js'), proxy.replace('const proxy', 'const middleware'));
  }
  return folder;
}

/** Starts Next, and waits until it answers. */
async function serve(t, cwd, ...command) {
  const port = await freePort();
  const server = start(process.execPath, [next, ...command, '-p', String(port), '-H', '127.0.0.1'], { cwd, env });
  t.after(server.stop);
  const url = `http://127.0.0.1:${port}`;
  await until('the server answers', () => {
    if (server.hasEnded()) throw new Error(server.lines.join('\n'));
    return ask(`${url}/health`).then(({ status }) => status === 200, () => false);
  });
  return { url, lines: server.lines };
}

/** What the fixtures' program has logged: without the service, which is the shop's. */
const own = (lines) => lines.map((line) => line.replace(',"service_name":"shop"', ''));

/** Reads back what the program logs on the server and in a page. */
async function checkProgram({ url, lines }) {
  assert.equal((await ask(`${url}/log`)).status, 200);
  await until('the server has logged', () => lines.some((line) => line.includes('"message":"then"')));
  check(own(lines), 'wasm');
  const page = await browser.newPage();
  const said = consoleOf(page);
  // It is compiled as it is asked for: who waits for long has a slow machine.
  await page.goto(`${url}/client`, { timeout: 0 });
  await until('the page has logged', () => said.some(({ text }) => text.includes('"message":"then"')));
  check(said.map(({ text }) => text), 'wasm');
  await page.close();
}

/** Reads back what Next makes of a request beside answering it. */
async function checkAround({ url, lines }, failed = 'r-8') {
  assert.equal((await ask(`${url}/broken`, { headers: { 'x-request-id': 'r-broken' } })).status, 500);
  const broken = await endOf(lines, 'r-broken');
  const { level, message, access, method, route, route_type, router_kind } = broken;
  assert.deepEqual(
    { level, message, access, method, route, route_type, router_kind, type: broken['exception.type'], text: broken['exception.message'] },
    { level: 'ERROR', message: 'Request failed', access: 'GET /broken', method: 'GET', route: '/broken', route_type: 'render', router_kind: 'App Router', type: 'RangeError', text: 'no such page' },
  );
  assert.match(broken['exception.stacktrace'], /\.next|app\/broken/);

  const moved = await ask(`${url}/moved`, { headers: { 'x-request-id': 'r-moved' } });
  assert.deepEqual([moved.status, moved.headers.location], [307, '/orders/7']);
  assert.deepEqual([(await endOf(lines, 'r-moved')).level, (await endOf(lines, 'r-moved')).status], ['INFO', 307]);

  // What the proxy answers itself, and what it hands on: one id, which it made.
  const old = await ask(`${url}/old/7`, { headers: { 'x-request-id': 'r-old' } });
  assert.deepEqual([old.status, old.headers['x-request-id']], [307, 'r-old']);
  assert.equal((await endOf(lines, 'r-old')).status, 307);
  const id = (await ask(`${url}/orders/11`)).headers['x-request-id'];
  assert.match(id, /^[\da-f]{32}$/);
  assert.equal((await endOf(lines, id)).access, 'GET /orders/11');

  assert.equal((await ask(`${url}/fixed`)).body, '{"made":"by the build"}');
  assert.equal((await ask(url)).status, 200);
  await until('the page has logged', () => recordsOf(lines).records.some(({ message }) => message === 'Page shown'));
  for (const id of [failed, 'r-broken']) {
    const all = recordsOf(lines).http.filter(({ request_id }) => request_id === id);
    assert.equal(all.length, 1, `${id} is said once, by its handler or by the instrumentation`);
  }
}

/** Builds, serves, and reads everything back; `added` is what Next adds to a query. */
async function checkBuilt(t, cwd, bundler, { added} = {}) {
  run(process.execPath, [next, 'build', `--${bundler}`], { cwd, env });
  const server = await serve(t, cwd, 'start');
  await checkShop(server.url, server.lines, { failed: null, notFound: null, length: null, added, stack: /\.next/ });
  await checkProgram(server);
  await checkAround(server);
  return server;
}

test('Next 16 in Node, built by Turbopack', async (t) => void (await checkBuilt(t, app('next-turbopack'), 'turbopack')));

test('Next 16 in Node with its middleware and a page on the edge, built by webpack', async (t) => {
  const cwd = app('next-webpack', { middleware: true, edge: (file) => file === 'page.jsx' });
  await checkBuilt(t, cwd, 'webpack');
});

test('Next 16 on the edge, built by Turbopack', async (t) => {
  const server = await checkBuilt(t, app('next-edge', { middleware: true, edge: () => true }), 'turbopack', { added: '&id=[REDACTED]' });
  // Next gives its instrumentation no wasm for a page that does not import the package.
  for (const line of server.lines) if (line.startsWith('kakashi:')) assert.match(line, /^kakashi: plain JavaScript writes, .* global was not injected/);
});

for (const bundler of ['turbopack', 'webpack']) {
  test(`Next 16, its server for development by ${bundler}`, async (t) => {
    // Both runtimes, and the proxy.
    const server = await serve(t, app(`next-${bundler}-dev`, { edge: (file) => bundler === 'turbopack' ? file.startsWith('orders/route') : file === 'page.jsx' }), 'dev', `--${bundler}`);
    const { url, lines } = server;
    for (const [path, method, body] of [['/orders/7', 'GET'], ['/orders', 'POST', '{"id":"7"}'], ['/orders/8/invoice', 'GET']]) {
      const id = `r${path.replaceAll('/', '-')}`;
      await ask(`${url}${path}`, { method, body, headers: { 'x-request-id': id, 'x-user': 'u-1' } });
      const { access, user_id } = await endOf(lines, id);
      assert.deepEqual([access, user_id], [`${method} ${path}`, 'u-1']);
    }
    await checkProgram(server);
    await checkAround(server, 'r-orders-8-invoice');
  });
}

test('what is logged as Next builds a page that it keeps is written, and no reason not to keep it', () => {
  const cwd = join(WORK, 'next-cached');
  for (const VERCEL of ['', '1']) {
    const lines = run(process.execPath, [next, 'build'], { cwd, env: { ...env, VERCEL } });
    for (const page of ['prerendered', 'loaded late', 'shell']) assert.ok(lines.some((line) => line.includes(`ERROR cached ${page}`)), lines.join('\n'));
    for (const page of ['/', '/lazy']) assert.ok(lines.some((line) => line.endsWith(`○ ${page}`)), lines.join('\n'));
  }
});
