// The built package, as many copies of it as a test needs: each has an engine of its own.

import { register } from 'node:module';
import process from 'node:process';

/** With `KAKASHI_WRITER=plain` the same tests run over the writer in plain JavaScript. */
export const PLAIN = process.env.KAKASHI_WRITER === 'plain';
export const ENTRY = new URL(`../../pkg/dist/entries/${PLAIN ? 'react-native' : 'node'}.js`, import.meta.url);

// Most tests are of programs that nobody watches; those of test runners say so themselves.
delete process.env.NODE_TEST_CONTEXT;

// A copy is known by its query, which Node does not pass on to what a module imports.
register(
  `data:text/javascript,${encodeURIComponent(`
    export async function resolve(specifier, context, next) {
      const found = await next(specifier, context);
      const copy = /[?&](copy=\\d+)/.exec(context.parentURL)?.[1];
      return copy && found.url.startsWith('file:') ? { ...found, url: found.url + '?' + copy } : found;
    }`)}`,
);

/** For tests that need the wasm: plain JavaScript decodes nothing. */
export const DECODES = { skip: PLAIN && 'only the wasm decodes' };

// Every copy listens for the end of the process.
process.setMaxListeners(0);

let copies = 0;

/** Imports the package anew; `path` is relative to its main entry. */
export async function fresh(...paths) {
  const copy = `copy=${++copies}`;
  // All copies of a realm share their state, but for those that can't find it.
  delete globalThis[Symbol.for('kakashi-wasm')];
  const main = await import(`${ENTRY}?${copy}`);
  if (paths.length === 0) return main;
  return [main, ...(await Promise.all(paths.map((path) => import(`${new URL(path, ENTRY)}?${copy}`))))];
}

/** The package anew, with a sink that keeps what it gets at every level, and a logger. */
export async function freshLogger(name, sink) {
  const kakashi = await fresh();
  kakashi.configure({ level: 'all', sinks: [sink] });
  return { kakashi, sink, log: kakashi.getLogger(name) };
}
