// Deno: the wasm is a module, which needs no permission to read.

import { AsyncLocalStorage } from 'node:async_hooks';
import * as wasm from '../../kakashi.wasm';
import { flushAtExit, install } from '../engine/flush.js';
import type { Exports } from '../engine/engine.js';
import { platform } from '../platform.js';

declare const Deno: { noColor: boolean; stdout: { isTerminal(): boolean } };

platform.storage = new AsyncLocalStorage();
platform.lines = true;
platform.terminal = Deno.stdout.isTerminal() && !Deno.noColor;
install(() => wasm as unknown as Exports);
addEventListener('unload', flushAtExit);
addEventListener('beforeunload', flushAtExit);

/** Resolved: the wasm has been loaded. */
export const ready: Promise<void> = Promise.resolve();
export * from '../index.js';
