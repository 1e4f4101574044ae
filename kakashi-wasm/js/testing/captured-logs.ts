// The records of one function, whoever else logs meanwhile.
//
// Which capture a record belongs to is known when it is logged, by the task that logs it. Its form is known
// when it is encoded. The two are put together by their order: every dispatch gets a queue that reads
// its records, and notes for each record whose it is.

import { allDispatches } from '../engine/engine.js';
import type { Dispatch } from '../engine/dispatch.js';
import { changeDispatch } from '../engine/emit.js';
import { flushNow } from '../engine/flush.js';
import { checkFunction } from '../options.js';
import { ids } from '../engine/record-writer.js';
import { ringState } from '../engine/ring.js';
import { rootDispatch } from '../engine/root-dispatch.js';
import { taps, withTaps } from '../engine/taps.js';
import { bindConsole } from '../loggers/console-binding.js';
import { type Storage, type StorageClass, platform } from '../platform.js';
import { LEVEL_NAMES, LEVELS } from '../record/level.js';
import { isDirect } from '../settings/validate.js';
import { SinkQueue } from '../sinks/sink-queue.js';
import type { Sink } from '../sinks/sink.js';
import { once } from '../realm.js';
import { type KeptRecords, RecordList } from './memory-sink.js';
import { recordsOf } from './memory-record.js';

/** What a function has logged. */
export type CapturedLogs = KeptRecords;

/** What a function has logged, and what it returned. */
export interface Captured<T> extends CapturedLogs {
  readonly result: T;
}

/** A capture that is open, and the one around it. */
interface Capture {
  readonly list: RecordList;
  readonly outer: Capture | undefined;
}

/** A record that is on its way to a queue of ours, and the captures that get it. */
interface Noted {
  readonly micros: number;
  readonly level: number;
  readonly captures: readonly Capture[];
}

const capturing = /* @__PURE__ */ once('capturing', () => ({
  /** Knows a task's capture, where there is AsyncLocalStorage. */
  storage: undefined as Storage | undefined,
  open: [] as Capture[],
}));

/** The captures that get what is logged now: that of the task and those around it; without tasks, all. */
function current(): readonly Capture[] {
  if (!capturing.storage) return [...capturing.open];
  const captures: Capture[] = [];
  for (let capture = capturing.storage.getStore() as Capture | undefined; capture; capture = capture.outer) captures.push(capture);
  return captures.filter((capture) => capturing.open.includes(capture));
}

/** Makes the queue of a dispatch, which passes records on to their captures. */
function listen(dispatch: Dispatch): SinkQueue {
  const known = dispatch.queues.find(({ sink }) => taps.sinks.has(sink));
  if (known) return known;
  const noted: Noted[] = [];
  // Called for each record, when it stands in the ring.
  dispatch.count = function (level, records) {
    if (records === 1 && !ringState.writing) noted.push({ micros: ids.latest, level, captures: current() });
    Object.getPrototypeOf(dispatch).count.call(dispatch, level, records);
  };
  const sink: Sink = {
    name: 'capture',
    format: 'wire',
    write(batch) {
      for (const read of recordsOf(batch)) {
        const level = LEVELS[LEVEL_NAMES.indexOf(read.record.level)];
        // Those before it were dropped.
        const at = noted.findIndex((record) => record.micros === read.micros && record.level === level);
        if (at < 0) continue;
        for (const { list } of noted.splice(0, at + 1)[at]!.captures) list.add(read);
      }
    },
  };
  taps.sinks.add(sink);
  return new SinkQueue(sink, 'wire');
}

function begin(capture: Capture): void {
  if (capturing.open.push(capture) > 1) return;
  taps.queueFor = listen;
  rootDispatch();
  for (const dispatch of allDispatches()) changeDispatch(dispatch, () => withTaps(dispatch, dispatch.queues));
  // The console's own methods keep no record.
  bindConsole(false);
}

function end(capture: Capture): void {
  flushNow();
  capturing.open.splice(capturing.open.indexOf(capture), 1);
  if (capturing.open.length > 0) return;
  taps.queueFor = undefined;
  for (const dispatch of allDispatches()) {
    changeDispatch(dispatch, () => withTaps(dispatch, dispatch.queues));
    delete (dispatch as Partial<Dispatch>).count;
  }
  bindConsole(rootDispatch().queues.some(({ sink }) => isDirect(sink)));
}

/**
 * Runs a function and returns what it and all that it calls have logged, with what it returned; of a function that
 * returns a promise, a promise of both. The function gets the records too, while they become more. The sinks get them as always.
 *
 * Captures may run side by side where the runtime has AsyncLocalStorage (Node, Deno, Bun): each gets the records of its own
 * tasks. Elsewhere each gets all records while it runs.
 */
export function withCapturedLogs<R>(run: (logs: CapturedLogs) => R): R extends PromiseLike<infer T> ? Promise<Captured<T>> : Captured<R>;
export function withCapturedLogs(run: (logs: CapturedLogs) => unknown): unknown {
  checkFunction('withCapturedLogs', run);
  if (platform.storage) capturing.storage ??= new (platform.storage.constructor as StorageClass)();
  const { storage } = capturing;
  const list = new RecordList();
  const capture: Capture = { list, outer: storage?.getStore() as Capture | undefined };
  const captured = (result: unknown): Captured<unknown> => ({
    result,
    get records() {
      return list.records;
    },
    get text() {
      return list.text;
    },
    clear: () => list.clear(),
  });
  begin(capture);
  let returned: unknown;
  try {
    returned = storage ? storage.run(capture, () => run(list)) : run(list);
  } catch (error) {
    end(capture);
    throw error;
  }
  if (typeof (returned as PromiseLike<unknown> | undefined)?.then !== 'function') {
    end(capture);
    return captured(returned);
  }
  return Promise.resolve(returned).then(captured).finally(() => end(capture));
}
