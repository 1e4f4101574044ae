// The code of README.md that needs a framework or a test runner, run by it, and checked against its types.

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { test } from 'node:test';
import { assertKept, atPort, blocksIn, isKept } from '../shared/documentation.mjs';
import { ask } from '../shared/requests.mjs';
import { freePort, until } from '../shared/until.mjs';
import { WORK, bin, run, start, tool } from './read-back.mjs';

const FOLDER = join(WORK, 'documentation');
mkdirSync(FOLDER);
writeFileSync(join(FOLDER, 'package.json'), '{ "type": "module" }');

function file(name, code) {
  writeFileSync(join(FOLDER, name), code);
  return name;
}

/** What each request of an order must have written. */
const ORDER = '// … INFO shop Order shown id="7" … route=/orders/:id\n// … INFO http Request finished status=200 bytes=10 …\n';

/** Runs a block that listens at a port, asks it for an order, and reads what it has written. */
async function serves(t, command, programAt) {
  const port = await freePort();
  const { lines, stop, hasEnded } = start(command, [programAt(port)], { cwd: FOLDER, env: { ...process.env, NO_COLOR: '1', PORT: String(port) } });
  t.after(stop);
  await until('it answers', () => {
    if (hasEnded()) throw new Error(lines.join('\n'));
    return ask(`http://127.0.0.1:${port}/orders/7`).then(({ body }) => body === '{"id":"7"}', () => false);
  });
  await until('it has logged', () => isKept(ORDER, lines)).catch(() => assertKept(ORDER, lines));
}

const HOW = {
  nodeServer: (t, { code }, name) => serves(t, process.execPath, (port) => file(`${name}.mjs`, atPort(code, port))),
  // Bun serves what a module exports, at the port that $PORT says.
  hono: (t, { code }, name) => serves(t, tool('bun'), () => file(`${name}.mjs`, code)),
  nextRoute(_, { code }, name) {
    file(`${name}.ts`, code);
    const lines = run(tool('bun'), ['--eval', `import { GET } from './${name}.ts'; console.log(await (await GET(new Request('http://shop/orders/7'))).text());`], { cwd: FOLDER });
    assert.ok(lines.includes('{"shown":true}'), lines.join('\n'));
    assertKept('// … INFO shop Order shown path=/orders/7 …\n// … INFO http Request finished status=200 …\n', lines);
  },
  nextInstrumentation(_, { code }, name) {
    file(`${name}.ts`, code);
    const lines = run(tool('bun'), ['--eval', `import { onRequestError, register } from './${name}.ts'; register();
      onRequestError(new TypeError('no order'), { path: '/orders/7', method: 'GET', headers: {} }, { routerKind: 'App Router', routePath: '/orders/[id]', routeType: 'render' });`], { cwd: FOLDER });
    assertKept('// … ERROR http Request failed … route=/orders/[id]…\n', lines);
  },
  vitestAndJest(_, { code }, name) {
    for (const folder of [`${name}-vitest`, `${name}-jest`]) mkdirSync(join(FOLDER, folder));
    file(`${name}-vitest/pay.test.mjs`, code);
    run(process.execPath, [bin('vitest', 'vitest'), 'run', '--root', `${name}-vitest`], { cwd: FOLDER });
    // As the page says: without the first line, and with `require`.
    const [first, ...rest] = code.split('\n');
    assert.match(first, /from 'vitest';$/);
    file(`${name}-jest/package.json`, '{ "type": "commonjs" }');
    file(`${name}-jest/pay.test.js`, rest.join('\n').replace(/import ({.*}) from ('.*');/, 'const $1 = require($2);'));
    for (const jest of ['jest29', 'jest30']) run(process.execPath, [bin(jest, 'jest'), `--rootDir=${name}-jest`, '--env=node', '--no-cache'], { cwd: FOLDER });
  },
};

for (const [at, { how, ...block }] of blocksIn('npm_matrix').entries()) test(`${block.name} does what it says`, (t) => HOW[how](t, block, `block-${at}`));

test('each block fits the types of its framework', () => {
  const files = blocksIn('npm_matrix').map(({ name, language, code }, at) => file(`checked-${at}.m${language}`, `// ${name}\n${code}\nexport {};\n`));
  run(tool('tsc'), ['--ignoreConfig', '--noEmit', '--strict', '--noImplicitAny', 'false', '--allowJs', '--checkJs', '--exactOptionalPropertyTypes', '--target', 'es2023', '--module', 'nodenext', '--moduleResolution', 'nodenext',
    '--lib', 'es2024,dom,dom.iterable', '--types', 'node', '--skipLibCheck', ...files], { cwd: FOLDER });
});
