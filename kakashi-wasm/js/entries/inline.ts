// Any runtime, with the wasm in the module: for bundlers that leave files out, and for `require`.

import { addMissingUtf8 } from '../wire/slow-utf8.js';
import { installInlinedSoon } from './inlined.js';
import { installPage } from './page.js';
import { findStorage } from './storage.js';

addMissingUtf8();
findStorage();
installPage();

/** Resolves when the wasm has been compiled: as a rule it is when this is imported. */
export const ready: Promise<void> = installInlinedSoon();
export * from '../index.js';
