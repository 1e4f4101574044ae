// Edge runtimes as Vercel's: a realm with the web's globals and no more, where a module
// of wasm comes from an import of `….wasm?module`.

import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { createContext, runInContext } from 'node:vm';
import { build } from 'esbuild';
import { install } from './install.mjs';

let folder;
before(() => (folder = install()));

const GLOBALS = ['console', 'setTimeout', 'clearTimeout', 'queueMicrotask', 'TextEncoder', 'TextDecoder', 'performance', 'URL', 'Response', 'fetch', 'AbortSignal', 'Blob'];

async function bundle(module = 'export default globalThis.wasm_kakashi;') {
  const { outputFiles, metafile } = await build({
    stdin: { contents: "export * from 'kakashi-wasm'; export { scenario } from './scenario.mjs';", resolveDir: folder },
    bundle: true,
    write: false,
    metafile: true,
    format: 'iife',
    globalName: 'edge',
    conditions: ['edge-light', 'worker', 'browser'],
    plugins: [{
      name: 'wasm',
      setup({ onResolve, onLoad }) {
        onResolve({ filter: /\.wasm\?module$/ }, ({ path }) => ({ path, namespace: 'module' }));
        onLoad({ filter: /.*/, namespace: 'module' }, () => ({ contents: module }));
      },
    }],
  });
  return { code: outputFiles[0].text, inputs: Object.keys(metafile.inputs) };
}

test('the condition edge-light leads to its entry', async () => {
  const { inputs } = await bundle();
  assert.ok(inputs.some((input) => input.endsWith('kakashi-wasm/dist/entries/edge-light.js')), `${inputs}`);
  assert.ok(!inputs.some((input) => input.includes('entries/browser.js')));
});

for (const [what, more] of [['with', { AsyncLocalStorage }], ['without', {}]]) {
  test(`the scenario runs there ${what} AsyncLocalStorage`, async () => {
    const { code } = await bundle();
    const realm = createContext({ ...Object.fromEntries(GLOBALS.map((name) => [name, globalThis[name]])), ...more });
    realm.bytes = readFileSync(join(folder, 'node_modules/kakashi-wasm/kakashi.wasm'));
    runInContext('globalThis.wasm_kakashi = new WebAssembly.Module(bytes)', realm);
    runInContext(`${code}\nglobalThis.edge = edge;`, realm);
    const stats = await runInContext('edge.scenario(edge)', realm);
    assert.equal(stats.pending, 0);
  });
}

test('where the module of wasm can not be had, plain JavaScript writes all, and says why', async () => {
  // As Next's instrumentation on the edge, for a route that does not import the package.
  const { code } = await bundle("throw new Error('no wasm was injected');");
  const said = [];
  const method = (...args) => void said.push(args.join(' '));
  const realm = createContext({ ...Object.fromEntries(GLOBALS.map((name) => [name, globalThis[name]])), console: { debug: method, info: method, warn: method, error: method } });
  runInContext(`${code}\nglobalThis.edge = edge; edge.configure({ format: 'json', redact: ['pin'] }); edge.getLogger('app').error('early', { pin: 7 });`, realm);
  await runInContext('edge.ready', realm);
  runInContext("edge.getLogger('app').info('late')", realm);
  await runInContext('edge.flush()', realm);
  const records = said.filter((line) => line.startsWith('{')).flatMap((lines) => lines.trim().split('\n').map((line) => JSON.parse(line)));
  assert.deepEqual(records.map(({ message, pin }) => [message, pin]), [['early', '[REDACTED]'], ['late', undefined]]);
  assert.deepEqual(said.filter((line) => !line.startsWith('{')), ["kakashi: plain JavaScript writes, for the wasm can't be had: no wasm was injected"]);
});
