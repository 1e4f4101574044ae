// The queue of a sink that may take its time, or fail.
//
// The sink has one batch at a time, and gets a batch that it did not take again. Batches
// that exceed the queue's limit are counted by level and reason, and announced in the stream.

import { type DropCounts, QUEUE_FULL, REENTRANT, REJECTED, SINK_FAILED, counts } from '../stats.js';
import { outside } from '../record/context.js';
import { readProperty } from '../wire/value.js';
import { type Timers, after, cancel } from '../timers.js';
import type { Batch } from './batch.js';
import { lineFormatOf, useLineFormat } from './line-format.js';
import { type QueuedBatch, SinkError, SinkQueue, announceLater, delivery, recordLevels, report } from './sink-queue.js';
import type { FormatName, Settled, Sink } from './sink.js';
import { splitBatch } from './split-batch.js';
import { once } from '../realm.js';

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
  private pause: Timers | undefined;
  private idlers: (() => void)[] = [];

  override get isIdle(): boolean {
    return !this.current && super.isIdle;
  }

  override idle(): Promise<void> {
    return this.isIdle ? Promise.resolve() : new Promise((resolve) => this.idlers.push(resolve));
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
      cancel(this.pause);
      this.pause = undefined;
    }
    while (!this.current && this.batches.length > 0 && !this.pause) {
      const queued = (this.current = this.batches.shift()!);
      delivery.running++;
      try {
        const taken = this.write(queued) as PromiseLike<Settled | void> | undefined;
        if (typeof taken?.then === 'function') {
          this.isAsync = true;
          taken.then(
            (settled) => {
              this.accepted(queued, settled ?? undefined);
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
      if (offered.length > 0) taken = outside(() => sink.last!(offered.map(({ batch }) => batch)));
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
    if (this.current) {
      this.giveUp(this.current, reason);
      this.release();
    }
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

  /** Takes its batch back from the sink. */
  private release(): void {
    this.current = undefined;
    delivery.running--;
  }

  private accepted(queued: QueuedBatch, settled?: Settled): void {
    // A batch that `abandon` gave up meanwhile is counted already.
    if (this.current !== queued) return;
    this.release();
    this.tries = 0;
    const wasFailing = this.failing;
    this.written(queued);
    const refused = settled ? this.refuse(queued, settled) : undefined;
    this.resolveIdlers();
    if (!refused) return;
    this.failing = wasFailing;
    this.failed(refused);
  }

  /** Counts what the receiver has not taken as dropped in place of written, by the levels of the last records. Returns why, if that is anything. */
  private refuse({ batch, announced }: QueuedBatch, settled: Settled): unknown {
    const { count } = batch;
    // Read once: a getter may log.
    const [because, given, givenUp] = ['because', 'rejected', 'lost'].map((key) => readProperty(settled, key)) as [unknown, number, number];
    const rejected = Math.min(given > 0 ? Math.floor(given) : 0, count);
    const lost = Math.min(givenUp > 0 ? Math.floor(givenUp) : 0, count - rejected);
    const levels = recordLevels(batch).slice(count - rejected - lost);
    levels.forEach((level, at) => this.drop(level, at < lost ? SINK_FAILED : REJECTED));
    counts.written -= levels.length;
    // Nor has it taken the announcement, then.
    if (announced && levels.length === count && because) announceLater(this, announced);
    if (levels.length > 0) delivery.arm();
    return because ?? (levels.length > 0 ? new Error(`${levels.length} of ${count} records were refused`) : undefined);
  }

  /** Counts the first lines of a batch as written; returns the others. */
  private acceptedPart({ batch, announced, echo }: QueuedBatch, bytes: number): QueuedBatch {
    const [taken, rest] = splitBatch(batch, bytes);
    counts.pending -= taken.count;
    counts.written += taken.count;
    counts.bytes += taken.bytes.length;
    this.bytes -= taken.bytes.length;
    return { batch: rest, announced: taken.dropped > 0 ? undefined : announced, echo };
  }

  private refused(queued: QueuedBatch, error: unknown): void {
    // Read while the sink still has the batch: what a getter logs waits behind it.
    const retry = readProperty(error as object, 'retry');
    const accepted = readProperty(error as object, 'accepted');
    if (this.current !== queued) return;
    this.release();
    if (typeof accepted === 'number' && accepted > 0) queued = this.acceptedPart(queued, accepted);
    if (retry === true) this.tries = Math.min(this.tries + 1, TRIES - 1);
    else this.tries++;
    if (this.tries >= TRIES || retry === false) {
      this.tries = 0;
      const isEcho = readProperty(error as object, 'reentrant') === true;
      // To announce it alone would begin it anew.
      this.isQuiet ||= isEcho;
      this.giveUp(queued, isEcho ? REENTRANT : SINK_FAILED);
    } else {
      this.batches.unshift(queued);
    }
    // Where there are no timers the next flush tries again.
    if (this.batches.length > 0) this.pause = after(FIRST_PAUSE_MS * 2 ** this.tries, () => this.pump(true));
    this.resolveIdlers();
    this.failed(error);
  }

  private resolveIdlers(): void {
    if (this.isIdle) for (const resolve of this.idlers.splice(0)) resolve();
  }
}

/** The queues of a sink, or of its target. Configured again it keeps its queue: its batches stay in order, one call at a time. */
const queuesOf = /* @__PURE__ */ once('queuesOf', () => new WeakMap<object, SinkQueue[]>());

/** Finds or makes the queue that fits a sink: a console is never tried again. @internal */
export function sinkQueueOf(sink: Sink, format: FormatName): SinkQueue {
  const made = new ('direct' in sink ? SinkQueue : RetryingSinkQueue)(sink, format);
  const lines = sink.format ?? format;
  if (typeof lines === 'object') useLineFormat(made, lines);
  const owner = sink.target ?? sink;
  const all = queuesOf.get(owner) ?? [];
  const found = all.find((queue) => queue.format === made.format && lineFormatOf(queue) === lineFormatOf(made) && queue.threshold === made.threshold);
  if (!found) queuesOf.set(owner, [...all, made]);
  return found ?? made;
}
