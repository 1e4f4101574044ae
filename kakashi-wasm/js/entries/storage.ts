// AsyncLocalStorage where a runtime may have it or not.

import { type Storage, platform } from '../platform.js';

type Made = new () => Storage;

/** Finds AsyncLocalStorage without an import that would fail where it is not. @internal */
export function findStorage(): void {
  const { process, AsyncLocalStorage } = globalThis as {
    process?: { getBuiltinModule?(name: string): { AsyncLocalStorage?: Made } | undefined };
    AsyncLocalStorage?: Made;
  };
  const found = AsyncLocalStorage ?? process?.getBuiltinModule?.('node:async_hooks')?.AsyncLocalStorage;
  if (found) platform.storage = new found();
}
