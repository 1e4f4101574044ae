// The other side of the ring: the module of wasm, the routes that it knows, and the
// batches that come out of it.

import { Batch, type Format } from '../sinks/batch.js';
import { type Drops, ENCODER_FAILED, REASONS, counts, noDrops } from '../stats.js';
import { LEVELS } from '../record/level.js';
import { type Outlet, report } from '../sinks/sink-queue.js';
import { platform } from '../platform.js';
import { forgetTables, micros, tablesAreFull } from './record-writer.js';
import { RING, eachRecord, ring, ringState } from './ring.js';
import type { Route } from './dispatch.js';
import { messageOf } from '../wire/value.js';
import { Writer, written } from '../wire/writer.js';

/**
 * What the wasm module exports (kakashi-wasm/src/bridge).
 *
 * scripts/build.mjs reads these lines to know which exports to keep: a function that is not
 * listed here is not in the package. One member a line, and no brace within.
 */
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

const MOST_RING = 256 << 20;
/** A larger ring is given back when it is empty. */
const KEPT_RING = 1 << 20;
/** What is kept of the time before the wasm is there. */
const MOST_STAGED = 4 << 20;
const FORMATS: Record<Format, number> = { text: 0, json: 1, pretty: 2, wire: 4 };

let make: (() => Exports) | undefined;
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

/** Whether the wasm is there. */
export function isStarted(): boolean {
  return wasm !== undefined;
}

/** Makes the first instance, and moves what is in the ring into its memory. */
export function start(instantiate: () => Exports): void {
  make = instantiate;
  const staged = ring.bytes.slice(0, ring.pos);
  wasm = make();
  useRing(RING);
  ring.pos = 0;
  routes.forEach(establish);
  while (ring.bytes.length < staged.length) useRing(ring.bytes.length * 2);
  ring.bytes.set(staged);
  ring.pos = staged.length;
}

/** Makes the ring larger, with what is in it; false if it is as large as may be. */
export function growRing(): boolean {
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

/** Makes a route known. */
export function register(route: Route): void {
  route.id = routes.push(route) - 1;
}

/** Changes a route; the ring is empty, or waits for the wasm. */
export function replace(route: Route, change: () => void): void {
  // What still waits for the wasm goes the new way.
  recount(route, -1);
  const old = route.outlets;
  change();
  recount(route, 1);
  retired.push(...old.filter((outlet) => !route.outlets.includes(outlet)));
  establish(route);
}

/** Counts a route's records in the ring as sent, or takes that back. */
function recount(route: Route, times: number): void {
  eachRecord(ring, 0, ring.pos, (level, id) => {
    if (id !== route.id) return;
    counts.sent += times * route.fan[level]!;
    counts.buffered += times * route.fan[level]!;
  });
}

/** Empties the ring into the outlets' queues. */
export function drain(): void {
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

/** All outlets for which anything may wait. */
export function outlets(): Outlet[] {
  retired = retired.filter((outlet) => !outlet.isIdle);
  return [...routes.flatMap((route) => route.outlets), ...retired];
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
