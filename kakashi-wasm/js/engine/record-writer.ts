// Writes records to the ring, as items of the wire.
//
// What is the same in many records is written once: a message with its keys as a SITE, a
// logger as a NAME, a context as a CONTEXT; a record then holds their ids and its values.
// A message becomes a site the second time; one that was logged only once stands in its
// record. When the id tables are full both sides clear them.

import type { LogContext } from '../record/context.js';
import type { Fields } from '../record/fields.js';
import { platform } from '../platform.js';
import { leb } from '../wire/leb.js';
import { limits } from '../wire/limits.js';
import type { Writer } from '../wire/writer.js';
import { once } from '../realm.js';

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
/** Messages that are remembered until they come again. */
const MAX_RECENT = 256;
/** A longer message, or one with more keys, becomes no site. */
const MAX_MESSAGE = 256;
const MAX_KEYS = 32;
/** Sites of one message; records with other keys are written without a site. */
const MAX_SHAPES = 8;

/** What a record needs of its logger. */
export interface RecordSource {
  readonly name: string;
  readonly dispatch: { readonly id: number };
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

const hasPerformance = typeof globalThis.performance?.now === 'function';
/** What the records of now are written with. */
export const ids = /* @__PURE__ */ once('ids', () => ({
  /** The generation of the tables: it grows when they are cleared. */
  tables: 0,
  loggers: 0,
  contexts: 0,
  shapes: 0,
  /** The level of each shape, by its id. */
  levels: [] as number[],
  /** By level: its sites, by their message. */
  sitesOf: [] as Map<string, Shape>[],
  /** The latest messages that have no site. */
  recent: new Set<string>(),
  /** The id of each logger's dispatch, by the logger's id. */
  dispatchIds: [] as number[],
  /** The time of the latest record. */
  latest: 0,
  origin: hasPerformance ? Date.now() - performance.now() : 0,
}));
const { levels, recent } = ids;
export const { dispatchIds } = ids;

/** Whether the tables should be cleared when the ring is empty. */
export function tablesAreFull(): boolean {
  return ids.loggers >= MAX_IDS || ids.contexts >= MAX_IDS || ids.shapes >= MAX_IDS;
}

/** Clears the tables of ids; the wasm must clear its own too. */
export function clearTables(): void {
  ids.tables++;
  ids.loggers = ids.contexts = ids.shapes = 0;
  ids.sitesOf = [];
}

/** The time in milliseconds since 1970, as finely as the platform has it. */
function now(): number {
  return hasPerformance && !platform.coarse ? ids.origin + performance.now() : Date.now();
}

/** The time in microseconds since 1970. */
export function micros(): number {
  return Math.floor(now() * 1000);
}

/** Follows the clock where it was set, or where `performance` stood still in a sleep. */
export function followClock(): void {
  const off = Date.now() - now();
  if (off * off > 400) ids.origin += off;
}

/**
 * Runs a call whose record has a time of its own: milliseconds since 1970, which somebody has read before.
 * A flush within the call follows the clock again; where `performance` is not to be trusted the time is that of the call.
 */
export function atTime(millis: number, call: () => void): void {
  if (!hasPerformance || platform.coarse || !(Math.abs(millis - Date.now()) > 1)) return call();
  const { origin } = ids;
  const moved = (ids.origin = millis - performance.now());
  try {
    call();
  } finally {
    if (ids.origin === moved) ids.origin = origin;
  }
}

/** Writes a NAME: the id of a logger. */
function writeName(out: Writer, source: RecordSource): void {
  const at = out.begin(NAME);
  out.leb(ids.loggers);
  out.text(source.name);
  out.leb(source.dispatch.id);
  out.end(at);
  dispatchIds[ids.loggers] = source.dispatch.id;
  source.id = ids.loggers++;
  source.tables = ids.tables;
}

/** Writes a CONTEXT: the id of a context. */
function writeContext(out: Writer, context: LogContext): void {
  const at = out.begin(CONTEXT);
  out.leb(ids.contexts);
  context.put(out);
  out.end(at);
  context.id = ids.contexts++;
  context.tables = ids.tables;
}

/** Writes a SITE: the id of a message and its keys. The message is no template. */
function writeSite(out: Writer, level: number, message: string, keys: readonly string[], next: Shape | undefined): Shape {
  const at = out.begin(SITE);
  out.leb(ids.shapes);
  out.bytes[out.pos++] = level;
  out.text(message.replace(/[{}]/g, '$&$&'));
  out.leb(keys.length);
  for (const key of keys) out.text(key);
  out.leb(0);
  out.text('');
  out.text('');
  out.end(at);
  levels[ids.shapes] = level;
  return { id: ids.shapes++, keys, next, depth: (next?.depth ?? 0) + 1 };
}

/** Whether a message is among the latest; if not, it is from now on. */
function isRecent(message: string): boolean {
  if (recent.delete(message)) return true;
  if (recent.size >= MAX_RECENT) recent.clear();
  if (message.length <= MAX_MESSAGE) recent.add(message);
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
  if (source.tables !== ids.tables) writeName(out, source);
  if (context && context.tables !== ids.tables) writeContext(out, context);
  const sites = (ids.sitesOf[level] ??= new Map());
  const first = sites.get(message);
  for (let shape = first; shape; shape = shape.next) {
    if (writeShort(out, source, context, shape, fields)) return;
  }
  if (ids.shapes < MAX_IDS && (first ? first.depth < MAX_SHAPES : isRecent(message))) {
    const keys = keysOf(fields);
    if (keys.length <= Math.min(MAX_KEYS, limits.items)) {
      const shape = writeSite(out, level, message, keys, first);
      sites.set(message, shape);
      if (writeShort(out, source, context, shape, fields)) return;
    }
  }
  writeLong(out, source, context, level, message, fields);
}

/** Reads the level and the logger of the record whose item begins at an offset. */
export function peekRecord(bytes: Uint8Array, at: number): { level: number; logger: number } {
  const from = { bytes, at: at + 15 };
  let level;
  if (bytes[at + 5]! & HAS_SITE) {
    level = levels[leb(from)]!;
  } else {
    level = bytes[from.at++]!;
    const length = leb(from);
    from.at += length;
  }
  return { level, logger: leb(from) };
}

/** Begins a record: its flags and its time. */
function beginRecord(out: Writer, flags: number): number {
  const at = out.begin(RECORD);
  out.most = at + limits.bytes;
  const { bytes, view } = out;
  bytes[at + 4] = flags;
  bytes[at + 5] = 8;
  // Nanoseconds in two words: a double does not hold them.
  const now = (ids.latest = micros());
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
    let left = limits.items;
    for (const key in fields) {
      if (left-- === 0) {
        out.text('…');
        out.string(`${keysOf(fields).length - limits.items} fields cut`);
        break;
      }
      out.text(key);
      out.value(fields[key]);
    }
  }
  out.end(at);
}

function keysOf(fields: Fields | undefined): string[] {
  const keys = [];
  for (const key in fields) keys.push(key);
  return keys;
}
