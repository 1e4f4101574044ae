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
  // Of these 2,110 are the writer in plain JavaScript, without which a page that can't have the wasm would write nothing.
  // Some 1,950 came with bounds of what is logged, calls of any kind, sinks apart from contexts and themselves, and timers
  // that are not trusted; 460 with one state for all copies, 240 with the events that each logger begins, and 30 with the
  // refusal of wrong options by getLogger. Without the short names (short-names.mjs) it would be 320 more.
  'JavaScript by esbuild': { aim: 5 * 1024, most: 12_920 },
  'JavaScript by Vite': { aim: 5 * 1024, most: 12_620 },
  wasm: { aim: 24 * 1024, most: 35_400 },
};

/** What a program must not bring that does not use it. */
const UNUSED = {
  'a logger and a console': {
    program: `import { consoleSink, getLogger } from 'kakashi-wasm';
      export const sink = consoleSink();
      getLogger('app').info('Hello');`,
    parts: ['engine/decode', 'entries/wasm-bytes', 'entries/slim', 'http', 'file', 'otlp', 'opentelemetry/api', 'opentelemetry/span-ids', 'cloudflare', 'configure', 'settings/validate', 'settings/redaction', 'plain/redaction', 'loggers/custom-logger', 'loggers/async-logger', 'sinks/retrying-sink-queue',
      'sinks/line-format', 'sinks/json-members', 'sinks/pino-format', 'engine/taps',
      'engine/followers', 'pino', 'console/capture-console', 'console/console-format', 'console/console-record',
      'consola', 'logtape', 'loggers/foreign-loggers',
      'testing/captured-logs', 'testing/memory-record', 'testing/memory-sink', 'testing/reset'],
  },
  'a module of its own': {
    program: `import { getLogger, initSync } from 'kakashi-wasm/slim';
      getLogger('app').info('Hello');
      export { initSync };`,
    parts: ['plain/plain-writer', 'plain/line', 'plain/redaction', 'plain/value-printer', 'entries/wasm-bytes', 'engine/decode'],
  },
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
  for (const [what, { program, parts }] of Object.entries(UNUSED)) {
    const { bytes, inputs } = await byEsbuild(program, folder);
    console.log(`${what}: ${bytes} B`);
    for (const [file, { bytesInOutput }] of Object.entries(inputs)) {
      const part = parts.find((part) => file.endsWith(`dist/${part}.js`));
      if (!part || bytesInOutput === 0) continue;
      console.error(`${what} bring ${bytesInOutput} B of ${part}, which it does not use`);
      process.exitCode = 1;
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
