// A bridge to `@opentelemetry/api-logs`, in both directions: its records become kakashi's, and
// kakashi's become its.

import { getLogger } from '../loggers/logger.js';
import { checkOptions, level as isLevel } from '../options.js';
import { LEVELS, type Level, levelOf, named } from '../record/level.js';
import { copyFields, thrownFields } from '../record/fields.js';
import type { Sink } from '../sinks/sink.js';
import { MapPairs } from '../sinks/wire-blocks.js';
import { messageOf, readProperty } from '../wire/value.js';
import { type OtelContext, type SpanIds, activeIds, contextOf, idsIn } from './api.js';
import { sentRecords } from './sent-record.js';

/** A record of `@opentelemetry/api-logs`, in types that need not be installed. */
export interface OtelLogRecord {
  eventName?: string;
  timestamp?: number | Date | [seconds: number, nanos: number];
  observedTimestamp?: number | Date | [seconds: number, nanos: number];
  severityNumber?: number;
  severityText?: string;
  body?: unknown;
  attributes?: object;
  exception?: unknown;
  context?: object;
}

/** A logger of `@opentelemetry/api-logs`. */
export interface OtelLogger {
  emit(record: OtelLogRecord): void;
  enabled(options?: { severityNumber?: number }): boolean;
}

/** What makes loggers of `@opentelemetry/api-logs`. */
export interface OtelLoggerProvider {
  getLogger(name: string, version?: string, options?: object): OtelLogger;
}

/** What a sink needs of it: a provider of any kind, or the `logs` of `@opentelemetry/api-logs`. */
export interface OtelLogs {
  getLogger(name: string): { emit(record: never): void };
  forceFlush?(): PromiseLike<void>;
}

/** The fields of a record that a resource says elsewhere. */
const SERVICE = ['service_name', 'version', 'environment'];
const BRIDGE = Symbol.for('kakashi-wasm.otel-logs');

/**
 * Makes a provider for `logs.setGlobalLoggerProvider`: what libraries log by `@opentelemetry/api-logs` goes through
 * kakashi's loggers of the same names, with their levels, contexts, redaction and sinks.
 */
export function kakashiLoggerProvider(): OtelLoggerProvider {
  return {
    [BRIDGE]: true,
    getLogger(name, version) {
      const logger = version ? getLogger(name).with({ 'otel.scope.version': version }) : getLogger(name);
      return {
        emit(given) {
          const record = readRecord(given);
          const level = levelOfRecord(record);
          if (level < logger.level) return;
          const { body, eventName } = record;
          logger.log(level, typeof body === 'string' ? body : messageOf(eventName ?? ''), () => fieldsOf(record));
        },
        enabled: (options) => levelOfRecord(readRecord(options)) >= logger.level,
      };
    },
  } as OtelLoggerProvider;
}

const MEMBERS = ['eventName', 'timestamp', 'severityNumber', 'severityText', 'body', 'attributes', 'exception', 'context'];

/** Reads what is used of a record, whatever its getters do. */
function readRecord(given: unknown): OtelLogRecord {
  return Object.fromEntries(MEMBERS.map((member) => [member, readProperty(given ?? {}, member)]));
}

/** The level of a severity: of four numbers each, or of a text that is a level's name. */
function levelOfRecord({ severityNumber, severityText }: OtelLogRecord): number {
  if (severityNumber! >= 1) return LEVELS[Math.min((severityNumber! - 1) >>> 2, 5)]!;
  return levelOfText(severityText) ?? 20;
}

function levelOfText(text: unknown): number | undefined {
  try {
    return typeof text === 'string' ? named(levelOf(text)) : undefined;
  } catch {
    return undefined;
  }
}

/** What a record says beside its level and message. */
function fieldsOf(record: OtelLogRecord): object {
  const { body, eventName, timestamp, severityNumber, severityText, exception } = record;
  const ids = idsOf(record);
  return {
    ...copyFields(record.attributes),
    ...(body !== undefined && body !== null && typeof body !== 'string' && { body }),
    ...(eventName && { 'event.name': eventName }),
    ...(exception !== undefined && thrownFields(exception)),
    // A severity between two levels.
    ...(severityNumber! > 1 && severityNumber! % 4 !== 1 && { severity_number: severityNumber }),
    ...(severityText && levelOfText(severityText) !== levelOfRecord(record) && { severity_text: severityText }),
    ...(timestamp !== undefined && { 'log.record.timestamp': timeOf(timestamp) }),
    ...(ids && { trace_id: ids.traceId, span_id: ids.spanId }),
  };
}

function idsOf({ context }: OtelLogRecord): SpanIds | undefined {
  try {
    return context ? idsIn(context as OtelContext) : activeIds();
  } catch {
    return undefined;
  }
}

/** A time as text: milliseconds, a date, or seconds and nanoseconds. */
function timeOf(time: unknown): string {
  try {
    if (!Array.isArray(time)) return new Date(time as number).toISOString();
    const [seconds, nanos] = time as [number, number];
    return new Date(seconds * 1000).toISOString().replace(/\.\d+/, `.${String(nanos).padStart(9, '0')}`);
  } catch {
    return messageOf(time);
  }
}

/**
 * Emits records into `@opentelemetry/api-logs`: into its `logs`, or a LoggerProvider, whose loggers have the names
 * of kakashi's. The resource is the provider's own.
 */
export function otelLogsSink(logs: OtelLogs, options: { level?: Level } = {}): Sink {
  if (typeof logs?.getLogger !== 'function') throw new TypeError('otelLogsSink takes the logs of @opentelemetry/api-logs, or a LoggerProvider');
  checkOptions('otelLogsSink', options, { level: isLevel });
  if (BRIDGE in logs) throw new TypeError('otelLogsSink would send to kakashi what comes from kakashi: give it another LoggerProvider');
  return {
    name: 'otel-logs',
    format: 'wire',
    level: options.level ?? 0,
    write(batch) {
      for (const record of sentRecords(batch)) {
        const time: [number, number] = [Number(record.unixNanos / 1_000_000_000n), Number(record.unixNanos % 1_000_000_000n)];
        const { traceId, spanId } = record;
        const context = traceId && spanId ? { context: contextOf({ traceId, spanId }) } : {};
        const ids: [string, unknown][] = traceId && spanId ? [] : Object.entries({ trace_id: traceId, span_id: spanId }).filter(([, id]) => id);
        const service = SERVICE.map((key, at): [string, unknown] => [key, record.service[at]]).filter(([, text]) => text !== undefined);
        const emitted: OtelLogRecord = {
          timestamp: time,
          observedTimestamp: time,
          severityNumber: record.severityNumber,
          severityText: record.severityText,
          body: record.message,
          attributes: Object.fromEntries([...record.attributes, ...ids, ...service].map(([key, value]) => [key, plain(value)])),
          ...context,
        };
        logs.getLogger(record.logger).emit(emitted as never);
      }
    },
    flush: async () => logs.forceFlush?.(),
  };
}

/** A value as the API has it: it knows no integers that a double does not hold. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  if (Array.isArray(value)) return value.map(plain);
  return value instanceof MapPairs ? Object.fromEntries(value.all.map(([key, item]) => [key, plain(item)])) : value;
}
