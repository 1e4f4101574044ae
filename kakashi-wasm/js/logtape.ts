// LogTape and kakashi: a sink for LogTape, and LogTape's loggers over kakashi, so that a project changes one import.

import 'kakashi-wasm';
import { EMPTY, withContext as within } from './record/context.js';

export { getLogger } from './logtape-shape/logtape-logger.js';
export type { LogCallback, LogTapeErrorMethod as ErrorLogMethod, LogTapeLogger as Logger, LogTapeMethod as LogMethod, LogTemplatePrefix } from './logtape-shape/logtape-logger.js';
export { type KakashiSink, type LogTapeSink as Sink, kakashiSink } from './logtape-shape/kakashi-sink.js';
export { type LazyProperty as Lazy, isLazy, lazy } from './logtape-shape/lazy.js';
export type { LogTapeLevel as LogLevel, LogTapeRecord as LogRecord } from './logtape-shape/log-record.js';

/** Runs a function in a context: all records within have these properties, across `await` too where the runtime has AsyncLocalStorage. */
export function withContext<T>(context: Record<string, unknown>, run: () => T): T {
  // As custom fields: LogTape keeps the names that are given.
  return within(EMPTY.with(context), run);
}

function refused(name: string): never {
  throw new Error(`kakashi-wasm/logtape has no ${name}: levels and sinks are those of configure({ levels, sinks }) of kakashi-wasm; or keep LogTape's, with kakashiSink() among its sinks`);
}

/** Throws: LogTape's configuration is not kakashi's. */
export function configure(_config?: unknown): Promise<never> {
  return refused('configure');
}

/** Throws: LogTape's configuration is not kakashi's. */
export function configureSync(_config?: unknown): never {
  return refused('configureSync');
}
