// React Native, whose engine has no WebAssembly: plain JavaScript writes.

import { install } from '../engine/flush.js';
import { plainWriter } from '../plain/plain-writer.js';
import { addMissingUtf8 } from '../wire/slow-utf8.js';
import { installPage } from './page.js';
import { findStorage } from './storage.js';

// Its tests run in Node.
installPage();
findStorage();
addMissingUtf8();
install(plainWriter);

/** Resolved: there is nothing to load. */
export const ready: Promise<void> = Promise.resolve();
export * from '../index.js';
