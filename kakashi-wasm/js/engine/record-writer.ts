// Records into the ring, as items of the wire.
//
// What is the same from call to call crosses once: a message with its keys is a SITE,
// a logger a NAME, a context a CONTEXT, and a record then holds their ids and its
// values. A message becomes a site when it is seen again; what is said only once is
// written as it is. When the tables are full both sides forget them.

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

/** Ids of one kind before all are forgotten. */
const MOST = 1024;
/** A longer message, or more keys, is no site. */
const LONGEST = 256;
const MOST_KEYS = 32;
/** Shapes of fields that one message has, before the others are written out. */
const MOST_SHAPES = 8;

/** What a record needs of its logger. */
export interface Source {
  readonly name: string;
  readonly route: number;
  /** The id in the tables, and the tables it is an id of. */
  id: number;
  tables: number;
}

/** A message and the keys that came with it. */
interface Shape {
  readonly id: number;
  readonly keys: readonly string[];
  readonly next: Shape | undefined;
  readonly depth: number;
}

const NO_KEYS: readonly string[] = [];

let tables = 0;
let loggers = 0;
let contexts = 0;
let shapes = 0;
/** The level of each shape, by its id. */
const levels: number[] = [];
/** The route of each logger, by its id. */
export const routeOf: number[] = [];
let known: Map<string, Shape>[] = LEVELS.map(() => new Map());
/** Messages that were seen lately, by a few of their characters. */
const seen: string[] = new Array(256).fill('');

/** Whether the tables should be forgotten when the ring is empty. */
export function tablesAreFull(): boolean {
  return loggers >= MOST || contexts >= MOST || shapes >= MOST;
}

/** Forgets what ids stand for; the other side must too. */
export function forgetTables(): void {
  tables++;
  loggers = contexts = shapes = 0;
  known = LEVELS.map(() => new Map());
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

/** Explains a logger. */
function name(out: Writer, source: Source): void {
  const at = out.begin(NAME);
  out.leb(loggers);
  out.text(source.name);
  out.leb(source.route);
  out.end(at);
  routeOf[loggers] = source.route;
  source.id = loggers++;
  source.tables = tables;
}

function explain(out: Writer, context: LogContext): void {
  const at = out.begin(CONTEXT);
  out.leb(contexts);
  context.put(out);
  out.end(at);
  context.id = contexts++;
  context.tables = tables;
}

/** Explains a message and its keys; the message is no template. */
function site(out: Writer, level: number, message: string, keys: readonly string[], next: Shape | undefined): Shape {
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

/** Whether a message came lately, and remembers it. */
function again(message: string): boolean {
  const { length } = message;
  if (length > LONGEST) return false;
  const slot =
    (length * 31 + message.charCodeAt(length >> 1) * 7 + message.charCodeAt(length - 1) * 3 + message.charCodeAt(0)) & 255;
  if (seen[slot] === message) return true;
  seen[slot] = message;
  return false;
}

/** Appends a record. Throws OVERFLOW, and what the fields throw; `out.rewind` then takes back what is not whole. */
export function record(
  out: Writer,
  source: Source,
  context: LogContext | undefined,
  level: number,
  message: string,
  fields: Fields | undefined,
): void {
  if (source.tables !== tables) name(out, source);
  if (context && context.tables !== tables) explain(out, context);
  const sites = known[level === 20 ? 2 : LEVELS.indexOf(level)]!;
  const first = sites.get(message);
  for (let shape = first; shape; shape = shape.next) {
    if (short(out, source, context, shape, fields)) return;
  }
  if (shapes < MOST && (first ? first.depth < MOST_SHAPES : again(message))) {
    const keys = fields ? keysOf(fields) : NO_KEYS;
    if (keys.length <= MOST_KEYS) {
      const shape = site(out, level, message, keys, first);
      sites.set(message, shape);
      if (short(out, source, context, shape, fields)) return;
    }
  }
  long(out, source, context, level, message, fields);
}

/** Reads the level and the logger of the record whose item begins at an offset. */
export function glance(out: Writer, at: number): { level: number; logger: number } {
  const { bytes } = out;
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
function head(out: Writer, flags: number): number {
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

/** A record of values under a shape's keys; false, and nothing written, if the fields have others. */
function short(
  out: Writer,
  source: Source,
  context: LogContext | undefined,
  shape: Shape,
  fields: Fields | undefined,
): boolean {
  const start = out.pos;
  const at = head(out, context ? HAS_SITE | HAS_LOGGER | HAS_CONTEXT : HAS_SITE | HAS_LOGGER);
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

/** A record that says all itself. */
function long(
  out: Writer,
  source: Source,
  context: LogContext | undefined,
  level: number,
  message: string,
  fields: Fields | undefined,
): void {
  let flags = HAS_LOGGER;
  if (context) flags |= HAS_CONTEXT;
  if (fields) flags |= HAS_EXTRA;
  const at = head(out, flags);
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
