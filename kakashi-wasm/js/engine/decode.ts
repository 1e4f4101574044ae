// Decodes the wire, by the one reader that all platforms share.

import { decodeBytes } from './engine.js';
import { LEVEL_NAMES, LEVELS } from '../record/level.js';
import { Values } from '../wire/values.js';

interface Timed {
  /** Nanoseconds since 1970, or since a device started. */
  timestampNs: bigint;
  /** Whether the time counts from a device's start. */
  uptime: boolean;
  /** The time as the text line has it. */
  timestamp: string;
}

/** A record. Integers that no double holds are bigints, bytes are a Uint8Array, durations are seconds. */
export interface DecodedRecord extends Timed {
  kind: 'record';
  level: number;
  levelName: (typeof LEVEL_NAMES)[number];
  logger: string;
  /** With its placeholders filled. */
  message: string;
  fields: Record<string, unknown>;
  /** Grows by one from record to record where the clock can stand still. */
  sequence?: number | bigint;
  module?: string;
  file?: string;
  line?: number;
}

/** Records that were dropped before this point. */
export interface DecodedDrops extends Timed {
  kind: 'dropped';
  total: number;
  byLevel: Record<string, number>;
  byReason: Record<string, number>;
}

/** Bytes that are no block of the wire. */
export interface DecodedSkip {
  kind: 'skipped';
  bytes: number;
}

export type DecodedItem = DecodedRecord | DecodedDrops | DecodedSkip;

/**
 * Reads a stream of the wire. Any bytes at all are safe to read, in time that grows with
 * their number.
 *
 * A record is told with its context, which a block of the wire holds once for many records:
 * those that would make the items more than 64 times as long as the bytes, and longer than
 * 16 MiB, are told as skipped. A message of very many placeholders ends with how many bytes
 * of it were cut.
 */
export function decode(bytes: Uint8Array): DecodedItem[] {
  const values = new Values(decodeBytes(bytes));
  const items: DecodedItem[] = [];
  while (!values.isEmpty) items.push(item(values));
  return items;
}

function item(values: Values): DecodedItem {
  const next = () => values.next() as never;
  const kind = next() as number;
  if (kind === 2) return { kind: 'skipped', bytes: next() };
  const nanos = BigInt(next());
  const uptime: boolean = next();
  const time = { timestampNs: nanos, uptime, timestamp: uptime ? upText(nanos) : wallText(nanos) };
  if (kind === 1) {
    const levels = LEVELS.map((): number => next());
    const byLevel = pairs(LEVEL_NAMES.map((name, at) => [name, levels[at]!]));
    const reasons = Array.from({ length: next() }, (): [string, number] => [next(), next()]);
    return { kind: 'dropped', ...time, total: levels.reduce((sum, count) => sum + count), byLevel, byReason: pairs(reasons) };
  }
  const level: number = next();
  const record: DecodedRecord = {
    kind: 'record',
    ...time,
    level,
    levelName: LEVEL_NAMES[LEVELS.indexOf(level)]!,
    logger: next(),
    message: next(),
    fields: {},
  };
  for (const key of ['sequence', 'module', 'file', 'line'] as const) {
    const value = next();
    if (value !== null) record[key] = value;
  }
  record.fields = Object.fromEntries(Array.from({ length: next() }, () => [next(), next()]));
  return record;
}

function pairs(all: [string, number][]): Record<string, number> {
  return Object.fromEntries(all.filter(([, count]) => count > 0));
}

function wallText(nanos: bigint): string {
  // Cut towards the past, as in the text line.
  const micros = nanos / 1000n - (nanos % 1000n < 0n ? 1n : 0n);
  const rest = ((micros % 1_000_000n) + 1_000_000n) % 1_000_000n;
  const seconds = Number((micros - rest) / 1_000_000n);
  return `${new Date(seconds * 1000).toISOString().slice(0, -5)}.${String(rest).padStart(6, '0')}Z`;
}

function upText(nanos: bigint): string {
  const micros = nanos / 1000n;
  return `+${micros / 1_000_000n}.${String(micros % 1_000_000n).padStart(6, '0')}s`;
}
