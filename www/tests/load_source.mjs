// Loads one of the page's TypeScript files as a module.
import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';

export async function loadSource(name) {
  const path = fileURLToPath(new URL(`../src/${name}`, import.meta.url));
  const { module } = await runnerImport(path, { configFile: false, logLevel: 'warn' });
  return module;
}
