// Logger: the handle that application code holds.

import { EMPTY, LogContext, currentContext, scopes } from '../record/context.js';
import { emit } from '../engine/emit.js';
import { type Given, copyFields, thrownFields } from '../record/fields.js';
import { type Flushed, flush } from '../engine/flush.js';
import { type Level, LogLevel, levelOf, named, unknownLevel } from '../record/level.js';
import { type LoggerCore, coreBelow, coreOf, forgetLoggers, keep, newCore, setOwnLevel } from './registry.js';
import { base, rootDispatch } from '../engine/root-dispatch.js';
import { type WideEvent, wideEvent } from './wide-event.js';
import { errorType, isError, messageOf } from '../wire/value.js';

/** Settings of one logger. */
export interface LoggerOptions {
  /** Its own level, which `setLogLevel` does not change. */
  level?: Level;
}

/**
 * Logs a record: a message and fields, which are an object of any type, an error, or a function
 * that makes them when the record is enabled. An error alone, or fields before their message, are understood.
 */
export interface LogMethod {
  <T>(message: string, fields?: T & Given<T>): void;
  <T>(fields: T & Given<T>, message?: string): void;
}

/**
 * Writes records through the sinks.
 *
 * A message is written as it is: nothing in it is a placeholder. Fields are read before
 * the call returns; later changes of their values change no record. No call that logs throws.
 */
export class Logger {
  /** The contexts that `effective` was merged from. */
  private scope: LogContext | undefined;
  private base: LogContext | undefined;
  private effective: LogContext | undefined;
  /** The levels' methods that were read, bound to this logger: `promise.catch(log.error)`. */
  private methods: LogMethod[] | undefined;

  declare readonly trace: LogMethod;
  declare readonly debug: LogMethod;
  declare readonly info: LogMethod;
  declare readonly warning: LogMethod;
  /** As `warning`. */
  declare readonly warn: LogMethod;
  /** Its sinks have the record when the call returns, an async logger's soon after. */
  declare readonly error: LogMethod;
  /** As `error`. */
  declare readonly critical: LogMethod;

  /** @internal */
  constructor(
    /** @internal */
    readonly core: LoggerCore,
    private readonly own: LogContext,
  ) {}

  get name(): string {
    return this.core.name;
  }

  /** The threshold that holds now, 0 to 255. Setting it gives the logger a level of its own. */
  get level(): number {
    return this.core.threshold;
  }

  set level(level: Level) {
    setOwnLevel(this.core, level);
    if (this.core.dispatch.id === 0) keep(this.core);
  }

  /** Whether records of a level are written. Throws a RangeError that lists the levels. */
  isEnabled(level: Level): boolean {
    return levelOf(level) >= this.core.threshold;
  }

  /**
   * Logs at a level that is known only now; a number between two levels is the one
   * below. A wrong one gives WARNING and a field `level_error` that says which are right.
   */
  log<T>(level: Level, message: string, fields?: T & Given<T>): void {
    let number = 30;
    let [text, given] = ordered([message, fields]);
    try {
      number = named(levelOf(level));
    } catch {
      const right = given;
      given = () => ({ ...copyFields(right), level_error: unknownLevel(level) });
    }
    if (number >= this.core.threshold) this.emit(number, text, given);
  }

  /**
   * Logs what was thrown, at ERROR: `exception.type`, `exception.message` with those of
   * its causes, `exception.stacktrace` (OpenTelemetry's semantic conventions).
   */
  exception<T>(message: string, error?: unknown, fields?: T & Given<T>): void {
    if (40 < this.core.threshold) return;
    // `.catch(log.exception)`
    if (isError(message)) [message, error] = [typeof error === 'string' ? error : messageOf(message), message];
    const thrown = thrownFields(error);
    this.emit(40, message, () => ({ ...thrown, ...copyFields(fields), ...thrown }));
  }

  /**
   * Begins a wide event: one record, with this message, of all that it is given until its `end()`, and `duration`, in
   * seconds. Its context is that of its end, or, where there is none, of its beginning.
   */
  event<T>(name: string, fields?: T & Given<T>): WideEvent {
    const begun = performance.now();
    const context = this.context();
    return wideEvent((level, gathered) => {
      const duration = Math.round((performance.now() - begun) * 1000) / 1e6;
      if (level >= this.core.threshold) emit(this.core, this.context() ?? context, level, name, { duration, ...gathered });
    }, fields);
  }

  /** Makes a logger below this one: `parent::name`, with more fields if you like. */
  child(name: string, fields?: object): Logger {
    // pino's children have fields only.
    if (typeof name === 'object') return this.with(name);
    return this.of(coreBelow(this.core, messageOf(name)), fields ? this.own.with(fields) : this.own);
  }

  /** Makes a logger of the same name that adds these fields to its records. */
  with(fields: object): Logger {
    return this.of(this.core, this.own.with(fields));
  }

  /** Hands the buffered records over, and waits for the sinks; see {@link flush}. */
  flush(timeoutMs?: number): Promise<Flushed> {
    return flush(timeoutMs);
  }

  /** Makes a handle of the same kind. */
  private of(core: LoggerCore, own: LogContext): Logger {
    return new (this.constructor as typeof Logger)(core, own);
  }

  /** @internal */
  emit(level: number, message: string, fields: unknown): void {
    emit(this.core, this.context(), level, message, fields);
  }

  /** The context that records have now. @internal */
  context(): LogContext | undefined {
    let scope = currentContext();
    if (scopes.withIds) scope = scopes.withIds(scope);
    if (scope !== this.scope || base.context !== this.base) this.merge(scope);
    return this.effective;
  }

  /** Merges the contexts of the program, the logger and the task; a later one wins. */
  private merge(scope: LogContext): void {
    this.scope = scope;
    this.base = base.context;
    const outer = base.context.merge(this.own);
    let effective = scope;
    if (!outer.isEmpty) {
      // `outer` is `own`, for the program has no context: it is there as long as the logger is.
      const merged = (scope.merged ??= new WeakMap());
      effective = merged.get(outer) ?? outer.merge(scope);
      if (outer === this.own) merged.set(outer, effective);
    }
    this.effective = effective.isEmpty ? undefined : effective;
  }
}

/** Makes the method of a level, bound to its logger. */
function levelMethod(logger: Logger, level: number): LogMethod {
  return function (message: unknown, fields?: unknown) {
    if (level < logger.core.threshold) return;
    if (typeof message !== 'string' || arguments.length > 2) [message, fields] = ordered(arguments as unknown as unknown[]);
    logger.emit(level, message as string, fields);
  };
}

/**
 * Makes message and fields of a call's arguments in whatever order: of an error alone, of
 * fields before their message. What comes after both is the field `args`.
 */
function ordered([message, given, ...more]: ArrayLike<unknown> & Iterable<unknown>): [message: string, given: unknown] {
  if (typeof message === 'object' && message !== null) {
    const first = message;
    const second = given;
    if (typeof second === 'string') [message, given] = [second, first];
    else {
      message = isError(first) ? messageOf(first) || errorType(first) : second === undefined ? '' : first;
      given = second === undefined ? first : () => ({ ...copyFields(second), ...copyFields(first) });
    }
  }
  const rest = given;
  if (more.length > 0) given = () => ({ ...copyFields(rest), args: more });
  return [messageOf(message), given];
}

function bound(name: string, get: (this: Logger) => unknown): void {
  Object.defineProperty(Logger.prototype, name, { configurable: true, get });
}

for (const [name, level] of Object.entries({ ...LogLevel, WARN: 30 })) {
  bound(name.toLowerCase(), function () {
    return ((this['methods'] ??= [])[level] ??= levelMethod(this, level));
  });
}

// The other methods are bound each time they are read.
for (const name of ['isEnabled', 'log', 'exception', 'event', 'child', 'with', 'flush']) {
  const method = (Logger.prototype as unknown as Record<string, () => void>)[name]!;
  bound(name, function () {
    return method.bind(this);
  });
}

/** Finds or makes the handle of a core. @internal */
export function handleOf<L extends Logger>(core: LoggerCore, kind: new (core: LoggerCore, own: LogContext) => L): L {
  return (core.handle ??= new kind(core, EMPTY)) as L;
}

/** Returns the logger of this name; handles of one name are one logger. */
export function getLogger(name: string, { level, ...others }: LoggerOptions = {}): Logger {
  // Not by `checkOptions`, which programs that do no more than this would carry along.
  for (const other in others) throw new RangeError(`getLogger has no option "${other}": it has level`);
  return handleOf(
    coreOf('sync', name, level, () => newCore('sync', name, rootDispatch(), level)),
    Logger,
  );
}

/** Flushes, then forgets all loggers; handles that exist still work. */
export function clearLoggerCache(): void {
  void flush();
  forgetLoggers();
}
