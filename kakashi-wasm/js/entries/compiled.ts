// A compiled module into an instance, at once.

import { type Exports, install } from '../engine.js';

/** Gives the engine a module; it imports nothing. @internal */
export function installModule(module: WebAssembly.Module): void {
  install(() => new WebAssembly.Instance(module).exports as unknown as Exports);
}
