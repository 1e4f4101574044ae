// Cloudflare's runtime, with a module of wasm as its tools make one.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { build } from 'esbuild';
import { Miniflare } from 'miniflare';
import { until } from '../shared/until.mjs';
import { install } from './install.mjs';

let folder;
const contents = {};
before(async () => {
  folder = install();
  for (const program of ['worker-cloudflare', 'worker-class', 'worker-bare']) contents[program] = await bundled(program);
});

async function bundled(program) {
  const { outputFiles } = await build({
    entryPoints: [join(folder, `${program}.mjs`)],
    bundle: true,
    write: false,
    format: 'esm',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['node:*', 'cloudflare:*'],
    plugins: [{
      name: 'wasm',
      // As wrangler does it: a module of wasm is one of the worker's modules.
      setup: ({ onResolve }) => onResolve({ filter: /\.wasm$/ }, () => ({ path: './kakashi.wasm', external: true })),
    }],
  });
  return outputFiles[0].text;
}

async function serve(t, compatibilityFlags, program = 'worker-cloudflare') {
  const miniflare = new Miniflare({
    host: '127.0.0.1',
    name: 'worker',
    compatibilityDate: '2025-09-01',
    compatibilityFlags,
    serviceBindings: { SELF: 'worker' },
    modules: [
      { type: 'ESModule', path: 'worker.mjs', contents: contents[program] },
      { type: 'CompiledWasm', path: 'kakashi.wasm', contents: readFileSync(join(folder, 'node_modules/kakashi-wasm/kakashi.wasm')) },
    ],
  });
  t.after(() => miniflare.dispose());
  const url = await miniflare.ready;
  return (path) => fetch(new URL(path, url));
}

/** Waits until so many records have reached the console, and returns them. */
async function shown(get, count) {
  const answer = await until(`${count} records are on the console`, async () => {
    const answer = await (await get('/shown')).json();
    return answer.shown.length >= count && answer;
  });
  const { sent, written, dropped, buffered, pending } = answer.stats;
  assert.equal(written + dropped.total + buffered + pending, sent);
  return answer.shown;
}

for (const flags of [['nodejs_compat'], ['nodejs_als'], []]) {
  const name = flags[0] ?? 'no flag';

  test(`workerd runs the scenario with ${name}`, async (t) => {
    const get = await serve(t, flags);
    const response = await get('/scenario');
    assert.equal(await response.text(), 'ok');
  });

  test(`with ${name} each record is one object on the console, by its level's method`, async (t) => {
    const get = await serve(t, flags);
    await (await get('/one?id=1&wait=0')).text();
    const [start, one, two] = await shown(get, 3);
    assert.deepEqual([start[0], start[1].message, start[1].start], ['info', 'Logged while the worker starts', true]);
    assert.deepEqual([one[0], one[1].level, one[1].logger, one[1].message, one[1].id, one[1].request_id], ['info', 'INFO', 'worker', 'before', '1', '1']);
    assert.deepEqual([two[0], two[1].message], ['warn', 'after']);
  });

  test(`with ${name} no request ever has the context of another`, async (t) => {
    const get = await serve(t, flags);
    await Promise.all(Array.from({ length: 20 }, (_, id) => get(`/many?id=${id}&wait=${(7 * id) % 20}`).then((response) => response.text())));
    const records = (await shown(get, 41)).map(([, record]) => record).filter(({ start }) => !start);
    assert.equal(records.length, 40);
    for (const { message, id, request_id } of records) {
      // Without AsyncLocalStorage the context ends with the first await.
      if (message === 'before' || name !== 'no flag') assert.equal(request_id, id, message);
      else assert.equal(request_id, undefined, message);
    }
  });
}

test('a handler that throws has its records written, and its error passed on', async (t) => {
  const get = await serve(t, ['nodejs_compat']);
  const response = await get('/fails?id=1&wait=0');
  assert.equal(response.status, 500);
  assert.match(await response.text(), /the handler failed/);
  assert.deepEqual((await shown(get, 4)).map(([, { message }]) => message), ['Logged while the worker starts', 'before', 'after', 'about to fail']);
});

test('a class of handlers is wrapped: its own methods, those it inherits, calls from other workers, and what fails', async (t) => {
  const get = await serve(t, ['nodejs_compat'], 'worker-class');
  assert.equal(await (await get('/one')).text(), 'Worker');
  assert.equal(await (await get('/rpc')).text(), '3');
  assert.equal((await get('/fails')).status, 500);
  const records = (await shown(get, 4)).map(([, { message, path, one }]) => [message, path, one]);
  assert.deepEqual(records, [['asked', '/one', undefined], ['asked', '/rpc', undefined], ['added', undefined, 1], ['asked', '/fails', undefined]]);
});

test('a worker that is not wrapped shows what each request has logged', async (t) => {
  const get = await serve(t, ['nodejs_compat'], 'worker-bare');
  for (let round = 1; round < 5; round++) {
    await (await get(`/${round}`)).text();
    const { shown } = await (await get('/shown')).json();
    assert.deepEqual(shown.map(([, line]) => JSON.parse(line).pathname), Array.from({ length: round }, (_, at) => `/${at + 1}`));
  }
});
