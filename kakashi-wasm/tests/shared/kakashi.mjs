// The built package, as many copies of it as a test needs: each has an engine of its own.

import { register } from 'node:module';
import process from 'node:process';

export const ENTRY = new URL('../../pkg/dist/entries/node.js', import.meta.url);

// A copy is known by its query, which Node does not pass on to what a module imports.
register(
  `data:text/javascript,${encodeURIComponent(`
    export async function resolve(specifier, context, next) {
      const found = await next(specifier, context);
      const copy = /[?&](copy=\\d+)/.exec(context.parentURL)?.[1];
      return copy && found.url.startsWith('file:') ? { ...found, url: found.url + '?' + copy } : found;
    }`)}`,
);

// Every copy listens for the end of the process.
process.setMaxListeners(0);

let copies = 0;

/** Imports the package anew; `path` is relative to its main entry. */
export async function fresh(...paths) {
  const copy = `copy=${++copies}`;
  const main = await import(`${ENTRY}?${copy}`);
  if (paths.length === 0) return main;
  return [main, ...(await Promise.all(paths.map((path) => import(`${new URL(path, ENTRY)}?${copy}`))))];
}
