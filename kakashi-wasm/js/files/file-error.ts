// What a file says when it can't take a batch.

import { codeOf, textOf } from './state.js';

/** Says that a file took nothing of a batch, or its first bytes: whole lines. The rest waits, and is tried again. */
export class FileError extends Error {
  override readonly name = 'FileError';
  /** Records wait until it works again, as many as the queue may hold. */
  readonly retry = true;

  constructor(
    path: string,
    override readonly cause: unknown,
    /** How many bytes of the batch were taken. */
    readonly accepted = 0,
  ) {
    super(`${path}: ${textOf(cause)}`);
  }

  /** The system's code: `ENOSPC`, `EROFS`. */
  get code(): string | undefined {
    return codeOf(this.cause);
  }
}
