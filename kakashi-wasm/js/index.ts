// The public API; each entry adds how its runtime finds the wasm.

export { AsyncLogger, type AsyncLoggerOptions, PerformanceLogger, getAsyncLogger, getPerformanceLogger } from './loggers/async-logger.js';
export { Batch, type Format } from './sinks/batch.js';
export { type CallbackOptions, callbackSink } from './sinks/callback-sink.js';
export { type CaptureConsoleOptions, type ConsoleMethod, type RestoreConsole, captureConsole } from './console/capture-console.js';
export { configure } from './configure.js';
export type { Configuration } from './settings/configuration.js';
export { type ConsoleOptions, consoleSink } from './sinks/console-sink.js';
export {
  type ContextFields,
  LogContext,
  clearContext,
  clearRequestContext,
  currentContext,
  setCustomContext,
  setRequestContext,
  setUserContext,
  withContext,
} from './record/context.js';
export { type Stats, stats } from './stats.js';
export { type Candidate, FunctionalLogger, type LoggerConfig, createCustomLogger } from './loggers/custom-logger.js';
export { type DecodedDrops, type DecodedItem, type DecodedRecord, type DecodedSkip, decode } from './engine/decode.js';
export { type Flushed, flush, shutdown, shutdownAsyncLogging } from './engine/flush.js';
export type { Fields, Given, LazyFields } from './record/fields.js';
export {
  audit,
  critical,
  debug,
  error,
  exception,
  info,
  log,
  metric,
  security,
  trace,
  warn,
  warning,
} from './loggers/functions.js';
export { type Level, type LevelName, LogLevel } from './record/level.js';
export { type LogMethod, Logger, type LoggerOptions, clearLoggerCache, getLogger } from './loggers/logger.js';
export { type OnError, SinkError } from './sinks/sink-queue.js';
export type { OnFull } from './loggers/overflow-policy.js';
export { type Captured, type CapturedLogs, withCapturedLogs } from './testing/captured-logs.js';
export type { MemoryRecord } from './testing/memory-record.js';
export { type KeptRecords, type MemoryOptions, type MemorySink, memorySink } from './testing/memory-sink.js';
export { reset } from './testing/reset.js';
export { setLogLevel } from './loggers/registry.js';
export { type SignalOptions, flushOnSignals } from './signals.js';
export { pinoFormat } from './sinks/pino-format.js';
export type { WideEvent } from './loggers/wide-event.js';
export type { FormatName, LineFormat, Settled, Sink } from './sinks/sink.js';
export type { Limits } from './wire/limits.js';
