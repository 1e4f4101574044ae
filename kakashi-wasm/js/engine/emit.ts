// One logging call: it writes its record to the ring, whatever the getters of its fields do.

import type { LogContext } from '../record/context.js';
import { ENCODER_FAILED, QUEUE_FULL, REENTRANT, TOO_LARGE, counts } from '../stats.js';
import { type Fields, copyFields, resolveFields } from '../record/fields.js';
import { arm, ended, flushNow, flushSoon, pumpAll } from './flush.js';
import { changeSettings, drain, growRing, isStarted, register } from './engine.js';
import { type SinkQueue, delivery } from '../sinks/sink-queue.js';
import { OVERFLOW } from '../wire/overflow.js';
import { type RecordSource, writeRecord } from './record-writer.js';
import { ring, ringState } from './ring.js';
import type { Dispatch } from './dispatch.js';
import { messageOf } from '../wire/value.js';

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

/** Deferred calls of one record, at most. */
const MAX_DEFERRED = 64;

/** Calls that were made while a record was written: they run after it. */
const deferred: (() => void)[] = [];
let deferredCount = 0;
/** Whether the ring was emptied to free space: sinks get their batches when the record is whole. */
let drained = false;

/** Logs a record whose level is enabled. It never throws. */
export function emit(origin: Origin, context: LogContext | undefined, level: number, message: string, given: unknown): void {
  if (origin.dispatch.fanOut[level] === 0) return;
  if (typeof message !== 'string') message = messageOf(message);
  if (ringState.writing) return defer(origin, context, level, message, given);
  if (origin.admits && !ended.async && !origin.admits(level)) return drop(origin, level, QUEUE_FULL);
  ringState.writing = true;
  const whole = put(origin, context, level, message, given);
  ringState.writing = false;
  if (whole) origin.dispatch.count(level, 1);
  if (drained) {
    drained = false;
    pumpAll();
  }
  if (whole) {
    if (delivery.depth === 0 && (level >= 40 || ended.all)) {
      if (origin.isAsync && !ended.async) flushSoon();
      else flushNow();
    } else {
      arm();
    }
  }
  if (deferredCount > 0) runDeferred();
}

/** Writes a record, whatever its fields do; false if it was dropped. */
function put(origin: Origin, context: LogContext | undefined, level: number, message: string, given: unknown): boolean {
  for (let tries = 0; ; tries++) {
    // Fields that throw before an item is begun rewind nothing.
    ring.item = ring.pos;
    try {
      const plain = given === undefined || (given as object | null)?.constructor === Object;
      if (!plain) given = resolveFields(given);
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
  if (deferredCount >= MAX_DEFERRED) return drop(origin, level, REENTRANT);
  deferredCount++;
  let fields: Fields;
  deferred.push(() => emit(origin, context, level, message, fields));
  // Read now; records that the getters log come after this one.
  fields = copyFields(given);
}

function runDeferred(): void {
  // The outermost call runs them all, also those that were deferred by deferred calls.
  for (let call; !ringState.writing && (call = deferred.shift()); ) call();
  if (deferred.length === 0) deferredCount = 0;
}

/** Counts a record as sent and dropped. */
export function drop({ dispatch }: Origin, level: number, reason: number): void {
  counts.sent += dispatch.fanOut[level]!;
  dispatch.drop(level, reason);
  arm();
}

/** Frees space in the ring, or makes the ring larger; false if it can do neither. */
function freeSpace({ compact }: Origin): boolean {
  if (compact?.()) return true;
  if (isStarted() && ring.pos > 0 && !compact) {
    drain();
    drained = true;
    return true;
  }
  return growRing();
}

/**
 * Changes a dispatch, for all loggers that have it; their earlier records are written by the
 * old settings. `change` sets all but the queues, which it returns.
 */
export function changeDispatch(dispatch: Dispatch, change: () => SinkQueue[]): void {
  if (ringState.writing) {
    // The ring can't be emptied: it ends in half a record.
    deferredCount++;
    deferred.push(() => changeDispatch(dispatch, change));
    return;
  }
  // What `onError` and the getters of settings log meanwhile would stand in a ring that must be empty.
  ringState.writing = true;
  try {
    drain();
    changeSettings(dispatch, change);
  } finally {
    ringState.writing = false;
    runDeferred();
  }
  pumpAll();
}

/** Registers a new dispatch, and passes its settings to the wasm. */
export function addDispatch(dispatch: Dispatch): void {
  register(dispatch);
  changeDispatch(dispatch, () => dispatch.queues);
}
