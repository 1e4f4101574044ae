// Counts of records: each one that was sent is written, dropped, buffered or pending.

import { once } from './realm.js';
import { LEVEL_NAMES, LEVELS } from './record/level.js';

/** Why a record was not written, in the order of kakashi_core::DropReason. */
export const REASONS = [
  'queue_full',
  'sink_failed',
  'reentrant',
  'too_large',
  'shutdown',
  'encoder_failed',
  'rejected',
  'sampled',
  'rate_limited',
  'repeated',
] as const;

/** A queue was full, and its policy says to drop. */
export const QUEUE_FULL = 0;
/** A sink has been failing for too long. */
export const SINK_FAILED = 1;
/** Logged while another record was written, by more calls than are deferred. */
export const REENTRANT = 2;
/** Larger than the ring may grow. */
export const TOO_LARGE = 3;
/** The program was ending. */
export const SHUTDOWN = 4;
/** An encoder gave up. */
export const ENCODER_FAILED = 5;
/** Refused by the receiver of a sink, for good. */
export const REJECTED = 6;

/** Dropped records: for each level, one count a reason. */
export type DropCounts = number[];

/** Makes counts that are all 0. */
export function noDrops(): DropCounts {
  return new Array(LEVELS.length * REASONS.length).fill(0);
}

/** The index of a level and a reason. */
export function dropIndex(level: number, reason: number): number {
  return LEVELS.indexOf(level) * REASONS.length + reason;
}

/** The counts of the program; a record counts once for every sink that it goes to. */
export const counts = /* @__PURE__ */ once('counts', () => ({
  sent: 0,
  written: 0,
  /** In the ring. */
  buffered: 0,
  /** With a sink, or queued for one. */
  pending: 0,
  bytes: 0,
  /** Calls that sinks failed. */
  failures: 0,
  drops: noDrops(),
}));

/** What became of records so far: `sent = written + dropped.total + buffered + pending`. */
export interface Stats {
  /** Records that were logged; one that goes to two sinks counts twice. */
  sent: number;
  /** Records that sinks took. */
  written: number;
  /** Records that are not encoded yet. */
  buffered: number;
  /** Records that wait for a sink, or are with one. */
  pending: number;
  /** Records that were lost, every one of them announced in the stream. */
  dropped: {
    total: number;
    byLevel: Record<(typeof LEVEL_NAMES)[number], number>;
    byReason: Record<(typeof REASONS)[number], number>;
  };
  /** Calls that sinks failed. */
  failures: number;
  /** Bytes that sinks took. */
  bytes: number;
}

/** Calls `visit` with each count of dropped records that is not 0. */
export function eachDrop(drops: DropCounts, visit: (count: number, level: number, reason: number) => void): void {
  drops.forEach((count, at) => {
    const reason = at % REASONS.length;
    if (count > 0) visit(count, LEVELS[(at - reason) / REASONS.length]!, reason);
  });
}

/** Adds drops up, by level and by reason. */
export function sumsOf(drops: DropCounts): Stats['dropped'] {
  const zeros = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, 0]));
  const sums = { total: 0, byLevel: zeros(LEVEL_NAMES), byReason: zeros(REASONS) };
  eachDrop(drops, (count, level, reason) => {
    sums.total += count;
    sums.byReason[REASONS[reason]!]! += count;
    sums.byLevel[LEVEL_NAMES[LEVELS.indexOf(level)]!]! += count;
  });
  return sums as Stats['dropped'];
}

/** Returns what became of all records so far. */
export function stats(): Stats {
  const { drops, ...rest } = counts;
  return { ...rest, dropped: sumsOf(drops) };
}
