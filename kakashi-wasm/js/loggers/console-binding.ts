// The console's own methods in place of the loggers'.
//
// Developer tools show the line that calls a native method. So the loggers' methods
// become getters that return a native method, bound to the text before the message.

import { methodOf } from '../sinks/console-sink.js';
import { counts } from '../stats.js';
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

/** Replaces the methods of all loggers by the console's, or puts them back. @internal */
export function bindConsole(bind: boolean): void {
  if (bind === bound) return;
  bound = bind;
  for (const [name, level] of Object.entries(METHODS)) {
    const getter = {
      configurable: true,
      get(this: Logger) {
        // A custom logger keeps its own sinks.
        if (this.core.dispatch.id !== 0) return own[name as keyof typeof METHODS].value;
        if (level < this.core.threshold) return nothing;
        counts.sent++;
        counts.written++;
        return console[methodOf(level)].bind(console, prefix(this));
      },
    };
    Object.defineProperty(Logger.prototype, name, bind ? getter : own[name as keyof typeof METHODS]);
  }
}
