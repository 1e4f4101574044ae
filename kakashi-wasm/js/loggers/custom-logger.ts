// Loggers with settings of their own: level, enrichers, filters, format, sinks.

import { redactionOf } from '../settings/redaction.js';
import { anObject, checkOptions, functions } from '../options.js';
import { LOGGER } from '../settings/validate.js';
import { EMPTY, LogContext } from '../record/context.js';
import { addDispatch, freeDispatch } from '../engine/emit.js';
import { type Fields, copyFields } from '../record/fields.js';
import type { Level } from '../record/level.js';
import { Logger } from './logger.js';
import { type LoggerCore, addUnregistered, newCore } from './registry.js';
import { sinkQueueOf } from '../sinks/retrying-sink-queue.js';
import { Dispatch } from '../engine/dispatch.js';
import { withTaps } from '../engine/taps.js';
import type { FormatName, Sink } from '../sinks/sink.js';
import { once } from '../realm.js';

/** A record as an enricher or a filter sees it: as the call gave it, without context. */
export interface Candidate {
  readonly level: number;
  readonly logger: string;
  readonly message: string;
  readonly fields: Fields;
}

/** Settings of a custom logger. */
export interface LoggerConfig {
  /** The threshold; without one the logger follows `setLogLevel`. */
  level?: Level;
  format?: FormatName;
  sinks: readonly Sink[];
  /** Paths of fields whose values become `[REDACTED]`. */
  redact?: readonly string[];
  /** Fields of every record. */
  fields?: Fields;
  /** Add fields; a key that the record has stays as it is. One that throws adds `fields_error`. */
  enrichers?: readonly ((record: Candidate) => Fields | undefined)[];
  /** All must let a record pass; they see it enriched. One that throws lets it pass. */
  filters?: readonly ((record: Candidate) => boolean)[];
}

/** A logger with settings of its own; made by {@link createCustomLogger}. */
export class FunctionalLogger extends Logger {
  /** @internal */
  override emit(level: number, message: string, given: unknown): void {
    const { enrichers = [], filters = [] } = configs.get(this.core) ?? {};
    if (enrichers.length + filters.length === 0) return super.emit(level, message, given);
    let fields = copyFields(given);
    const candidate = (): Candidate => ({ level, logger: this.name, message, fields });
    for (const enrich of enrichers) {
      fields = { ...fields, ...copyFields(() => enrich(candidate())), ...fields };
    }
    for (const passes of filters) {
      try {
        if (!passes(candidate())) return;
      } catch {
        // Better one record too many than one too few.
      }
    }
    super.emit(level, message, fields);
  }
}

const configs = new WeakMap<LoggerCore, LoggerConfig>();

/** Tells loggers of one name apart, also when a dispatch's id has gone to another. */
const numbers = /* @__PURE__ */ once('numbers', () => ({ made: 0 }));

/** Frees what a logger and those below it share when nobody has any of them. Some workers have no such thing; there it stays. */
const freed = globalThis.FinalizationRegistry && new FinalizationRegistry(freeDispatch);

/** Gives loggers below the same configuration. It keeps no logger. */
function inheritance(own: LoggerConfig): (below: LoggerCore) => void {
  return function inherit(below) {
    below.inherit = inherit;
    configs.set(below, own);
  };
}

/** Makes a logger with settings of its own. Two of the same name are two loggers. */
export function createCustomLogger(name: string, config: LoggerConfig): FunctionalLogger {
  if (!config?.sinks) throw new TypeError('a custom logger has sinks: createCustomLogger(name, {sinks: [consoleSink()]})');
  checkOptions('createCustomLogger', config, { ...LOGGER, fields: anObject('{app: "shop"}'), enrichers: functions, filters: functions });
  const dispatch = new Dispatch();
  dispatch.format = config.format ?? 'auto';
  dispatch.redaction = redactionOf(config.redact);
  dispatch.setQueues(withTaps(dispatch, config.sinks.map((sink) => sinkQueueOf(sink, dispatch.format))));
  addDispatch(dispatch);
  const core = addUnregistered(newCore(`custom${++numbers.made}`, name, dispatch, config.level));
  // As long as one of the loggers is there, this is.
  const own = { ...config };
  core.inherit = inheritance(own);
  core.inherit(core);
  freed?.register(own, dispatch);
  return new FunctionalLogger(core, config.fields ? new LogContext(config.fields) : EMPTY);
}
