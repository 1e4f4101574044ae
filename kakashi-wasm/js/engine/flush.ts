// When batches are handed to sinks, and how long a caller waits for them.

import { SHUTDOWN, counts } from '../stats.js';
import { type Exports, drain, isStarted, sinkQueues, start } from './engine.js';
import { delivery } from '../sinks/sink-queue.js';
import { followClock } from './record-writer.js';
import { ring, ringState } from './ring.js';

/** How long a flush waits for sinks. */
const FLUSH_TIMEOUT_MS = 5000;

/** Which loggers have been shut down: their records go to their sinks before the call returns. */
export const ended = { all: false, async: false };
/** Resolve the flushes that wait for the wasm. */
const waiting: (() => void)[] = [];
let flushMs = 100;
let timer: unknown;
let armed = false;
/** Whether a microtask that flushes is queued. */
let queued = false;

/** Starts the engine: at once, or when a page has fetched the wasm. */
export function install(instantiate: () => Exports): void {
  start(instantiate);
  if (ring.pos > 0) flushSoon();
  for (const resolve of waiting.splice(0)) resolve();
}

/** Hands the queued batches to all sinks, as far as they take them at once. */
export function pumpAll(): void {
  if (delivery.depth > 0) return;
  for (const queue of sinkQueues()) queue.pump();
}

/** Hands over all that is buffered, as far as sinks take it at once. */
export function flushNow(): void {
  // A sink runs, or a record is being written: the next flush does it.
  if (ringState.writing || delivery.depth > 0) return arm();
  disarm();
  followClock();
  drain();
  pumpAll();
}

/** Flushes when the caller has returned. */
export function flushSoon(): void {
  if (queued) return;
  queued = true;
  queueMicrotask(() => {
    queued = false;
    flushNow();
  });
}

/** Schedules a flush, `flushMs` after the first record. */
export function arm(): void {
  if (armed) return;
  if (flushMs <= 0) return flushSoon();
  try {
    timer = setTimeout(flushNow, flushMs);
    armed = true;
    // It need not keep the process alive: its end flushes too.
    (timer as { unref?(): void }).unref?.();
  } catch {
    // Workers have no timers while they start.
  }
}

delivery.arm = arm;

function disarm(): void {
  if (!armed) return;
  armed = false;
  try {
    clearTimeout(timer as number);
  } catch {
    // A timer of another request.
  }
}

/** Sets how long a record may stay in the ring. */
export function setFlushMs(ms: number): void {
  flushMs = ms;
}

/** Says how far a flush came. */
export interface Flushed {
  /** Whether sinks took everything, or it was given up and counted. */
  complete: boolean;
  /** Records that still wait for their sinks. */
  pending: number;
}

/**
 * Hands over all that is buffered, and waits for the sinks, at most `timeoutMs`
 * milliseconds (5,000 without). Sinks that work at once have worked when it returns.
 */
export async function flush(timeoutMs = FLUSH_TIMEOUT_MS): Promise<Flushed> {
  let deadline: unknown;
  try {
    await Promise.race([
      handOver(),
      new Promise((resolve) => {
        try {
          deadline = setTimeout(resolve, timeoutMs);
        } catch {
          // No timers here: it takes as long as the sinks take.
        }
      }),
    ]);
  } finally {
    clearTimeout(deadline as number);
  }
  const pending = counts.pending + counts.buffered;
  return { complete: pending === 0, pending };
}

/** Hands over all that is buffered; resolves when no sink has anything left to take. */
async function handOver(): Promise<void> {
  if (!isStarted()) await new Promise<void>((resolve) => waiting.push(resolve));
  flushNow();
  const all = sinkQueues();
  if (delivery.depth === 0) for (const queue of all) queue.pump(true);
  await Promise.allSettled(
    all.map(async (queue) => {
      await queue.idle();
      await queue.sink.flush?.();
    }),
  );
}

/** Hands everything over as a page gets hidden: it may never be shown again. */
export function flushLast(): void {
  if (ringState.writing || delivery.depth > 0) return;
  disarm();
  drain();
  for (const queue of sinkQueues()) if (!queue.last()) queue.pump(true);
}

/** Hands everything over as the process ends: in the second round what sinks and `onError` log in the first. */
export function flushAtExit(): void {
  for (let round = 0; round < 2; round++) {
    flushNow();
    for (const queue of sinkQueues()) queue.pump(true);
  }
}

/**
 * Ends logging: flushes, and gives up what no sink has taken by then, counted as
 * `shutdown`. Later records go to their sinks before the call returns.
 */
export async function shutdown(timeoutMs = FLUSH_TIMEOUT_MS): Promise<Flushed> {
  const flushed = await flush(timeoutMs);
  ended.all = ended.async = true;
  for (const queue of sinkQueues()) queue.abandon(SHUTDOWN);
  return flushed;
}

/** Ends async logging: flushes, and async loggers work like others from then on. */
export async function shutdownAsyncLogging(timeoutMs = FLUSH_TIMEOUT_MS): Promise<Flushed> {
  ended.async = true;
  return flush(timeoutMs);
}
