// Timers that fire: those of the platform, as it was when the package was loaded.
//
// Where a test has put fake ones in their place, those are set as well: its clock
// may be moved, and ours goes on.

import { outside } from './record/context.js';

const { setTimeout: realSet, clearTimeout: realClear } = globalThis;

/** Timers for one call. */
export type Timers = readonly unknown[];

/**
 * Calls a function later, outside of all contexts. It need not keep the process alive, whose end flushes
 * too; but what waits for it may. Returns nothing where there are no timers: in a worker that starts.
 */
export function after(ms: number, run: () => void, isAwaited = false): Timers | undefined {
  try {
    const timers = outside(() => [...new Set([realSet, setTimeout])].map((set) => set(run, ms) as unknown));
    if (!isAwaited) for (const timer of timers as { unref?(): void }[]) timer.unref?.();
    return timers;
  } catch {
    return undefined;
  }
}

/** Does not call it any more. */
export function cancel(timers: Timers | undefined): void {
  for (const timer of timers ?? []) {
    try {
      realClear(timer as number);
      clearTimeout(timer as number);
    } catch {
      // A timer of another request, or of a fake clock.
    }
  }
}
