// Where a logger's records go: the queues of its sinks, and what the encoder must leave out.

import { LEVELS } from '../record/level.js';
import type { SinkQueue } from '../sinks/sink-queue.js';
import type { FormatName } from '../sinks/sink.js';
import { platform } from '../platform.js';
import { counts } from '../stats.js';
import type { Redaction } from './encoder.js';

/** The destinations of a logger's records. */
export class Dispatch {
  /** Its index among all dispatches; the first is the one of all loggers without their own. */
  id = 0;
  queues: SinkQueue[] = [];
  /** The number of queues that take a record, by its level. */
  fanOut: number[] = [];
  format: FormatName = 'auto';
  redaction: Redaction | undefined;
  maxBatchBytes = 64 << 10;
  /** Whether its records are out when their call returns: it writes to a console that is read meanwhile. */
  isPrompt = false;

  /** Sends records to these queues from now on. */
  setQueues(queues: SinkQueue[]): void {
    this.queues = queues;
    this.isPrompt = Boolean(platform.prompt) && queues.some(({ sink }) => 'direct' in sink);
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

  /** Counts a record as sent, and drops it. */
  refuse(level: number, reason: number): void {
    counts.sent += this.fanOut[level]!;
    this.drop(level, reason);
  }

  /** Drops a record, counted for each queue that would have taken it. */
  drop(level: number, reason: number): void {
    for (const queue of this.queues) if (queue.threshold <= level) queue.drop(level, reason);
  }
}
