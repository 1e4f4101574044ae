// Node and Bun: the wasm is in the module, so that bundled servers have it too.

import { addMissingUtf8 } from '../wire/slow-utf8.js';
import { installInlined } from './inlined.js';
import { installProcess } from './process.js';

// Jest 30 finds this entry in jsdom too.
addMissingUtf8();
installProcess();
installInlined();

/** Resolved: the wasm has been loaded. */
export const ready: Promise<void> = Promise.resolve();
export * from '../index.js';
