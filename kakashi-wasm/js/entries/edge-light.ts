// Edge runtimes (Vercel and others): wasm is imported as a module.

import module from '../../kakashi.wasm?module';
import { installModule } from './compiled.js';
import { findStorage } from './storage.js';

findStorage();
installModule(module);

/** Resolved: the wasm has been loaded. */
export const ready: Promise<void> = Promise.resolve();
export * from '../index.js';
