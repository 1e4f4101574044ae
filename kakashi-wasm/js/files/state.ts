// What this realm writes: one for each path, whichever copy of the package opened it.

import { report } from '../sinks/sink-queue.js';
import { once } from '../realm.js';

/** A file, or files of a path, that sinks share. */
export interface OpenFile {
  /** Looks whether it is still where it was made, and opens it anew if not. */
  reopen(): void;
}

/** What is open, by its absolute path and its kind. */
export const openFiles = /* @__PURE__ */ once('files', () => new Map<string, OpenFile>());

/** Tells the operator what is wrong. */
export function notice(text: string): void {
  report(new Error(`kakashi: ${text}`));
}

/** What a system says of a failure. */
export function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The code of a system's failure. */
export function codeOf(error: unknown): string | undefined {
  return (error as { code?: string } | undefined)?.code;
}

/** Waits, for what another process is about to finish. */
export function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
