// The way of a record: into the ring, through the wasm, to the sinks.
//
// Before the wasm is there, in a browser, the ring is plain memory, and grows.

import { Batch, type Format } from './batch.js';
import { type LogContext } from './context.js';
import {
  type Drops,
  ENCODER_FAILED,
  QUEUE_FULL,
  REASONS,
  REENTRANT,
  SHUTDOWN,
  TOO_LARGE,
  counts,
  noDrops,
} from './counts.js';
import { type Fields, copied, settled } from './fields.js';
import { LEVELS } from './level.js';
import { type Outlet, delivery, report } from './outlet.js';
import { OVERFLOW } from './overflow.js';
import { followClock, forgetTables, RECORD, glance, micros, record, routeOf, type Source, tablesAreFull } from './record.js';
import type { Route } from './route.js';
import { platform } from './platform.js';
import { messageOf } from './value.js';
import { Writer, written } from './writer.js';

/** What the wasm module exports (kakashi-wasm/src/bridge). */
export interface Exports {
  memory: WebAssembly.Memory;
  ring(bytes: number): number;
  mail(): number;
  route(route: number): void;
  destination(route: number, format: number, threshold: number, batchBytes: number): void;
  redact(route: number, length: number): void;
  take(from: number, end: number): number;
  batch(route: number, destination: number): number;
  owe(route: number, destination: number, level: number, reason: number, records: number): void;
  announce(route: number, micros: number): void;
  lost(): number;
  forget(): void;
  input(bytes: number): number;
  decode(): number;
}

/** What a record needs of its logger. */
export interface Core extends Source {
  readonly road: Route;
  /** Whether sinks get an ERROR soon after its call, not before it returns. */
  isAsync?: boolean;
  /** Asked whether one more record may be written; without it, always. */
  admits?(level: number): boolean;
  /** Makes room in a full ring without a sink. */
  makeRoom?(): boolean;
}

const RING = 64 << 10;
const MOST_RING = 256 << 20;
/** A larger ring is given back when it is empty. */
const KEPT_RING = 1 << 20;
/** What is kept of the time before the wasm is there. */
const MOST_STAGED = 4 << 20;
/** Records that are logged from inside one record, at most. */
const MOST_INSIDE = 64;
/** The kind of an item that is no more; readers pass over it. */
export const DEAD = 0x7f;
const FORMATS: Record<Format, number> = { text: 0, json: 1, pretty: 2, wire: 4 };
/** How long a flush waits for sinks. */
const PATIENCE_MS = 5000;

/** Where records are written. */
export const ring = new Writer(RING);
/** Says how often the ring has been emptied. */
export const ringState = { drains: 1 };
let make: (() => Exports) | undefined;
/** Flushes that wait for the wasm. */
const waiting: (() => void)[] = [];
let wasm: Exports | undefined;
let memory: ArrayBuffer | undefined;
let ringAt = 0;
let ringSize = RING;
let mail = new Uint32Array(8);
const routes: Route[] = [];
/** Outlets of settings that are no more, while something waits for their sinks. */
let retired: Outlet[] = [];
/** Drops that the other side has been told of, until the batch with the news is there. */
const telling = new Map<Outlet, Drops>();

/** A record is being written. */
let writing = false;
/** Calls from inside it: they come after it. */
let inside: (() => void)[] = [];
let insideCount = 0;
/** The ring was emptied to make room: sinks get their batches when the record is whole. */
let drained = false;
let flushMs = 100;
let timer: unknown;
let armed = false;
let soon = false;
/** Who has shut down: records go straight to their sinks from then on. */
let over = false;
let asyncOver = false;

/** Logs a record whose level is enabled. It never throws. */
export function emit(core: Core, context: LogContext | undefined, level: number, message: string, given: unknown): void {
  const fan = core.road.fan[level]!;
  if (fan === 0) return;
  if (typeof message !== 'string') message = messageOf(message);
  if (writing) return emitAfter(core, context, level, message, given);
  if (core.admits && !asyncOver && !core.admits(level)) return drop(core, level, QUEUE_FULL);
  writing = true;
  const whole = put(core, context, level, message, given);
  writing = false;
  if (whole) {
    counts.sent += fan;
    counts.buffered += fan;
  }
  if (drained) {
    drained = false;
    pumpAll();
  }
  if (whole) {
    if (delivery.depth === 0 && (level >= 40 || over)) {
      if (core.isAsync && !asyncOver) flushSoon();
      else flushNow();
    } else if (!armed) {
      arm();
    }
  }
  if (insideCount > 0) emitInside();
}

/** Writes a record, whatever its fields do; false if it was dropped. */
function put(core: Core, context: LogContext | undefined, level: number, message: string, given: unknown): boolean {
  for (let tries = 0; ; tries++) {
    // What throws before anything is begun takes back nothing.
    ring.item = ring.pos;
    try {
      const plain = given === undefined || (given as object | null)?.constructor === Object;
      if (!plain) given = settled(given);
      record(ring, core, context, level, message, given as Fields | undefined);
      return true;
    } catch (error) {
      ring.rewind();
      let reason = tries > 40 ? ENCODER_FAILED : -1;
      if (error !== OVERFLOW) given = copied(given);
      else if (!makeRoom(core)) reason = wasm ? TOO_LARGE : QUEUE_FULL;
      if (reason < 0) continue;
      drop(core, level, reason);
      return false;
    }
  }
}

/** Keeps a call from inside a record: from a getter, a `toJSON`, a proxy. */
function emitAfter(core: Core, context: LogContext | undefined, level: number, message: string, given: unknown): void {
  // A getter that logs the object it is a getter of has no end.
  if (insideCount >= MOST_INSIDE) return drop(core, level, REENTRANT);
  insideCount++;
  let fields: Fields;
  inside.push(() => emit(core, context, level, message, fields));
  // Read now; what is logged as they are read comes after them.
  fields = copied(given);
}

function emitInside(): void {
  // The outermost call does it, for those that come from inside these as well.
  for (let call; !writing && (call = inside.shift()); ) call();
  if (inside.length === 0) insideCount = 0;
}

/** Counts a record that is not written, for all destinations that would have taken it. */
export function drop({ road }: Core, level: number, reason: number): void {
  for (const outlet of road.outlets) {
    if (outlet.threshold > level) continue;
    counts.sent++;
    outlet.drop(level, reason);
  }
  if (!armed) arm();
}

/** Takes back that a record was sent. */
export function unsend({ road }: Core, level: number): void {
  counts.sent -= road.fan[level]!;
  counts.buffered -= road.fan[level]!;
}

/** The length of the item at an offset of the ring. */
export function itemLength(bytes: Uint8Array, at: number): number {
  return (
    5 +
    ((bytes[at + 1]! & 0x7f) | ((bytes[at + 2]! & 0x7f) << 7) | ((bytes[at + 3]! & 0x7f) << 14) | (bytes[at + 4]! << 21))
  );
}

// --- Room -----------------------------------------------------------------

/** Makes room in the ring for more of a logger's records. */
function makeRoom({ makeRoom }: Core): boolean {
  if (makeRoom?.()) return true;
  if (wasm && ring.pos > 0 && !makeRoom) {
    drain();
    drained = true;
    return true;
  }
  const size = ring.bytes.length * 4;
  if (size > MOST_RING || (!wasm && size > MOST_STAGED && ring.pos > 0)) return false;
  const kept = ring.bytes.slice(0, ring.pos);
  if (wasm) useRing(size);
  else ring.use(new Uint8Array(size));
  ring.bytes.set(kept);
  return true;
}

/** Has the wasm make the ring. */
function useRing(size: number): void {
  ringAt = wasm!.ring(size);
  ringSize = size;
  memory = undefined;
  refresh();
}

/** Looks anew where the memory is: when it grows it moves. */
function refresh(): void {
  if (memory === wasm!.memory.buffer) return;
  memory = wasm!.memory.buffer as ArrayBuffer;
  ring.use(new Uint8Array(memory, ringAt, ringSize));
  mail = new Uint32Array(memory, wasm!.mail(), 8);
}

// --- Through the wasm -----------------------------------------------------

/** Gives the engine its wasm: at once, or when a page has fetched it. */
export function install(instantiate: () => Exports): void {
  make = instantiate;
  const staged = ring.bytes.slice(0, ring.pos);
  wasm = make();
  useRing(RING);
  ring.pos = 0;
  routes.forEach(establish);
  while (ring.bytes.length < staged.length) useRing(ring.bytes.length * 2);
  ring.bytes.set(staged);
  ring.pos = staged.length;
  if (staged.length > 0) flushSoon();
  for (const go of waiting.splice(0)) go();
}

/** Tells the wasm of a route; the ring is empty. */
function establish(route: Route): void {
  if (!wasm) return;
  wasm.route(route.id);
  for (const { format, threshold, sink } of route.outlets) {
    const colour = format === 'pretty' && platform.terminal ? 1 : 0;
    wasm.destination(route.id, FORMATS[format] + colour, threshold, sink.maxBatchBytes ?? route.maxBatchBytes);
  }
  if (route.redact.length > 0) {
    const paths = written((out) => route.redact.forEach((path) => out.text(path)));
    while (ring.bytes.length < paths.length) useRing(ring.bytes.length * 2);
    ring.bytes.set(paths);
    wasm.redact(route.id, paths.length);
  }
  refresh();
}

/** Changes a route, for all loggers that have it; what they have logged goes the old way. */
export function changeRoute(route: Route, change: () => void): void {
  if (writing) {
    // The ring can't be emptied: a record is half written.
    insideCount++;
    inside.push(() => changeRoute(route, change));
    return;
  }
  drain();
  // What still waits for the wasm goes the new way.
  recount(route, -1);
  const old = route.outlets;
  change();
  recount(route, 1);
  retired.push(...old.filter((outlet) => !route.outlets.includes(outlet)));
  establish(route);
  pumpAll();
}

/** Makes a route known. */
export function addRoute(route: Route): void {
  route.id = routes.push(route) - 1;
  changeRoute(route, () => {});
}

/** Counts a route's records in the ring as sent, or takes that back. */
function recount(route: Route, times: number): void {
  eachRecord(ring, 0, ring.pos, (level, id) => {
    if (id !== route.id) return;
    counts.sent += times * route.fan[level]!;
    counts.buffered += times * route.fan[level]!;
  });
}

/** Calls `visit` with the level and the route of each record between two offsets. */
function eachRecord(items: Writer, from: number, end: number, visit: (level: number, route: number) => void): void {
  for (let at = from; at < end; at += itemLength(items.bytes, at)) {
    if (items.bytes[at] !== RECORD) continue;
    const { level, logger } = glance(items, at);
    visit(level, routeOf[logger]!);
  }
}

/** Empties the ring into the outlets' queues. */
function drain(): void {
  if (!wasm) return;
  const end = ring.pos;
  let from = 0;
  try {
    tell();
    do {
      from = wasm.take(from, end);
      refresh();
      if (mail[0]! > 0) countLost();
      collect();
    } while (from < end);
    for (const route of routes) if (route.outlets.some((outlet) => telling.has(outlet))) wasm.announce(route.id, micros());
    if (telling.size > 0) collect();
  } catch (error) {
    // Out of memory, above all: the instance is of no use any more.
    revive(from, end, error);
  }
  ring.pos = 0;
  counts.buffered = 0;
  ringState.drains++;
  if (tablesAreFull()) {
    forgetTables();
    wasm.forget();
  }
  if (ringSize > KEPT_RING) useRing(RING);
}

/** Tells the wasm what the stream must tell of. */
function tell(): void {
  for (const route of routes) {
    route.outlets.forEach((outlet, at) => {
      if (!outlet.owed) return;
      outlet.owed.forEach((count, place) => {
        const reason = place % REASONS.length;
        if (count > 0) wasm!.owe(route.id, at, LEVELS[(place - reason) / REASONS.length]!, reason, count);
      });
      telling.set(outlet, outlet.owed);
      outlet.owed = undefined;
    });
  }
}

/** Takes the batches that are there. */
function collect(): void {
  for (const route of routes) {
    route.outlets.forEach((outlet, at) => {
      const length = wasm!.batch(route.id, at);
      if (length === 0) return;
      refresh();
      const [bytesAt, endsAt, lines, count, dropped, level] = mail as unknown as number[];
      const bytes = new Uint8Array(memory!, bytesAt!, length).slice();
      const ends = new Uint32Array(memory!, endsAt!, 2 * lines!).slice();
      const news = dropped! > 0 ? telling.get(outlet) : undefined;
      if (news) telling.delete(outlet);
      outlet.add(new Batch(bytes, count!, dropped!, level!, outlet.format, ends), news);
    });
  }
}

/** Counts what the wasm could not encode; it tells of it itself. */
function countLost(): void {
  const lost = new Uint32Array(memory!, wasm!.lost(), counts.drops.length);
  lost.forEach((count, place) => (counts.drops[place]! += count));
}

/** Makes a new instance after one has failed; what it had not handed over is lost, and counted. */
function revive(from: number, end: number, error: unknown): void {
  report(new Error(`kakashi: the encoder failed and was started anew: ${messageOf(error)}`));
  const items = ring.bytes.length > 0 ? ring.bytes : new Uint8Array(wasm!.memory.buffer, ringAt, ringSize);
  const copy = new Writer(64);
  copy.use(items.slice(0, end));
  eachRecord(copy, from, end, (level, route) => {
    for (const outlet of routes[route]!.outlets) if (outlet.threshold <= level) outlet.drop(level, ENCODER_FAILED);
  });
  for (const [outlet, owed] of telling) owed.forEach((count, place) => ((outlet.owed ??= noDrops())[place]! += count));
  telling.clear();
  forgetTables();
  wasm = make!();
  useRing(RING);
  ring.pos = 0;
  routes.forEach(establish);
}

// --- To the sinks ---------------------------------------------------------

function outlets(): Outlet[] {
  retired = retired.filter((outlet) => !outlet.isIdle);
  return [...routes.flatMap((route) => route.outlets), ...retired];
}

function pumpAll(): void {
  if (delivery.depth > 0) return;
  for (const outlet of outlets()) outlet.pump();
}

/** Hands over all that is buffered, as far as sinks take it at once. */
export function flushNow(): void {
  // Inside a sink, or a record: what was logged there waits for the next time.
  if (writing || delivery.depth > 0) return arm();
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

function arm(): void {
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

delivery.arm = () => {
  if (!armed) arm();
};

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
  if (!wasm) await new Promise<void>((go) => waiting.push(go));
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
  if (writing || delivery.depth > 0) return;
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
  over = asyncOver = true;
  for (const outlet of outlets()) outlet.abandon(SHUTDOWN);
  return flushed;
}

/** Ends async logging: flushes, and async loggers work like others from then on. */
export async function shutdownAsyncLogging(timeoutMs = PATIENCE_MS): Promise<Flushed> {
  asyncOver = true;
  return flush(timeoutMs);
}

/** Has the wasm decode bytes; returns the values that they say. */
export function decodeBytes(bytes: Uint8Array): Uint8Array {
  if (!wasm) throw new Error('kakashi: the wasm is not there yet: await ready first');
  const at = wasm.input(bytes.length);
  new Uint8Array(wasm.memory.buffer, at, bytes.length).set(bytes);
  const length = wasm.decode();
  refresh();
  const decoded = new Uint8Array(memory!, mail[0]!, length).slice();
  wasm.input(0);
  return decoded;
}
