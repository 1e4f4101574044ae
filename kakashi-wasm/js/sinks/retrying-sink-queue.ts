// The queue of a sink that may take its time, or fail.
//
// The sink has one batch at a time, and gets a batch that it did not take again. Batches
// that exceed the queue's limit are counted by level and reason, and announced in the stream.

import { type DropCounts, QUEUE_FULL, SINK_FAILED } from '../stats.js';
import { readProperty } from '../wire/value.js';
import type { Batch } from './batch.js';
import { type QueuedBatch, SinkError, SinkQueue, delivery, report } from './sink-queue.js';
import type { FormatName, Sink } from './sink.js';

/** How often a sink gets a batch before it is given up. */
const TRIES = 4;
const FIRST_PAUSE_MS = 100;
const QUEUE_BYTES = 8 << 20;

/** @internal */
export class RetryingSinkQueue extends SinkQueue {
  private readonly maxQueueBytes = this.sink.maxQueueBytes ?? QUEUE_BYTES;
  private bytes = 0;
  /** The batch that the sink has now. */
  private current: QueuedBatch | undefined;
  private tries = 0;
  private pause: unknown;
  private idlers: (() => void)[] = [];

  override get isIdle(): boolean {
    return !this.current && super.isIdle;
  }

  override idle(): Promise<void> {
    return this.isIdle ? super.idle() : new Promise((resolve) => this.idlers.push(resolve));
  }

  override add(batch: Batch, announced: DropCounts | undefined): void {
    super.add(batch, announced);
    this.bytes += batch.bytes.length;
    // A sink that is free gets it first.
    if (this.current || this.pause || delivery.depth > 0) this.trim();
  }

  /** Gives up the batches that exceed the limit. */
  private trim(): void {
    while (this.bytes > this.maxQueueBytes && this.batches.length > 1) {
      // Of those of the lowest level, the newest: evidence stays, and so does the beginning.
      const lowest = this.batches.reduce((level, queued) => Math.min(level, queued.batch.level), 255);
      const at = this.batches.findLastIndex((queued) => queued.batch.level === lowest);
      this.giveUp(this.batches.splice(at, 1)[0]!, this.failing ? SINK_FAILED : QUEUE_FULL);
    }
  }

  override pump(now?: boolean): void {
    if (now) {
      clearTimeout(this.pause as number);
      this.pause = undefined;
    }
    while (!this.current && this.batches.length > 0 && !this.pause) {
      const queued = (this.current = this.batches.shift()!);
      try {
        const taken = this.write(queued) as PromiseLike<void> | undefined;
        if (typeof taken?.then === 'function') {
          taken.then(
            () => {
              this.accepted(queued);
              this.pump();
            },
            (error) => this.refused(queued, error),
          );
          return this.trim();
        }
      } catch (error) {
        this.refused(queued, error);
        return this.trim();
      }
      this.accepted(queued);
    }
    this.resolveIdlers();
  }

  override last(): boolean {
    const { sink } = this;
    if (!sink.last) return false;
    // Out of the queue meanwhile: what the sink logs may fill the ring, and so the queue.
    const offered = this.batches.splice(0);
    let taken = 0;
    let failure: Error | undefined;
    delivery.depth++;
    try {
      if (offered.length > 0) taken = sink.last(offered.map(({ batch }) => batch));
    } catch (error) {
      failure = new SinkError(sink.name ?? 'sink', error);
    } finally {
      delivery.depth--;
    }
    for (const queued of offered.splice(0, taken)) this.written(queued);
    this.batches.unshift(...offered);
    this.resolveIdlers();
    if (failure) report(failure);
    return true;
  }

  override abandon(reason: number): void {
    if (this.current) this.giveUp(this.current, reason);
    this.current = undefined;
    super.abandon(reason);
    this.resolveIdlers();
  }

  protected override written(queued: QueuedBatch): void {
    super.written(queued);
    this.bytes -= queued.batch.bytes.length;
  }

  protected override giveUp(queued: QueuedBatch, reason: number): void {
    super.giveUp(queued, reason);
    this.bytes -= queued.batch.bytes.length;
  }

  private accepted(queued: QueuedBatch): void {
    // A batch that `abandon` gave up meanwhile is counted already.
    if (this.current !== queued) return;
    this.current = undefined;
    this.tries = 0;
    this.written(queued);
    this.resolveIdlers();
  }

  private refused(queued: QueuedBatch, error: unknown): void {
    // Read while the sink still has the batch: what a getter logs waits behind it.
    const isHopeless = readProperty(error as object, 'retry') === false;
    if (this.current !== queued) return;
    this.current = undefined;
    if (++this.tries >= TRIES || isHopeless) {
      this.tries = 0;
      this.giveUp(queued, SINK_FAILED);
    } else {
      this.batches.unshift(queued);
    }
    if (this.batches.length > 0) {
      try {
        this.pause = setTimeout(() => this.pump(true), FIRST_PAUSE_MS * 2 ** this.tries);
      } catch {
        // No timers here: the next flush tries again.
      }
    }
    this.resolveIdlers();
    this.failed(error);
  }

  private resolveIdlers(): void {
    if (this.isIdle) for (const resolve of this.idlers.splice(0)) resolve();
  }
}

/** The queues of a sink. Configured again it keeps its queue: its batches stay in order, one call at a time. */
const queuesOf = new WeakMap<Sink, SinkQueue[]>();

/** Finds or makes the queue that fits a sink: a console is never tried again. @internal */
export function sinkQueueOf(sink: Sink, format: FormatName): SinkQueue {
  const made = new ('direct' in sink ? SinkQueue : RetryingSinkQueue)(sink, format);
  const all = queuesOf.get(sink) ?? [];
  const found = all.find((queue) => queue.format === made.format && queue.threshold === made.threshold);
  if (!found) queuesOf.set(sink, [...all, made]);
  return found ?? made;
}
