// What the fixture's program must have logged, wherever it ran.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const WORK = fileURLToPath(new URL('work', import.meta.url));
/** Finds what is installed here, as the fixtures do. */
export const require = createRequire(join(WORK, 'x.js'));
export const load = (name) => import(pathToFileURL(require.resolve(name)));
/** A tool of the package's own devDependencies. */
export const tool = (name) => fileURLToPath(new URL(`../../node_modules/.bin/${name}`, import.meta.url));
/** The program of a package that is installed here. */
export function bin(name, program) {
  const manifest = require.resolve(`${name}/package.json`);
  const { bin } = require(manifest);
  return join(manifest, '..', typeof bin === 'string' ? bin : bin[program]);
}

/** The three records of fixtures/program.mjs, written by `writer` (`wasm` or `plain`), and nothing else said but why. */
export function check(lines, writer) {
  const said = lines.filter((line) => line.includes('"logger":"matrix"')).map((line) => JSON.parse(line.slice(line.indexOf('{'))));
  assert.deepEqual(
    said.map(({ timestamp, ...record }) => record),
    [
      { level: 'INFO', logger: 'matrix', message: 'early', password: '[REDACTED]', number: 1.5 },
      { level: 'ERROR', logger: 'matrix', message: 'bad', list: [1, null, 'two'] },
      { level: 'INFO', logger: 'matrix', message: 'then', writer },
    ],
    lines.join('\n'),
  );
  const told = lines.filter((line) => line.startsWith('kakashi:'));
  assert.equal(told.length, writer === 'plain' ? 1 : 0, told.join('\n'));
}

/** Runs a program to its end; returns what it wrote, line by line. */
export function run(command, args, options = {}) {
  const output = execFileSync('sh', ['-c', 'exec "$0" "$@" 2>&1', command, ...args], { cwd: WORK, encoding: 'utf8', timeout: 180_000, env: { ...process.env, NO_COLOR: '1', CI: '1', NEXT_TELEMETRY_DISABLED: '1' }, ...options });
  return output.split('\n');
}

/** Starts a server; `lines` grows while it runs. */
export function start(command, args, options = {}) {
  const lines = [];
  // Both streams are one pipe: else nobody could tell which of their lines came first.
  const child = spawn('sh', ['-c', 'exec "$0" "$@" 2>&1', command, ...args], { cwd: WORK, env: { ...process.env, NO_COLOR: '1', CI: '1', NEXT_TELEMETRY_DISABLED: '1' }, stdio: ['ignore', 'pipe', 'inherit'], ...options });
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    const parts = (rest + text).split('\n');
    rest = parts.pop();
    lines.push(...parts);
  });
  return { lines, hasEnded: () => child.exitCode !== null, stop: () => new Promise((ended) => (child.exitCode === null ? child.once('exit', ended) : ended(), child.kill())) };
}
