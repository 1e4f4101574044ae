// Runs an example's module in workerd, as wrangler makes a worker of it: PORT=… node worker.mjs MODULE FLAG…
// What the worker's console says is on stdout.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { build } from 'esbuild';
import { Miniflare } from 'miniflare';

const [module, ...compatibilityFlags] = process.argv.slice(2);
const entry = resolve(module);
const wasm = join(dirname(createRequire(entry).resolve('kakashi-wasm/package.json')), 'kakashi.wasm');

const { outputFiles } = await build({
  entryPoints: [entry],
  bundle: true,
  write: false,
  format: 'esm',
  conditions: ['workerd', 'worker', 'browser'],
  external: ['node:*', 'cloudflare:*'],
  plugins: [{ name: 'wasm', setup: ({ onResolve }) => onResolve({ filter: /\.wasm$/ }, () => ({ path: './kakashi.wasm', external: true })) }],
});

const miniflare = new Miniflare({
  host: '127.0.0.1',
  port: Number(process.env.PORT),
  compatibilityDate: '2025-09-01',
  compatibilityFlags,
  handleRuntimeStdio(stdout, stderr) {
    for (const input of [stdout, stderr]) createInterface({ input }).on('line', (line) => process.stdout.write(`${line}\n`));
  },
  modules: [
    { type: 'ESModule', path: 'worker.mjs', contents: outputFiles[0].text },
    { type: 'CompiledWasm', path: 'kakashi.wasm', contents: readFileSync(wasm) },
  ],
});
await miniflare.ready;
process.once('SIGTERM', () => miniflare.dispose().then(() => process.exit()));
