// Logger: the handle that application code holds.

import { EMPTY, LogContext, currentContext } from '../record/context.js';
import { emit } from '../engine/emit.js';
import { type Fields, type LazyFields, copyFields } from '../record/fields.js';
import { type Flushed, flush } from '../engine/flush.js';
import { type Level, levelOf, named, unknownLevel } from '../record/level.js';
import { type LoggerCore, coreBelow, coreOf, forgetLoggers, newCore } from './registry.js';
import { base, rootDispatch } from '../engine/root-dispatch.js';
import { errorType, isError, messageOf, readProperty, stackOf } from '../wire/value.js';

/** Settings of one logger. */
export interface LoggerOptions {
  /** Its own level, which `setLogLevel` does not change. */
  level?: Level;
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
    this.core.threshold = levelOf(level);
    this.core.ownLevel = true;
  }

  /** Whether records of a level are written. Throws a RangeError that lists the levels. */
  isEnabled(level: Level): boolean {
    return levelOf(level) >= this.core.threshold;
  }

  trace(message: string, fields?: Fields | LazyFields): void {
    if (5 >= this.core.threshold) this.emit(5, message, fields);
  }

  debug(message: string, fields?: Fields | LazyFields): void {
    if (10 >= this.core.threshold) this.emit(10, message, fields);
  }

  info(message: string, fields?: Fields | LazyFields): void {
    if (20 >= this.core.threshold) this.emit(20, message, fields);
  }

  warning(message: string, fields?: Fields | LazyFields): void {
    if (30 >= this.core.threshold) this.emit(30, message, fields);
  }

  /** As `warning`. */
  warn(message: string, fields?: Fields | LazyFields): void {
    if (30 >= this.core.threshold) this.emit(30, message, fields);
  }

  /** Its sinks have the record when the call returns, an async logger's soon after. */
  error(message: string, fields?: Fields | LazyFields): void {
    if (40 >= this.core.threshold) this.emit(40, message, fields);
  }

  /** As `error`. */
  critical(message: string, fields?: Fields | LazyFields): void {
    if (50 >= this.core.threshold) this.emit(50, message, fields);
  }

  /**
   * Logs at a level that is known only now; a number between two levels is the one
   * below. A wrong one gives WARNING and a field `level_error` that says which are right.
   */
  log(level: Level, message: string, fields?: Fields | LazyFields): void {
    let number = 30;
    let given: unknown = fields;
    try {
      number = named(levelOf(level));
    } catch {
      given = () => ({ ...copyFields(fields), level_error: unknownLevel(level) });
    }
    if (number >= this.core.threshold) this.emit(number, message, given);
  }

  /**
   * Logs what was thrown, at ERROR: `exception.type`, `exception.message` with those of
   * its causes, `exception.stacktrace` (OpenTelemetry's semantic conventions).
   */
  exception(message: string, error: unknown, fields?: Fields | LazyFields): void {
    if (40 < this.core.threshold) return;
    const thrown: Record<string, unknown> = {
      'exception.type': errorType(error),
      'exception.message': withCauses(error),
    };
    const stack = stackOf(error);
    if (stack) thrown['exception.stacktrace'] = stack;
    this.emit(40, message, () => ({ ...thrown, ...copyFields(fields), ...thrown }));
  }

  /** Makes a logger below this one: `parent::name`, with more fields if you like. */
  child(name: string, fields?: Fields): Logger {
    return this.of(coreBelow(this.core, name), fields ? this.own.with(fields) : this.own);
  }

  /** Makes a logger of the same name that adds these fields to its records. */
  with(fields: Fields): Logger {
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
    const scope = currentContext();
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
      scope.merged ??= new WeakMap();
      const known = base.context.isEmpty ? scope.merged.get(this.own) : undefined;
      effective = known ?? outer.merge(scope);
      if (base.context.isEmpty) scope.merged.set(this.own, effective);
    }
    this.effective = effective.isEmpty ? undefined : effective;
  }
}

function withCauses(error: unknown): string {
  let text = messageOf(error);
  let cause = error;
  // Causes may form a circle.
  for (let depth = 0; depth < 64 && isError(cause); depth++) {
    cause = readProperty(cause, 'cause');
    if (cause === undefined) break;
    text += `: ${messageOf(cause)}`;
  }
  return text;
}

const handles = new Map<LoggerCore, Logger>();

/** Finds or makes the handle of a core. @internal */
export function handleOf<L extends Logger>(core: LoggerCore, kind: new (core: LoggerCore, own: LogContext) => L): L {
  let logger = handles.get(core);
  if (!logger) handles.set(core, (logger = new kind(core, EMPTY)));
  return logger as L;
}

/** Returns the logger of this name; handles of one name are one logger. */
export function getLogger(name: string, { level }: LoggerOptions = {}): Logger {
  return handleOf(
    coreOf('sync', name, level, () => newCore('sync', name, rootDispatch(), level)),
    Logger,
  );
}

/** Flushes, then forgets all loggers; handles that exist still work. */
export function clearLoggerCache(): void {
  void flush();
  handles.clear();
  forgetLoggers();
}
