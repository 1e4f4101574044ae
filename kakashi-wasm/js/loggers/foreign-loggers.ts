// Loggers for records of other libraries, whose own levels have let them through.
//
// A name is kept for as long as somebody uses its logger: other libraries make names of requests, too.

import { rootDispatch } from '../engine/root-dispatch.js';
import { EMPTY } from '../record/context.js';
import { once } from '../realm.js';
import { Logger } from './logger.js';
import { newCore, weak } from './registry.js';

const foreign = /* @__PURE__ */ once('foreign', () => {
  const loggers = new Map<string, WeakRef<Logger>>();
  return {
    loggers,
    /** Some workers have no such thing; there the names stay. */
    freed:
      globalThis.FinalizationRegistry &&
      new FinalizationRegistry((name: string) => {
        if (!loggers.get(name)?.deref()) loggers.delete(name);
      }),
  };
});

/** Finds or makes the logger of a name: it writes all levels, through the sinks that `configure` names. @internal */
export function foreignLogger(name: string): Logger {
  const known = foreign.loggers.get(name)?.deref();
  if (known) return known;
  const made = new Logger(newCore('foreign', name, rootDispatch(), 0), EMPTY);
  foreign.loggers.set(name, weak(made));
  foreign.freed?.register(made, name);
  return made;
}
