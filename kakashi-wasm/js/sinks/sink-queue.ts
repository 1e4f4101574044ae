// The batches that wait for one sink, and the drops that its stream has not announced.
//
// This queue is for sinks that work at once and hardly ever fail: a console. For others
// there is one that waits and tries again (retrying-sink-queue.ts).

import { platform } from '../platform.js';
import { levelOf } from '../record/level.js';
import { type DropCounts, SINK_FAILED, counts, dropIndex, noDrops } from '../stats.js';
import { messageOf } from '../wire/value.js';
import type { Batch, Format } from './batch.js';
import type { FormatName, Sink } from './sink.js';

/** Says that a sink did not take a batch. */
export class SinkError extends Error {
  override readonly name = 'SinkError';

  constructor(
    /** The sink's name. */
    readonly sink: string,
    /** What it threw. */
    override readonly cause: unknown,
  ) {
    super(`kakashi: the sink "${sink}" failed: ${messageOf(cause)}`);
  }
}

/** Called on a sink's first failure, and on the first after it has worked again. */
export type OnError = (error: Error) => void;

export const errors: { report: OnError | undefined } = { report: undefined };

/** Reports an error to the operator. It never throws. @internal */
export function report(error: Error): void {
  try {
    if (errors.report) errors.report(error);
    else console.warn(error.message);
  } catch {
    // The operator's function has failed as well: the counts still say it.
  }
}

/**
 * The number of sinks that are running now, one inside the other: a record that a sink logs
 * waits for the next flush. `arm` schedules that flush; flush.ts sets it.
 */
export const delivery = { depth: 0, arm: (): void => {} };

/** A batch, and the drops that its lines announce. */
export interface QueuedBatch {
  readonly batch: Batch;
  readonly announced: DropCounts | undefined;
}

/** Hands batches to one sink. */
export class SinkQueue {
  // What is the sink's is read once: in the middle of a drain no getter may log.
  readonly threshold: number;
  readonly format: Format;
  readonly maxBatchBytes: number | undefined;
  /** Drops that no batch has announced yet. */
  unannounced: DropCounts | undefined;
  /** The batches that wait, the oldest first. */
  protected readonly batches: QueuedBatch[] = [];
  protected failing = false;

  constructor(
    readonly sink: Sink,
    format: FormatName,
  ) {
    this.threshold = levelOf(sink.level ?? 0);
    this.maxBatchBytes = sink.maxBatchBytes;
    const wanted = sink.format ?? format;
    this.format = wanted === 'auto' ? (platform.terminal && sink.name === 'console' ? 'pretty' : 'text') : wanted;
  }

  /** Whether no batch waits, and none is with the sink. */
  get isIdle(): boolean {
    return this.batches.length === 0;
  }

  /** Resolves when the queue is idle. */
  async idle(): Promise<void> {}

  /** Counts a record that can't be written; the sink's next batch announces it. */
  drop(level: number, reason: number): void {
    const index = dropIndex(level, reason);
    counts.drops[index]!++;
    (this.unannounced ??= noDrops())[index]!++;
  }

  /** Appends a batch. */
  add(batch: Batch, announced: DropCounts | undefined): void {
    counts.pending += batch.count;
    this.batches.push({ batch, announced });
  }

  /** Hands batches to the sink until it makes the queue wait; `now` ends a pause between two tries. */
  pump(_now?: boolean): void {
    for (let queued; !delivery.depth && (queued = this.batches.shift()); ) {
      try {
        this.write(queued);
        this.written(queued);
      } catch (error) {
        this.giveUp(queued, SINK_FAILED);
        this.failed(error);
      }
    }
  }

  /** Hands all batches over as a page gets hidden; false if the sink has no `last`. */
  last(): boolean {
    return false;
  }

  /** Gives up all batches. */
  abandon(reason: number): void {
    for (const queued of this.batches.splice(0)) this.giveUp(queued, reason);
  }

  protected write({ batch }: QueuedBatch): unknown {
    delivery.depth++;
    try {
      return this.sink.write(batch);
    } finally {
      delivery.depth--;
    }
  }

  protected written({ batch }: QueuedBatch): void {
    this.failing = false;
    counts.pending -= batch.count;
    counts.written += batch.count;
    counts.bytes += batch.bytes.length;
  }

  /** Counts a failure, and reports the first. It comes last: the operator's function may log. */
  protected failed(error: unknown): void {
    counts.failures++;
    if (this.failing) return;
    this.failing = true;
    report(new SinkError(this.sink.name ?? 'sink', error));
  }

  protected giveUp({ batch, announced }: QueuedBatch, reason: number): void {
    counts.pending -= batch.count;
    // An announcement is a line of level WARNING, but no record.
    let announcements = batch.ends.length / 2 - batch.count;
    for (let index = 1; index < batch.ends.length; index += 2) {
      if (announcements > 0 && batch.ends[index] === 30) announcements--;
      else this.drop(batch.ends[index]!, reason);
    }
    if (announced) announceLater(this, announced);
    // Records that were lost are announced soon; a lost announcement alone waits for the next batch.
    if (batch.count > 0) delivery.arm();
  }
}

/** Adds drops whose announcement was lost to those that the next batch announces. @internal */
export function announceLater(queue: SinkQueue, drops: DropCounts): void {
  queue.unannounced = drops.map((count, index) => count + (queue.unannounced?.[index] ?? 0));
}
