// Counts of records: each one that was sent is written, dropped, buffered or pending.

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
export const counts = {
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
};

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

/** Returns what became of all records so far. */
export function stats(): Stats {
  const { drops, ...rest } = counts;
  const total = (of: (level: number, reason: number) => boolean) =>
    drops.reduce((sum, count, at) => {
      const reason = at % REASONS.length;
      return of((at - reason) / REASONS.length, reason) ? sum + count : sum;
    }, 0);
  return {
    ...rest,
    dropped: {
      total: total(() => true),
      byLevel: Object.fromEntries(
        LEVEL_NAMES.map((name, index) => [name, total((level) => level === index)]),
      ) as Stats['dropped']['byLevel'],
      byReason: Object.fromEntries(
        REASONS.map((name, index) => [name, total((_, reason) => reason === index)]),
      ) as Stats['dropped']['byReason'],
    },
  };
}
