// The public API; each entry adds how its runtime finds the wasm.

export { AsyncLogger, type AsyncLoggerOptions, PerformanceLogger, getAsyncLogger, getPerformanceLogger } from './async-logger.js';
export { Batch, type Format } from './batch.js';
export { type CallbackOptions, callbackSink } from './callback-sink.js';
export { type Configuration, configure } from './configure.js';
export { type ConsoleOptions, consoleSink } from './console-sink.js';
export {
  type ContextFields,
  LogContext,
  clearRequestContext,
  currentContext,
  setCustomContext,
  setRequestContext,
  setUserContext,
  withContext,
} from './context.js';
export { type Stats, stats } from './counts.js';
export { type Candidate, FunctionalLogger, type LoggerConfig, createCustomLogger } from './custom-logger.js';
export { type DecodedDrops, type DecodedItem, type DecodedRecord, type DecodedSkip, decode } from './decode.js';
export { type Flushed, flush, shutdown, shutdownAsyncLogging } from './flush.js';
export type { Fields, LazyFields } from './fields.js';
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
} from './functions.js';
export { type Level, type LevelName, LogLevel } from './level.js';
export { Logger, type LoggerOptions, clearLoggerCache, getLogger } from './logger.js';
export { type OnError, SinkError } from './outlet.js';
export type { OnFull } from './policy.js';
export { setLogLevel } from './registry.js';
export type { FormatName, Sink } from './sink.js';
