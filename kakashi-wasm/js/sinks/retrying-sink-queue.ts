// An outlet for a sink that may take its time, or fail.
//
// One batch at a time; a batch that was not taken comes again. What can't wait any
// longer is counted by level and reason, and told in the stream before what comes next.

import type { Batch } from './batch.js';
import { type Drops, QUEUE_FULL, SINK_FAILED } from '../stats.js';
import { Outlet, SinkError, type Waiting, delivery, report } from './sink-queue.js';
import type { FormatName, Sink } from './sink.js';

/** How often a sink gets a batch before it is given up. */
const TRIES = 4;
const FIRST_PAUSE_MS = 100;
const QUEUE_BYTES = 8 << 20;

/** @internal */
export class QueuedOutlet extends Outlet {
  private bytes = 0;
  private with: Waiting | undefined;
  private tries = 0;
  private pause: unknown;
  private idlers: (() => void)[] = [];

  override get isIdle(): boolean {
    return !this.with && super.isIdle;
  }

  override idle(): Promise<void> {
    return this.isIdle ? super.idle() : new Promise((resolve) => this.idlers.push(resolve));
  }

  override add(batch: Batch, news: Drops | undefined): void {
    super.add(batch, news);
    this.bytes += batch.bytes.length;
    // A sink that is free gets it first.
    if (this.with || this.pause || delivery.depth > 0) this.trim();
  }

  /** Gives up what is more than may wait. */
  private trim(): void {
    const most = this.sink.maxQueueBytes ?? QUEUE_BYTES;
    while (this.bytes > most && this.queue.length > 1) {
      // Of those of the lowest level, the newest: evidence stays, and so does the beginning.
      const lowest = this.queue.reduce((level, waiting) => Math.min(level, waiting.batch.level), 255);
      const at = this.queue.findLastIndex((waiting) => waiting.batch.level === lowest);
      this.giveUp(this.queue.splice(at, 1)[0]!, this.failing ? SINK_FAILED : QUEUE_FULL);
    }
  }

  override pump(now?: boolean): void {
    if (now) {
      clearTimeout(this.pause as number);
      this.pause = undefined;
    }
    while (!this.with && this.queue.length > 0 && !this.pause) {
      const waiting = (this.with = this.queue.shift()!);
      try {
        const taken = this.write(waiting) as PromiseLike<void> | undefined;
        if (typeof taken?.then === 'function') {
          taken.then(
            () => {
              this.took(waiting);
              this.pump();
            },
            (error) => this.failed(waiting, error),
          );
          return this.trim();
        }
      } catch (error) {
        this.failed(waiting, error);
        return this.trim();
      }
      this.took(waiting);
    }
    this.settle();
  }

  override last(): boolean {
    const { sink, queue } = this;
    if (!sink.last) return false;
    let taken = 0;
    try {
      if (queue.length > 0) taken = sink.last(queue.map(({ batch }) => batch));
    } catch (error) {
      report(new SinkError(sink.name ?? 'sink', error));
    }
    for (const waiting of queue.splice(0, taken)) this.written(waiting);
    this.settle();
    return true;
  }

  override abandon(reason: number): void {
    if (this.with) this.giveUp(this.with, reason);
    this.with = undefined;
    super.abandon(reason);
    this.settle();
  }

  protected override written(waiting: Waiting): void {
    super.written(waiting);
    this.bytes -= waiting.batch.bytes.length;
  }

  protected override giveUp(waiting: Waiting, reason: number): void {
    super.giveUp(waiting, reason);
    this.bytes -= waiting.batch.bytes.length;
  }

  private took(waiting: Waiting): void {
    // One that was given up meanwhile is counted already.
    if (this.with !== waiting) return;
    this.with = undefined;
    this.tries = 0;
    this.written(waiting);
    this.settle();
  }

  private failed(waiting: Waiting, error: unknown): void {
    if (this.with !== waiting) return;
    this.with = undefined;
    this.complain(error);
    if (++this.tries >= TRIES || (error as { retry?: unknown } | undefined)?.retry === false) {
      this.tries = 0;
      this.giveUp(waiting, SINK_FAILED);
    } else {
      this.queue.unshift(waiting);
    }
    this.settle();
    if (this.queue.length === 0) return;
    try {
      this.pause = setTimeout(() => this.pump(true), FIRST_PAUSE_MS * 2 ** this.tries);
    } catch {
      // No timers here: the next flush tries again.
    }
  }

  private settle(): void {
    if (this.isIdle) for (const resolve of this.idlers.splice(0)) resolve();
  }
}

/** What has been made for a sink; one that comes back has its order, and one call at a time. */
const known = new WeakMap<Sink, Outlet[]>();

/** Finds or makes the outlet that fits a sink: a console needs no queue. @internal */
export function outletOf(sink: Sink, format: FormatName): Outlet {
  const made = new ('direct' in sink ? Outlet : QueuedOutlet)(sink, format);
  const all = known.get(sink) ?? [];
  const found = all.find((outlet) => outlet.format === made.format && outlet.threshold === made.threshold);
  if (!found) known.set(sink, [...all, made]);
  return found ?? made;
}
