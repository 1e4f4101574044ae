// Files that follow one another, by a clock of the test's own.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'node:test';
import { restoreCalls } from './disk.mjs';
import { fresh } from './kakashi.mjs';
import { filesIn, linesIn } from './rotated.mjs';

/** What each test has: a copy of the package, a folder, a path in it, a clock (milliseconds), and what was reported. */
export const here = {};

/** Makes it anew before each test. */
export function eachWithFiles() {
  beforeEach(async () => {
    const [kakashi, files] = await fresh('../file.js');
    const folder = mkdtempSync(join(tmpdir(), 'kakashi-rotation-'));
    Object.assign(here, { kakashi, ...files, folder, path: join(folder, 'shop.log'), errors: [], now: Date.UTC(2026, 10, 30, 12) });
  });
  afterEach(() => {
    restoreCalls();
    rmSync(here.folder, { recursive: true, force: true });
  });
}

/** Has records go to files of a path. */
export function lead(options, at = here.path) {
  const { errors, kakashi } = here;
  kakashi.configure({ onError: (error) => errors.push(error.message) });
  const sink = here.rotatingFileSink(at, { format: 'json', clock: () => here.now, ...options });
  kakashi.configure({ sinks: [sink] });
  return sink;
}

export const log = (...messages) => messages.forEach((message) => here.kakashi.error(message));
const messageIn = (line) => JSON.parse(line).message;
export const messages = (folder = here.folder) => linesIn(folder).map(messageIn);
/** Each file's name, and its messages. */
export const said = () => filesIn(here.folder).map(({ name, bytes }) => [name, bytes.toString().trimEnd().split('\n').filter(Boolean).map(messageIn).join()]);
