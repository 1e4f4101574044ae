// A reporter of consola that writes records: for the real consola and for the one of this package.

import { consoleRecord } from '../console/console-record.js';
import { atTime } from '../engine/record-writer.js';
import { foreignLogger } from '../loggers/foreign-loggers.js';
import { checkOptions, text } from '../options.js';
import type { LogObject } from './log-object.js';

/** Takes log objects; consola's own type of reporters takes it, too. */
export interface ConsolaReporter {
  log(logObject: LogObject): void;
}

/** Settings of {@link kakashiReporter}. */
export interface KakashiReporterOptions {
  /** The name of the logger of what has no tag. At first `consola`. */
  logger?: string;
}

/** Types that say no more than their level does. */
const LEVEL_TYPES = ['fatal', 'error', 'warn', 'log', 'info', 'debug', 'trace'];

function levelOfType(type: string, level: number): number {
  if (type === 'fatal') return 50;
  // `silent` is below all: consola writes it at every level.
  if (level < 0) return 20;
  return level < 1 ? 40 : level < 2 ? 30 : level >= 5 ? 5 : level >= 4 ? 10 : 20;
}

/**
 * Makes a reporter that writes kakashi's records: `consola.addReporter(kakashiReporter())`, or `setReporters` for these alone.
 *
 * The text of the arguments is the message, an object after it the fields, an error an exception, several objects are `args`. A tag is
 * the logger (`db:sql` is `db::sql`), and a type that is no level is the field `type`. consola's level decides what is written.
 * Throws a RangeError for an option that there is not.
 */
export function kakashiReporter(options: KakashiReporterOptions = {}): ConsolaReporter {
  checkOptions('kakashiReporter', options, { logger: text });
  const { logger = 'consola' } = options;
  return {
    log({ date, args, type, level, tag, badge, icon, style, ...more }) {
      const { message, fields } = consoleRecord(args);
      const name = tag.split(':').filter(Boolean).join('::');
      const kind = LEVEL_TYPES.includes(type) ? undefined : { type };
      atTime(Number(date), () => foreignLogger(name || logger).emit(levelOfType(type, level), message, () => ({ ...kind, ...more, ...fields() })));
    },
  };
}
