// The module of wasm: it is given the dispatches and the ring's records, and makes batches.

import { Batch, type Format } from '../sinks/batch.js';
import { type DropCounts, ENCODER_FAILED, counts, eachDrop } from '../stats.js';
import { type SinkQueue, announceLater, delivery, report } from '../sinks/sink-queue.js';
import { platform } from '../platform.js';
import { clearTables, micros, tablesAreFull } from './record-writer.js';
import { RING, eachRecord, ring, ringState } from './ring.js';
import type { Dispatch } from './dispatch.js';
import type { Exports, Instance } from './encoder.js';
import { messageOf } from '../wire/value.js';
import { once } from '../realm.js';

const MAX_RING = 256 << 20;
/** A larger ring is freed when it is empty. */
const KEPT_RING = 1 << 20;
/** A larger memory is freed with its instance when the ring is empty: that of wasm never shrinks. */
const KEPT_MEMORY = 16 << 20;
/** The largest ring before the wasm has been loaded. */
const MAX_STAGED = 4 << 20;
const FORMATS: Record<Format, number> = { text: 0, json: 1, pretty: 2, wire: 4 };

const engine = /* @__PURE__ */ once('engine', () => ({
  instantiate: undefined as (() => Instance) | undefined,
  wasm: undefined as Instance | undefined,
  memory: undefined as ArrayBuffer | undefined,
  ringAt: 0,
  ringSize: RING,
  keptMemory: KEPT_MEMORY,
  /** The results of the last call, in the wasm's memory. */
  reply: new Uint32Array(8),
  dispatches: [] as Dispatch[],
  /** Ids of dispatches whose loggers are gone. */
  free: [] as number[],
  /** Queues that no dispatch has any more, until they are idle. */
  retired: [] as SinkQueue[],
  /** Drops that were passed to the wasm, until the batch that announces them is made. */
  announcing: new Map<SinkQueue, DropCounts>(),
  /** Whether a failure is being reported: one that the report causes is counted only, or it would never end. */
  reporting: false,
}));
const { dispatches, announcing } = engine;

/** The dispatches of all loggers. */
export function allDispatches(): readonly Dispatch[] {
  return dispatches;
}

/** Whether the wasm has been loaded. */
export function isStarted(): boolean {
  return engine.wasm !== undefined;
}

/**
 * Makes the first instance, and moves the ring's records into its memory; or has an
 * instance take the place of the plain writer.
 */
export function start(instance: () => Instance): void {
  // Another copy of the package has started it.
  if (engine.wasm && !engine.wasm.plain) return;
  const first = instance();
  if (engine.wasm) {
    drain();
    clearTables();
  }
  const staged = ring.bytes.slice(0, ring.pos);
  engine.instantiate = instance;
  use(first);
  putInRing(staged);
}

/** Passes all settings to an instance, and works with it from now on. */
function use(instance: Instance): void {
  engine.wasm = instance;
  allocateRing(RING);
  dispatches.forEach(applySettings);
}

/** Makes the ring larger and keeps its records; false if it may not grow. */
export function growRing(): boolean {
  const size = ring.bytes.length * 4;
  if (size > MAX_RING || (!engine.wasm && size > MAX_STAGED && ring.pos > 0)) return false;
  const kept = ring.bytes.slice(0, ring.pos);
  allocateRing(size);
  putInRing(kept);
  return true;
}

/** Allocates the ring: in the memory of the wasm, where it is there. */
function allocateRing(size: number): void {
  engine.ringSize = size;
  engine.memory = undefined;
  if (!engine.wasm?.ring) return ring.use(new Uint8Array(size));
  engine.ringAt = engine.wasm.ring(size);
  refreshViews();
}

/** Copies bytes to the ring's beginning; it becomes as large as they need. */
export function putInRing(bytes: Uint8Array): void {
  while (ring.bytes.length < bytes.length) allocateRing(ring.bytes.length * 2);
  ring.bytes.set(bytes);
}

/** Makes the views of the memory anew if it has moved, as it does when it grows. */
function refreshViews(): void {
  const { memory, reply } = engine.wasm!;
  if (engine.memory === memory?.buffer) return;
  engine.memory = memory!.buffer as ArrayBuffer;
  ring.use(new Uint8Array(engine.memory, engine.ringAt, engine.ringSize));
  engine.reply = new Uint32Array(engine.memory, reply!(), 8);
}

/** Passes a dispatch's settings to the wasm. The ring must be empty. */
export function applySettings({ id, queues, redaction, maxBatchBytes: most }: Dispatch): void {
  const { wasm } = engine;
  if (!wasm) return;
  wasm.dispatch(id);
  for (const { format, threshold, maxBatchBytes, colours } of queues) {
    const colour = format === 'pretty' && (colours ?? platform.colours ?? platform.terminal) ? 1 : 0;
    wasm.destination(id, FORMATS[format] + colour, threshold, maxBatchBytes ?? most);
  }
  // The memory may have moved.
  refreshViews();
  redaction?.pass(wasm, id);
  refreshViews();
}

/** Gives a dispatch its id. */
export function register(dispatch: Dispatch): void {
  dispatch.id = engine.free.pop() ?? dispatches.length;
  dispatches[dispatch.id] = dispatch;
}

/** Takes a dispatch out that no logger has any more; its id goes to another. The ring must be empty. */
export function unregister(dispatch: Dispatch): void {
  changeSettings(dispatch, () => []);
  engine.free.push(dispatch.id);
}

/** Changes a dispatch's settings. The ring must be empty, or the wasm not loaded yet. */
export function changeSettings(dispatch: Dispatch, change: () => SinkQueue[]): void {
  // First: a getter of the settings may throw.
  const queues = change();
  engine.retired.push(...dispatch.queues.filter((queue) => !queues.includes(queue)));
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
  if (!engine.wasm) return;
  const end = ring.pos;
  let from = 0;
  // Before anything else: what `report` logs, at the end, stands in a ring that is empty.
  ring.pos = 0;
  counts.buffered = 0;
  ringState.drains++;
  try {
    announceDrops(end > 0);
    do {
      from = engine.wasm.take(from, end);
      refreshViews();
      if (engine.reply[0]! > 0) countDropped();
      queueBatches();
    } while (from < end);
    for (const dispatch of dispatches) if (dispatch.queues.some((queue) => announcing.has(queue))) engine.wasm.announce(dispatch.id, micros());
    if (announcing.size > 0) queueBatches();
  } catch (error) {
    // Most likely it is out of memory: the instance can't be used any more.
    restart(from, end);
    if (engine.reporting) return;
    engine.reporting = true;
    report(new Error(`kakashi: the encoder failed and was started anew: ${messageOf(error)}`));
    engine.reporting = false;
    return;
  }
  delivery.echo = 0;
  if (engine.memory && engine.memory.byteLength > engine.keptMemory) {
    clearTables();
    use(engine.instantiate!());
    // Where an instance can't be made anew.
    engine.keptMemory = Math.max(KEPT_MEMORY, 2 * engine.memory.byteLength);
    return;
  }
  if (tablesAreFull()) {
    clearTables();
    engine.wasm.forget();
  }
  if (engine.ringSize > KEPT_RING) allocateRing(RING);
}

/** Calls `visit` with each queue, the id of its dispatch, and its index there. */
function eachQueue(visit: (queue: SinkQueue, dispatchId: number, index: number) => void): void {
  for (const { id, queues } of dispatches) queues.forEach((queue, index) => visit(queue, id, index));
}

/** Passes the drops that no batch has announced to the wasm. */
function announceDrops(areRecords: boolean): void {
  eachQueue((queue, dispatchId, at) => {
    const { unannounced } = queue;
    if (!unannounced || (queue.isQuiet && !areRecords)) return;
    queue.isQuiet = false;
    eachDrop(unannounced, (count, level, reason) => engine.wasm!.add_dropped(dispatchId, at, level, reason, count));
    announcing.set(queue, unannounced);
    queue.unannounced = undefined;
  });
}

/** Copies the finished batches out of the wasm's memory, into the queues. */
function queueBatches(): void {
  eachQueue((queue, dispatchId, at) => {
    let batch = engine.wasm!.batch(dispatchId, at);
    if (!batch) return;
    if (typeof batch === 'number') {
      refreshViews();
      const [bytesAt, endsAt, lines, count, dropped, level] = engine.reply as unknown as number[];
      const bytes = new Uint8Array(engine.memory!, bytesAt!, batch).slice();
      batch = new Batch(bytes, count!, dropped!, level!, queue.format, new Uint32Array(engine.memory!, endsAt!, 2 * lines!).slice());
    }
    const announced = batch.dropped > 0 ? announcing.get(queue) : undefined;
    if (announced) announcing.delete(queue);
    queue.add(batch, announced);
  });
}

/** Counts the records that the wasm could not encode; it announces them itself. */
function countDropped(): void {
  const dropped = new Uint32Array(engine.memory!, engine.wasm!.dropped!(), counts.drops.length);
  dropped.forEach((count, index) => (counts.drops[index]! += count));
}

/** Makes a new instance after one has failed; the records that it had not encoded are dropped, and counted. */
function restart(from: number, end: number): void {
  // The view of the ring may be of memory that has moved.
  refreshViews();
  eachRecord(ring.bytes, from, end, (level, id) => dispatches[id]!.drop(level, ENCODER_FAILED));
  for (const [queue, drops] of announcing) announceLater(queue, drops);
  announcing.clear();
  clearTables();
  use(engine.instantiate!());
}

/** All queues that may have batches. */
export function sinkQueues(): SinkQueue[] {
  engine.retired = engine.retired.filter((queue) => !queue.isIdle);
  return [...dispatches.flatMap((dispatch) => dispatch.queues), ...engine.retired];
}

/** Has the wasm decode blocks of the wire; returns their items as values of the codec. */
export function decodeBytes(bytes: Uint8Array): Uint8Array {
  const { wasm } = engine;
  if (!wasm) throw new Error('kakashi: the wasm is not there yet: await ready first');
  if (wasm.plain) throw new Error('kakashi: decode needs the wasm, which is not there');
  const { memory, input, decode } = wasm as unknown as Exports;
  const at = input(bytes.length);
  new Uint8Array(memory.buffer, at, bytes.length).set(bytes);
  const length = decode();
  refreshViews();
  const decoded = new Uint8Array(engine.memory!, engine.reply[0]!, length).slice();
  input(0);
  return decoded;
}
