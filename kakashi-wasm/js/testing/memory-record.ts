// Records as objects, read from the batches of a sink.

import { Values } from '../wire/values.js';
import { messageText, time, valueText, word } from '../plain/line.js';
import { ValuePrinter } from '../plain/value-printer.js';
import { LEVEL_NAMES, LEVELS } from '../record/level.js';
import type { Batch } from '../sinks/batch.js';
import { membersOf } from '../sinks/json-members.js';
import { type BlockRecord, recordsOfBlocks } from '../sinks/wire-blocks.js';

/** A record as a test sees it. */
export interface MemoryRecord {
  time: Date;
  level: (typeof LEVEL_NAMES)[number];
  logger: string;
  message: string;
  /** The fields of the call; of an exception `exception.type`, `exception.message` and `exception.stacktrace`. */
  fields: Record<string, unknown>;
  /** The fields of its context: of the logger, the request, the program. Those that the call has too are not among them. */
  context: Record<string, unknown>;
}

/** A record, its line of text, and its time. @internal */
export interface ReadRecord {
  readonly record: MemoryRecord;
  readonly line: string;
  readonly micros: number;
}

/** The names that a JSON line has for itself: a field of that name has one more underscore. */
const RESERVED = /^(timestamp|level|logger|message|file|line)_*_$/;

/** Reads a batch of the wire; of JSON, where plain JavaScript writes, which does not tell context from fields. @internal */
export function recordsOf(batch: Batch): ReadRecord[] {
  return batch.format === 'wire' ? ofBlocks(batch.bytes) : [...batch.lines()].map(({ text }) => ofJson(text));
}

/** A value, and how the text line shows it. */
interface Shown {
  readonly value: unknown;
  readonly text: string;
}

/** Reads blocks of the wire as the wasm has just written them; not their announcements, which are no records. */
function ofBlocks(bytes: Uint8Array): ReadRecord[] {
  const items = new Values(bytes);
  const shown = (key: string): Shown => {
    const text = new ValuePrinter(bytes, items.at).field(key, false);
    return { value: items.next(), text };
  };
  return [...recordsOfBlocks(items, shown)].map(ofBlock);
}

function ofBlock({ nanos, level, logger, message, own, context }: BlockRecord<Shown>): ReadRecord {
  const micros = Number(nanos / 1000n);
  const name = LEVEL_NAMES[LEVELS.indexOf(level)]!;
  const record: MemoryRecord = { time: new Date(Math.floor(micros / 1000)), level: name, logger, message, fields: {}, context: {} };
  let line = `${time(micros)} ${name} ${word(logger)} ${messageText(message)}`;
  const seen = new Set<string>();
  for (const [pairs, to] of [[own, record.fields], [context, record.context]] as const) {
    for (const [key, { value, text }] of pairs) {
      if (seen.has(key)) continue;
      seen.add(key);
      define(to, key, value);
      line += ` ${word(key)}=${text}`;
    }
  }
  return { record, line, micros };
}

/** Adds a property, whatever it is called. */
function define(to: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(to, key, { value, enumerable: true, writable: true, configurable: true });
}

function ofJson(json: string): ReadRecord {
  const [at, level, logger, message, ...members] = membersOf(json).map(([key, value]) => [JSON.parse(`"${key}"`) as string, value] as const);
  const [timestamp, name, from, said] = [at, level, logger, message].map((member) => JSON.parse(member![1]) as string) as [string, string, string, string];
  const record: MemoryRecord = { time: new Date(timestamp), level: name as MemoryRecord['level'], logger: from, message: said, fields: {}, context: {} };
  let line = `${timestamp} ${name} ${word(from)} ${messageText(said)}`;
  for (const [key, value] of members) {
    const field = RESERVED.test(key) ? key.slice(0, -1) : key;
    const parsed: unknown = JSON.parse(value);
    define(record.fields, field, parsed);
    line += ` ${word(field)}=${typeof parsed === 'string' ? valueText(parsed) : value}`;
  }
  return { record, line, micros: Date.parse(`${timestamp.slice(0, 23)}Z`) * 1000 + Number(timestamp.slice(23, 26)) };
}
