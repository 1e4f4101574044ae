/**
 * The language of the filter box.
 *
 * Words must all occur somewhere in the row; `-word` must not; `key=value`
 * compares a field (or `logger`, `level`, `message`); quotes hold words together.
 */

import { showFields, showValue, type Row } from './row';

export interface Filter {
  readonly minLevel: number;
  readonly terms: readonly Term[];
}

interface Term {
  readonly not: boolean;
  readonly key?: string;
  readonly text: string;
}

export const EVERYTHING: Filter = { minLevel: 0, terms: [] };

/** Reads the filter box; it has no wrong input. */
export function parseFilter(text: string, minLevel: number): Filter {
  const terms: Term[] = [];
  for (const [, minus, key, quotedText, bare] of text.matchAll(/(-)?(?:([^\s"=]+)=)?(?:"([^"]*)"?|([^\s"]+)|(?<==))/g)) {
    const word = quotedText ?? bare ?? '';
    if (word === '' && key === undefined) continue;
    terms.push({ not: minus !== undefined, text: word.toLowerCase(), ...(key === undefined ? {} : { key }) });
  }
  return { minLevel, terms };
}

/** Tests the text of a row; `Records` tests its level. */
export function matches(filter: Filter, row: Row): boolean {
  let all: string | undefined;
  return filter.terms.every(({ key, text, not }) => {
    let found: boolean;
    if (key === undefined) {
      all ??= `${row.timestamp} ${row.levelName} ${row.logger} ${row.message} ${showFields(row.fields)}`.toLowerCase();
      found = all.includes(text);
    } else {
      found = fieldMatches(row, key, text);
    }
    return found !== not;
  });
}

function fieldMatches(row: Row, key: string, text: string): boolean {
  if (Object.hasOwn(row.fields, key)) {
    const value = row.fields[key];
    return (typeof value === 'string' ? value : showValue(value)).toLowerCase() === text;
  }
  if (key === 'logger') return row.logger.toLowerCase().startsWith(text);
  if (key === 'level') return row.levelName.toLowerCase() === text;
  if (key === 'message') return row.message.toLowerCase().includes(text);
  return false;
}
