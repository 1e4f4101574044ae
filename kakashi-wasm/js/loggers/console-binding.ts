// The console's own methods in place of the loggers'.
//
// Developer tools name the line that calls a native method. So the loggers' methods
// become getters that hand out a native one, bound to what comes before the message.

import { methodOf } from '../sinks/console-sink.js';
import { counts } from '../stats.js';
import { Logger } from './logger.js';

const METHODS = { trace: 5, debug: 10, info: 20, warning: 30, warn: 30, error: 40, critical: 50 } as const;

const own = Object.getOwnPropertyDescriptors(Logger.prototype);
let bound = false;

function nothing(): void {}

/** What stands before a message: the logger, and what its records carry. */
function prefix(logger: Logger): string {
  const context = logger.context();
  try {
    return context ? `${logger.name} ${JSON.stringify(context)}` : logger.name;
  } catch {
    return logger.name;
  }
}

/** Binds all loggers' methods, or gives them back. @internal */
export function bindDirect(bind: boolean): void {
  if (bind === bound) return;
  bound = bind;
  for (const [name, level] of Object.entries(METHODS)) {
    const getter = {
      configurable: true,
      get(this: Logger) {
        // A road of its own leads to sinks of its own.
        if (this.core.road.id !== 0) return own[name as keyof typeof METHODS].value;
        if (level < this.core.threshold) return nothing;
        counts.sent++;
        counts.written++;
        return console[methodOf(level)].bind(console, prefix(this));
      },
    };
    Object.defineProperty(Logger.prototype, name, bind ? getter : own[name as keyof typeof METHODS]);
  }
}
