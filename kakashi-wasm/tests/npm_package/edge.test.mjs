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

async function bundle() {
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
        onLoad({ filter: /.*/, namespace: 'module' }, () => ({ contents: 'export default globalThis.wasm_kakashi;' }));
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
