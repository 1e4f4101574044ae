// Any runtime: you bring the wasm.

import { installModule } from './compiled.js';
import { type WasmSource, installFrom } from './fetched.js';
import { installPage } from './page.js';
import { startWith } from './plain.js';
import { findStorage } from './storage.js';

findStorage();
installPage();

let resolve: () => void;

/** Resolves when the wasm has been loaded. */
export const ready: Promise<void> = new Promise((done) => {
  resolve = done;
});

/**
 * Loads the wasm from any source; records that were logged before are written then. Where it
 * can't be had, `onError` or the console says so once, and plain JavaScript writes in its place.
 */
export async function init(wasm: WasmSource | PromiseLike<WasmSource>): Promise<void> {
  await startWith(() => installFrom(wasm));
  resolve();
}

/** Loads a compiled `WebAssembly.Module`. */
export function initSync(module: object): void {
  installModule(module as WebAssembly.Module);
  resolve();
}

export type { WasmSource };
export * from '../index.js';
