// workerd (Cloudflare Workers): wasm can't be compiled from bytes there, only imported.

import module from '../../kakashi.wasm';
import { installModule } from './compiled.js';
import { type StorageClass, platform, useStorage } from '../platform.js';
import { findStorage } from './storage.js';

// Time stands still but for I/O, and is 0 while a worker starts.
platform.coarse = true;
// They die with their request.
platform.frozen = true;
findStorage();
if (!platform.storage) {
  try {
    // With the flag `nodejs_als` alone it is found by this import only; without any flag, not at all.
    useStorage((await import('node:async_hooks')).AsyncLocalStorage as StorageClass);
  } catch {
    // Without it a context ends where its function returns.
  }
}
installModule(module);

/** Resolved: the wasm has been loaded. */
export const ready: Promise<void> = Promise.resolve();
export * from '../index.js';
