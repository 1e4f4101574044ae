// Builds the npm package into pkg/: the module of wasm, the façade, the manifest.
//
//   node scripts/build.mjs            all
//   node scripts/build.mjs js         the façade only, over the module that is there
//
// It needs `npm install`, cargo, the nightly toolchain with rust-src (the standard library is
// built without the texts of panics, which nobody would see), and installs
// wasm-bindgen-cli if the right one is missing.

import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { SHORT_NAMES } from './short-names.mjs';

const here = fileURLToPath(new URL('..', import.meta.url));
const root = join(here, '..');
const pkg = join(here, 'pkg');
const bin = (name) => join(here, 'node_modules/.bin', name);
const run = (command, args, options = {}) => execFileSync(command, args, { stdio: 'inherit', cwd: here, ...options });

// What the compiler uses, and every runtime of the last years has.
const FEATURES = ['bulk-memory', 'bulk-memory-opt', 'multivalue', 'mutable-globals', 'nontrapping-float-to-int', 'reference-types', 'sign-ext']
  .map((name) => `--enable-${name}`);

// No texts of panics. What is inlined before the machine's code is made is what makes code
// of this kind small: a third less than by the level alone.
const RUSTFLAGS =
  '-Zunstable-options -Cpanic=immediate-abort -Zinline-mir=yes -Zinline-mir-threshold=120 -Zinline-mir-hint-threshold=40';
// Small before quick, until nothing changes any more; small functions are not inlined once more.
const SMALL = ['-Oz', '-ocimfs', '0', '-lmu', '--converge'];

/** How JavaScript is printed: to be read, and mapped to its sources. */
const PRINTED = { target: 'es2022', charset: 'utf8', sourcemap: true, logLevel: 'error' };

if (process.argv[2] !== 'js') wasm();
await facade();
manifest();
report();

function wasm() {
  const version = readFileSync(join(root, 'Cargo.lock'), 'utf8').match(/name = "wasm-bindgen"\nversion = "(.*)"/)[1];
  const there = spawnSync('wasm-bindgen', ['--version'], { encoding: 'utf8' }).stdout ?? '';
  if (!there.includes(version)) run('cargo', ['install', 'wasm-bindgen-cli', '--version', version]);

  const target = process.env.CARGO_TARGET_DIR ?? join(root, 'target');
  run(
    'cargo',
    ['+nightly', 'build', '-q', '-p', 'kakashi-wasm', '--no-default-features', '--features', 'npm', '--profile', 'npm',
      '--target', 'wasm32-unknown-unknown', '-Zbuild-std=std,panic_abort', '-Zbuild-std-features=optimize_for_size'],
    { cwd: root, env: { ...process.env, CARGO_TARGET_DIR: target, RUSTFLAGS } },
  );
  const scratch = mkdtempSync(join(tmpdir(), 'kakashi-'));
  run('wasm-bindgen', ['--target', 'web', '--no-typescript', '--out-dir', scratch,
    join(target, 'wasm32-unknown-unknown/npm/kakashi_wasm.wasm')]);

  // Nothing but the functions that the façade calls, and what they need: the module imports nothing.
  const bound = join(scratch, 'kakashi_wasm_bg.wasm');
  const graph = abi().map((name) => ({ name, root: true, export: name }));
  writeFileSync(join(scratch, 'graph.json'), JSON.stringify(graph));
  const kept = join(scratch, 'kept.wasm');
  run(bin('wasm-metadce'), [bound, ...FEATURES, '--graph-file', join(scratch, 'graph.json'), '-o', kept], { stdio: ['ignore', 'ignore', 'inherit'] });
  mkdirSync(pkg, { recursive: true });
  const closed = join(scratch, 'closed.wasm');
  run(bin('wasm-merge'), [...FEATURES, kept, 'kakashi', ...stubs(kept, scratch), '-o', closed]);
  run(bin('wasm-opt'), [...SMALL, ...FEATURES, '--strip-debug', '--strip-producers', '--strip-target-features', closed, '-o', join(pkg, 'kakashi.wasm')]);
  rmSync(scratch, { recursive: true });

  const imports = WebAssembly.Module.imports(new WebAssembly.Module(readFileSync(join(pkg, 'kakashi.wasm'))));
  if (imports.length > 0) throw new Error(`the module imports ${JSON.stringify(imports)}`);
}

/**
 * The names of the exports that the façade calls. They are read from the text of `interface Encoder` and
 * `interface Exports` in js/engine/encoder.ts: one member a line, indented by two spaces, no brace within.
 */
function abi() {
  const text = readFileSync(join(here, 'js/engine/encoder.ts'), 'utf8').match(/interface (Encoder|Exports) {[^}]*}/g).join('\n');
  return [...text.matchAll(/^ {2}(\w+)[(:]/gm)].map(([, name]) => name);
}

/** Modules in which each function that is still imported is a trap; as only faults of ours would call them. */
function stubs(module, scratch) {
  const imports = WebAssembly.Module.imports(new WebAssembly.Module(readFileSync(module)));
  return [...new Set(imports.map((each) => each.module))].flatMap((name, index) => {
    const path = join(scratch, `stub${index}.wat`);
    const functions = imports.filter((each) => each.module === name).map((each) => `(func (export ${JSON.stringify(each.name)}) (param i32 i32) unreachable)`);
    writeFileSync(path, `(module ${functions.join(' ')})`);
    return [path, name];
  });
}

async function facade() {
  const dist = join(pkg, 'dist');
  rmSync(dist, { recursive: true, force: true });
  run(bin('tsc'), []);
  for (const file of filesOf(dist, '.d.ts')) declarations(join(dist, file));
  await shorten(dist);
  await commonJs(dist);
  for (const file of filesOf(dist, '.js.map')) sourceMap(join(dist, file));
  const base64 = readFileSync(join(pkg, 'kakashi.wasm')).toString('base64');
  writeFileSync(join(dist, 'entries/wasm-bytes.js'), `export const BASE64 = '${base64}';\n`);
  writeFileSync(join(dist, 'cjs/entries/wasm-bytes.js'), `exports.BASE64 = '${base64}';\n`);
}

function filesOf(folder, end) {
  return readdirSync(folder, { recursive: true }).filter((file) => file.endsWith(end));
}

/** Removes private members: a class that is declared twice, for import and for require, is then one type. */
function declarations(path) {
  const text = readFileSync(path, 'utf8').replaceAll(/^ +(\/\*\*[^\n]*\*\/\n +)?(private|protected) [^\n]*;\n/gm, '');
  writeFileSync(path, text.replace(/\/\/# sourceMappingURL.*/, ''));
}

/** Gives properties that are nobody else's their short names: what minifies a program can't know that they are. */
async function shorten(dist) {
  const entryPoints = filesOf(dist, '.js').map((file) => join(dist, file));
  const names = new RegExp(`^(${Object.keys(SHORT_NAMES).join('|')})$`);
  await build({ ...PRINTED, entryPoints, outdir: dist, outbase: dist, allowOverwrite: true, format: 'esm', mangleProps: names, mangleCache: SHORT_NAMES });
}

/** The same modules for `require`, with types of their own: a file is one or the other by the nearest package.json. */
async function commonJs(dist) {
  const out = join(dist, 'cjs');
  // Nothing is required of these: their wasm is imported, or fetched.
  const files = filesOf(dist, '.js').filter((file) => !/entries\/(workerd|edge-light|browser|other)\.js$/.test(file));
  await build({ ...PRINTED, entryPoints: files.map((file) => join(dist, file)), outdir: out, outbase: dist, format: 'cjs', platform: 'node' });
  // `require('kakashi-wasm/pino')` is a function, as pino is, and `require('kakashi-wasm/consola')` an instance, as consola is.
  for (const file of ['pino.js', 'consola.js']) {
    writeFileSync(join(out, file), `${readFileSync(join(out, file), 'utf8')}module.exports = Object.assign(module.exports.default, module.exports, { __esModule: true });\n`);
  }
  writeFileSync(join(out, 'package.json'), '{ "type": "commonjs" }\n');
  for (const file of filesOf(dist, '.d.ts')) cpSync(join(dist, file), join(out, file));
}

/** Names sources within the package, where a debugger looks for them, and has developer tools pass over them to the line that logged. */
function sourceMap(path) {
  const map = JSON.parse(readFileSync(path, 'utf8'));
  const depth = relative(pkg, dirname(path)).split(sep).length;
  const sources = map.sources.map((source) => `${'../'.repeat(depth)}${source.replace(/^(\.\.\/)*/, '')}`);
  writeFileSync(path, JSON.stringify({ ...map, sources, ignoreList: sources.map((_, index) => index) }));
}

function manifest() {
  const { scripts, devDependencies, ...published } = JSON.parse(readFileSync(join(here, 'package.json'), 'utf8'));
  writeFileSync(join(pkg, 'package.json'), `${JSON.stringify({ ...published, files: ['dist', 'docs', 'kakashi.wasm', 'LICENSE-*'] }, null, 2)}\n`);
  if (existsSync(join(here, 'README.md'))) cpSync(join(here, 'README.md'), join(pkg, 'README.md'));
  // The pages that README.md leads to.
  cpSync(join(here, 'docs'), join(pkg, 'docs'), { recursive: true });
  for (const licence of ['LICENSE-APACHE', 'LICENSE-MIT']) cpSync(join(root, licence), join(pkg, licence));
}

function report() {
  const bytes = readFileSync(join(pkg, 'kakashi.wasm'));
  console.log(`kakashi.wasm: ${bytes.length} bytes, ${gzipSync(bytes, { level: 9 }).length} gzipped`);
}
