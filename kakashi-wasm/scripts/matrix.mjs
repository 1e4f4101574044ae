// Tries the packed package in real tools: bundlers, their servers, test runners, frameworks, Next.
//
//   node scripts/matrix.mjs            all
//   node scripts/matrix.mjs bundlers   one of the files in tests/matrix
//
// It needs a built package (node scripts/build.mjs), npm's registry at first, and Chromium.
// The tools are installed once, in tests/matrix; the tarball is, each time.

import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('..', import.meta.url));
const matrix = join(here, 'tests/matrix');
const npm = (...args) => execFileSync('npm', args, { cwd: matrix, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });

/** What was asked for when the tools were installed: other versions are installed anew. */
const stamp = join(matrix, 'node_modules/.asked-for');
const wanted = readFileSync(join(matrix, 'package.json'), 'utf8');
if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) {
  rmSync(join(matrix, 'node_modules'), { recursive: true, force: true });
  npm('install', '--no-package-lock', '--prefer-offline');
  writeFileSync(stamp, wanted);
}
const [{ filename }] = JSON.parse(npm('pack', join(here, 'pkg'), '--json', '--ignore-scripts'));
rmSync(join(matrix, 'node_modules/kakashi-wasm'), { recursive: true, force: true });
npm('install', '--no-save', '--no-package-lock', '--prefer-offline', `./${filename}`);
rmSync(join(matrix, filename));

// Tools write beside their inputs: each run has a copy.
const work = join(matrix, 'work');
rmSync(work, { recursive: true, force: true });
cpSync(join(matrix, 'fixtures'), work, { recursive: true });
// The examples are run as they are.
for (const name of ['express', 'fastify', 'hono', 'http-server', 'next']) cpSync(join(here, 'examples', name), join(work, 'examples', name), { recursive: true });

const files = readdirSync(matrix)
  .filter((name) => name.endsWith('.test.mjs') && (process.argv.length < 3 || process.argv.includes(name.replace('.test.mjs', ''))))
  .map((name) => join(matrix, name));
const { status } = spawnSync(process.execPath, ['--test', '--test-reporter=tap', '--test-concurrency=1', ...files], { cwd: work, stdio: 'inherit' });
rmSync(work, { recursive: true });
process.exit(status ?? 1);
