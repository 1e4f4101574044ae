// Node, Deno and Bun: each runs the scenario over the installed package.

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { before, test } from 'node:test';
import { install, run, tool } from './install.mjs';

let folder;
before(() => (folder = install()));

function says(...command) {
  const output = run(folder, ...command);
  assert.match(output, /^ok$/m);
  return output;
}

test('node runs it as a module', () => says(process.execPath, ['main.mjs']));
test('node runs it by require', () => says(process.execPath, ['main.cjs']));
test('node runs the slim entry with a module of its own', () => says(process.execPath, ['slim.mjs']));
test('bun runs it', () => says(tool('bun'), ['main.mjs']));
test('bun runs it by require', () => says(tool('bun'), ['main.cjs']));
// `--no-prompt` makes a missing permission an error; there is none that could be asked for.
test('deno runs it without any permission', () => says(tool('deno'), ['run', '--no-prompt', '--node-modules-dir=manual', 'main.mjs']));

for (const [name, command] of [['node', [process.execPath]], ['bun', [tool('bun')]], ['deno', [tool('deno'), 'run', '--no-prompt', '--node-modules-dir=manual']]]) {
  test(`${name} writes what is buffered as the program ends`, () => {
    const [program, ...args] = command;
    const output = run(folder, program, [...args, 'ends.mjs']);
    assert.deepEqual(output.trim().split('\n').map((line) => JSON.parse(line).message), Array.from({ length: 100 }, (_, at) => `number ${at}`));
  });
}

test('require and import in one process both log', () => {
  const output = run(folder, process.execPath, ['--input-type=module', '--eval', `
    import { createRequire } from 'node:module';
    import * as one from 'kakashi-wasm';
    const two = createRequire(import.meta.url)('kakashi-wasm');
    for (const kakashi of [one, two]) { kakashi.configure({format: 'json'}); kakashi.info('m'); await kakashi.flush(); }
    console.log([one.stats().written, two.stats().written].join());`]);
  assert.match(output, /"message":"m"[^]*"message":"m"[^]*1,1/);
});

test('every source map names what developer tools should pass over', () => {
  const dist = join(folder, 'node_modules/kakashi-wasm/dist');
  const maps = readdirSync(dist, { recursive: true }).filter((file) => file.endsWith('.js.map'));
  const scripts = readdirSync(dist, { recursive: true }).filter((file) => file.endsWith('.js'));
  assert.equal(maps.length, scripts.length);
  for (const file of maps) {
    const { sources, sourcesContent, ignoreList } = JSON.parse(readFileSync(join(dist, file), 'utf8'));
    assert.deepEqual(ignoreList, sources.map((_, at) => at), file);
    assert.equal(sourcesContent.length, sources.length, file);
  }
});

test('the package has what it needs, and nothing else', () => {
  const package_ = join(folder, 'node_modules/kakashi-wasm');
  const files = readdirSync(package_, { recursive: true, withFileTypes: true }).filter((file) => file.isFile()).map(({ name }) => name);
  for (const name of ['package.json', 'kakashi.wasm', 'README.md', 'LICENSE-MIT', 'LICENSE-APACHE']) assert.ok(files.includes(name), name);
  for (const name of files) assert.match(name, /\.(js|cjs|map|d\.ts|d\.cts|wasm|json|md)$|^LICENSE/);
  const { dependencies, peerDependencies, scripts } = JSON.parse(readFileSync(join(package_, 'package.json'), 'utf8'));
  assert.deepEqual([dependencies, peerDependencies, scripts], [undefined, undefined, undefined]);
  assert.deepEqual(WebAssembly.Module.imports(new WebAssembly.Module(readFileSync(join(package_, 'kakashi.wasm')))), []);
});
