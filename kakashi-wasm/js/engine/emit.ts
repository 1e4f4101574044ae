// The way of a call: into the ring, whatever its fields do.

import type { LogContext } from '../record/context.js';
import { ENCODER_FAILED, QUEUE_FULL, REENTRANT, TOO_LARGE, counts } from '../stats.js';
import { type Fields, copied, settled } from '../record/fields.js';
import { arm, ended, flushNow, flushSoon, pumpAll } from './flush.js';
import { drain, growRing, isStarted, register, replace } from './engine.js';
import { delivery } from '../sinks/sink-queue.js';
import { OVERFLOW } from '../wire/overflow.js';
import { type Source, record } from './record-writer.js';
import { ring, ringState } from './ring.js';
import type { Route } from './dispatch.js';
import { messageOf } from '../wire/value.js';

/** What a record needs of its logger. */
export interface Core extends Source {
  readonly road: Route;
  /** Whether sinks get an ERROR soon after its call, not before it returns. */
  isAsync?: boolean;
  /** Asked whether one more record may be written; without it, always. */
  admits?(level: number): boolean;
  /** Makes room in a full ring without a sink. */
  makeRoom?(): boolean;
}

/** Calls from inside one record, at most. */
const MOST_INSIDE = 64;

/** What was called from inside a record: it comes after it. */
const inside: (() => void)[] = [];
let insideCount = 0;
/** The ring was emptied to make room: sinks get their batches when the record is whole. */
let drained = false;

/** Logs a record whose level is enabled. It never throws. */
export function emit(core: Core, context: LogContext | undefined, level: number, message: string, given: unknown): void {
  const fan = core.road.fan[level]!;
  if (fan === 0) return;
  if (typeof message !== 'string') message = messageOf(message);
  if (ringState.writing) return emitAfter(core, context, level, message, given);
  if (core.admits && !ended.async && !core.admits(level)) return drop(core, level, QUEUE_FULL);
  ringState.writing = true;
  const whole = put(core, context, level, message, given);
  ringState.writing = false;
  if (whole) {
    counts.sent += fan;
    counts.buffered += fan;
  }
  if (drained) {
    drained = false;
    pumpAll();
  }
  if (whole) {
    if (delivery.depth === 0 && (level >= 40 || ended.all)) {
      if (core.isAsync && !ended.async) flushSoon();
      else flushNow();
    } else {
      arm();
    }
  }
  if (insideCount > 0) emitInside();
}

/** Writes a record, whatever its fields do; false if it was dropped. */
function put(core: Core, context: LogContext | undefined, level: number, message: string, given: unknown): boolean {
  for (let tries = 0; ; tries++) {
    // What throws before anything is begun takes back nothing.
    ring.item = ring.pos;
    try {
      const plain = given === undefined || (given as object | null)?.constructor === Object;
      if (!plain) given = settled(given);
      record(ring, core, context, level, message, given as Fields | undefined);
      return true;
    } catch (error) {
      ring.rewind();
      let reason = tries > 40 ? ENCODER_FAILED : -1;
      if (error !== OVERFLOW) given = copied(given);
      else if (!makeRoom(core)) reason = isStarted() ? TOO_LARGE : QUEUE_FULL;
      if (reason < 0) continue;
      drop(core, level, reason);
      return false;
    }
  }
}

/** Keeps a call from inside a record: from a getter, a `toJSON`, a proxy. */
function emitAfter(core: Core, context: LogContext | undefined, level: number, message: string, given: unknown): void {
  // A getter that logs the object it is a getter of has no end.
  if (insideCount >= MOST_INSIDE) return drop(core, level, REENTRANT);
  insideCount++;
  let fields: Fields;
  inside.push(() => emit(core, context, level, message, fields));
  // Read now; what is logged as they are read comes after them.
  fields = copied(given);
}

function emitInside(): void {
  // The outermost call does it, for those that come from inside these as well.
  for (let call; !ringState.writing && (call = inside.shift()); ) call();
  if (inside.length === 0) insideCount = 0;
}

/** Counts a record that is not written, for all destinations that would have taken it. */
export function drop({ road }: Core, level: number, reason: number): void {
  for (const outlet of road.outlets) {
    if (outlet.threshold > level) continue;
    counts.sent++;
    outlet.drop(level, reason);
  }
  arm();
}

/** Takes back that a record was sent. */
export function unsend({ road }: Core, level: number): void {
  counts.sent -= road.fan[level]!;
  counts.buffered -= road.fan[level]!;
}

/** Makes room in the ring for more of a logger's records. */
function makeRoom({ makeRoom }: Core): boolean {
  if (makeRoom?.()) return true;
  if (isStarted() && ring.pos > 0 && !makeRoom) {
    drain();
    drained = true;
    return true;
  }
  return growRing();
}

/** Changes a route, for all loggers that have it; what they have logged goes the old way. */
export function changeRoute(route: Route, change: () => void): void {
  if (ringState.writing) {
    // The ring can't be emptied: a record is half written.
    insideCount++;
    inside.push(() => changeRoute(route, change));
    return;
  }
  drain();
  replace(route, change);
  pumpAll();
}

/** Makes a route known. */
export function addRoute(route: Route): void {
  register(route);
  changeRoute(route, () => {});
}
