// Where a logger's records go: the queues of its sinks, and what the encoder must leave out.

import { LEVELS } from '../record/level.js';
import type { SinkQueue } from '../sinks/sink-queue.js';
import type { FormatName } from '../sinks/sink.js';
import { counts } from '../stats.js';

/** The destinations of a logger's records. */
export class Dispatch {
  /** Its index among all dispatches; the first is the one of all loggers without their own. */
  id = 0;
  queues: SinkQueue[] = [];
  /** The number of queues that take a record, by its level. */
  fanOut: number[] = [];
  format: FormatName = 'auto';
  redact: readonly string[] = [];
  maxBatchBytes = 64 << 10;

  /** Sends records to these queues from now on. */
  setQueues(queues: SinkQueue[]): void {
    this.queues = queues;
    for (const level of LEVELS) {
      this.fanOut[level] = queues.filter((queue) => queue.threshold <= level).length;
    }
  }

  /** Adds records of a level to those that were sent and are in the ring; a negative number subtracts them. */
  count(level: number, records: number): void {
    records *= this.fanOut[level]!;
    counts.sent += records;
    counts.buffered += records;
  }

  /** Drops a record, counted for each queue that would have taken it. */
  drop(level: number, reason: number): void {
    for (const queue of this.queues) if (queue.threshold <= level) queue.drop(level, reason);
  }
}
