// The module of wasm: it is given the dispatches and the ring's records, and makes batches.

import { Batch, type Format } from '../sinks/batch.js';
import { type DropCounts, ENCODER_FAILED, REASONS, counts } from '../stats.js';
import { LEVELS } from '../record/level.js';
import { type SinkQueue, announceLater, report } from '../sinks/sink-queue.js';
import { platform } from '../platform.js';
import { clearTables, micros, tablesAreFull } from './record-writer.js';
import { RING, eachRecord, ring, ringState } from './ring.js';
import type { Dispatch } from './dispatch.js';
import { messageOf } from '../wire/value.js';
import { written } from '../wire/writer.js';

/**
 * What the wasm module exports (kakashi-wasm/src/npm).
 *
 * scripts/build.mjs reads these lines to know which exports to keep: a function that is not
 * listed here is not in the package. One member a line, and no brace within.
 * A `dispatch` is the id of a {@link Dispatch}.
 */
export interface Exports {
  memory: WebAssembly.Memory;
  ring(bytes: number): number;
  reply(): number;
  dispatch(dispatch: number): void;
  destination(dispatch: number, format: number, threshold: number, batchBytes: number): void;
  redact(dispatch: number, length: number): void;
  take(from: number, end: number): number;
  batch(dispatch: number, destination: number): number;
  add_dropped(dispatch: number, destination: number, level: number, reason: number, records: number): void;
  announce(dispatch: number, micros: number): void;
  dropped(): number;
  forget(): void;
  input(bytes: number): number;
  decode(): number;
}

const MAX_RING = 256 << 20;
/** A larger ring is freed when it is empty. */
const KEPT_RING = 1 << 20;
/** The largest ring before the wasm has been loaded. */
const MAX_STAGED = 4 << 20;
const FORMATS: Record<Format, number> = { text: 0, json: 1, pretty: 2, wire: 4 };

let instantiate: (() => Exports) | undefined;
let wasm: Exports | undefined;
let memory: ArrayBuffer | undefined;
let ringAt = 0;
let ringSize = RING;
/** The results of the last call, in the wasm's memory. */
let reply = new Uint32Array(8);
const dispatches: Dispatch[] = [];
/** Queues that no dispatch has any more, until they are idle. */
let retired: SinkQueue[] = [];
/** Drops that were passed to the wasm, until the batch that announces them is made. */
const announcing = new Map<SinkQueue, DropCounts>();
/** Whether a failure is being reported: one that the report causes is counted only, or it would never end. */
let reporting = false;

/** Whether the wasm has been loaded. */
export function isStarted(): boolean {
  return wasm !== undefined;
}

/** Makes the first instance, and moves the ring's records into its memory. */
export function start(instance: () => Exports): void {
  instantiate = instance;
  const staged = ring.bytes.slice(0, ring.pos);
  makeInstance();
  putInRing(staged);
}

/** Makes an instance, and passes all settings to it. */
function makeInstance(): void {
  wasm = instantiate!();
  allocateRing(RING);
  dispatches.forEach(applySettings);
}

/** Makes the ring larger and keeps its records; false if it may not grow. */
export function growRing(): boolean {
  const size = ring.bytes.length * 4;
  if (size > MAX_RING || (!wasm && size > MAX_STAGED && ring.pos > 0)) return false;
  const kept = ring.bytes.slice(0, ring.pos);
  if (wasm) allocateRing(size);
  else ring.use(new Uint8Array(size));
  putInRing(kept);
  return true;
}

/** Has the wasm allocate the ring. */
function allocateRing(size: number): void {
  ringAt = wasm!.ring(size);
  ringSize = size;
  memory = undefined;
  refreshViews();
}

/** Copies bytes to the ring's beginning; it becomes as large as they need. */
function putInRing(bytes: Uint8Array): void {
  while (ring.bytes.length < bytes.length) allocateRing(ring.bytes.length * 2);
  ring.bytes.set(bytes);
}

/** Makes the views of the memory anew if it has moved, as it does when it grows. */
function refreshViews(): void {
  if (memory === wasm!.memory.buffer) return;
  memory = wasm!.memory.buffer as ArrayBuffer;
  ring.use(new Uint8Array(memory, ringAt, ringSize));
  reply = new Uint32Array(memory, wasm!.reply(), 8);
}

/** Passes a dispatch's settings to the wasm. The ring must be empty. */
function applySettings(dispatch: Dispatch): void {
  if (!wasm) return;
  wasm.dispatch(dispatch.id);
  for (const { format, threshold, maxBatchBytes } of dispatch.queues) {
    const colour = format === 'pretty' && platform.terminal ? 1 : 0;
    wasm.destination(dispatch.id, FORMATS[format] + colour, threshold, maxBatchBytes ?? dispatch.maxBatchBytes);
  }
  if (dispatch.redact.length > 0) {
    const paths = written((out) => dispatch.redact.forEach((path) => out.text(path)));
    putInRing(paths);
    wasm.redact(dispatch.id, paths.length);
  }
  refreshViews();
}

/** Gives a dispatch its id. */
export function register(dispatch: Dispatch): void {
  dispatch.id = dispatches.push(dispatch) - 1;
}

/** Changes a dispatch's settings. The ring must be empty, or the wasm not loaded yet. */
export function changeSettings(dispatch: Dispatch, change: () => SinkQueue[]): void {
  // First: a getter of the settings may throw.
  const queues = change();
  retired.push(...dispatch.queues.filter((queue) => !queues.includes(queue)));
  // Records that wait for the wasm follow the new settings.
  recount(dispatch, -1);
  dispatch.setQueues(queues);
  recount(dispatch, 1);
  applySettings(dispatch);
}

/** Adds a dispatch's records in the ring to the counts, or subtracts them. */
function recount(dispatch: Dispatch, times: number): void {
  eachRecord(ring.bytes, 0, ring.pos, (level, id) => {
    if (id === dispatch.id) dispatch.count(level, times);
  });
}

/** Encodes the ring's records into batches, and queues those. Foreign code runs at its end only, by `report`. */
export function drain(): void {
  if (!wasm) return;
  const end = ring.pos;
  let from = 0;
  // Before anything else: what `report` logs, at the end, stands in a ring that is empty.
  ring.pos = 0;
  counts.buffered = 0;
  ringState.drains++;
  try {
    announceDrops();
    do {
      from = wasm.take(from, end);
      refreshViews();
      if (reply[0]! > 0) countDropped();
      queueBatches();
    } while (from < end);
    for (const dispatch of dispatches) if (dispatch.queues.some((queue) => announcing.has(queue))) wasm.announce(dispatch.id, micros());
    if (announcing.size > 0) queueBatches();
  } catch (error) {
    // Most likely it is out of memory: the instance can't be used any more.
    restart(from, end);
    if (reporting) return;
    reporting = true;
    report(new Error(`kakashi: the encoder failed and was started anew: ${messageOf(error)}`));
    reporting = false;
    return;
  }
  if (tablesAreFull()) {
    clearTables();
    wasm.forget();
  }
  if (ringSize > KEPT_RING) allocateRing(RING);
}

/** Calls `visit` with each queue, the id of its dispatch, and its index there. */
function eachQueue(visit: (queue: SinkQueue, dispatchId: number, index: number) => void): void {
  for (const { id, queues } of dispatches) queues.forEach((queue, index) => visit(queue, id, index));
}

/** Passes the drops that no batch has announced to the wasm. */
function announceDrops(): void {
  eachQueue((queue, dispatchId, at) => {
    const { unannounced } = queue;
    if (!unannounced) return;
    unannounced.forEach((count, index) => {
      const reason = index % REASONS.length;
      if (count > 0) wasm!.add_dropped(dispatchId, at, LEVELS[(index - reason) / REASONS.length]!, reason, count);
    });
    announcing.set(queue, unannounced);
    queue.unannounced = undefined;
  });
}

/** Copies the finished batches out of the wasm's memory, into the queues. */
function queueBatches(): void {
  eachQueue((queue, dispatchId, at) => {
    const length = wasm!.batch(dispatchId, at);
    if (length === 0) return;
    refreshViews();
    const [bytesAt, endsAt, lines, count, dropped, level] = reply as unknown as number[];
    const bytes = new Uint8Array(memory!, bytesAt!, length).slice();
    const ends = new Uint32Array(memory!, endsAt!, 2 * lines!).slice();
    const announced = dropped! > 0 ? announcing.get(queue) : undefined;
    if (announced) announcing.delete(queue);
    queue.add(new Batch(bytes, count!, dropped!, level!, queue.format, ends), announced);
  });
}

/** Counts the records that the wasm could not encode; it announces them itself. */
function countDropped(): void {
  const dropped = new Uint32Array(memory!, wasm!.dropped(), counts.drops.length);
  dropped.forEach((count, index) => (counts.drops[index]! += count));
}

/** Makes a new instance after one has failed; the records that it had not encoded are dropped, and counted. */
function restart(from: number, end: number): void {
  // The view of the ring may be of memory that has moved.
  const items = new Uint8Array(wasm!.memory.buffer, ringAt, ringSize);
  eachRecord(items, from, end, (level, id) => dispatches[id]!.drop(level, ENCODER_FAILED));
  for (const [queue, drops] of announcing) announceLater(queue, drops);
  announcing.clear();
  clearTables();
  makeInstance();
}

/** All queues that may have batches. */
export function sinkQueues(): SinkQueue[] {
  retired = retired.filter((queue) => !queue.isIdle);
  return [...dispatches.flatMap((dispatch) => dispatch.queues), ...retired];
}

/** Has the wasm decode blocks of the wire; returns their items as values of the codec. */
export function decodeBytes(bytes: Uint8Array): Uint8Array {
  if (!wasm) throw new Error('kakashi: the wasm is not there yet: await ready first');
  const at = wasm.input(bytes.length);
  new Uint8Array(wasm.memory.buffer, at, bytes.length).set(bytes);
  const length = wasm.decode();
  refreshViews();
  const decoded = new Uint8Array(memory!, reply[0]!, length).slice();
  wasm.input(0);
  return decoded;
}
