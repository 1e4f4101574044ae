// workerd (Cloudflare Workers): wasm can't be compiled from bytes there, only imported.

import module from '../../kakashi.wasm';
import { installModule } from './compiled.js';
import { findStorage } from './storage.js';

findStorage();
installModule(module);

/** Resolved: the wasm is there. */
export const ready: Promise<void> = Promise.resolve();
export * from '../index.js';
