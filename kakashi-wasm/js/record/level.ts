// Levels: six names with the numbers of the Rust side, and thresholds between them.

import { messageOf } from '../wire/value.js';

/** How much a record matters. A threshold may be any number from 0 to 255. */
export const LogLevel = {
  TRACE: 5,
  DEBUG: 10,
  INFO: 20,
  WARNING: 30,
  ERROR: 40,
  CRITICAL: 50,
} as const;

/** A level's name, in any case. */
export type LevelName =
  | Lowercase<keyof typeof LogLevel>
  | keyof typeof LogLevel
  | 'warn' | 'WARN' | 'fatal' | 'FATAL' | 'all' | 'ALL' | 'off' | 'OFF' | 'silent' | 'SILENT' | 'none' | 'NONE';

/** A level: its name, or a number from 0 to 255. */
export type Level = LevelName | (string & {}) | number;

/** The names in the order of {@link LEVELS}. */
export const LEVEL_NAMES = Object.keys(LogLevel) as (keyof typeof LogLevel)[];
/** The numbers, lowest first. */
export const LEVELS: readonly number[] = Object.values(LogLevel);

/** Reads a level, or a threshold. Throws a RangeError that says what would be right. */
export function levelOf(level: Level): number {
  if (typeof level === 'number' && (level & 255) === level) return level;
  const known: Record<string, number> = { __proto__: null as never, ...LogLevel, WARN: 30, FATAL: 50, ALL: 0, OFF: 255, SILENT: 255, NONE: 255 };
  const number = known[messageOf(level).toUpperCase()];
  if (number === undefined) throw new RangeError(unknownLevel(level));
  return number;
}

/** What is said of a level that does not exist. */
export function unknownLevel(level: unknown): string {
  return `unknown level ${JSON.stringify(messageOf(level).slice(0, 32))}: use TRACE, DEBUG, INFO, WARNING (WARN), ERROR or CRITICAL (FATAL)`;
}

/** The named level at or below a number: records have named levels only. */
export function named(level: number): number {
  return LEVELS.findLast((known) => known <= level) ?? 5;
}
