// A compiled module into an instance, at once.

import { install } from '../engine/flush.js';
import type { Exports } from '../engine/engine.js';

/** Takes a module; it imports nothing. @internal */
export function installModule(module: WebAssembly.Module): void {
  install(() => new WebAssembly.Instance(module).exports as unknown as Exports);
}
