// The console's methods, taken over: what a program and its libraries print becomes records.
//
// A sink prints by the console's own methods: what is called while a sink runs, or by what a sink has begun,
// is passed on to them. So nothing goes round in circles.

import { checkOptions, rule, text } from '../options.js';
import { rootDispatch } from '../engine/root-dispatch.js';
import { getLogger } from '../loggers/logger.js';
import { currentEcho, trackTasks } from '../record/context.js';
import { isDirect } from '../settings/validate.js';
import { delivery } from '../sinks/sink-queue.js';
import { stackOf } from '../wire/value.js';
import { once } from '../realm.js';
import { consoleRecord } from './console-record.js';

/** Settings of {@link captureConsole}. */
export interface CaptureConsoleOptions {
  /** The name of the records' logger. At first `console`. */
  logger?: string;
  /** The methods that are taken over. At first all six. */
  methods?: readonly ConsoleMethod[];
}

/** A method of the console that can be taken over. */
export type ConsoleMethod = 'log' | 'info' | 'warn' | 'error' | 'debug' | 'trace';

/** Gives the console its methods back; also by `using`, where the platform has `Symbol.dispose`. */
export interface RestoreConsole {
  (): void;
  /** As calling it. */
  readonly restore: () => void;
}

const LEVELS: Record<ConsoleMethod, number> = { log: 20, info: 20, warn: 30, error: 40, debug: 10, trace: 5 };
type Method = (...given: unknown[]) => void;

/** Takes a call of the console; false has the console print it. @internal */
export type TakeCall = (method: ConsoleMethod, given: unknown[]) => boolean;

const taken = /* @__PURE__ */ once('console', () => ({
  /** Who has taken a method over, the latest last. */
  captures: { log: [], info: [], warn: [], error: [], debug: [], trace: [] } as Record<ConsoleMethod, { take: TakeCall }[]>,
  /** Our methods, and those that they stand for. */
  ours: new WeakMap<Method, Method>(),
}));

/** Whether a call is a sink's, or a record would be printed by the console's own methods in any case. @internal */
export function isOutput(): boolean {
  return delivery.depth > 0 || currentEcho() > 0 || rootDispatch().queues.some(({ sink }) => isDirect(sink));
}

function record(method: ConsoleMethod, logger: string, given: unknown[]): void {
  const target = getLogger(logger);
  const level = LEVELS[method];
  if (!target.isEnabled(level)) return;
  const { message, error, fields } = consoleRecord(given);
  const trace = method === 'trace' && !error ? { stack: stackOf(new Error()).split('\n').slice(3).join('\n') } : undefined;
  target.emit(level, message, () => ({ ...fields(), ...trace }));
}

function takeOver(name: ConsoleMethod): void {
  const own = console[name] as Method;
  if (taken.ours.has(own)) return;
  const method: Method = function (this: unknown, ...given) {
    const capture = taken.captures[name].at(-1);
    if (!capture || isOutput() || !capture.take(name, given)) own.apply(this, given);
  };
  taken.ours.set(method, own);
  console[name] = method;
}

/** Has a function take the calls of these methods, until what it returns is called. @internal */
export function takeConsole(methods: readonly ConsoleMethod[], take: TakeCall): () => void {
  const capture = { take };
  // What a sink prints after an `await` is known by its task.
  trackTasks();
  for (const name of methods) {
    taken.captures[name].push(capture);
    takeOver(name);
  }
  return () => {
    for (const name of methods) {
      const captures = taken.captures[name];
      const at = captures.indexOf(capture);
      if (at < 0) continue;
      captures.splice(at, 1);
      const own = taken.ours.get(console[name] as Method);
      if (captures.length === 0 && own) console[name] = own;
    }
  };
}

/**
 * Takes over the console: `log`, `info`, `warn`, `error`, `debug` and `trace` become records of a logger, in order with all
 * others. The text is the message, with its `%s`, `%d`, `%o` … as the console has them; an object after it is the fields,
 * an error an exception, several objects are `args`. Sinks print as before.
 *
 * Returns what gives the console back; captures may end in any order. Where somebody else has replaced a method since, theirs stays.
 */
export function captureConsole(options: CaptureConsoleOptions = {}): RestoreConsole {
  checkOptions('captureConsole', options, { logger: text, methods: rule(Array.isArray, 'a list of methods, such as ["log", "warn"]') });
  const { logger = 'console', methods = Object.keys(LEVELS) as ConsoleMethod[] } = options;
  for (const name of methods) {
    if (!Object.hasOwn(LEVELS, name)) throw new RangeError(`captureConsole takes over ${Object.keys(LEVELS).join(', ')}, not ${JSON.stringify(name)}`);
  }
  const restore = takeConsole(methods, (method, given) => {
    record(method, logger, given);
    return true;
  });
  const { dispose } = Symbol as { dispose?: symbol };
  return Object.assign(() => restore(), { restore }, dispose && { [dispose]: restore });
}
