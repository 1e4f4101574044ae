// The types, as applications with every kind of resolution see them, and what the
// package's own linters say.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import process from 'node:process';
import { before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { SHORT_NAMES } from '../../scripts/short-names.mjs';
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

for (const [file, module, resolution, more = []] of [
  ['consumer.ts', 'nodenext', 'nodenext'],
  ['consumer.ts', 'node16', 'node16'],
  ['consumer.cts', 'nodenext', 'nodenext'],
  ['consumer.cts', 'node16', 'node16'],
  ['mixed.mts', 'nodenext', 'nodenext'],
  ['consumer.ts', 'esnext', 'bundler'],
  ['servers.ts', 'nodenext', 'nodenext'],
  ['servers.ts', 'esnext', 'bundler'],
  ...['workerd', 'edge-light', 'deno', 'react-native', 'node', 'browser'].map((name) => ['consumer.ts', 'esnext', 'bundler', ['--customConditions', name]]),
]) {
  const strict = [...STRICT, '--module', module, '--moduleResolution', resolution, ...more];
  test(`a strict consumer checks ${file} with resolution ${resolution} ${more.join(' ')}`, () => {
    runs(tool('tsc'), [...strict, '--lib', 'es2023,dom,dom.iterable', file]);
  });
  if (file === 'consumer.ts') continue;
  test(`a strict consumer without the DOM library checks ${file} with resolution ${resolution}`, () => {
    runs(tool('tsc'), [...strict, '--lib', 'es2023', file]);
  });
}

test('a strict consumer whose imports become CommonJS checks without the DOM library', () => {
  writeFileSync(join(folder, 'old/package.json'), '{ "type": "commonjs" }\n');
  const strict = STRICT.filter((option) => option !== '--verbatimModuleSyntax');
  for (const resolution of ['node16', 'nodenext']) runs(tool('tsc'), [...strict, '--lib', 'es2023', '--module', resolution, '--moduleResolution', resolution, 'old/consumer-old.ts']);
});

test('every source map names files of the package', () => {
  const maps = readdirSync(join(PKG, 'dist'), { recursive: true }).filter((file) => file.endsWith('.js.map'));
  assert.ok(maps.length > 100, `${maps.length}`);
  for (const file of maps) {
    const { sources, sourcesContent } = JSON.parse(readFileSync(join(PKG, 'dist', file), 'utf8'));
    for (const [at, source] of sources.entries()) {
      const named = relative(PKG, resolve(PKG, 'dist', dirname(file), source));
      assert.equal(sourcesContent[at], readFileSync(join(PKG, '..', named), 'utf8'), `${file} names ${named}`);
    }
  }
});

test('publint has nothing to say', () => runs(tool('publint'), ['--strict', PKG]));

// The profile leaves out resolution of before Node 12.22, which knows no `exports`.
test('attw has nothing to say', () => {
  runs(tool('attw'), ['--pack', PKG, '--profile', 'node16', '--exclude-entrypoints', './kakashi.wasm', './package.json'], process.cwd());
});

test('a property with a short name is in no published type, and shares that name with no other', () => {
  assert.equal(new Set(Object.values(SHORT_NAMES)).size, Object.keys(SHORT_NAMES).length);
  const dist = join(PKG, 'dist');
  const entries = Object.values(JSON.parse(readFileSync(join(PKG, 'package.json'), 'utf8')).exports)
    .flatMap((each) => [...JSON.stringify(each).matchAll(/dist\/([\w/-]+)\.d\.ts/g)].map(([, entry]) => entry))
    .filter((entry) => !entry.startsWith('cjs/'));
  const members = new Set();
  for (const entry of new Set([...entries, 'index'])) {
    for (const [, names, from] of readFileSync(join(dist, `${entry}.d.ts`), 'utf8').matchAll(/export (?:type )?\{([^}]*)\} from '(\.[^']*)'/g)) {
      const text = readFileSync(resolve(dist, dirname(entry), from.replace(/\.js$/, '.d.ts')), 'utf8');
      for (const [, name] of names.matchAll(/(\w+)(?: as \w+)?(?:,|\s*$)/g)) {
        const [body] = new RegExp(`^export (?:declare (?:abstract )?class|interface) ${name}\\b[^]*?^}`, 'm').exec(text) ?? [''];
        for (const [, member] of body.matchAll(/^ {4}(?:readonly |get |set |static )*(\w+)[?(<:]/gm)) members.add(member);
      }
    }
  }
  assert.ok(members.has('isEnabled') && members.has('maxQueueBytes'), 'members are found');
  assert.deepEqual(Object.keys(SHORT_NAMES).filter((name) => members.has(name)), []);
});
