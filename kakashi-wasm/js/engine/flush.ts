// From batches to sinks: when, and how long anybody waits for them.

import { SHUTDOWN, counts } from '../stats.js';
import { type Exports, drain, isStarted, outlets, start } from './engine.js';
import { delivery } from '../sinks/sink-queue.js';
import { followClock } from './record-writer.js';
import { ring, ringState } from './ring.js';

/** How long a flush waits for sinks. */
const PATIENCE_MS = 5000;

/** What has been shut down: records go straight to their sinks from then on. */
export const ended = { all: false, async: false };
/** Flushes that wait for the wasm. */
const waiting: (() => void)[] = [];
let flushMs = 100;
let timer: unknown;
let armed = false;
let soon = false;

/** Takes the wasm: at once, or when a page has fetched it. */
export function install(instantiate: () => Exports): void {
  start(instantiate);
  if (ring.pos > 0) flushSoon();
  for (const go of waiting.splice(0)) go();
}

/** Feeds all sinks, as far as they take at once. */
export function pumpAll(): void {
  if (delivery.depth > 0) return;
  for (const outlet of outlets()) outlet.pump();
}

/** Hands over all that is buffered, as far as sinks take it at once. */
export function flushNow(): void {
  // Inside a sink, or a record: what was logged there waits for the next time.
  if (ringState.writing || delivery.depth > 0) return arm();
  disarm();
  followClock();
  drain();
  pumpAll();
}

/** As `flushNow`, when the caller is done. */
export function flushSoon(): void {
  if (soon) return;
  soon = true;
  queueMicrotask(() => {
    soon = false;
    flushNow();
  });
}

/** Prepares a flush, `flushMs` from the first record on. */
export function arm(): void {
  if (armed) return;
  if (flushMs <= 0) return flushSoon();
  try {
    timer = setTimeout(flushNow, flushMs);
    armed = true;
    // Nobody waits for a log; what is buffered is handed over as the process ends.
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

/** Changes how long a record waits. */
export function setFlushMs(ms: number): void {
  flushMs = ms;
}

/** Says how far a flush came. */
export interface Flushed {
  /** Everything was taken, or given up and counted. */
  complete: boolean;
  /** Records that still wait for their sinks. */
  pending: number;
}

/**
 * Hands over all that is buffered, and waits for the sinks, at most `timeoutMs`
 * milliseconds (5,000 without). Sinks that work at once have worked when it returns.
 */
export async function flush(timeoutMs = PATIENCE_MS): Promise<Flushed> {
  let deadline: unknown;
  try {
    await Promise.race([
      handOver(),
      new Promise((resolve) => {
        try {
          deadline = setTimeout(resolve, timeoutMs);
        } catch {
          // No timers here: as long as the sinks take.
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
  if (!isStarted()) await new Promise<void>((go) => waiting.push(go));
  flushNow();
  const all = outlets();
  if (delivery.depth === 0) for (const outlet of all) outlet.pump(true);
  await Promise.allSettled(
    all.map(async (outlet) => {
      await outlet.idle();
      await outlet.sink.flush?.();
    }),
  );
}

/** Hands over all that waits, as a page gets hidden: it may not be seen again. */
export function flushLast(): void {
  if (ringState.writing || delivery.depth > 0) return;
  disarm();
  drain();
  for (const outlet of outlets()) if (!outlet.last()) outlet.pump(true);
}

/** Hands over all that waits, as the process ends. */
export function flushAtExit(): void {
  flushNow();
  for (const outlet of outlets()) outlet.pump(true);
}

/**
 * Ends logging: flushes, and gives up what no sink has taken by then, counted as
 * `shutdown`. Records that come after go straight to their sinks.
 */
export async function shutdown(timeoutMs = PATIENCE_MS): Promise<Flushed> {
  const flushed = await flush(timeoutMs);
  ended.all = ended.async = true;
  for (const outlet of outlets()) outlet.abandon(SHUTDOWN);
  return flushed;
}

/** Ends async logging: flushes, and async loggers work like others from then on. */
export async function shutdownAsyncLogging(timeoutMs = PATIENCE_MS): Promise<Flushed> {
  ended.async = true;
  return flush(timeoutMs);
}
