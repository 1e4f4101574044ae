// Jest and Vitest, where a test runs in a realm of its own: in jsdom without TextDecoder.

import { join } from 'node:path';
import process from 'node:process';
import { test } from 'node:test';
import { WORK, bin, check, run } from './read-back.mjs';

/** The lines that reached a test's console; runners indent them. */
const lines = (output) => output.map((line) => line.trim()).filter((line) => !line.includes('é€😀'));

for (const version of [29, 30]) {
  for (const environment of ['node', 'jsdom']) {
    test(`Jest ${version}, in ${environment}`, () => {
      const given = environment === 'jsdom' ? `--env=jsdom${version}` : '--env=node';
      check(lines(run(process.execPath, [bin(`jest${version}`, 'jest'), '--rootDir=jest', given, '--verbose=false', '--no-cache'])), 'wasm');
    });
  }
}

for (const environment of ['node', 'jsdom']) {
  test(`Vitest 4, in ${environment}`, () => {
    // It shows stdout and stderr apart: the lines begin with their times.
    check(lines(run(process.execPath, [bin('vitest', 'vitest'), 'run', `--environment=${environment}`], { cwd: join(WORK, 'vitest') })).sort(), 'wasm');
  });
}
