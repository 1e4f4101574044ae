// When batches are handed to sinks, and how long a caller waits for them.

import { SHUTDOWN, counts } from '../stats.js';
import { drain, isStarted, sinkQueues, start } from './engine.js';
import type { Instance } from './encoder.js';
import { delivery, report } from '../sinks/sink-queue.js';
import { outside } from '../record/context.js';
import { platform } from '../platform.js';
import { followClock, ids, micros } from './record-writer.js';
import { ring, ringState } from './ring.js';
import { type Timers, after, cancel } from '../timers.js';
import { once } from '../realm.js';

/** How long a flush waits for sinks. */
const FLUSH_TIMEOUT_MS = 5000;

const flushing = /* @__PURE__ */ once('flushing', () => ({
  /** Which loggers have been shut down: their records go to their sinks before the call returns. */
  ended: { all: false, async: false },
  /** Starts the writer in plain JavaScript, where the entry has it: for records that can't wait for the wasm. */
  lastResort: {} as { start?: () => void },
  /** Resolve the flushes that wait for the wasm. */
  waiting: [] as (() => void)[],
  flushMs: 100,
  timer: undefined as Timers | undefined,
  /** When the timer is lost if it has not fired: in microseconds, as records have it. */
  lostAt: 0,
  /** Whether a microtask that flushes is queued. */
  queued: false,
}));
const { waiting } = flushing;
export const { ended, lastResort } = flushing;

/** Starts the writer in plain JavaScript if nothing else has been started; false if there is none. */
export function startAnyhow(): boolean {
  if (!isStarted()) lastResort.start?.();
  return isStarted();
}

/** Starts the engine: at once, or when a page has fetched the wasm. */
export function install(instantiate: () => Instance): void {
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
  // Next looks from its own contexts whether a page that it prerenders asks for the time.
  outside(followClock);
  drain();
  pumpAll();
}

/** Flushes when the caller has returned. */
export function flushSoon(): void {
  if (flushing.queued) return;
  flushing.queued = true;
  queueMicrotask(() => {
    flushing.queued = false;
    flushNow();
  });
}

/** Schedules a flush, `flushMs` after the first record. */
export function arm(): void {
  if (flushing.flushMs <= 0 || (flushing.timer && ids.latest > flushing.lostAt)) return flushSoon();
  if (flushing.timer) return;
  flushing.timer = after(flushing.flushMs, flushNow);
  flushing.lostAt = micros() + flushing.flushMs * 2000 + 50_000;
  if (flushing.timer && platform.frozen && !platform.held) flushSoon();
}

delivery.arm = arm;

function disarm(): void {
  cancel(flushing.timer);
  flushing.timer = undefined;
}

/** Sets how long a record may stay in the ring. */
export function setFlushMs(ms: number): void {
  flushing.flushMs = ms;
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
  let deadline: Timers | undefined;
  // Without timers it takes as long as the sinks take.
  await Promise.race([handOver(), new Promise((resolve) => (deadline = after(timeoutMs, resolve as () => void, true)))]);
  cancel(deadline);
  const pending = counts.pending + counts.buffered;
  return { complete: pending === 0, pending };
}

/** Hands over all that is buffered; resolves when no sink has anything left to take. */
async function handOver(): Promise<void> {
  if (!isStarted()) await new Promise<void>((resolve) => waiting.push(resolve));
  flushNow();
  const all = sinkQueues();
  if (delivery.depth === 0) for (const queue of all) queue.pump(true);
  // Not `allSettled`: Hermes, in apps of React Native, had none for long.
  await Promise.all(
    all.map(async (queue) => {
      try {
        await queue.idle?.();
        await outside(() => queue.sink.flush?.());
      } catch {
        // What a sink has not taken is counted.
      }
    }),
  );
}

/** Hands everything over as a page gets hidden: it may never be shown again. */
export function flushLast(): void {
  if (ringState.writing || delivery.depth > 0) return;
  startAnyhow();
  disarm();
  drain();
  for (const queue of sinkQueues()) if (!queue.last?.()) queue.pump(true);
}

/** Hands everything over as the process ends: in the second round what sinks and `onError` log in the first. */
export function flushAtExit(): void {
  if (!ringState.writing) startAnyhow();
  for (let round = 0; round < 2; round++) {
    flushNow();
    for (const queue of sinkQueues()) queue.pump(true);
  }
}

/** Counts what no sink has taken as the process ends, and says so. */
export function giveUp(): void {
  for (const queue of sinkQueues()) {
    const { pending } = counts;
    queue.abandon(SHUTDOWN);
    const lost = pending - counts.pending;
    if (lost > 0) report(new Error(`kakashi: the process ended before ${lost} records were with "${queue.sink.name}": await shutdown() first`));
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
