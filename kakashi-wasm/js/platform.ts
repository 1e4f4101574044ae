// The differences between runtimes; each entry sets them.

import { once } from './realm.js';

/** The part of AsyncLocalStorage that is used. */
export interface Storage {
  run<R>(store: unknown, run: () => R): R;
  getStore(): unknown;
}

/** The class of it. */
export interface StorageClass {
  new (): Storage;
  snapshot?(): <R>(run: () => R) => R;
}

/** Takes the runtime's AsyncLocalStorage. @internal */
export function useStorage(found: StorageClass): void {
  const storage = (platform.storage = new found());
  const snapshot = found.snapshot?.() ?? ((run) => run());
  platform.outside = (scope, run, isScoped) => snapshot(() => (isScoped ? storage.run(scope, run) : run()));
}

interface Platform {
  /** Keeps a task's context across `await`. */
  storage?: Storage | undefined;
  /** Runs a function outside of all contexts, of whomever; in a scope of its own, if there may be others. */
  outside?: (<R>(scope: unknown, run: () => R, isScoped: boolean) => R) | undefined;
  /** A person reads the console as the program runs, or a test runner does: records are there when their call returns. */
  prompt?: boolean;
  /** Timers may stand still, or die with the request that set them. */
  frozen?: boolean;
  /** Requests that end with a flush, which need no timers. */
  held?: number;
  /** The requests of sinks that are under way: those that nobody waits for any more are aborted. */
  requests?: { add(request: AbortController): void; delete(request: AbortController): void };
  /** Writes to a console that is a stream of lines: records may be joined into one call. */
  writeLines?: (lines: Iterable<{ level: number; text: string }>, isPretty: boolean) => void;
  /** The console shows colours: `auto` is pretty. */
  terminal?: boolean;
  /** One of its streams shows colours. */
  colours?: boolean;
  /** The console is that of a browser, where objects can be opened. */
  page?: boolean;
  /** The console indexes the fields of objects. */
  objects?: boolean;
  /** `performance` knows no more than `Date`, and counts from elsewhere than it did. */
  coarse?: boolean;
}

/** @internal */
export const platform: Platform = /* @__PURE__ */ once('platform', () => ({}));

/** Reads a variable of the environment, where there is one and it may be read. @internal */
export function variable(name: string): string | undefined {
  try {
    return (globalThis as { process?: { env?: Record<string, string | undefined> } }).process?.env?.[name];
  } catch {
    // Deno has not been given the permission.
    return undefined;
  }
}
