// The console's own methods in place of the loggers'.
//
// Developer tools show the line that calls a native method. So the loggers' methods
// return a native method: the text before the message, which is data and no format, the
// message, and the fields as they are. A function in their place is called.

import { methodOf } from '../sinks/console-sink.js';
import { counts } from '../stats.js';
import { resolveFields } from '../record/fields.js';
import { Logger } from './logger.js';

const METHODS = { trace: 5, debug: 10, info: 20, warning: 30, warn: 30, error: 40, critical: 50 } as const;

const own = Object.getOwnPropertyDescriptors(Logger.prototype);
let bound = false;

function nothing(): void {}

/** The text before a message: the logger and its context. */
function prefix(logger: Logger): string {
  const context = logger.context();
  try {
    return context ? `${logger.name} ${JSON.stringify(context)}` : logger.name;
  } catch {
    return logger.name;
  }
}

/**
 * A native function that hands what it is called with to `change`, and what that returns to a method of the
 * console: with no function of ours between the caller and the console.
 *
 * `concat` makes its result by the list's own species, and sets each item and then the length there: the
 * items are ours to see, the setter of the length is the console's method, bound to what is to be printed.
 * A list is seen as its items.
 */
function native(method: 'debug' | 'info' | 'warn' | 'error', change: (given: unknown[]) => unknown[]): (...given: unknown[]) => void {
  const printed: unknown[] = [];
  const print = Reflect.apply.bind(null, console[method], console, printed) as () => void;
  const species = function () {
    const given: unknown[] = [];
    printed.splice(0, Infinity, ...change(given));
    return new Proxy(Object.defineProperty({}, 'length', { set: print }), {
      defineProperty(_, key, { value }) {
        given[Number(key)] = value;
        printed.splice(0, Infinity, ...change(given));
        return true;
      },
    });
  };
  const empty = Object.defineProperty([], 'constructor', { value: { [Symbol.species]: species } });
  return Array.prototype.concat.bind(empty);
}

/** Replaces the methods of all loggers by the console's, or puts them back. @internal */
export function bindConsole(bind: boolean): void {
  if (bind === bound) return;
  bound = bind;
  for (const [name, level] of Object.entries(METHODS)) {
    const getter = {
      configurable: true,
      get(this: Logger) {
        // A custom logger keeps its own sinks.
        if (this.core.dispatch.id !== 0) return own[name as keyof typeof METHODS].get!.call(this) as unknown;
        if (level < this.core.threshold) return nothing;
        return native(methodOf(level), (given) => {
          if (given.length === 0) {
            counts.sent++;
            counts.written++;
          }
          return [prefix(this).replaceAll('%', '%%'), ...given.map((each, at) => (at > 0 && typeof each === 'function' ? resolveFields(each) : each))];
        });
      },
    };
    Object.defineProperty(Logger.prototype, name, bind ? getter : own[name as keyof typeof METHODS]);
  }
}
