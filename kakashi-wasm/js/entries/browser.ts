// Browsers: the wasm is fetched; records that are logged earlier are kept, in order.

import { report } from '../sinks/sink-queue.js';
import { installFrom } from './fetched.js';
import { installPage } from './page.js';
import { findStorage } from './storage.js';

findStorage();
installPage();

/** Resolves when the wasm has been loaded. */
export const ready: Promise<void> = installFrom(new URL('../../kakashi.wasm', import.meta.url));
// Reported here, and by the rejected promise to whoever awaits it.
ready.catch((error: unknown) => report(error as Error));

export * from '../index.js';
