// One logging call: it writes its record to the ring, whatever the getters of its fields do.

import { type LogContext, currentEcho } from '../record/context.js';
import { ENCODER_FAILED, QUEUE_FULL, REENTRANT, TOO_LARGE } from '../stats.js';
import { type Fields, copyFields, resolveFields } from '../record/fields.js';
import { arm, ended, flushNow, flushSoon, pumpAll, startAnyhow } from './flush.js';
import { applySettings, changeSettings, drain, growRing, isStarted, register, unregister } from './engine.js';
import { type SinkQueue, delivery, report } from '../sinks/sink-queue.js';
import { OVERFLOW } from '../wire/overflow.js';
import { type RecordSource, writeRecord } from './record-writer.js';
import { ring, ringState } from './ring.js';
import type { Dispatch } from './dispatch.js';
import { messageOf } from '../wire/value.js';
import { once } from '../realm.js';

/** What a call needs of its logger. */
export interface Origin extends RecordSource {
  readonly dispatch: Dispatch;
  /** Whether sinks get an ERROR soon after its call returned, not before. */
  isAsync?: boolean;
  /** Whether its overflow policy lets one more record be written; without it, always. */
  admits?(level: number): boolean;
  /** Frees space in a full ring without a sink. */
  compact?(): boolean;
}

/** How often a record that a sink has logged goes through sinks again. */
const MAX_ECHOES = 10;
/** Deferred calls of one record, at most. */
const MAX_DEFERRED = 64;

const calls = /* @__PURE__ */ once('calls', () => ({
  /** Calls that were made while a record was written: they run after it. */
  deferred: [] as (() => void)[],
  deferredCount: 0,
  /** Whether the ring was emptied to free space: sinks get their batches when the record is whole. */
  drained: false,
}));
const { deferred } = calls;

/** Logs a record whose level is enabled. It never throws. */
export function emit(origin: Origin, context: LogContext | undefined, level: number, message: string, given: unknown): void {
  if (origin.dispatch.fanOut[level] === 0) return;
  if (typeof message !== 'string') message = messageOf(message);
  const echo = delivery.depth + delivery.running > 0 ? currentEcho() : 0;
  if (echo > MAX_ECHOES) return dropEcho(origin, level);
  if (ringState.writing) return defer(origin, context, level, message, given);
  if (origin.admits?.(level) === false) return drop(origin, level, QUEUE_FULL);
  ringState.writing = true;
  let whole = false;
  try {
    whole = put(origin, context, level, message, given);
  } catch {
    // The stack is at its end.
    ring.pos = ring.item;
    ringState.writing = false;
    return drop(origin, level, ENCODER_FAILED);
  }
  ringState.writing = false;
  if (whole) origin.dispatch.count(level, 1);
  if (echo > delivery.echo) delivery.echo = echo;
  if (calls.drained) {
    calls.drained = false;
    pumpAll();
  }
  if (whole) {
    const { isPrompt } = origin.dispatch;
    if (delivery.depth === 0 && (level >= 40 || ended.all || isPrompt)) {
      if (isPrompt) startAnyhow();
      if (origin.isAsync && !ended.async && !isPrompt) flushSoon();
      else flushNow();
    } else {
      arm();
    }
  }
  if (calls.deferredCount > 0) runDeferred();
}

/** Whether fields are what they seem: written as they are. */
function isPlain(given: unknown): boolean {
  return given === undefined || ((given as Fields | null)?.constructor === Object && typeof (given as Fields)['toJSON'] !== 'function');
}

/** Writes a record, whatever its fields do; false if it was dropped. */
function put(origin: Origin, context: LogContext | undefined, level: number, message: string, given: unknown): boolean {
  for (let tries = 0; ; tries++) {
    // Fields that throw before an item is begun rewind nothing.
    ring.item = ring.pos;
    try {
      if (!isPlain(given)) given = resolveFields(given);
      writeRecord(ring, origin, context, level, message, given as Fields | undefined);
      return true;
    } catch (error) {
      ring.rewind();
      let reason = tries > 40 ? ENCODER_FAILED : -1;
      if (error !== OVERFLOW) given = copyFields(given);
      else if (!freeSpace(origin)) reason = isStarted() ? TOO_LARGE : QUEUE_FULL;
      if (reason < 0) continue;
      drop(origin, level, reason);
      return false;
    }
  }
}

/** Defers a call that was made while a record was written: by a getter, a `toJSON`, a proxy. */
function defer(origin: Origin, context: LogContext | undefined, level: number, message: string, given: unknown): void {
  // A getter that logs its own object would never end.
  if (calls.deferredCount >= MAX_DEFERRED) return drop(origin, level, REENTRANT);
  calls.deferredCount++;
  let fields: Fields;
  deferred.push(() => emit(origin, context, level, message, fields));
  // Read now; records that the getters log come after this one.
  fields = copyFields(given);
}

function runDeferred(): void {
  // The outermost call runs them all, also those that were deferred by deferred calls.
  for (let call; !ringState.writing && (call = deferred.shift()); ) call();
  if (deferred.length === 0) calls.deferredCount = 0;
}

/** Drops what a sink has logged of what it was given, and that again, and so on: a console that logs, a logged `fetch`. */
function dropEcho({ dispatch }: Origin, level: number): void {
  dispatch.refuse(level, REENTRANT);
  // To announce it alone would begin it anew.
  for (const queue of dispatch.queues) queue.isQuiet = true;
  if (delivery.echoed) return;
  delivery.echoed = true;
  report(new Error('kakashi: a sink logs what it is given; the rest of it is dropped as reentrant'));
}

/** Counts a record as sent and dropped. */
export function drop({ dispatch }: Origin, level: number, reason: number): void {
  dispatch.refuse(level, reason);
  arm();
}

/** Frees space in the ring, or makes the ring larger; false if it can do neither. */
function freeSpace({ compact }: Origin): boolean {
  if (compact?.()) return true;
  if (!isStarted() || ring.pos === 0 || compact) {
    if (growRing()) return true;
    // Too much to wait for the wasm.
    if (isStarted() || !startAnyhow()) return false;
  }
  drain();
  return (calls.drained = true);
}

/** Runs a change of settings over an empty ring. */
function overEmptyRing(change: () => void): void {
  if (ringState.writing) {
    // The ring can't be emptied: it ends in half a record.
    calls.deferredCount++;
    deferred.push(() => overEmptyRing(change));
    return;
  }
  // What `onError` and the getters of settings log meanwhile would stand in a ring that must be empty.
  ringState.writing = true;
  try {
    drain();
    change();
  } finally {
    ringState.writing = false;
    runDeferred();
  }
  pumpAll();
}

/** Registers a new dispatch, and passes its settings to the wasm. */
export function addDispatch(dispatch: Dispatch): void {
  register(dispatch);
  overEmptyRing(() => applySettings(dispatch));
}

/** Frees a dispatch whose loggers are gone; what they have logged is written. */
export function freeDispatch(dispatch: Dispatch): void {
  overEmptyRing(() => unregister(dispatch));
}

/**
 * Changes a dispatch, for all loggers that have it; their earlier records are written by the
 * old settings. `change` sets all but the queues, which it returns.
 */
export function changeDispatch(dispatch: Dispatch, change: () => SinkQueue[]): void {
  overEmptyRing(() => changeSettings(dispatch, change));
}
