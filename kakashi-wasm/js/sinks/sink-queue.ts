// What waits for one sink, and what the sink has not been told.
//
// This one is for sinks that work at once and hardly ever fail: a console. Others have
// a queue that waits and tries again (retrying-sink-queue.ts).

import type { Batch, Format } from './batch.js';
import { type Drops, SINK_FAILED, counts, noDrops, placeOf } from '../stats.js';
import { levelOf } from '../record/level.js';
import { platform } from '../platform.js';
import type { FormatName, Sink } from './sink.js';
import { messageOf } from '../wire/value.js';

/** Tells of a sink that did not take a batch. */
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

/** Told of a sink's first failure, and of the first after it has worked again. */
export type OnError = (error: Error) => void;

export const errors: { report: OnError | undefined } = { report: undefined };

/** Tells the operator, whatever he does. @internal */
export function report(error: Error): void {
  try {
    if (errors.report) errors.report(error);
    else console.warn(error.message);
  } catch {
    // Whoever is to be told has failed as well: the counts say it.
  }
}

/** How deep the program is in sinks: a record that a sink logs waits for the next flush, which `arm` prepares. */
export const delivery = { depth: 0, arm: (): void => {} };

/** A batch, and the drops that it tells of. */
export interface Waiting {
  readonly batch: Batch;
  readonly news: Drops | undefined;
}

/** Feeds one sink. */
export class Outlet {
  readonly threshold: number;
  readonly format: Format;
  /** Drops that the stream has not told of yet. */
  owed: Drops | undefined;
  /** What waits, the oldest first. */
  protected readonly queue: Waiting[] = [];
  protected failing = false;

  constructor(
    readonly sink: Sink,
    format: FormatName,
  ) {
    this.threshold = levelOf(sink.level ?? 0);
    const wanted = sink.format ?? format;
    this.format = wanted === 'auto' ? (platform.terminal && sink.name === 'console' ? 'pretty' : 'text') : wanted;
  }

  /** Whether nothing waits. */
  get isIdle(): boolean {
    return this.queue.length === 0;
  }

  /** Resolves when nothing waits any more. */
  async idle(): Promise<void> {}

  /** Counts records that can't be written; they are told of before what comes next. */
  drop(level: number, reason: number, records = 1): void {
    const place = placeOf(level, reason);
    counts.drops[place]! += records;
    this.owe(place, records);
  }

  /** Takes a batch. */
  add(batch: Batch, news: Drops | undefined): void {
    counts.pending += batch.count;
    this.queue.push({ batch, news });
  }

  /** Feeds the sink as long as it takes at once; `now` even when it asked for a pause. */
  pump(_now?: boolean): void {
    for (let waiting; !delivery.depth && (waiting = this.queue.shift()); ) {
      try {
        this.write(waiting);
        this.written(waiting);
      } catch (error) {
        this.complain(error);
        this.giveUp(waiting, SINK_FAILED);
      }
    }
  }

  /** Hands what waits over, as a page gets hidden; false if the sink has no way for that. */
  last(): boolean {
    return false;
  }

  /** Gives up all that waits. */
  abandon(reason: number): void {
    for (const waiting of this.queue.splice(0)) this.giveUp(waiting, reason);
  }

  protected write({ batch }: Waiting): unknown {
    delivery.depth++;
    try {
      return this.sink.write(batch);
    } finally {
      delivery.depth--;
    }
  }

  protected written({ batch }: Waiting): void {
    this.failing = false;
    counts.pending -= batch.count;
    counts.written += batch.count;
    counts.bytes += batch.bytes.length;
  }

  /** Tells of the first failure. */
  protected complain(error: unknown): void {
    counts.failures++;
    const { failing } = this;
    // Before it is told: who is told may log.
    this.failing = true;
    if (!failing) report(new SinkError(this.sink.name ?? 'sink', error));
  }

  protected giveUp({ batch, news }: Waiting, reason: number): void {
    counts.pending -= batch.count;
    // An announcement is a line of a level, but no record.
    let announced = batch.ends.length / 2 - batch.count;
    for (let index = 1; index < batch.ends.length; index += 2) {
      if (announced > 0 && batch.ends[index] === 30) announced--;
      else this.drop(batch.ends[index]!, reason);
    }
    news?.forEach((count, place) => this.owe(place, count));
    // The stream tells of it soon; of news that could not be told, only with what comes next.
    if (batch.count > 0) delivery.arm();
  }

  private owe(place: number, records: number): void {
    this.owed ??= noDrops();
    this.owed[place]! += records;
  }
}
