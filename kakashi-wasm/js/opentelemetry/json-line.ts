// Reads the JSON lines that plain JavaScript writes where the wasm can't be had.
//
// A line has bytes as base64 text, and does not say which fields are the context's: the service's
// count as those.

import { LEVEL_NAMES, LEVELS } from '../record/level.js';
import { type BlockRecord, MapPairs } from '../sinks/wire-blocks.js';

/** A text, or a number. */
const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g;
/** An integer that a double might not hold. */
const LONG = /^-?\d{16,}$/;
/** Before the digits of such an integer; it stands in no line, where it would be escaped. */
const MARK = '\u001b';
/** The names that a JSON line has for itself: fields of that name have underscores behind it. */
const RENAMED = /^((?:timestamp|level|logger|message|file|line)_*)_$/;

/** Reads a line. */
export function recordOfLine(line: string): BlockRecord {
  const { timestamp, level, logger, message, ...fields } = JSON.parse(
    line.replace(TOKEN, (token) => (LONG.test(token) ? `"\\u001b${token}"` : token)),
  ) as Record<string, string>;
  const seconds = timestamp!.slice(0, 19);
  return {
    nanos: BigInt(Date.parse(`${seconds}Z`)) * 1_000_000n + BigInt(timestamp!.slice(20, 26)) * 1000n,
    level: LEVELS[LEVEL_NAMES.indexOf(level as (typeof LEVEL_NAMES)[number])]!,
    logger: logger!,
    message: message!,
    own: [],
    context: Object.entries(fields).map(([key, value]) => [key.replace(RENAMED, '$1'), valueOf(value)]),
  };
}

function valueOf(value: unknown): unknown {
  if (typeof value === 'string' && value.startsWith(MARK) && LONG.test(value.slice(1))) {
    const integer = BigInt(value.slice(1));
    return Number.isSafeInteger(Number(integer)) ? Number(integer) : integer;
  }
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(valueOf);
  return new MapPairs(Object.entries(value).map(([key, item]) => [key, valueOf(item)]));
}
