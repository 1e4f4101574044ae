// Tests the package in pkg/, which `node scripts/build.mjs` has built.
//
//   node scripts/test.mjs
//
// It needs `npm install` and Chromium ($CHROMIUM, at first /usr/bin/chromium). A runtime that
// is missing is a failure: a test that is left out proves nothing. The lines `# pass N`
// and `# fail N` at the end are node:test's own.

import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('..', import.meta.url));
const chromium = process.env.CHROMIUM ?? '/usr/bin/chromium';

const missing = [
  ['pkg/dist/entries/node.js', join(here, 'pkg/dist/entries/node.js'), 'node scripts/build.mjs'],
  ['pkg/kakashi.wasm', join(here, 'pkg/kakashi.wasm'), 'node scripts/build.mjs'],
  ['Chromium', chromium, 'install it, or say with $CHROMIUM where it is'],
  ...['deno', 'bun', 'workerd', 'tsc', 'publint', 'attw'].map((name) => [name, join(here, 'node_modules/.bin', name), 'npm ci']),
].filter(([, path]) => !existsSync(path));
for (const [name, path, remedy] of missing) console.error(`${name} is not at ${path}: ${remedy}`);
if (missing.length > 0) process.exit(1);

const files = ['js', 'npm_package'].flatMap((folder) =>
  readdirSync(join(here, 'tests', folder))
    .filter((name) => name.endsWith('.test.mjs'))
    .map((name) => join(here, 'tests', folder, name)),
);
/** Those that say what lines say: the writer in plain JavaScript must pass them too. */
const PLAIN = /\/(vectors|pino_format|values|fields|fuzz|limits|contexts|custom-loggers|async-loggers|otlp|otlp_vectors|otel|growth|memory)\.test\.mjs$/;

let failed = false;
for (const [writer, some] of [['wasm', files], ['plain', files.filter((file) => PLAIN.test(file))]]) {
  const env = { ...process.env, KAKASHI_WRITER: writer };
  const { status } = spawnSync(process.execPath, ['--test', '--test-reporter=tap', ...process.argv.slice(2), ...some], { cwd: here, stdio: 'inherit', env });
  failed ||= status !== 0;
}
process.exit(failed ? 1 : 0);
