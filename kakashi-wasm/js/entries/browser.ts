// Browsers: the wasm is fetched; records that are logged earlier are kept, in order.

import { installFetched } from './fetched.js';
import { installPage } from './page.js';
import { startWith } from './plain.js';

installPage();

/** Resolves when the wasm has been loaded; or, where it can't be had, when plain JavaScript writes in its place. */
export const ready: Promise<void> = startWith(() =>
  installFetched(new URL('../../kakashi.wasm', import.meta.url)).catch((error) => {
    // Vite 6 and 7 put this module elsewhere while they develop, and leave the file where it is.
    const place = import.meta.url.replace(/\.vite\/deps\/.*/, 'kakashi-wasm/kakashi.wasm');
    if (place === import.meta.url) throw error;
    return installFetched(place);
  }),
);

export * from '../index.js';
