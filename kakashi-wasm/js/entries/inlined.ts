// The wasm that the package's own JavaScript carries: no file that could be missing.

import { installModule } from './compiled.js';
import { startWith, writePlainly } from './plain.js';
import { BASE64 } from './wasm-bytes.js';

function bytes(): Uint8Array<ArrayBuffer> {
  const { Buffer } = globalThis as { Buffer?: { from(text: string, form: 'base64'): Uint8Array<ArrayBuffer> } };
  return Buffer?.from(BASE64, 'base64') ?? Uint8Array.from(atob(BASE64), (character) => character.charCodeAt(0));
}

/** Starts the engine before it returns. @internal */
export function installInlined(): void {
  try {
    installModule(new WebAssembly.Module(bytes()));
  } catch (error) {
    writePlainly(error);
  }
}

/** As `installInlined`; where a page may compile nothing at once, as soon as it has been compiled. @internal */
export async function installInlinedSoon(): Promise<void> {
  try {
    installModule(new WebAssembly.Module(bytes()));
  } catch {
    await startWith(async () => installModule(await WebAssembly.compile(bytes())));
  }
}
