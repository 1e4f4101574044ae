// Node, Deno and Bun: each runs the scenario over the installed package.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, readFileSync, readdirSync } from 'node:fs';
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

test('deno runs it by require without any permission', () => says(tool('deno'), ['run', '--no-prompt', '--node-modules-dir=manual', 'parts.cjs']));
for (const [name, command] of [['node', process.execPath], ['bun', tool('bun')]]) test(`${name} finds every part by require`, () => says(command, ['parts.cjs']));
for (const [name, command] of [['node', [process.execPath]], ['bun', [tool('bun')]], ['deno', [tool('deno'), 'run', '--no-prompt', '--node-modules-dir=manual']]]) {
  test(`${name} sends to an OpenTelemetry receiver`, () => says(command[0], [...command.slice(1), 'otlp.mjs']));
}
test('every part is found by import', () => says(process.execPath, ['parts.mjs']));
test('plain JavaScript writes where WebAssembly is not there', () => says(process.execPath, ['--jitless', '--no-expose-wasm', 'plain-node.mjs']));
test('what React Native finds writes', () => says(process.execPath, ['--conditions=react-native', 'plain-node.mjs']));

for (const [name, command] of [['node', [process.execPath]], ['bun', [tool('bun')]], ['deno', [tool('deno'), 'run', '--no-prompt', '--node-modules-dir=manual']]]) {
  test(`${name} writes what is buffered as the program ends`, () => {
    const [program, ...args] = command;
    const output = run(folder, program, [...args, 'ends.mjs']);
    assert.deepEqual(output.trim().split('\n').map((line) => JSON.parse(line).message), Array.from({ length: 100 }, (_, at) => `number ${at}`));
  });
}

// Bundles that were made for a page, tests of an application for React Native, a program that brings its own wasm.
for (const [entry, first = ''] of [['browser'], ['other'], ['react-native'], ['slim', "await kakashi.init(require('node:fs').readFileSync('node_modules/kakashi-wasm/kakashi.wasm'));"]]) {
  test(`the entry ${entry} writes what is buffered as a process ends`, () => {
    const program = `import('./node_modules/kakashi-wasm/dist/entries/${entry}.js').then(async (kakashi) => { ${first} kakashi.info('last'); });`;
    assert.match(run(folder, process.execPath, ['--eval', program]), /INFO root last/);
  });
}

test('require and import in one process are one: settings, levels, contexts, loggers, counts and order', () => {
  assert.match(run(folder, process.execPath, ['one-state.mjs']), /^ok$/m);
});
test('so they are in bun', () => says(tool('bun'), ['one-state.mjs']));
test('so they are in deno', () => says(tool('deno'), ['run', '--no-prompt', '--node-modules-dir=manual', 'one-state.mjs']));

test('two copies of the package are one too, and a version that can share nothing says so once', () => {
  cpSync(join(folder, 'node_modules/kakashi-wasm'), join(folder, 'node_modules/kakashi-copy'), { recursive: true });
  assert.match(run(folder, process.execPath, ['one-state.mjs', 'kakashi-copy']), /^ok$/m);
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', `
    globalThis[Symbol.for('kakashi-wasm')] = { 0: {} };
    const { info } = await import('kakashi-wasm');
    await import('kakashi-copy');
    info('written');`], { cwd: folder, encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  assert.match(stdout, /INFO root written/);
  assert.equal(stderr.match(/two versions of kakashi-wasm/g).length, 1, stderr);
});

test('every source map names what developer tools should pass over', () => {
  const dist = join(folder, 'node_modules/kakashi-wasm/dist');
  const maps = readdirSync(dist, { recursive: true }).filter((file) => file.endsWith('.js.map'));
  const scripts = readdirSync(dist, { recursive: true }).filter((file) => file.endsWith('.js') && !file.endsWith('wasm-bytes.js'));
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
