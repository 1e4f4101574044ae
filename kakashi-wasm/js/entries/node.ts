// Node and Bun: the wasm is a file beside this one.

import { readFileSync } from 'node:fs';
import { installModule } from './compiled.js';
import { installProcess } from './process.js';

installProcess();
installModule(new WebAssembly.Module(readFileSync(new URL('../../kakashi.wasm', import.meta.url))));

/** Resolved: the wasm has been loaded. */
export const ready: Promise<void> = Promise.resolve();
export * from '../index.js';
