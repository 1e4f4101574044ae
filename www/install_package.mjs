// Packs kakashi-wasm as it would be published and installs that.
//
// It stands neither in package.json nor in the lock file: the tarball's
// integrity changes with each build, and a lock that names it would refuse the
// next one. `npm install` and `npm ci` take it away again; then run this again.
import { execFileSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';

const here = fileURLToPath(new URL('.', import.meta.url));
const source = join(here, '..', 'kakashi-wasm');
const shell = process.platform === 'win32';

function npm(args, cwd) {
  return execFileSync('npm', args, { cwd, shell, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
}

if (!existsSync(join(source, 'pkg', 'package.json'))) {
  console.error('kakashi-wasm is not built: run `npm run prepare-package`');
  process.exit(1);
}
const [{ filename }] = JSON.parse(npm(['pack', '--json', '--ignore-scripts', './pkg'], source));
// One of the same version would be taken for this one.
rmSync(join(here, 'node_modules', 'kakashi-wasm'), { recursive: true, force: true });
npm(['install', '--no-save', '--no-package-lock', '--no-audit', '--no-fund', join(source, filename)], here);
console.log(`installed ${filename}`);
