// The code of the package's pages: each block is found by its page and heading, and is run.
//
// A comment at the end of a block that begins with `…` or with `{"` is a line that it must write, where `…` is any text.

import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const TOP = fileURLToPath(new URL('../../..', import.meta.url));
/** Folders with pages where JavaScript may stand. */
const PLACES = ['', 'www', 'kakashi-wasm', 'kakashi-wasm/docs', 'kakashi-std/docs', 'kakashi-core', 'kakashi-core/docs', 'tests'];

/** How each block is run: in the suite `npm`, or in `npm_matrix`, which has the frameworks. */
export const RUN_BY = {
  npm: {
    'README.md kakashi-wasm': 'node',
    'README.md Node': 'node',
    'README.md Browser, with a bundler': 'bundledPage',
    'README.md Browser, without a bundler': 'page',
    'README.md Web workers and service workers': 'webWorker',
    'README.md Deno': 'denoServer',
    'README.md Bun': 'bunServer',
    'README.md Cloudflare Workers': 'cloudflare',
    'README.md Vercel and other edges': 'edge',
    'README.md Lambda, Cloud Run, Azure Functions': 'lambda',
    'README.md React Native': 'reactNative',
    'README.md node:http': 'nodeServer',
    'README.md node:test': 'testRunners',
    'README.md Settings': 'node',
    'docs/files.md Files in Node, Deno and Bun': 'files',
    'docs/logging.md Loggers': 'node',
    'docs/logging.md Wide events': 'node',
    'docs/logging.md Context': 'node',
    'docs/moving-in.md The console': 'node',
    'docs/moving-in.md pino': 'node',
    'docs/moving-in.md consola': 'node',
    'docs/moving-in.md LogTape': 'node',
    'docs/opentelemetry.md OpenTelemetry': 'otlp',
    'docs/opentelemetry.md Libraries and an SDK that you have': 'node',
    'docs/opentelemetry.md Libraries and an SDK that you have 2': 'node',
    'docs/requests.md Requests of a server': 'nodeServer',
    'docs/runtimes.md Runtimes': 'node',
    'docs/settings.md A sink of your own': 'node',
  },
  npm_matrix: {
    'README.md Express': 'nodeServer',
    'README.md Fastify': 'nodeServer',
    'README.md Hono': 'hono',
    'README.md Next': 'nextRoute',
    'README.md Next 2': 'nextInstrumentation',
    'README.md Vitest and Jest': 'vitestAndJest',
  },
};

/** Finds the blocks of JavaScript, TypeScript and HTML of all pages. */
export function blocks() {
  const pages = PLACES.flatMap((place) =>
    readdirSync(join(TOP, place)).filter((name) => name.endsWith('.md')).map((name) => join(TOP, place, name)),
  );
  return pages.flatMap((page) => blocksOf(readFileSync(page, 'utf8'), relative(join(TOP, 'kakashi-wasm'), page)));
}

/** Finds the blocks of a page: those under one heading have numbers from the second on. */
export function blocksOf(text, page) {
  const found = [];
  let heading = '';
  let count = 0;
  for (const [, title, language, code] of text.matchAll(/^#+ (.*)$|^ *```(\w*).*\n([^]*?)^ *```$/gm)) {
    if (title) [heading, count] = [title.replaceAll('`', ''), 0];
    else if (/^(js|ts|jsx|tsx|mjs|mts|cjs|cts|javascript|typescript|html)$/.test(language)) {
      count++;
      found.push({ name: `${page} ${heading}${count > 1 ? ` ${count}` : ''}`, language, code });
    }
  }
  return found;
}

/** The blocks that a suite runs, each with how. */
export function blocksIn(suite) {
  return blocks().filter(({ name }) => name in RUN_BY[suite]).map((block) => ({ ...block, how: RUN_BY[suite][block.name] }));
}

/** The lines that a block says it writes. */
export function promised(code) {
  const lines = [...code.matchAll(/^ *\/\/ (… .*|\{".*)$/gm)].map(([, line]) => line);
  return lines.map((line) => ({ line, pattern: new RegExp(`^${line.split('…').map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('.*')}$`) }));
}

/** Whether all lines that a block promises are there. */
export function isKept(code, lines) {
  return promised(code).every(({ pattern }) => lines.some((line) => pattern.test(line.trim())));
}

/** Fails with the lines that are not there. */
export function assertKept(code, lines) {
  const broken = promised(code).filter(({ pattern }) => !lines.some((line) => pattern.test(line.trim())));
  assert.deepEqual(broken.map(({ line }) => line), [], lines.join('\n'));
}

/** A block with a port that is free, in place of the one that it names. */
export function atPort(code, port) {
  assert.match(code, /\b3000\b/);
  return code.replaceAll(/\b3000\b/g, String(port));
}

/** The names of links to pages and parts of pages that are not there. */
export function brokenLinks() {
  const anchor = (title) => title.toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, '').replaceAll(' ', '-');
  const anchorsOf = (path) => [...readFileSync(path, 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, title]) => anchor(title));
  const folder = join(TOP, 'kakashi-wasm');
  const pages = ['README.md', ...readdirSync(join(folder, 'docs')).map((name) => `docs/${name}`)];
  return pages.flatMap((page) => {
    const text = readFileSync(join(folder, page), 'utf8').replaceAll(/^ *```[^]*?^ *```$/gm, '');
    return [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link).filter((link) => {
      if (link.includes('://')) return false;
      const [path, part] = link.split('#');
      const target = path ? join(folder, page, '..', path) : join(folder, page);
      return !existsSync(target) || (part !== undefined && !anchorsOf(target).includes(part));
    }).map((link) => `${page}: ${link}`);
  });
}
