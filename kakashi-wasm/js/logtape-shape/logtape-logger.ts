// A logger with LogTape's methods over one of ours, whose levels, context and sinks hold.

import { type Logger as KakashiLogger, getLogger as kakashiLogger } from '../loggers/logger.js';
import type { LoggerCore } from '../loggers/registry.js';
import { currentContext } from '../record/context.js';
import { copyFields } from '../record/fields.js';
import { once } from '../realm.js';
import { isError, messageOf, threw } from '../wire/value.js';
import { isLazy } from './lazy.js';
import { LEVELS, type LogTapeLevel, type LogTapeRecord, nameOf, writeRecord } from './log-record.js';
import { type LogTapeProperties, parseTemplate, valueOf } from './template.js';

/** Makes a message of a tagged template. */
export type LogTemplatePrefix = (message: TemplateStringsArray, ...values: unknown[]) => unknown[];
/** Makes a message if its level is enabled: `` log.debug((l) => l`Sum ${sum()}`) ``. */
export type LogCallback = (prefix: LogTemplatePrefix) => unknown[];

/** Logs a tagged template, a message and its properties, properties alone, or what a callback makes. */
export interface LogTapeMethod {
  (message: TemplateStringsArray, ...values: readonly unknown[]): void;
  (message: string, properties?: LogTapeProperties | (() => LogTapeProperties)): void;
  (message: string, properties: () => Promise<LogTapeProperties>): Promise<void>;
  (properties: LogTapeProperties): void;
  (callback: LogCallback): void;
}

/** As {@link LogTapeMethod}, and errors: alone, with properties, or after a message. */
export interface LogTapeErrorMethod extends LogTapeMethod {
  (error: Error, properties?: LogTapeProperties | (() => LogTapeProperties)): void;
  (error: Error, properties: () => Promise<LogTapeProperties>): Promise<void>;
  (message: string, error: Error): void;
}

/** A logger with LogTape's methods. */
export interface LogTapeLogger {
  readonly category: readonly string[];
  readonly parent: LogTapeLogger | null;
  readonly trace: LogTapeMethod;
  readonly debug: LogTapeMethod;
  readonly info: LogTapeMethod;
  readonly warn: LogTapeErrorMethod;
  readonly warning: LogTapeErrorMethod;
  readonly error: LogTapeErrorMethod;
  readonly fatal: LogTapeErrorMethod;
  getChild(subcategory: string | readonly [string] | readonly [string, ...string[]]): LogTapeLogger;
  /** Makes a logger that adds these properties to its records. */
  with(properties: LogTapeProperties): LogTapeLogger;
  emit(record: Omit<LogTapeRecord, 'category'>): void;
  isEnabledFor(level: LogTapeLevel): boolean;
}

/** The logger of each core: a category has one. */
const loggers = /* @__PURE__ */ once('logtape', () => new WeakMap<LoggerCore, CategoryLogger>());

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | undefined)?.then === 'function';
}

class CategoryLogger {
  constructor(
    private readonly logger: KakashiLogger,
    readonly category: readonly string[],
    readonly parent: CategoryLogger | null,
    private readonly properties: LogTapeProperties = {},
  ) {
    for (const [name, level] of Object.entries({ ...LEVELS, warn: 30 })) {
      (this as unknown as Record<string, unknown>)[name] = (...given: unknown[]) => this.log(level, given);
    }
  }

  getChild(subcategory: string | readonly string[]): CategoryLogger {
    const category = typeof subcategory === 'string' ? [subcategory] : subcategory;
    const child = category.reduce<CategoryLogger>((logger, name) => loggerOf([...logger.category, name], logger), this.plain());
    return Object.keys(this.properties).length > 0 ? child.with(this.properties) : child;
  }

  with(properties: LogTapeProperties): CategoryLogger {
    return new CategoryLogger(this.logger, this.category, this.parent, { ...this.properties, ...properties });
  }

  isEnabledFor(level: LogTapeLevel): boolean {
    return LEVELS[level]! >= this.logger.level;
  }

  emit(record: Omit<LogTapeRecord, 'category'>): void {
    const level = LEVELS[record.level] ?? 20;
    if (level >= this.logger.level) writeRecord(this.logger, level, { ...record, properties: this.resolved(record.properties) });
  }

  /** This logger without properties. */
  private plain(): CategoryLogger {
    return loggers.get(this.logger.core) ?? this;
  }

  private log(level: number, [first, ...rest]: unknown[]): Promise<void> | undefined {
    const [given] = rest;
    if (level < this.logger.level) return typeof given === 'function' ? Promise.resolve() : undefined;
    if (typeof first === 'function') return this.made(level, first as LogCallback);
    if (Array.isArray(first) && 'raw' in first) this.write(level, first as unknown as TemplateStringsArray, rest, {});
    else if (isError(first)) return this.text(level, '{error.message}', given, { error: first });
    else if (typeof first === 'object' && first !== null) this.text(level, '{*}', first);
    else if (isError(given)) this.text(level, messageOf(first), { error: given });
    else return this.text(level, messageOf(first), given);
    return undefined;
  }

  /** Logs a template and properties, which may be made now, or be promised. */
  private text(level: number, template: string, given: unknown, more?: LogTapeProperties): Promise<void> | undefined {
    const write = (properties: LogTapeProperties) => {
      const all = this.resolved({ ...properties, ...more });
      const { texts, names } = parseTemplate(template);
      // What properties do not have, the context may.
      const values = names.map((name) => named(name, all));
      this.write(level, template, values, all, texts);
    };
    const failed = (error: unknown) => write({ fields_error: threw(error) });
    try {
      const properties: unknown = typeof given === 'function' ? (given as () => unknown)() : given;
      if (isPromise(properties)) return Promise.resolve(properties).then((made) => write(made as LogTapeProperties), failed);
      write((properties ?? {}) as LogTapeProperties);
    } catch (error) {
      failed(error);
    }
    return undefined;
  }

  /** Logs what a callback makes. */
  private made(level: number, callback: LogCallback): undefined {
    let message: [texts: TemplateStringsArray, values: unknown[]] | undefined;
    let returned: unknown;
    try {
      returned = callback((texts, ...values) => {
        message = [texts, values];
        return [];
      });
    } catch (error) {
      returned = threw(error);
    }
    if (message) this.write(level, message[0], message[1], {});
    else this.write(level, [messageOf(returned)] as never, [], {});
  }

  private write(level: number, rawMessage: string | TemplateStringsArray, values: readonly unknown[], properties: LogTapeProperties, texts: readonly string[] = rawMessage as TemplateStringsArray): void {
    const message = texts.flatMap((text, at) => (at < values.length && at < texts.length - 1 ? [text, values[at]] : [text]));
    writeRecord(this.logger, level, { message, rawMessage, timestamp: Date.now(), properties: typeof rawMessage === 'string' ? properties : this.resolved(properties) });
  }

  /** The properties of a call with those of the logger; lazy ones have a value now. */
  private resolved(properties: LogTapeProperties): LogTapeProperties {
    const all = { ...this.properties, ...copyFields(properties) };
    for (const [key, value] of Object.entries(all)) {
      if (!isLazy(value)) continue;
      try {
        all[key] = value.getter();
      } catch (error) {
        all[key] = threw(error);
      }
    }
    return all;
  }
}

function named(name: string, properties: LogTapeProperties): unknown {
  try {
    const value = valueOf(name, properties);
    return value === undefined ? valueOf(name, currentContext().toJSON()) : value;
  } catch (error) {
    return threw(error);
  }
}

function loggerOf(category: readonly string[], parent: CategoryLogger | null): CategoryLogger {
  const last = category.at(-1);
  const logger = category.length > 1 ? parent!['logger'].child(last!) : kakashiLogger(nameOf(category));
  const known = loggers.get(logger.core);
  if (known) return known;
  const made = new CategoryLogger(logger, category, parent);
  loggers.set(logger.core, made);
  return made;
}

/** Returns the logger of a category: its name is the category's parts with `::` between, its levels and sinks are those of kakashi's `configure`. */
export function getLogger(category: string | readonly string[] = []): LogTapeLogger {
  const parts = typeof category === 'string' ? [category] : category;
  const root = loggerOf([], null);
  return (parts.length > 0 ? root.getChild(parts) : root) as unknown as LogTapeLogger;
}
