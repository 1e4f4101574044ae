// A wide event: one record of what happened from its beginning to its end, with fields that are gathered on the way.

import { type Given, copyFields, thrownFields } from '../record/fields.js';
import { type Level, levelOf, named } from '../record/level.js';

/** Writes the record of an event. */
export type EndEvent = (level: number, fields: object) => void;

/** Kept apart from its handle, for one whose handle is gone. */
interface Gathered {
  end?: EndEvent | undefined;
  level: number;
  fields: Record<string, unknown>;
}

/** Writes what has been gathered, once. */
function finish(gathered: Gathered, fields: object): void {
  const { end } = gathered;
  gathered.end = undefined;
  end?.(gathered.level, { ...gathered.fields, ...fields });
}

/** Events that nobody can end any more. */
const lost = globalThis.FinalizationRegistry && new FinalizationRegistry((gathered: Gathered) => finish(gathered, { ended: false }));

const { dispose } = Symbol as { dispose?: symbol };

/**
 * One record of what happens from a beginning to an end: `Logger.event` begins it.
 *
 * Its level is INFO, or what {@link error} and {@link raise} have made of it. Fields are read when they are given, the
 * insides of objects among them at the end. An event that nobody can end any more is written, with the field `ended=false`, when its memory is freed.
 * Its methods may be passed on: `const { set, end } = log.event('request')`. By `using` it ends where the platform has that.
 */
export interface WideEvent {
  /** Adds fields; a later value of a key is the one that is written. */
  set<T>(fields: T & Given<T>): this;
  /** Makes its level at least this one. Throws a RangeError that lists the levels. */
  raise(level: Level): this;
  /** Adds what was thrown, as `Logger.exception` writes it, and makes its level at least ERROR. */
  error(thrown: unknown): this;
  /** Writes its record, with these fields too; what is called after that changes nothing. */
  end<T>(fields?: T & Given<T>): void;
}

/** Begins an event. @internal */
export function wideEvent(write: EndEvent, given: unknown): WideEvent {
  const gathered: Gathered = { end: write, level: 20, fields: { ...copyFields(given) } };
  const end = (fields?: unknown) => finish(gathered, copyFields(fields));
  const event: WideEvent = {
    set(fields) {
      Object.assign(gathered.fields, copyFields(fields));
      return event;
    },
    raise(level) {
      gathered.level = Math.max(gathered.level, named(levelOf(level)));
      return event;
    },
    error: (thrown) => event.raise(40).set(thrownFields(thrown)),
    end,
    ...(dispose && { [dispose]: end }),
  };
  lost?.register(event, gathered);
  return event;
}
