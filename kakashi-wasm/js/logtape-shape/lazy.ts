// Values that are made when they are logged, as LogTape marks them.

const LAZY: unique symbol = Symbol.for('logtape.lazy') as never;

/** A value that is made each time it is logged. */
export interface LazyProperty<T> {
  readonly [LAZY]: true;
  readonly getter: () => T;
}

/** Makes a value that is asked for each time it is logged: `log.with({ user: lazy(() => user) })`. */
export function lazy<T>(getter: () => T): LazyProperty<T> {
  return { [LAZY]: true, getter };
}

/** Whether a value is one that {@link lazy} has made, of this package or of LogTape. */
export function isLazy(value: unknown): value is LazyProperty<unknown> {
  try {
    return typeof value === 'object' && value !== null && (value as Partial<LazyProperty<unknown>>)[LAZY] === true;
  } catch {
    return false;
  }
}
