// What LogTape calls a record, written as one of ours. The types are LogTape's, so that none need be installed.

import type { Logger as KakashiLogger } from '../loggers/logger.js';
import { atTime } from '../engine/record-writer.js';
import { type Fields, copyFields, thrownFields } from '../record/fields.js';
import { isError, messageOf, readProperty } from '../wire/value.js';
import { messageText } from './message.js';
import { parseTemplate } from './template.js';

/** LogTape's levels. */
export type LogTapeLevel = 'trace' | 'debug' | 'info' | 'warning' | 'error' | 'fatal';

/** A record of LogTape. */
export interface LogTapeRecord {
  readonly category: readonly string[];
  readonly level: LogTapeLevel;
  /** The texts of the message, with the values between them. */
  readonly message: readonly unknown[];
  /** The template, or the texts of a tagged one. */
  readonly rawMessage: string | TemplateStringsArray;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  readonly properties: Record<string, unknown>;
  readonly sourceLocation?: { readonly file: string; readonly line: number; readonly column?: number };
}

/** kakashi's level of each. */
export const LEVELS: Readonly<Record<string, number>> = { trace: 5, debug: 10, info: 20, warning: 30, error: 40, fatal: 50 };

/** The name of a category's logger. */
export function nameOf(category: readonly string[]): string {
  return category.map(messageOf).join('::') || 'root';
}

/** The fields of properties: an error that is called `error`, as LogTape has it, is an exception. */
function fieldsOf(properties: unknown): Fields {
  // It says what a getter has thrown.
  if (typeof properties === 'string') return { fields_error: properties };
  const { error, ...rest } = copyFields(properties);
  if (isError(error)) return { ...rest, ...thrownFields(error) };
  return error === undefined ? rest : { ...rest, error };
}

/** Writes a record by a logger, whatever its getters do. */
export function writeRecord(logger: KakashiLogger, level: number, record: Omit<LogTapeRecord, 'category' | 'level'>): void {
  // The properties first: the message is made of them.
  const properties = readProperty(record, 'properties');
  const raw = readProperty(record, 'rawMessage');
  const parts = readProperty(record, 'message');
  const location = readProperty(record, 'sourceLocation') as LogTapeRecord['sourceLocation'];
  const time = Number(readProperty(record, 'timestamp'));
  const write = (message: string) =>
    logger.emit(level, message, () => ({
      ...fieldsOf(properties),
      ...(location && { 'code.file.path': location.file, 'code.line.number': location.line }),
    }));
  atTime(time, () => {
    // LogTapeProperties alone: all of them are fields.
    if (raw === '{*}') write('');
    else if (!Array.isArray(parts)) write(messageOf(parts));
    else {
      const names = typeof raw === 'string' ? parseTemplate(raw).names : [];
      const texts = parts.filter((_, at) => at % 2 === 0).map(messageOf);
      const values = parts.filter((_, at) => at % 2 === 1);
      write(messageText(texts, values, names.length === values.length ? names : []));
    }
  });
}
