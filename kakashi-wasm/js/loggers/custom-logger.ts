// Loggers with a road of their own: level, enrichers, filters, format, sinks.

import { check } from '../settings/validate.js';
import { EMPTY, LogContext } from '../record/context.js';
import { addRoute } from '../engine/emit.js';
import { type Fields, copied } from '../record/fields.js';
import { type Level } from '../record/level.js';
import { Logger } from './logger.js';
import { type Core, adopt, newCore } from './registry.js';
import { outletOf } from '../sinks/retrying-sink-queue.js';
import { Route } from '../engine/dispatch.js';
import type { FormatName, Sink } from '../sinks/sink.js';

/** What a record is to an enricher or a filter: as it was given, before any context. */
export interface Candidate {
  readonly level: number;
  readonly logger: string;
  readonly message: string;
  readonly fields: Fields;
}

/** Says what a custom logger does with its records. */
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

/** Writes records on a road of its own; made by {@link createCustomLogger}. */
export class FunctionalLogger extends Logger {
  /** @internal */
  override emit(level: number, message: string, given: unknown): void {
    const { enrichers = [], filters = [] } = configs.get(this.core) ?? {};
    if (enrichers.length + filters.length === 0) return super.emit(level, message, given);
    let fields = copied(given);
    const candidate = (): Candidate => ({ level, logger: this.name, message, fields });
    for (const enrich of enrichers) {
      fields = { ...fields, ...copied(() => enrich(candidate())), ...fields };
    }
    for (const passes of filters) {
      try {
        if (!passes(candidate())) return;
      } catch {
        // Better a record too many.
      }
    }
    super.emit(level, message, fields);
  }
}

const configs = new WeakMap<Core, LoggerConfig>();

/** Makes a logger with a road of its own. Two of the same name are two loggers. */
export function createCustomLogger(name: string, config: LoggerConfig): FunctionalLogger {
  if (!config?.sinks) throw new TypeError('a custom logger has sinks: createCustomLogger(name, {sinks: [consoleSink()]})');
  check(config);
  const route = new Route();
  route.format = config.format ?? 'auto';
  route.redact = config.redact ?? [];
  route.lead(config.sinks.map((sink) => outletOf(sink, route.format)));
  addRoute(route);
  const core = adopt(newCore(`custom${route.id}`, name, route, config.level));
  core.inherit = (below) => {
    below.inherit = core.inherit!;
    configs.set(below, config);
  };
  core.inherit(core);
  return new FunctionalLogger(core, config.fields ? new LogContext(config.fields) : EMPTY);
}
