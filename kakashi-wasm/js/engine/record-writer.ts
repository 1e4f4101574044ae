// Writes records to the ring, as items of the wire.
//
// What is the same in many records is written once: a message with its keys as a SITE, a
// logger as a NAME, a context as a CONTEXT; a record then holds their ids and its values.
// A message becomes a site the second time; one that was logged only once stands in its
// record. When the id tables are full both sides clear them.

import type { LogContext } from '../record/context.js';
import type { Fields } from '../record/fields.js';
import { LEVELS } from '../record/level.js';
import { platform } from '../platform.js';
import { Writer } from '../wire/writer.js';

const SITE = 1;
const NAME = 2;
const CONTEXT = 3;
/** @internal */
export const RECORD = 4;

const HAS_SITE = 1;
const HAS_LOGGER = 2;
const HAS_CONTEXT = 4;
const HAS_EXTRA = 8;

/** Ids of one kind before the tables are cleared. */
const MAX_IDS = 1024;
/** A longer message, or one with more keys, becomes no site. */
const MAX_MESSAGE = 256;
const MAX_KEYS = 32;
/** Sites of one message; records with other keys are written without a site. */
const MAX_SHAPES = 8;

/** What a record needs of its logger. */
export interface RecordSource {
  readonly name: string;
  readonly dispatchId: number;
  /** The logger's id, and the generation of the tables that have it. */
  id: number;
  tables: number;
}

/** A site: the keys that came with a message. */
interface Shape {
  readonly id: number;
  readonly keys: readonly string[];
  readonly next: Shape | undefined;
  readonly depth: number;
}

const NO_KEYS: readonly string[] = [];

/** The generation of the tables: it grows when they are cleared. */
let tables = 0;
let loggers = 0;
let contexts = 0;
let shapes = 0;
/** The level of each shape, by its id. */
const levels: number[] = [];
/** The id of each logger's dispatch, by the logger's id. */
export const dispatchIds: number[] = [];
/** The sites of each level, by their message. */
let sitesOf: Map<string, Shape>[] = LEVELS.map(() => new Map());
/** The latest messages, by a few of their characters. */
const recent: string[] = new Array(256).fill('');

/** Whether the tables should be cleared when the ring is empty. */
export function tablesAreFull(): boolean {
  return loggers >= MAX_IDS || contexts >= MAX_IDS || shapes >= MAX_IDS;
}

/** Clears the tables of ids; the wasm must clear its own too. */
export function clearTables(): void {
  tables++;
  loggers = contexts = shapes = 0;
  sitesOf = LEVELS.map(() => new Map());
}

/** The time in microseconds since 1970. */
export function micros(): number {
  return hasPerformance && !platform.coarse ? Math.floor((origin + performance.now()) * 1000) : Date.now() * 1000;
}

const hasPerformance = typeof performance === 'object' && typeof performance.now === 'function';
let origin = hasPerformance ? Date.now() - performance.now() : 0;

/** Follows the clock where it was set, or where `performance` stood still in a sleep. */
export function followClock(): void {
  if (!hasPerformance || platform.coarse) return;
  const off = Date.now() - (origin + performance.now());
  if (off > 20 || off < -20) origin += off;
}

/** Writes a NAME: the id of a logger. */
function writeName(out: Writer, source: RecordSource): void {
  const at = out.begin(NAME);
  out.leb(loggers);
  out.text(source.name);
  out.leb(source.dispatchId);
  out.end(at);
  dispatchIds[loggers] = source.dispatchId;
  source.id = loggers++;
  source.tables = tables;
}

/** Writes a CONTEXT: the id of a context. */
function writeContext(out: Writer, context: LogContext): void {
  const at = out.begin(CONTEXT);
  out.leb(contexts);
  context.put(out);
  out.end(at);
  context.id = contexts++;
  context.tables = tables;
}

/** Writes a SITE: the id of a message and its keys. The message is no template. */
function writeSite(out: Writer, level: number, message: string, keys: readonly string[], next: Shape | undefined): Shape {
  const at = out.begin(SITE);
  out.leb(shapes);
  out.bytes[out.pos++] = level;
  out.text(message.replace(/[{}]/g, '$&$&'));
  out.leb(keys.length);
  for (const key of keys) out.text(key);
  out.leb(0);
  out.text('');
  out.text('');
  out.end(at);
  levels[shapes] = level;
  return { id: shapes++, keys, next, depth: (next?.depth ?? 0) + 1 };
}

/** Whether a message is among the latest; it is from now on. */
function isRecent(message: string): boolean {
  const { length } = message;
  if (length > MAX_MESSAGE) return false;
  const slot =
    (length * 31 + message.charCodeAt(length >> 1) * 7 + message.charCodeAt(length - 1) * 3 + message.charCodeAt(0)) & 255;
  if (recent[slot] === message) return true;
  recent[slot] = message;
  return false;
}

/** Appends a record. Throws OVERFLOW, and what the fields throw; `out.rewind` then removes the half-written item. */
export function writeRecord(
  out: Writer,
  source: RecordSource,
  context: LogContext | undefined,
  level: number,
  message: string,
  fields: Fields | undefined,
): void {
  if (source.tables !== tables) writeName(out, source);
  if (context && context.tables !== tables) writeContext(out, context);
  const sites = sitesOf[level === 20 ? 2 : LEVELS.indexOf(level)]!;
  const first = sites.get(message);
  for (let shape = first; shape; shape = shape.next) {
    if (writeShort(out, source, context, shape, fields)) return;
  }
  if (shapes < MAX_IDS && (first ? first.depth < MAX_SHAPES : isRecent(message))) {
    const keys = fields ? keysOf(fields) : NO_KEYS;
    if (keys.length <= MAX_KEYS) {
      const shape = writeSite(out, level, message, keys, first);
      sites.set(message, shape);
      if (writeShort(out, source, context, shape, fields)) return;
    }
  }
  writeLong(out, source, context, level, message, fields);
}

/** Reads the level and the logger of the record whose item begins at an offset. */
export function peekRecord(bytes: Uint8Array, at: number): { level: number; logger: number } {
  let from = at + 15;
  const leb = () => {
    let number = 0;
    for (let scale = 1; ; scale *= 0x80) {
      const byte = bytes[from++]!;
      number += (byte & 0x7f) * scale;
      if (byte < 0x80) return number;
    }
  };
  let level;
  if (bytes[at + 5]! & HAS_SITE) {
    level = levels[leb()]!;
  } else {
    level = bytes[from++]!;
    const length = leb();
    from += length;
  }
  return { level, logger: leb() };
}

/** Begins a record: its flags and its time. */
function beginRecord(out: Writer, flags: number): number {
  const at = out.begin(RECORD);
  const { bytes, view } = out;
  bytes[at + 4] = flags;
  bytes[at + 5] = 8;
  // Nanoseconds in two words: a double does not hold them.
  const now = micros();
  const low = (now % 0x1_0000_0000) * 1000;
  const high = Math.floor(now / 0x1_0000_0000) * 1000 + Math.floor(low / 0x1_0000_0000);
  view.setUint32(at + 6, low >>> 0, true);
  view.setUint32(at + 10, high, true);
  out.pos = at + 14;
  return at;
}

/** Writes a record as a site's id and the values of its keys; false, and nothing written, if the fields have other keys. */
function writeShort(
  out: Writer,
  source: RecordSource,
  context: LogContext | undefined,
  shape: Shape,
  fields: Fields | undefined,
): boolean {
  const start = out.pos;
  const at = beginRecord(out, context ? HAS_SITE | HAS_LOGGER | HAS_CONTEXT : HAS_SITE | HAS_LOGGER);
  out.leb(shape.id);
  out.leb(source.id);
  if (context) out.leb(context.id);
  const { keys } = shape;
  let index = 0;
  if (fields) {
    for (const key in fields) {
      if (key !== keys[index]) {
        out.pos = start;
        return false;
      }
      index++;
      out.value(fields[key]);
    }
  }
  if (index !== keys.length) {
    out.pos = start;
    return false;
  }
  out.end(at);
  return true;
}

/** Writes a record with its message and keys. */
function writeLong(
  out: Writer,
  source: RecordSource,
  context: LogContext | undefined,
  level: number,
  message: string,
  fields: Fields | undefined,
): void {
  let flags = HAS_LOGGER;
  if (context) flags |= HAS_CONTEXT;
  if (fields) flags |= HAS_EXTRA;
  const at = beginRecord(out, flags);
  out.bytes[out.pos++] = level;
  out.text(message);
  out.leb(source.id);
  if (context) out.leb(context.id);
  if (fields) {
    for (const key in fields) {
      out.text(key);
      out.value(fields[key]);
    }
  }
  out.end(at);
}

function keysOf(fields: Fields): string[] {
  const keys = [];
  for (const key in fields) keys.push(key);
  return keys;
}
