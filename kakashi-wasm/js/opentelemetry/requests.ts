// Batches as requests in OTLP/JSON: protobuf's mapping, with ids in hexadecimal digits.
//
// https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding

import type { Batch } from '../sinks/batch.js';
import { binary } from '../wire/slow-utf8.js';
import { utf8Bytes, utf8Length } from '../wire/utf8.js';
import { type KeyAndValue, type MapPairs } from '../sinks/wire-blocks.js';
import { type SentRecord, type Service, sentRecords } from './sent-record.js';

/** The most bytes of a request, before it is compressed. */
const MOST_REQUEST_BYTES = 4 << 20;
/** Bytes that a request has beside its records, for each of its loggers and services. */
const HEAD_BYTES = 64;
/** A record's message and its attributes have about so many bytes each, or a sixteenth where that becomes too much. */
const MOST_RECORD_BYTES = 1 << 20;

/** Some records of a batch. */
export interface Request {
  readonly body: Uint8Array;
  /** How many records of the program it has. */
  readonly count: number;
  /** Each record's form. */
  readonly texts: readonly string[];
}

/** The records of one service, by logger. */
interface ResourceRecords {
  readonly head: string;
  readonly scopes: Map<string, string[]>;
}

/** Makes the requests of a batch. */
export function requestsOf(batch: Batch, attributesOf: (service: Service) => [string, string][]): Request[] {
  const requests: Request[] = [];
  let resources = new Map<string, ResourceRecords>();
  let texts: string[] = [];
  let bytes = HEAD_BYTES;
  let count = 0;
  const close = () => {
    requests.push({ body: utf8Bytes(requestText(resources)), count, texts });
    resources = new Map();
    texts = [];
    bytes = HEAD_BYTES;
    count = 0;
  };
  for (const record of sentRecords(batch, MOST_RECORD_BYTES)) {
    const { logger, service } = record;
    const text = recordText(record);
    const key = JSON.stringify(service);
    let head = resources.get(key)?.head;
    head ??= JSON.stringify({ attributes: attributesOf(service).map(keyValue) });
    const size = utf8Length(text) + utf8Length(head) + utf8Length(logger) + HEAD_BYTES;
    if (texts.length > 0 && bytes + size > MOST_REQUEST_BYTES) close();
    let resource = resources.get(key);
    if (!resource) resources.set(key, (resource = { head, scopes: new Map() }));
    else bytes -= utf8Length(head);
    const scope = resource.scopes.get(logger);
    if (scope) scope.push(text);
    else resource.scopes.set(logger, [text]);
    texts.push(text);
    bytes += size;
    if (!record.isAnnouncement) count++;
  }
  if (texts.length > 0) close();
  return requests;
}

function requestText(resources: ReadonlyMap<string, ResourceRecords>): string {
  const all = [...resources.values()].map(({ head, scopes }) => {
    const logs = [...scopes].map(([logger, records]) => `{"scope":{"name":${JSON.stringify(logger)}},"logRecords":[${records.join()}]}`);
    return `{"resource":${head},"scopeLogs":[${logs.join()}]}`;
  });
  return `{"resourceLogs":[${all.join()}]}`;
}

/** A record's form, cut where it would be too much for a request. */
function recordText(record: SentRecord): string {
  const { message, attributes, droppedAttributes } = record;
  for (let most = MOST_RECORD_BYTES / 16; ; most /= 16) {
    const text = JSON.stringify(logRecord(record));
    if (utf8Length(text) < MOST_REQUEST_BYTES - MOST_RECORD_BYTES || most < HEAD_BYTES) return text;
    const kept = attributes.filter((pair) => utf8Length(JSON.stringify(keyValue(pair))) <= most);
    const dropped = droppedAttributes + attributes.length - kept.length;
    record = { ...record, message: message.slice(0, most), attributes: kept, droppedAttributes: dropped };
  }
}

function logRecord(record: SentRecord): object {
  const time = String(record.unixNanos);
  return {
    timeUnixNano: time,
    observedTimeUnixNano: time,
    severityNumber: record.severityNumber,
    severityText: record.severityText,
    body: { stringValue: record.message },
    attributes: record.attributes.map(keyValue),
    ...(record.droppedAttributes > 0 && { droppedAttributesCount: record.droppedAttributes }),
    ...(record.traceId && { traceId: record.traceId }),
    ...(record.spanId && { spanId: record.spanId }),
  };
}

function keyValue([key, value]: KeyAndValue): object {
  return { key, value: anyValue(value) };
}

/** An `AnyValue`; it is empty for `null`. */
function anyValue(value: unknown): object {
  switch (typeof value) {
    case 'string':
      return { stringValue: value };
    case 'boolean':
      return { boolValue: value };
    case 'number':
      if (Number.isSafeInteger(value)) return { intValue: String(value) };
      // "NaN" as a number's text is right, and not every receiver knows it.
      return Number.isFinite(value) ? { doubleValue: value } : { stringValue: String(value) };
    case 'bigint':
      return BigInt.asIntN(64, value) === value ? { intValue: String(value) } : { stringValue: String(value) };
  }
  if (value === null) return {};
  if (value instanceof Uint8Array) return { bytesValue: btoa(binary(value)) };
  if (Array.isArray(value)) return { arrayValue: { values: value.map(anyValue) } };
  return { kvlistValue: { values: (value as MapPairs).all.map(keyValue) } };
}
