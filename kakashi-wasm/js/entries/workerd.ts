// workerd (Cloudflare Workers): wasm can't be compiled from bytes there, only imported.

import module from '../../kakashi.wasm';
import { installModule } from './compiled.js';
import { platform } from '../platform.js';
import { findStorage } from './storage.js';

// Time stands still but for I/O, and is 0 while a worker starts.
platform.coarse = true;
findStorage();
if (!platform.storage) {
  try {
    // With the flag `nodejs_als` alone there is no other way to it; without any, none.
    platform.storage = new (await import('node:async_hooks')).AsyncLocalStorage();
  } catch {
    // Contexts end where their functions return.
  }
}
installModule(module);

/** Resolved: the wasm is there. */
export const ready: Promise<void> = Promise.resolve();
export * from '../index.js';
