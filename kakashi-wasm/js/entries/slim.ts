// Any runtime: you bring the wasm.

import { installModule } from './compiled.js';
import { type WasmSource, installFrom } from './fetched.js';
import { installPage } from './page.js';
import { findStorage } from './storage.js';

findStorage();
installPage();

let resolve: () => void;

/** Resolves when the wasm has been loaded. */
export const ready: Promise<void> = new Promise((done) => {
  resolve = done;
});

/** Loads the wasm from any source; records that were logged before are written then. */
export async function init(wasm: WasmSource | PromiseLike<WasmSource>): Promise<void> {
  await installFrom(wasm);
  resolve();
}

/** Loads a compiled module. */
export function initSync(module: WebAssembly.Module): void {
  installModule(module);
  resolve();
}

export type { WasmSource };
export * from '../index.js';
