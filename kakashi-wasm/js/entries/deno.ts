// Deno: the wasm is in the module, which needs no permission to read.

import { AsyncLocalStorage } from 'node:async_hooks';
import { flushAtExit, giveUp } from '../engine/flush.js';
import { type StorageClass, platform, useStorage } from '../platform.js';
import { installStreams } from './streams.js';
import { installInlined } from './inlined.js';

interface Stream {
  isTerminal(): boolean;
}

declare const Deno: { noColor: boolean; stdout: Stream; stderr: Stream };

if (!platform.storage) useStorage(AsyncLocalStorage as StorageClass);
const [stdout, stderr] = [Deno.stdout.isTerminal(), Deno.stderr.isTerminal()];
platform.prompt = stdout || stderr;
installStreams(stdout, stderr, Deno.noColor);
installInlined();
// No end of the program is told after an error that nobody catches.
for (const end of ['beforeunload', 'error', 'unhandledrejection']) addEventListener(end, flushAtExit);
addEventListener('unload', () => {
  flushAtExit();
  giveUp();
});

/** Resolved: the wasm has been loaded. */
export const ready: Promise<void> = Promise.resolve();
export * from '../index.js';
