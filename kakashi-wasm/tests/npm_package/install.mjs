// The package as npm would publish it, installed into a clean folder.

import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const HERE = fileURLToPath(new URL('../..', import.meta.url));

/** The tools that tests run, from this package's devDependencies. */
export const tool = (name) => join(HERE, 'node_modules/.bin', name);

/** Installs the package; the folder is gone when the process ends. */
export function install() {
  const folder = mkdtempSync(join(tmpdir(), 'kakashi-packed-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const npm = (...args) => execFileSync('npm', args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  const [{ filename }] = JSON.parse(npm('pack', join(HERE, 'pkg'), '--json', '--ignore-scripts'));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'consumer', private: true, type: 'module' }));
  npm('install', '--prefer-offline', '--no-audit', '--no-fund', `./${filename}`);
  cpSync(fileURLToPath(new URL('programs', import.meta.url)), folder, { recursive: true });
  return folder;
}

/** Runs a program there; what it writes must end with a line `ok`. */
export function run(folder, command, args, env = {}) {
  return execFileSync(command, args, {
    cwd: folder,
    encoding: 'utf8',
    // Nobody watches the program.
    env: { ...process.env, NODE_TEST_CONTEXT: undefined, NO_COLOR: '1', ...env },
    timeout: 120_000,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}
