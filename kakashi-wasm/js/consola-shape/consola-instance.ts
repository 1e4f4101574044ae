// An instance of the consola-shaped API: it makes log objects, and hands them to its reporters.
//
// Nothing is throttled: consola counts what is said again within a second and says the count later; a record that waits for a timer
// may be lost, and here each is written.

import { type ConsoleMethod, isOutput, takeConsole } from '../console/capture-console.js';
import { aFunction, anObject, checkOptions, flag, from, rule, type Rules } from '../options.js';
import { variable } from '../platform.js';
import { once } from '../realm.js';
import { report } from '../sinks/sink-queue.js';
import { messageOf } from '../wire/value.js';
import { kakashiReporter } from './kakashi-reporter.js';
import { type InputLogObject, type ConsolaLevel, type LogObject, type LogType, LogLevels, LogTypes, levelNumber, logObject } from './log-object.js';

/** Takes log objects. Its `options` are {@link ConsolaOptions}, which consola's own types must fit as well. */
export interface LogObjectReporter {
  log(logObject: LogObject, context: { options: any }): void;
}

/** A stream that consola may take over. */
export interface ConsolaStream {
  write(data: never, ...more: never[]): unknown;
}

/** Settings of an instance; those of consola's looks are handed on to reporters, and do nothing else. */
export interface ConsolaOptions {
  reporters: LogObjectReporter[];
  types: Record<string, InputLogObject>;
  level: ConsolaLevel;
  defaults: InputLogObject;
  throttle: number;
  throttleMin: number;
  stdout?: ConsolaStream | undefined;
  stderr?: ConsolaStream | undefined;
  mockFn?: MockFn | undefined;
  prompt?: ((message: string, options?: never) => Promise<unknown>) | undefined;
  formatOptions: { columns?: number; date?: boolean; colors?: boolean; compact?: boolean | number; [key: string]: unknown };
  fancy?: boolean | undefined;
}

const isStream = rule((value) => typeof value?.write === 'function', 'a stream with write(data)');
const isObject = anObject('{tag: "db"}');
const RULES: Rules = {
  level: rule((value) => typeof value === 'number' || typeof value === 'string', 'a number from 0 to 5, or the name of a type'),
  reporters: rule((value) => Array.isArray(value) && value.every((each) => typeof each?.log === 'function'), 'a list of reporters, such as {log(logObject) {…}}'),
  types: rule((value) => typeof value === 'object' && value !== null && Object.values(value).every((each) => typeof each === 'object'), 'an object of types, such as {audit: {level: 3}}'),
  defaults: isObject,
  throttle: from(0),
  throttleMin: from(0),
  stdout: isStream,
  stderr: isStream,
  mockFn: aFunction,
  prompt: aFunction,
  formatOptions: isObject,
  fancy: flag,
};

/** Makes what stands in place of a method, or nothing to leave it. */
export type MockFn = (type: LogType, defaults: InputLogObject) => ((...given: never[]) => void) | undefined | false | void;

/** Logs: text, formats, objects, errors, or a lone object with `message` or `args`. */
export interface ConsolaMethod {
  (message: unknown, ...args: unknown[]): void;
  /** Logs all arguments as they are: a lone object with a message is no log object. */
  raw: (...args: unknown[]) => void;
}

/** An instance, with a method for each type. */
export type ConsolaInstance = Consola & Record<LogType, ConsolaMethod>;

type Written = (Uint8Array | string) & string;
type Write = (data: Written, ...more: unknown[]) => unknown;
interface TakenStream {
  write: Write;
  /** As it was: consola's reporters write by it. */
  __write?: Write;
}

const state = /* @__PURE__ */ once('consola', () => ({
  paused: false,
  /** Calls that wait for `resumeLogs`. */
  waiting: [] as (() => void)[],
  /** How many reporters run: what they print is no record. */
  reporting: 0,
}));

function defaultLevel(): number {
  const given = Number.parseInt(variable('CONSOLA_LEVEL') ?? '', 10);
  if (!Number.isNaN(given)) return given;
  const debug = variable('DEBUG');
  return debug && debug !== 'false' ? LogLevels.debug : LogLevels.info;
}

/** The class of instances; {@link createConsola} makes one. */
export class Consola {
  options: ConsolaOptions;
  private mocked: MockFn | undefined;
  private restoreTaken: (() => void) | undefined;

  declare add: this['addReporter'];
  declare remove: this['removeReporter'];
  declare clear: this['removeReporter'];
  declare withScope: this['withTag'];
  declare mock: this['mockTypes'];
  declare pause: this['pauseLogs'];
  declare resume: this['resumeLogs'];

  constructor(given: Partial<ConsolaOptions> = {}) {
    const types = { ...LogTypes, ...given.types };
    this.options = {
      throttle: 1000,
      throttleMin: 5,
      ...given,
      formatOptions: { date: true, colors: false, compact: true, ...given.formatOptions },
      types,
      defaults: { ...given.defaults },
      level: levelNumber(given.level, types),
      reporters: [...(given.reporters ?? [])],
    };
    for (const [type, own] of Object.entries(types)) {
      const defaults = { type: type as LogType, ...this.options.defaults, ...own };
      this.methods[type] = Object.assign(this.logFn(defaults, false), { raw: this.logFn(defaults, true) });
    }
    if (this.options.mockFn) this.mockTypes();
  }

  private get methods(): Record<string, ConsolaMethod> {
    return this as unknown as Record<string, ConsolaMethod>;
  }

  get level(): ConsolaLevel {
    return this.options.level;
  }

  set level(level: ConsolaLevel | LogType) {
    this.options.level = levelNumber(level, this.options.types, this.options.level);
  }

  /** Calls `options.prompt`. Throws an error where there is none: nothing here asks a question. */
  prompt(message: string, options?: object): Promise<unknown> {
    if (this.options.prompt) return this.options.prompt(message, options as never);
    throw new Error("kakashi-wasm/consola has no prompt: it writes records; ask with @clack/prompts, or give it consola's: createConsola({ prompt })");
  }

  /** Makes an instance with the settings of this one, and these. */
  create(options: Partial<ConsolaOptions>): ConsolaInstance {
    checkOptions('create', options, RULES);
    const made = new Consola({ ...this.options, ...options });
    if (this.mocked) made.mockTypes(this.mocked);
    return made as ConsolaInstance;
  }

  /** Makes an instance whose log objects have these properties, unless a call says otherwise. */
  withDefaults(defaults: InputLogObject): ConsolaInstance {
    return this.create({ defaults: { ...this.options.defaults, ...defaults } });
  }

  /** Makes an instance with a tag, after the one that this has. */
  withTag(tag: string): ConsolaInstance {
    const { tag: outer } = this.options.defaults;
    return this.withDefaults({ tag: outer ? `${outer}:${tag}` : tag });
  }

  addReporter(reporter: LogObjectReporter): this {
    this.options.reporters.push(reporter);
    return this;
  }

  /** Removes a reporter; without one, all. */
  removeReporter(reporter?: LogObjectReporter): LogObjectReporter[] | this {
    const { reporters } = this.options;
    if (!reporter) reporters.splice(0);
    else if (reporters.includes(reporter)) return reporters.splice(reporters.indexOf(reporter), 1);
    return this;
  }

  setReporters(reporters: LogObjectReporter[] | LogObjectReporter): this {
    this.options.reporters = Array.isArray(reporters) ? reporters : [reporters];
    return this;
  }

  wrapAll(): void {
    this.wrapConsole();
    this.wrapStd();
  }

  restoreAll(): void {
    this.restoreConsole();
    this.restoreStd();
  }

  /** Has the console's methods log by this instance, until `restoreConsole`. What sinks and reporters print is printed. */
  wrapConsole(): void {
    this.restoreTaken?.();
    const methods = (['log', 'info', 'warn', 'error', 'debug', 'trace'] as const).filter((name) => name in this.options.types);
    this.restoreTaken = takeConsole(methods, (method: ConsoleMethod, given) => {
      if (state.reporting > 0) return false;
      this.methods[method]!.raw(...given);
      return true;
    });
  }

  /** Gives the console its methods back. */
  restoreConsole(): void {
    this.restoreTaken?.();
    this.restoreTaken = undefined;
  }

  /** Has what is written to stdout and stderr logged by this instance, until `restoreStd`. What sinks and reporters write is written. */
  wrapStd(): void {
    for (const stream of this.streams()) {
      const write = (stream.__write ??= stream.write);
      stream.write = (data, ...more) => {
        if (state.reporting > 0 || isOutput()) return write.call(stream, data, ...more);
        this.methods['log']!.raw((typeof data === 'string' ? data : new TextDecoder().decode(data)).trim());
        const done = more.at(-1);
        if (typeof done === 'function') (done as () => void)();
        return true;
      };
    }
  }

  /** Gives the streams their methods back. */
  restoreStd(): void {
    for (const stream of this.streams()) {
      if (!stream.__write) continue;
      stream.write = stream.__write;
      delete stream.__write;
    }
  }

  private streams(): TakenStream[] {
    const { stdout, stderr } = this.options;
    return [stdout, stderr].filter((stream) => stream !== undefined) as unknown as TakenStream[];
  }

  /** Keeps what all instances log, until `resumeLogs`. */
  pauseLogs(): void {
    state.paused = true;
  }

  /** Logs what was kept. */
  resumeLogs(): void {
    state.paused = false;
    for (const log of state.waiting.splice(0)) log();
  }

  /** Puts what a function makes in place of the methods. */
  mockTypes(mockFn: MockFn | undefined = this.options.mockFn): void {
    this.mocked = mockFn;
    if (typeof mockFn !== 'function') return;
    for (const [type, defaults] of Object.entries(this.options.types)) {
      const method = (mockFn(type as LogType, defaults) || this.methods[type]) as ConsolaMethod;
      method.raw = method;
      this.methods[type] = method;
    }
  }

  private logFn(defaults: InputLogObject, isRaw: boolean): (...given: unknown[]) => void {
    const log = (given: unknown[]) => {
      if ((defaults.level ?? 0) <= this.level) this.report(logObject(defaults, given, isRaw, this.options.types));
    };
    return (...given) => {
      if (state.paused) state.waiting.push(() => log(given));
      else log(given);
    };
  }

  private report(logObject: LogObject): void {
    state.reporting++;
    for (const reporter of this.options.reporters) {
      try {
        reporter.log(logObject, { options: this.options });
      } catch (error) {
        // No call that logs throws.
        report(new Error(`kakashi: a reporter of consola failed: ${messageOf(error)}`, { cause: error }));
      }
    }
    state.reporting--;
  }
}

// consola's shorter names.
for (const [name, of] of Object.entries({ add: 'addReporter', remove: 'removeReporter', clear: 'removeReporter', withScope: 'withTag', mock: 'mockTypes', pause: 'pauseLogs', resume: 'resumeLogs' })) {
  const prototype = Consola.prototype as unknown as Record<string, unknown>;
  prototype[name] = prototype[of];
}

/**
 * Makes an instance. Without reporters its records go where `configure` says, at first to the console. Its level is `CONSOLA_LEVEL`, DEBUG
 * where `DEBUG` is set, else INFO.
 */
export function createConsola(options: Partial<ConsolaOptions> = {}): ConsolaInstance {
  checkOptions('createConsola', options, RULES);
  const { process } = globalThis as { process?: { stdout?: ConsolaStream; stderr?: ConsolaStream } };
  const level = defaultLevel();
  return new Consola({
    level,
    defaults: { level },
    stdout: process?.stdout,
    stderr: process?.stderr,
    reporters: [kakashiReporter()],
    ...options,
  }) as ConsolaInstance;
}
