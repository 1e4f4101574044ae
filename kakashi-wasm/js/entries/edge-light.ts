// Edge runtimes (Vercel and others): wasm is imported as a module.

import { installModule } from './compiled.js';
import { findStorage } from './storage.js';
import { startWith } from './plain.js';
import { platform } from '../platform.js';

platform.frozen = true;
findStorage();

/**
 * Resolves when the wasm, or plain JavaScript in its place, has been loaded. It is imported as the program runs: Next
 * gives an edge's instrumentation no wasm where the route has none of its own, and the route would die of that.
 */
export const ready: Promise<void> = startWith(async () => installModule((await import('../../kakashi.wasm?module')).default));
export * from '../index.js';
