// What `configure` takes.

import type { Level } from '../record/level.js';
import type { OnError } from '../sinks/sink-queue.js';
import type { Limits } from '../wire/limits.js';
import type { FormatName, Sink } from '../sinks/sink.js';

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
  /** Keys whose values become `[REDACTED]`, at any depth: `password`, `user.card`, `*.token`. */
  redact?: readonly string[];
  /** Batches of about this many bytes. At first 65,536. */
  maxBatchBytes?: number;
  /** A buffered record is written after so many milliseconds; 0 means soon after the call. At first 100. */
  flushMs?: number;
  /** How much of a record is written; the rest is cut, and the line says so. Takes effect for all loggers. */
  limits?: Partial<Limits>;
  /** Called on a sink's first failure, and on the first after it has worked again. At first it warns on the console. */
  onError?: OnError;
  /** Fields of all records: `service_name`, `version`, `environment`. */
  service?: { name?: string; version?: string; environment?: string };
}
