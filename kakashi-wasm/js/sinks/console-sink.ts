// A sink that writes lines to the console.

import type { Level } from '../record/level.js';
import { platform } from '../platform.js';
import type { FormatName, Sink } from './sink.js';

/** Settings of the console. */
export interface ConsoleOptions {
  /** The lines' form; `auto` is pretty on a terminal, objects in a browser's console, and text elsewhere. */
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

/** Writes a record for developer tools: its level in colour, its fields as an object that can be opened. The format is ours, and all else data. */
function writeObject(level: number, json: string): void {
  const { timestamp, level: name, logger, message, ...fields } = JSON.parse(json) as Record<string, string>;
  const method = methodOf(level);
  const colour = { error: 'red', warn: 'orange', info: 'green', debug: 'gray' }[method];
  const more = Object.keys(fields).length > 0 ? [fields] : [];
  console[method]('%c%s %c%s%c %s', 'color:gray', timestamp!.slice(11, 23), `font-weight:bold;color:${colour}`, name, '', `${logger} ${message}`, ...more);
}

/** Writes to the console: `debug`, `info`, `warn` and `error` by the records' levels. */
export function consoleSink(options: ConsoleOptions = {}): Sink & { readonly direct: boolean } {
  const { direct = false, structured = platform.objects ?? false } = options;
  return {
    // `configure` refuses what is none.
    ...options,
    name: 'console',
    direct,
    ...(structured && { format: 'json' }),
    writeObjects(batch) {
      for (const { level, text } of batch.lines()) writeObject(level, text);
    },
    write(batch) {
      if (platform.writeLines && !structured) return platform.writeLines(batch.lines(), batch.format === 'pretty');
      for (const { level, text } of batch.lines()) {
        const method = methodOf(level);
        if (structured) console[method](JSON.parse(text));
        // Some consoles take even a lone text for a format.
        else if (text.includes('%')) console[method]('%s', text);
        else console[method](text);
      }
    },
  };
}
