// An instance of the pino-shaped API, and its children.

import { flush, flushNow } from '../engine/flush.js';
import { Logger as KakashiLogger } from '../loggers/logger.js';
import { EMPTY } from '../record/context.js';
import type { LoggerCore } from '../loggers/registry.js';
import { messageOf, propertiesOf, threw } from '../wire/value.js';
import { type LevelChangeListener, LevelEvents } from './level-events.js';
import { OWN_LEVEL, OWN_TIME } from './pino-destination.js';
import { checkChild } from './pino-options.js';
import { type Redact, type RedactOptions, redactOf } from './pino-redaction.js';
import { pinoText } from './pino-text.js';
import { type Serializer, plainCopy, stdSerializers } from './std-serializers.js';
import { symbols } from './symbols.js';

type Bindings = Record<string, unknown>;

/** Numbers of levels, by their names, and names by numbers. */
export interface LevelMapping {
  values: Record<string, number>;
  labels: Record<number, string>;
}

/** Logs: fields and a message, or a message alone, which may have `%s`, `%d`, `%i`, `%f`, `%o`, `%O` and `%j`. */
export interface LogFn {
  (obj: unknown, msg?: string, ...args: unknown[]): void;
  (msg: string, ...args: unknown[]): void;
}

/** Changes what is written. */
export interface Formatters {
  level?: (label: string, number: number) => object;
  bindings?: (bindings: Record<string, unknown>) => object;
  log?: (object: Record<string, unknown>) => object;
}

/** Settings of a child. */
export interface ChildOptions {
  level?: string;
  serializers?: Readonly<Record<string, Serializer>>;
  formatters?: Formatters;
  redact?: RedactOptions;
  msgPrefix?: string;
  customLevels?: Readonly<Record<string, number>>;
}

/** A logger with pino's methods. */
export interface PinoLogger {
  fatal: LogFn;
  error: LogFn;
  warn: LogFn;
  info: LogFn;
  debug: LogFn;
  trace: LogFn;
  silent: LogFn;
  level: string;
  readonly levelVal: number;
  readonly levels: LevelMapping;
  readonly msgPrefix: string | undefined;
  child(bindings: object, options?: ChildOptions | null): this;
  bindings(): Record<string, unknown>;
  setBindings(bindings: object): void;
  isLevelEnabled(level: string): boolean;
  /** Calls a listener when the level of this logger, or of one below it, is set: `level-change` is the only event. */
  on(event: 'level-change', listener: LevelChangeListener): this;
  addListener(event: 'level-change', listener: LevelChangeListener): this;
  once(event: 'level-change', listener: LevelChangeListener): this;
  off(event: 'level-change', listener: LevelChangeListener): this;
  removeListener(event: 'level-change', listener: LevelChangeListener): this;
  removeAllListeners(event?: 'level-change'): this;
  listenerCount(event: 'level-change'): number;
  emit(event: string, ...given: unknown[]): boolean;
  /** Hands over what is buffered, and calls back when the sinks have it. */
  flush(callback?: (error?: Error) => void): void;
}

/** What children share with their root. @internal */
export interface Shared {
  readonly core: LoggerCore;
  /** Whether records become pino's lines now, and do not go to the program's sinks. */
  readonly writesLines: () => boolean;
  readonly messageKey: string;
  readonly errorKey: string;
  readonly nestedKey: string | undefined;
  readonly hasTime: boolean;
  readonly time: (() => string) | undefined;
  readonly mixin: ((object: object, level: number, logger: PinoLogger) => object) | undefined;
  readonly mixinMergeStrategy: ((object: object, mixin: object) => object) | undefined;
  readonly logMethod: ((this: PinoLogger, args: never, method: LogFn, level: number) => void) | undefined;
  readonly onChild: (child: PinoLogger) => void;
  readonly useOnlyCustomLevels: boolean;
  readonly flushStream: ((callback: () => void) => void) | undefined;
}

/** What is an instance's own. @internal */
export interface Own {
  readonly levels: LevelMapping;
  readonly serializers: Readonly<Record<string, Serializer>>;
  readonly formatters: Formatters;
  readonly redact: Redact | undefined;
  readonly prefix: string | undefined;
}

const DEFAULT: Readonly<Record<string, number>> = { trace: 10, debug: 20, info: 30, warn: 40, error: 50, fatal: 60 };
/** Bindings that are settings of a child. */
const SETTINGS = ['level', 'serializers', 'formatters', 'customLevels'];

/** The levels of an instance. @internal */
export function mappingOf(custom: Readonly<Record<string, number>> = {}, onlyCustom = false): LevelMapping {
  const values = { ...(onlyCustom ? undefined : DEFAULT), ...custom };
  const labels = Object.fromEntries(Object.entries(values).map(([label, value]) => [value, label]));
  Object.defineProperty(values, 'silent', { value: Infinity });
  Object.defineProperty(labels, Infinity, { value: 'silent' });
  return { values, labels };
}

function nothing(): void {}

/** Six levels are kakashi's: a number between two is the one below. */
function namedLevel(level: number): number {
  return level < 20 ? 5 : level < 30 ? 10 : level >= 60 ? 50 : (Math.floor(level / 10) - 1) * 10;
}

/** Calls what a program has given; what it throws is what stands in the place of its value. */
function guarded(call: () => unknown): unknown {
  try {
    return plainCopy(call());
  } catch (error) {
    return threw(error);
  }
}

/** Adds the members that a call returns, or what it throws. */
function add(to: Bindings, error: string, call: () => unknown): void {
  const made = guarded(call);
  Object.assign(to, typeof made === 'string' ? { [error]: made } : made);
}

/** The logger, by a class that users don't see: its methods of levels are made when the level is set. */
class PinoInstance extends LevelEvents {
  levels: LevelMapping;
  private levelValue = 30;
  private fields: Bindings = {};
  /** For the program's sinks: the bindings are its context. */
  private logger!: KakashiLogger;
  /** For lines, where the bindings stand before what a call has. */
  private readonly plain: KakashiLogger;

  constructor(
    private readonly shared: Shared,
    private own: Own,
  ) {
    super();
    this.plain = new KakashiLogger(shared.core, EMPTY);
    this.levels = own.levels;
    this.bind({});
  }

  get level(): string {
    return this.levels.labels[this.levelValue] ?? '';
  }

  set level(level: string | number) {
    const label = typeof level === 'number' ? this.levels.labels[level] : level;
    const value = this.levels.values[label!];
    if (value === undefined) throw new Error(`unknown level ${level}: use ${[...Object.keys(this.levels.values), 'silent'].join(', ')}`);
    const { level: previous, levelValue: previousValue } = this;
    this.setLevel(value);
    this.emit('level-change', this.level, value, previous, previousValue, this);
  }

  /** Sets the level, and says so to nobody. @internal */
  setLevel(value: number): void {
    this.levelValue = value;
    const { logMethod } = this.shared;
    for (const [name, number] of [...Object.entries(this.levels.values), ['silent', Infinity] as const]) {
      const log = (...given: unknown[]) => this.log(number, given);
      const hooked = logMethod && ((...given: unknown[]) => this.hooked(logMethod, given, log, number));
      Object.defineProperty(this, name, { configurable: true, enumerable: true, writable: true, value: number < value || number === Infinity ? nothing : (hooked ?? log) });
    }
  }

  /** Calls the hook; of one that throws the call is logged as it was. */
  private hooked(hook: NonNullable<Shared['logMethod']>, given: unknown[], log: LogFn, level: number): void {
    try {
      hook.call(this as unknown as PinoLogger, [...given] as never, log, level);
    } catch (error) {
      this.log(level, given, { hook_error: threw(error) });
    }
  }

  get levelVal(): number {
    return this.levelValue;
  }

  get msgPrefix(): string | undefined {
    return this.own.prefix;
  }

  isLevelEnabled(level: string): boolean {
    const value = this.levels.values[level];
    return value !== undefined && value >= this.levelValue;
  }

  bindings(): Bindings {
    const { pid, hostname, ...rest } = this.fields;
    return rest;
  }

  setBindings(bindings: object): void {
    this.bind(bindings);
  }

  /** Adds what an instance has in all its records. @internal */
  bind(bindings: object): void {
    const { serializers, formatters, redact } = this.own;
    const given = Object.entries(formatters.bindings?.({ ...bindings }) ?? bindings).filter(([key, value]) => value !== undefined && !SETTINGS.includes(key));
    const added: Bindings = Object.fromEntries(given.map(([key, value]) => [key, guarded(() => (serializers[key] ? serializers[key](value as never) : value))]).filter(([, value]) => value !== undefined));
    redact?.(added);
    this.fields = { ...this.fields, ...added };
    this.logger = this.plain.with(this.fields);
  }

  child(bindings: object, given?: ChildOptions | null): unknown {
    if (!bindings) throw new Error('missing bindings for child Pino');
    const options = given ?? {};
    checkChild(options);
    const { own, shared } = this;
    for (const [label, value] of Object.entries(options.customLevels || {})) {
      if (label in this.levels.values) throw new Error('levels cannot be overridden');
      if (value in this.levels.labels) throw new Error('pre-existing level values cannot be used for new levels');
    }
    const child = new PinoInstance(shared, {
      levels: options.customLevels ? mappingOf({ ...this.levels.values, ...options.customLevels }, true) : own.levels,
      serializers: { ...own.serializers, ...(options.serializers || {}) },
      formatters: { ...own.formatters, bindings: undefined, ...(options.formatters || {}) } as Formatters,
      redact: options.redact ? redactOf(options.redact) : own.redact,
      prefix: typeof options.msgPrefix === 'string' ? (own.prefix ?? '') + options.msgPrefix : own.prefix,
    });
    child.fields = this.fields;
    child.bind(bindings);
    if (!options.level) child.setLevel(this.levelValue);
    else child.level = options.level;
    child.above = this;
    shared.onChild(child as unknown as PinoLogger);
    return child;
  }

  flush(callback?: (error?: Error) => void): void {
    if (callback !== undefined && callback !== null && typeof callback !== 'function') throw new Error('callback must be a function');
    flushNow();
    if (this.shared.flushStream) this.shared.flushStream(callback ?? nothing);
    else void flush().then(() => callback?.());
  }

  private log(level: number, [first, ...rest]: unknown[], more: Bindings = {}): void {
    try {
      this.write(level, first, rest, more);
    } catch (error) {
      // What could not be guarded: a proxy, say.
      this.logger.emit(namedLevel(level), messageOf(typeof first === 'string' ? first : (rest[0] ?? '')), { ...more, err: plainCopy(stdSerializers.err(error)) });
    }
  }

  private write(level: number, first: unknown, rest: unknown[], more: Bindings): void {
    const { messageKey, errorKey, nestedKey, hasTime, time, mixin, mixinMergeStrategy, writesLines } = this.shared;
    const { serializers, formatters, redact, prefix } = this.own;
    let object: Bindings = {};
    let message: unknown = first;
    if (typeof first === 'object') {
      const it = first as Bindings | null;
      if (it?.['method'] && it['headers'] && it['socket']) object = { req: stdSerializers.req(it) };
      else if (typeof it?.['setHeader'] === 'function') object = { res: stdSerializers.res(it) };
      else if (it instanceof Error) object = { [errorKey]: it };
      else if (it) object = it;
      message = it === null && rest.length === 0 ? null : rest.shift();
    } else if (first === undefined) message = rest.shift();
    if (prefix !== undefined && message !== undefined && message !== null) message = prefix + String(message);
    message = pinoText(message, rest);
    if (message === undefined && object[messageKey] === undefined && object[errorKey]) message = (object[errorKey] as Bindings)['message'];

    if (mixin) {
      try {
        const added = mixin(object, level, this as unknown as PinoLogger);
        object = (mixinMergeStrategy ? mixinMergeStrategy(object, added) : { ...added, ...object }) as Bindings;
      } catch (error) {
        more['mixin_error'] = threw(error);
      }
    }
    if (formatters.log) {
      try {
        object = formatters.log(object) as Bindings;
      } catch (error) {
        more['formatter_error'] = threw(error);
      }
    }
    const fields: Bindings = {};
    for (const [key, given] of propertiesOf(object)) {
      const serialize = serializers[key] ?? (key === errorKey ? serializers['err'] : undefined);
      const value = guarded(() => (serialize ? serialize(given as never) : given));
      if (value !== undefined) fields[key] = value;
    }
    Object.assign(fields, more);
    redact?.(fields);
    const record: Bindings = nestedKey && Object.keys(fields).length > 0 ? { [nestedKey]: fields } : fields;
    const own: Bindings = {};
    const label = this.levels.labels[level]!;
    const isLine = writesLines();
    if (formatters.level) {
      add(own, 'formatter_error', () => formatters.level!(label, level));
      if (isLine && hasTime) own[OWN_TIME] = true;
    } else if (DEFAULT[label] !== level) own[isLine ? OWN_LEVEL : 'level'] = level;
    if (time) add(own, 'timestamp_error', () => JSON.parse(`{${time().replace(/^,/, '')}}`));
    const shown = serializers[messageKey] && message !== undefined ? guarded(() => serializers[messageKey]!(message as never)) : message;
    // A line has no message, or an empty one.
    if (shown === '' ? isLine : shown !== undefined && typeof shown !== 'string') record[messageKey] = plainCopy(shown);
    const text = typeof shown === 'string' ? shown : '';
    if (isLine) this.plain.emit(namedLevel(level), text, { ...own, ...this.fields, ...record });
    else this.logger.emit(namedLevel(level), text, { ...own, ...record });
  }
}

/** What `pino.symbols` ask for. */
const ANSWERS: Record<string, (this: PinoInstance) => unknown> = {
  setLevelSym() {
    return (level: string) => (this.level = level);
  },
  getLevelSym() {
    return () => this.level;
  },
  levelValSym() {
    return this.levelVal;
  },
  msgPrefixSym() {
    return this.msgPrefix;
  },
};
for (const name of ['serializers', 'formatters']) {
  ANSWERS[`${name}Sym`] = function () {
    return (this['own'] as unknown as Record<string, unknown>)[name];
  };
}
for (const name of ['messageKey', 'errorKey', 'nestedKey', 'mixin', 'useOnlyCustomLevels']) {
  ANSWERS[`${name}Sym`] = function () {
    return (this['shared'] as unknown as Record<string, unknown>)[name];
  };
}
for (const [name, get] of Object.entries(ANSWERS)) Object.defineProperty(PinoInstance.prototype, symbols[name as keyof typeof symbols], { get });

/** Makes an instance. @internal */
export function instance(shared: Shared, own: Own, bindings: object, level: string): PinoLogger {
  const made = new PinoInstance(shared, own);
  made.bind(bindings);
  made.setLevel(own.levels.values[level]!);
  return made as unknown as PinoLogger;
}
