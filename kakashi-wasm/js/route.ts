// Where a logger's records go: outlets, and what must not be written.

import { LEVELS } from './level.js';
import type { Outlet } from './outlet.js';
import type { FormatName, Sink } from './sink.js';

/** A road of records. @internal */
export class Route {
  /** Its place among all routes; the first is everybody's. */
  id = 0;
  outlets: Outlet[] = [];
  /** How many outlets take a record, by its level. */
  fan: number[] = [];
  format: FormatName = 'auto';
  redact: readonly string[] = [];
  maxBatchBytes = 64 << 10;

  /** Sends records to these sinks; a sink that stays keeps what waits for it. */
  lead(sinks: readonly Sink[], outletOf: (sink: Sink, format: FormatName) => Outlet): void {
    const old = this.outlets;
    this.outlets = sinks.map((sink) => {
      const outlet = outletOf(sink, this.format);
      return old.find((other) => other.sink === sink && other.format === outlet.format) ?? outlet;
    });
    for (const level of LEVELS) {
      this.fan[level] = this.outlets.filter((outlet) => outlet.threshold <= level).length;
    }
  }
}
