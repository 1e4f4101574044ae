// What a page downloads, gzipped: measured, printed, and limited.
//
//   node scripts/size.mjs
//
// The same program for each: a logger by its name, one record, a console. Our peers are
// measured in the same run, with the same tools.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build as esbuild } from 'esbuild';
import { build as vite } from 'vite';
import { install } from '../tests/npm_package/install.mjs';

/** What is aimed at, and what must not grow: no aim is met yet. */
const SIZES = {
  'JavaScript by esbuild': { aim: 5 * 1024, most: 8_570 },
  'JavaScript by Vite': { aim: 5 * 1024, most: 8_426 },
  wasm: { aim: 24 * 1024, most: 35_300 },
};

const here = fileURLToPath(new URL('..', import.meta.url));
const gzipped = (bytes) => gzipSync(bytes, { level: 9 }).length;

const PROGRAMS = {
  'kakashi-wasm': `import { consoleSink, getLogger } from 'kakashi-wasm';
    export const sink = consoleSink();
    getLogger('app').info('Hello', { a: 1 });`,
  'pino/browser': `import pino from 'pino';
    pino({ name: 'app' }).info({ a: 1 }, 'Hello');`,
  '@logtape/logtape': `import { configure, getConsoleSink, getLogger } from '@logtape/logtape';
    await configure({ sinks: { console: getConsoleSink() }, loggers: [{ category: 'app', sinks: ['console'], lowestLevel: 'info' }] });
    getLogger('app').info('Hello', { a: 1 });`,
};

async function byEsbuild(program, folder) {
  const { outputFiles, metafile } = await esbuild({
    stdin: { contents: program, resolveDir: folder },
    bundle: true,
    minify: true,
    treeShaking: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    nodePaths: [join(here, 'node_modules')],
  });
  const [{ inputs }] = Object.values(metafile.outputs);
  return { bytes: gzipped(outputFiles[0].contents), raw: outputFiles[0].contents.length, inputs };
}

async function byVite(program, folder) {
  const entry = join(folder, 'entry.mjs');
  writeFileSync(entry, program);
  const output = await vite({
    root: folder,
    configFile: false,
    logLevel: 'error',
    build: { write: false, target: 'es2022', modulePreload: false, rollupOptions: { input: entry, preserveEntrySignatures: 'strict' } },
  });
  const chunks = [output].flat().flatMap((each) => each.output).filter(({ type }) => type === 'chunk');
  return { bytes: chunks.reduce((sum, { code }) => sum + gzipped(code), 0) };
}

const folder = install();
const scratch = mkdtempSync(join(here, 'node_modules/.size-'));
try {
  const sizes = {};
  for (const [name, program] of Object.entries(PROGRAMS)) {
    const place = name === 'kakashi-wasm' ? folder : scratch;
    sizes[name] = { esbuild: await byEsbuild(program, place), vite: await byVite(program, place) };
    console.log(`${name.padEnd(18)} ${sizes[name].esbuild.bytes} B by esbuild, ${sizes[name].vite.bytes} B by Vite`);
  }
  const wasm = gzipped(readFileSync(join(folder, 'node_modules/kakashi-wasm/kakashi.wasm')));
  console.log(`${'kakashi.wasm'.padEnd(18)} ${wasm} B`);

  const { esbuild: js, vite: page } = sizes['kakashi-wasm'];
  if (process.argv.includes('--files')) {
    for (const [file, { bytesInOutput }] of Object.entries(js.inputs).sort(([, one], [, other]) => other.bytesInOutput - one.bytesInOutput)) {
      console.log(`  ${String(bytesInOutput).padStart(6)} of ${js.raw} B  ${file.replace(/.*kakashi-wasm\//, '')}`);
    }
  }
  const measured = { 'JavaScript by esbuild': js.bytes, 'JavaScript by Vite': page.bytes, wasm };
  for (const [what, { aim, most }] of Object.entries(SIZES)) {
    const bytes = measured[what];
    if (bytes > aim) console.log(`the ${what} is ${bytes - aim} B above its aim of ${aim} B`);
    if (bytes <= most) continue;
    console.error(`the ${what} has grown to ${bytes} B, above ${most} B`);
    process.exitCode = 1;
  }
} finally {
  rmSync(scratch, { recursive: true });
}
