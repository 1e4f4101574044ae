// The batches that wait for one sink, and the drops that its stream has not announced.
//
// This queue is for sinks that work at once and hardly ever fail: a console. For others
// there is one that waits and tries again (retrying-sink-queue.ts).

import { platform } from '../platform.js';
import { outside } from '../record/context.js';
import { levelOf } from '../record/level.js';
import { type DropCounts, SINK_FAILED, counts, dropIndex, noDrops } from '../stats.js';
import { messageOf } from '../wire/value.js';
import type { Batch, Format } from './batch.js';
import type { FormatName, Sink } from './sink.js';
import { once } from '../realm.js';

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

/** Reports an error to the operator. It never throws. @internal */
export function report(error: Error): void {
  try {
    outside(() => (errors.report ? errors.report(error) : console.warn(error.message)));
  } catch {
    // The operator's function has failed as well: the counts still say it.
  }
}

/**
 * The number of sinks that are running now, one inside the other: a record that a sink logs
 * waits for the next flush. `arm` schedules that flush; flush.ts sets it.
 */
export const { errors, delivery } = /* @__PURE__ */ once('sinks', () => ({
  errors: { report: undefined as OnError | undefined },
  delivery: {
    depth: 0,
    arm: (): void => {},
    /** Sinks that have not settled yet: code of theirs may run at any time. */
    running: 0,
    /** How often the records in the ring have been through a sink, at most. */
    echo: 0,
    /** Whether the operator has been told of a sink that hears itself. */
    echoed: false,
  },
}));

/** A batch, and the drops that its lines announce. */
export interface QueuedBatch {
  readonly batch: Batch;
  readonly announced: DropCounts | undefined;
  /** How often its records have been through a sink, at most. */
  readonly echo: number;
}

/** Hands batches to one sink. */
export class SinkQueue {
  // What is the sink's is read once: in the middle of a drain no getter may log.
  readonly threshold: number;
  readonly format: Format;
  readonly maxBatchBytes: number | undefined;
  readonly colours: boolean | undefined;
  /** Takes JSON in place of lines: the sink is a console whose objects can be opened. */
  private readonly writeObjects: ((batch: Batch) => void) | undefined;
  /** Drops that no batch has announced yet. */
  unannounced: DropCounts | undefined;
  /** Whether they are announced with its next record only. */
  isQuiet = false;
  /** The batches that wait, the oldest first. */
  protected readonly batches: QueuedBatch[] = [];
  protected failing = false;
  /** The sink has returned a promise: code of its own may run later. */
  protected isAsync = false;

  constructor(
    readonly sink: Sink,
    format: FormatName,
  ) {
    this.threshold = levelOf(sink.level ?? 0);
    this.maxBatchBytes = sink.maxBatchBytes;
    this.colours = sink.colours;
    const wanted = sink.format ?? format;
    this.writeObjects = platform.page && (wanted === 'auto' || wanted === 'pretty') ? sink.writeObjects : undefined;
    this.format = this.writeObjects ? 'json' : wanted === 'auto' ? (platform.terminal && sink.name === 'console' ? 'pretty' : 'text') : (wanted as Format);
  }

  /** Whether no batch waits, and none is with the sink. */
  get isIdle(): boolean {
    return this.batches.length === 0;
  }

  /** Resolves when the queue is idle; without it, it is by then. */
  idle?(): Promise<void>;

  /** Counts a record that can't be written; the sink's next batch announces it. */
  drop(level: number, reason: number): void {
    const index = dropIndex(level, reason);
    counts.drops[index]!++;
    (this.unannounced ??= noDrops())[index]!++;
  }

  /** Appends a batch. */
  add(batch: Batch, announced: DropCounts | undefined): void {
    counts.pending += batch.count;
    this.batches.push({ batch, announced, echo: delivery.echo });
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
  last?(): boolean;

  /** Gives up all batches. */
  abandon(reason: number): void {
    for (const queued of this.batches.splice(0)) this.giveUp(queued, reason);
  }

  protected write({ batch, echo }: QueuedBatch): unknown {
    delivery.depth++;
    try {
      return outside(() => (this.writeObjects ? this.writeObjects(batch) : this.sink.write(batch)), echo + 1, this.isAsync);
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
    for (const level of recordLevels(batch)) this.drop(level, reason);
    if (announced) announceLater(this, announced);
    // Records that were lost are announced soon; a lost announcement alone waits for the next batch.
    if (batch.count > 0) delivery.arm();
  }
}

/** The levels of a batch's records. @internal */
export function recordLevels({ ends, count }: Batch): number[] {
  // An announcement is a line of level WARNING, but no record.
  let announcements = ends.length / 2 - count;
  return [...ends].filter((level, index) => index % 2 && !(announcements > 0 && level === 30 && announcements--));
}

/** Adds drops whose announcement was lost to those that the next batch announces. @internal */
export function announceLater(queue: SinkQueue, drops: DropCounts): void {
  queue.unannounced = drops.map((count, index) => count + (queue.unannounced?.[index] ?? 0));
}
