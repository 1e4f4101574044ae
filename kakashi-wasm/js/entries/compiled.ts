// A compiled module into an instance, at once.

import { install } from '../flush.js';
import type { Exports } from '../module.js';

/** Takes a module; it imports nothing. @internal */
export function installModule(module: WebAssembly.Module): void {
  install(() => new WebAssembly.Instance(module).exports as unknown as Exports);
}
