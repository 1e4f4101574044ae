// Settings of the whole program, at any time.

import { check, isDirect } from './settings/validate.js';
import type { ContextFields } from './record/context.js';
import { LogContext } from './record/context.js';
import { bindDirect } from './loggers/console-binding.js';
import { changeRoute } from './engine/emit.js';
import { setFlushMs } from './engine/flush.js';
import { type Level } from './record/level.js';
import { type OnError, errors } from './sinks/sink-queue.js';
import { outletOf } from './sinks/retrying-sink-queue.js';
import { setLevels, setLogLevel } from './loggers/registry.js';
import { base, root } from './engine/root-dispatch.js';
import type { FormatName, Sink } from './sinks/sink.js';

/** What may be changed; what is left out stays as it is. */
export interface Configuration {
  /** The level of all loggers without their own. At first INFO. */
  level?: Level;
  /** Levels of loggers and those below them: `{'app::db': 'debug'}`. */
  levels?: Readonly<Record<string, Level>>;
  /** The form of records where a sink has none of its own. At first `auto`. */
  format?: FormatName;
  /** Where records go. At first the console. */
  sinks?: readonly Sink[];
  /** Paths of fields whose values become `[REDACTED]`: `password`, `user.card`. */
  redact?: readonly string[];
  /** Batches of about this many bytes. At first 65,536. */
  maxBatchBytes?: number;
  /** What has lain in a buffer for so many milliseconds is written; 0 means soon after the call. At first 100. */
  flushMs?: number;
  /** Told of a sink's first failure, and of the first after it has worked again. At first a warning on the console. */
  onError?: OnError;
  /** Fields of all records: `service_name`, `version`, `environment`. */
  service?: { name?: string; version?: string; environment?: string };
}

/**
 * Changes settings, for all loggers that exist and all to come. What was logged before
 * goes the old way. Throws, and changes nothing, where a setting makes no sense.
 */
export function configure(change: Configuration): void {
  check(change);
  if (change.level !== undefined) setLogLevel(change.level);
  if (change.levels) setLevels(change.levels);
  if (change.flushMs !== undefined) setFlushMs(change.flushMs);
  if (change.onError) errors.report = change.onError;
  if (change.service) {
    const { name, version, environment } = change.service;
    base.context = new LogContext({ serviceName: name, version, environment } as ContextFields);
  }
  const route = root();
  changeRoute(route, () => {
    route.format = change.format ?? route.format;
    route.redact = change.redact ?? route.redact;
    route.maxBatchBytes = change.maxBatchBytes ?? route.maxBatchBytes;
    const sinks = change.sinks ?? route.outlets.map(({ sink }) => sink);
    route.lead(sinks.map((sink) => outletOf(sink, route.format)));
  });
  if (change.sinks) bindDirect(change.sinks.some(isDirect));
}
