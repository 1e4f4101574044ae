// OpenTelemetry: records to a receiver of OTLP, ids of spans in every record, and a bridge to
// `@opentelemetry/api-logs`. Nothing is imported of OpenTelemetry's: it need not be installed.

export { type OtelApi } from './opentelemetry/api.js';
export {
  type OtelLogger,
  type OtelLoggerProvider,
  type OtelLogRecord,
  type OtelLogs,
  kakashiLoggerProvider,
  otelLogsSink,
} from './opentelemetry/logs-bridge.js';
export { OtlpError, type OtlpOptions, type OtlpSink, type OtlpStats, otlpSink } from './opentelemetry/otlp-sink.js';
export { useOpenTelemetry } from './opentelemetry/span-ids.js';
export type { Fetch, FetchResponse } from './sinks/http-client.js';
