// Runtimes that have no entry of their own: as browsers, and with AsyncLocalStorage if it is there.

import { findStorage } from './storage.js';

findStorage();

export * from './browser.js';
