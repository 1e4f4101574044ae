// A sink of LogTape that writes records: LogTape's own configuration says which.

import { flush, flushNow } from '../engine/flush.js';
import { foreignLogger } from '../loggers/foreign-loggers.js';
import { LEVELS, type LogTapeRecord, nameOf, writeRecord } from './log-record.js';

/** A sink of LogTape. */
export interface LogTapeSink {
  (record: LogTapeRecord): void;
}

/** The sink of kakashi: LogTape's `drain` waits for its sinks, and LogTape's `dispose` hands over what is buffered. */
export interface KakashiSink extends LogTapeSink {
  drain(): Promise<void>;
}

/**
 * Makes a sink for LogTape's `configure`: `sinks: { kakashi: kakashiSink() }`. What an application and its libraries log by LogTape
 * becomes kakashi's records: a category `['app', 'db']` is the logger `app::db`, properties are fields, an `error` among them an
 * exception. LogTape's levels and filters decide what is written.
 */
export function kakashiSink(): KakashiSink {
  const { dispose } = Symbol as { dispose?: symbol };
  const sink = (record: LogTapeRecord) => writeRecord(foreignLogger(nameOf(record.category)), LEVELS[record.level] ?? 20, record);
  return Object.assign(sink, { drain: async () => void (await flush()) }, dispose && { [dispose]: flushNow });
}
