// Browsers: the wasm is fetched; what is logged before it is there is kept, in order.

import { report } from '../sinks/sink-queue.js';
import { installFrom } from './fetched.js';
import { installPage } from './page.js';
import { findStorage } from './storage.js';

findStorage();
installPage();

/** Resolves when the wasm is there. */
export const ready: Promise<void> = installFrom(new URL('../../kakashi.wasm', import.meta.url));
// Told here; who waits for `ready` is told as well.
ready.catch((error: unknown) => report(error as Error));

export * from '../index.js';
