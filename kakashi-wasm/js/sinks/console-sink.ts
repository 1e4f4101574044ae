// A sink that writes lines to the console.

import type { Batch } from './batch.js';
import type { Level } from '../record/level.js';
import { platform } from '../platform.js';
import type { FormatName, Sink } from './sink.js';

/** Settings of the console. */
export interface ConsoleOptions {
  /** The lines' form; `auto` is pretty on a terminal and text elsewhere. */
  format?: Exclude<FormatName, 'wire'>;
  level?: Level;
  /**
   * Binds the console's own methods in place of the loggers', so that a browser's
   * developer tools name the line that logs. Records then go nowhere else, at once and
   * as they are: it must be the only sink.
   */
  direct?: boolean;
  /** One object a record, in place of a line, for platforms that index its fields; so at first on Cloudflare. */
  structured?: boolean;
}

/** The method for a level. */
export function methodOf(level: number): 'debug' | 'info' | 'warn' | 'error' {
  return level >= 40 ? 'error' : level >= 30 ? 'warn' : level >= 20 ? 'info' : 'debug';
}

/** Writes to the console: `debug`, `info`, `warn` and `error` by the records' levels. */
export function consoleSink(options: ConsoleOptions = {}): Sink & { readonly direct: boolean } {
  const { direct = false, structured = platform.objects ?? false } = options;
  return {
    name: 'console',
    direct,
    ...(structured ? { format: 'json' } : options.format && { format: options.format }),
    level: options.level ?? 0,
    write(batch) {
      if (platform.lines && !structured) return writeRuns(batch);
      for (const { level, text } of batch.lines()) console[methodOf(level)](structured ? JSON.parse(text) : text);
    },
  };
}

/** One call for all lines in a row that have one method: the console is a stream there. */
function writeRuns(batch: Batch): void {
  let method: ReturnType<typeof methodOf> | undefined;
  let run: string[] = [];
  const write = () => {
    if (method) console[method](run.join('\n'));
    run = [];
  };
  for (const { level, text } of batch.lines()) {
    if (methodOf(level) !== method) write();
    method = methodOf(level);
    run.push(text);
  }
  write();
}
