// The types, as applications with every kind of resolution see them, and what the
// package's own linters say.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import process from 'node:process';
import { before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { install, tool } from './install.mjs';

const PKG = fileURLToPath(new URL('../../pkg', import.meta.url));

let folder;
before(() => (folder = install()));

function runs(command, args, cwd = folder) {
  try {
    execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    assert.fail(`${error.stdout}${error.stderr}`);
  }
}

const STRICT = ['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess', '--noPropertyAccessFromIndexSignature',
  '--verbatimModuleSyntax', '--target', 'es2022', '--types', '', '--skipLibCheck', 'false'];

for (const [resolution, files, module] of [
  ['nodenext', ['consumer.ts'], 'nodenext'],
  ['nodenext', ['consumer.cts'], 'nodenext'],
  ['bundler', ['consumer.ts'], 'esnext'],
]) {
  for (const [where, more] of [['a browser', []], ...(resolution === 'bundler' ? [['workerd', ['--customConditions', 'workerd']], ['an edge runtime', ['--customConditions', 'edge-light']], ['deno', ['--customConditions', 'deno']]] : [])]) {
    test(`a strict consumer checks ${files[0]} with resolution ${resolution}, conditions of ${where}`, () => {
      runs(tool('tsc'), [...STRICT, '--lib', 'es2023,dom,dom.iterable', '--module', module, '--moduleResolution', resolution, ...more, ...files]);
    });
  }
}

test('publint has nothing to say', () => runs(tool('publint'), ['--strict', PKG]));

// The profile leaves out resolution of before Node 12.22, which knows no `exports`.
// `cjs-resolves-to-esm`: the parts beside the main entry are ESM for all, as their runtimes are.
test('attw has nothing to say', () => {
  runs(tool('attw'), ['--pack', PKG, '--profile', 'node16', '--ignore-rules', 'cjs-resolves-to-esm', '--exclude-entrypoints', './kakashi.wasm', './package.json'], process.cwd());
});
