// The differences between runtimes; each entry sets them.

/** The part of AsyncLocalStorage that is used. */
export interface Storage {
  run<R>(store: unknown, run: () => R): R;
  getStore(): unknown;
}

/** @internal */
export const platform: {
  /** Keeps a task's context across `await`. */
  storage?: Storage | undefined;
  /** The console is a stream of lines: records may be joined into one call. */
  lines?: boolean;
  /** The console shows colours. */
  terminal?: boolean;
  /** The console indexes the fields of objects. */
  objects?: boolean;
  /** `performance` knows no more than `Date`, and counts from elsewhere than it did. */
  coarse?: boolean;
} = {};
