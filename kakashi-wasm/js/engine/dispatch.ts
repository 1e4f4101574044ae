// Where a logger's records go: outlets, and what must not be written.

import { LEVELS } from '../record/level.js';
import type { Outlet } from '../sinks/sink-queue.js';
import type { FormatName } from '../sinks/sink.js';

/** A road of records. */
export class Route {
  /** Its place among all routes; the first is everybody's. */
  id = 0;
  outlets: Outlet[] = [];
  /** How many outlets take a record, by its level. */
  fan: number[] = [];
  format: FormatName = 'auto';
  redact: readonly string[] = [];
  maxBatchBytes = 64 << 10;

  /** Sends records to these outlets. */
  lead(outlets: Outlet[]): void {
    this.outlets = outlets;
    for (const level of LEVELS) {
      this.fan[level] = this.outlets.filter((outlet) => outlet.threshold <= level).length;
    }
  }
}
