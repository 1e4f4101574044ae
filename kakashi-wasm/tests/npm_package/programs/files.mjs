// Logs numbers into files that follow one another, and ends in one of many ways.
//
//   files.mjs <path> <how> <first> <count> [<calls until SIGKILL>]

import fs, { writeSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import process from 'node:process';
import { configure, flushOnSignals, getLogger } from 'kakashi-wasm';
import { rotatingFileSink } from 'kakashi-wasm/file';

const [path, how, first, count, calls] = process.argv.slice(2);

if (calls) {
  // A kill before and after each call that changes the disk.
  let left = Number(calls);
  for (const name of ['openSync', 'writeSync', 'renameSync', 'symlinkSync', 'unlinkSync', 'fsyncSync', 'closeSync', 'truncateSync', 'mkdirSync']) {
    const real = fs[name];
    fs[name] = (...args) => {
      // What it says of itself does not count.
      if (name === 'writeSync' && args[0] === 1) return real(...args);
      if (--left <= 0) process.kill(process.pid, 'SIGKILL');
      return real(...args);
    };
  }
  syncBuiltinESMExports();
}

configure({ sinks: [rotatingFileSink(path, { maxBytes: 600, numbered: true, gzip: true })] });
const log = getLogger('files');
for (let n = Number(first); n < Number(first) + Number(count); n++) {
  if (how !== 'acknowledged') log.info(`number ${n}`);
  else {
    log.error(`number ${n}`);
    writeSync(1, `${n}\n`);
    // Compression takes its turns.
    await new Promise((resolve) => void setTimeout(resolve, 0));
  }
}
if (how === 'exit') process.exit(0);
if (how === 'throw') throw new Error('nobody catches it');
if (how === 'later') setTimeout(() => { throw new Error('nobody catches it'); }, 0);
if (how === 'reject') void Promise.reject(new Error('nobody catches it'));
if (how === 'signal') {
  flushOnSignals();
  setInterval(() => {}, 1000);
  process.kill(process.pid, 'SIGTERM');
}
