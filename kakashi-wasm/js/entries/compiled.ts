// Starts the engine from a compiled module.

import { install } from '../engine/flush.js';
import type { Instance } from '../engine/encoder.js';

/** Starts the engine with a module; it imports nothing. @internal */
export function installModule(module: WebAssembly.Module): void {
  install(() => new WebAssembly.Instance(module).exports as unknown as Instance);
}
