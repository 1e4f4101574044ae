// Any runtime: you bring the wasm.

import { installModule } from './compiled.js';
import { type WasmSource, installFrom } from './fetched.js';
import { installPage } from './page.js';
import { findStorage } from './storage.js';

findStorage();
installPage();

let resolve: () => void;

/** Resolves when the wasm is there. */
export const ready: Promise<void> = new Promise((done) => {
  resolve = done;
});

/** Takes the wasm, however it comes; what was logged before is written then. */
export async function init(wasm: WasmSource | PromiseLike<WasmSource>): Promise<void> {
  await installFrom(wasm);
  resolve();
}

/** Takes a module that is compiled already. */
export function initSync(module: WebAssembly.Module): void {
  installModule(module);
  resolve();
}

export type { WasmSource };
export * from '../index.js';
