// AsyncLocalStorage where a runtime may have it or not.

import { type StorageClass, platform, useStorage } from '../platform.js';

/** Finds AsyncLocalStorage without an import that would fail where it is not. @internal */
export function findStorage(): void {
  if (platform.storage) return;
  const { process, AsyncLocalStorage } = globalThis as {
    process?: { getBuiltinModule?(name: string): { AsyncLocalStorage?: StorageClass } | undefined };
    AsyncLocalStorage?: StorageClass;
  };
  const found = AsyncLocalStorage ?? process?.getBuiltinModule?.('node:async_hooks')?.AsyncLocalStorage;
  if (found) useStorage(found);
}
