// The code of README.md and of docs/, as a reader would run it: each block in the runtime that it names.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createContext, runInContext } from 'node:vm';
import { build as bundle } from 'esbuild';
import { Miniflare } from 'miniflare';
import { build as buildPage } from 'vite';
import { RUN_BY, assertKept, atPort, blocks, blocksIn, blocksOf, brokenLinks, isKept, promised } from '../shared/documentation.mjs';
import { ask } from '../shared/requests.mjs';
import { startReceiver } from '../shared/otlp-receiver.mjs';
import { freePort, until } from '../shared/until.mjs';
import { consoleOf, launch, serve } from './browser.mjs';
import { install, tool } from './install.mjs';

let folder;
let browser;
before(async () => {
  folder = install();
  // What an example needs beside the package.
  symlinkSync(fileURLToPath(new URL('../../node_modules/@opentelemetry', import.meta.url)), join(folder, 'node_modules/@opentelemetry'));
  browser = await launch();
});
after(() => browser?.close());

/** Nobody watches the programs. */
const ENV = { ...process.env, NODE_TEST_CONTEXT: undefined, NO_COLOR: '1', PORT: undefined };
const DENO = [tool('deno'), 'run', '--no-prompt', '--node-modules-dir=manual'];

let count = 0;
function file(code, ending = 'mjs') {
  const name = `block-${count++}.${ending}`;
  writeFileSync(join(folder, name), code);
  return name;
}

function ends([command, ...args], env = {}) {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: folder, encoding: 'utf8', timeout: 120_000, env: { ...ENV, ...env } });
  assert.equal(status, 0, stdout + stderr);
  return `${stdout}${stderr}`.split('\n');
}

/** Runs a block to its end. */
function ran(code, command = [process.execPath], env = {}) {
  const lines = ends([...command, file(code)], env);
  assertKept(code, lines);
  return lines;
}

/** Runs a block that listens, asks it for an order, and reads what it has written. */
async function serves(code, command, ending) {
  const port = await freePort();
  const child = spawn(command[0], [...command.slice(1), file(atPort(code, port), ending)], { cwd: folder, env: ENV, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
  try {
    const headers = { 'x-forwarded-for': '203.0.113.7', 'user-agent': 'curl' };
    await until('it answers', () => ask(`http://127.0.0.1:${port}/orders/7`, { headers }).then(({ status }) => status === 200, () => assert.equal(child.exitCode, null, output)));
    const expected = promised(code).length > 0 ? code : '// … INFO shop Order shown id=7 …\n// … INFO http Request finished status=200 …\n';
    await until('it has logged', () => isKept(expected, output.split('\n'))).catch(() => assertKept(expected, output.split('\n')));
  } finally {
    child.kill();
  }
}

/** What a page of the folder has said when `text` is there. */
async function said(path, text, root = folder) {
  const server = await serve(root);
  const page = await browser.newPage();
  const lines = consoleOf(page);
  try {
    await page.goto(`${server.url}/${path}`);
    await until(`the page has said ${text}`, () => lines.some((line) => line.text.includes(text)));
    await until('nothing is under way', () => !text.includes('Stock') || server.posted.length > 0);
    assert.deepEqual(lines.filter(({ type }) => type === 'pageerror'), []);
    return server.posted;
  } finally {
    await page.close();
    server.close();
  }
}

/** Builds a page whose program is this, by Vite. */
async function built(program, more = {}) {
  const root = join(folder, `page-${count++}`);
  mkdirSync(root);
  writeFileSync(join(root, 'index.html'), '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/main.js"></script>');
  for (const [name, text] of Object.entries({ 'main.js': program, ...more })) writeFileSync(join(root, name), text);
  await buildPage({ root, logLevel: 'error', configFile: false });
  return join(root, 'dist');
}

/** The bundle of a block for a platform, which names the wasm as that platform's tools do. */
async function bundled(code, conditions, options) {
  const { outputFiles } = await bundle({ stdin: { contents: code, resolveDir: folder }, bundle: true, write: false, conditions, external: ['node:*'], ...options });
  return outputFiles[0].text;
}

const HOW = {
  node: ({ code }) => void ran(code),
  nodeServer: ({ code }) => serves(code, [process.execPath]),
  denoServer: ({ code }) => serves(code, [...DENO, '--allow-net'], 'ts'),
  bunServer: ({ code }) => serves(code, [tool('bun')], 'ts'),
  reactNative: ({ code }) => void ran(code, [process.execPath, '--conditions=react-native']),

  lambda({ code }) {
    writeFileSync(join(folder, 'handler.mjs'), code);
    const lines = ends([process.execPath, '--input-type=module', '--eval', "const { handler } = await import('./handler.mjs'); process.exit((await handler({ id: 1042 })).statusCode - 201);"], { AWS_LAMBDA_FUNCTION_NAME: 'shop' });
    assertKept(code, lines);
  },

  files({ code }) {
    ran(`${code}\nconst { error } = await import('kakashi-wasm'); error('torn');`);
    for (const name of ['logs/shop.log', 'logs/errors.log']) assert.match(readFileSync(join(folder, name), 'utf8'), / ERROR root torn\n$/);
  },

  async otlp({ code }) {
    const receiver = await startReceiver();
    try {
      // It is this process that answers.
      const child = spawn(process.execPath, [file(code.replace('http://localhost:4318', receiver.endpoint))], { cwd: folder, env: ENV, stdio: 'inherit' });
      await new Promise((ended) => child.once('exit', ended));
      assert.deepEqual(receiver.records.map(({ body, scope, attributes }) => [body, scope, attributes.id]), [['Order accepted', 'shop::orders', 1042]]);
    } finally {
      receiver.close();
    }
  },

  testRunners({ code }) {
    const lines = [...ends([process.execPath, '--test', file(code, 'test.mjs')])];
    assert.ok(lines.some((line) => /pass 1$/.test(line)), lines.join('\n'));
    ends([tool('bun'), 'test', `./${file(code, 'test.mjs')}`]);
    ends([tool('deno'), 'test', '--no-prompt', '--no-check', '--node-modules-dir=manual', file(code, 'test.mjs')]);
  },

  async page({ code }) {
    writeFileSync(join(folder, 'example.html'), `<!doctype html><link rel="icon" href="data:,">\n${code}`);
    await said('example.html', 'Page opened');
  },

  async bundledPage({ code }) {
    const posted = await said('index.html', 'Stock is low', await built(code));
    assert.match(posted.join(''), /"message":"Stock is low","left":2}/);
  },

  async webWorker({ code }) {
    const main = `const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
      worker.onmessage = ({ data }) => console.log(JSON.stringify(data));
      worker.postMessage(7);`;
    const posted = await said('index.html', '{"complete":true,"pending":0}', await built(main, { 'worker.js': code }));
    assert.match(posted.join(''), /"message":"Job done","job":7}/);
  },

  async cloudflare({ code }) {
    let output = '';
    const miniflare = new Miniflare({
      host: '127.0.0.1',
      compatibilityDate: '2025-09-01',
      compatibilityFlags: ['nodejs_compat'],
      handleRuntimeStdio: (...streams) => streams.forEach((stream) => stream.on('data', (text) => (output += text))),
      modules: [
        { type: 'ESModule', path: 'worker.mjs', contents: await bundled(code, ['workerd', 'worker', 'browser'], { format: 'esm', plugins: [wasmOf(/\.wasm$/, (path) => ({ path: './kakashi.wasm', external: true }))] }) },
        { type: 'CompiledWasm', path: 'kakashi.wasm', contents: readFileSync(join(folder, 'node_modules/kakashi-wasm/kakashi.wasm')) },
      ],
    });
    try {
      const answer = await fetch(new URL('/orders/7', await miniflare.ready));
      assert.equal(await answer.text(), 'shown');
      await until('the record is on the console', () => /Order shown/.test(output) && /\/orders\/7/.test(output));
    } finally {
      await miniflare.dispose();
    }
  },

  async edge({ code }) {
    const text = await bundled(code, ['edge-light', 'worker', 'browser'], {
      format: 'iife',
      globalName: 'edge',
      plugins: [wasmOf(/\.wasm\?module$/, (path) => ({ path, namespace: 'module' }))],
    });
    const lines = [];
    const console = Object.fromEntries(['debug', 'info', 'warn', 'error'].map((method) => [method, (...said) => lines.push(said.join(' '))]));
    const globals = ['setTimeout', 'clearTimeout', 'queueMicrotask', 'TextEncoder', 'TextDecoder', 'performance', 'URL', 'Response', 'fetch', 'AbortSignal', 'Blob'];
    const realm = createContext({ ...Object.fromEntries(globals.map((name) => [name, globalThis[name]])), console });
    realm.bytes = readFileSync(join(folder, 'node_modules/kakashi-wasm/kakashi.wasm'));
    runInContext('globalThis.wasm_kakashi = new WebAssembly.Module(bytes)', realm);
    runInContext(`${text}\nglobalThis.edge = edge;`, realm);
    assert.equal(await realm.edge.default(new Request('http://shop/orders/7')).text(), 'shown');
    await null;
    assertKept(code, lines);
  },
};

/** The wasm as a platform's tools resolve it. */
function wasmOf(filter, found) {
  return {
    name: 'wasm',
    setup({ onResolve, onLoad }) {
      onResolve({ filter }, ({ path }) => found(path));
      onLoad({ filter: /.*/, namespace: 'module' }, () => ({ contents: 'export default globalThis.wasm_kakashi;' }));
    },
  };
}

for (const { how, ...block } of blocksIn('npm')) test(`${block.name} does what it says`, () => HOW[how](block));

test('each block of JavaScript on a page is run by one suite, and none is named that is not there', () => {
  const named = Object.values(RUN_BY).flatMap(Object.keys);
  assert.deepEqual(named.toSorted(), blocks().map(({ name }) => name).toSorted(), 'enter it in tests/shared/documentation.mjs');
});

test('a block is found by its page and heading, and its promises are read', () => {
  const page = '# A\n```js\none();\n// … INFO a=1 …\n```\n## `B`\n```rust\nx\n```\n```ts\n```\n```html\n<a>\n```\n';
  assert.deepEqual(blocksOf(page, 'p.md').map(({ name, language }) => [name, language]), [['p.md A', 'js'], ['p.md B', 'ts'], ['p.md B 2', 'html']]);
  assert.ok(isKept('// … INFO (a) …', ['2026 INFO (a) b=1']));
  assert.ok(!isKept('// … INFO a\n', ['2026 INFO ab']));
  assert.throws(() => assertKept('// … INFO a\n', ['2026 INFO ab']), /INFO a/);
});

test('each block is strict TypeScript as its reader would write it', () => {
  const files = blocksIn('npm')
    .filter(({ language }) => language !== 'html')
    .map(({ name, language, code }, at) => {
      const path = `checked-${at}.m${language}`;
      // Globals of a runtime that has no types here; `export` makes each a module.
      writeFileSync(join(folder, path), `// ${name}\n${code.replace(/\b(Deno|Bun)\.serve/g, '(globalThis as any).$&'.replace('$&', '$1.serve'))}\nexport {};\n`);
      return path;
    });
  const { status, stdout } = spawnSync(tool('tsc'), ['--ignoreConfig', '--noEmit', '--strict', '--noImplicitAny', 'false', '--allowJs', '--checkJs', '--exactOptionalPropertyTypes', '--target', 'es2023', '--module', 'nodenext', '--moduleResolution', 'nodenext',
    '--lib', 'es2024,dom,dom.iterable', '--types', 'node', '--typeRoots', fileURLToPath(new URL('../../node_modules/@types', import.meta.url)), '--skipLibCheck', ...files], { cwd: folder, encoding: 'utf8' });
  assert.equal(status, 0, stdout);
});

test('each link of the pages leads to a page, and to a heading that is there', () => assert.deepEqual(brokenLinks(), []));
