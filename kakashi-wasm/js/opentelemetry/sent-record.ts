// The records of a batch as OpenTelemetry's data model has them: which fields name the service,
// which are ids, and which attributes there are. kakashi_std::sinks::otlp has the same rules.
//
// https://opentelemetry.io/docs/specs/otel/logs/data-model/

import type { Batch } from '../sinks/batch.js';
import { type BlockRecord, type KeyAndValue, recordsInBlocks } from '../sinks/wire-blocks.js';
import { LEVEL_NAMES, LEVELS } from '../record/level.js';
import { utf8Length } from '../wire/utf8.js';
import { recordOfLine } from './json-line.js';

/** Context fields that name the service: they belong to the resource. */
const SERVICE_FIELDS = ['service_name', 'version', 'environment'];
/** The most attributes of a record: what OpenTelemetry allows by default. */
const MOST_ATTRIBUTES = 128;

/** The service's name, version and environment, as far as a record says them. */
export type Service = readonly (string | undefined)[];

/** A record on its way to OpenTelemetry. */
export interface SentRecord {
  readonly unixNanos: bigint;
  readonly severityNumber: number;
  readonly severityText: string;
  readonly logger: string;
  readonly message: string;
  readonly attributes: readonly KeyAndValue[];
  readonly droppedAttributes: number;
  readonly traceId: string | undefined;
  readonly spanId: string | undefined;
  readonly service: Service;
  /** An announcement of drops: no record of the program. */
  readonly isAnnouncement: boolean;
}

/**
 * Yields the records of a batch in the form of the wire, or in that of JSON, which plain JavaScript
 * writes in its place; of a record's message and attributes at most about so many bytes each.
 */
export function* sentRecords(batch: Batch, most = Infinity): Generator<SentRecord> {
  if (batch.format === 'wire') for (const record of recordsInBlocks(batch.bytes)) yield sentRecord(record, most);
  else for (const { text } of batch.lines()) yield sentRecord(recordOfLine(text), most);
}

/** Finds the fields of a record's context that name the service, and that its own do not hide. */
function serviceOf({ own, context }: BlockRecord): Service {
  const texts = SERVICE_FIELDS.map((field) => {
    const value = context.find(([key]) => key === field)?.[1];
    return typeof value === 'string' ? value : undefined;
  });
  // A request's `version` alone says nothing of a service.
  if (texts[0] === undefined) return [];
  return texts.map((text, at) => (own.some(([key]) => key === SERVICE_FIELDS[at]) ? undefined : text));
}

function sentRecord(record: BlockRecord, most: number): SentRecord {
  const service = serviceOf(record);
  const attributes: KeyAndValue[] = [];
  const seen = new Set<string>();
  const ids: Record<string, string | undefined> = { __proto__: null as never };
  let droppedAttributes = 0;
  let left = most;
  for (const [key, value] of [...record.own, ...record.context]) {
    // Of two fields with one key the first counts.
    if (seen.has(key) || service[SERVICE_FIELDS.indexOf(key)] !== undefined) continue;
    seen.add(key);
    if ((key === 'trace_id' || key === 'span_id') && isId(value, key === 'trace_id' ? 32 : 16)) {
      ids[key] = value.toLowerCase();
      continue;
    }
    const size = sizeOf(key) + sizeOf(value);
    if (size > left || attributes.length === MOST_ATTRIBUTES) {
      droppedAttributes++;
    } else {
      left -= size;
      attributes.push([key, value]);
    }
  }
  const { level, logger, message } = record;
  const at = LEVELS.indexOf(level);
  return {
    unixNanos: record.nanos < 0n ? 0n : record.nanos,
    severityNumber: 1 + 4 * at,
    severityText: LEVEL_NAMES[at]!,
    logger,
    message: message.length > most ? `${message.slice(0, most)}… (${message.length - most} characters cut)` : message,
    attributes,
    droppedAttributes,
    traceId: ids['trace_id'],
    spanId: ids['span_id'],
    service,
    isAnnouncement: logger === 'kakashi' && message === 'Records were dropped',
  };
}

/** Whether a value is an id of so many hexadecimal digits; one of zeros is none. */
export function isId(value: unknown, digits: number): value is string {
  return typeof value === 'string' && value.length === digits && /^[\da-f]*[1-9a-f][\da-f]*$/i.test(value);
}

/** About how many bytes a value has. */
function sizeOf(value: unknown): number {
  if (typeof value === 'string') return utf8Length(value);
  if (value instanceof Uint8Array) return value.length;
  if (typeof value !== 'object' || value === null) return 16;
  const parts = Array.isArray(value) ? (value as unknown[]) : (value as { all: readonly KeyAndValue[] }).all.flat();
  return parts.reduce<number>((sum, part) => sum + sizeOf(part), 8);
}
