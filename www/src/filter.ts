/**
 * The language of the filter box: words and conditions, all of which must hold.
 *
 * A word must occur somewhere in the row, `-word` must not; quotes hold words together. A
 * condition is that of `kakashi decode --field`: `key=value`, `key!=value`, `key>1`,
 * `key>=1`, `key<1`, `key<=1` and `key~part`, on a field (or `logger`, `level`, `message`).
 */

import { showFields, showValue, type Row } from './row';

export interface Filter {
  readonly minLevel: number;
  readonly terms: readonly Term[];
}

type Operator = '=' | '!=' | '>' | '>=' | '<' | '<=' | '~';

interface Term {
  readonly not: boolean;
  readonly text: string;
  readonly condition?: { readonly key: string; readonly operator: Operator; readonly number: number | bigint | undefined };
}

/** Says why a text is no filter, and what one is. */
export class FilterError extends Error {
  constructor(problem: string) {
    super(
      `${problem}; write words, -words, key=value, key!=value, key>1, key>=1, key<1, key<=1 or key~part; ` +
        'a word, a key or a value with other signs in it stands in quotes',
    );
  }
}

export const EVERYTHING: Filter = { minLevel: 0, terms: [] };

/** A word or a key, and what follows it: each in quotes, or up to the next sign or space. */
const TERM = /\s*(-)?(?:"([^"]*)"?|((?:[^\s"=<>~!]|!(?!=))*))(?:(!=|>=|<=|=|>|<|~)(?:"([^"]*)"?|([^\s"]*)))?/y;

/** Reads the filter box. Throws a {@link FilterError} for what is no filter. */
export function parseFilter(text: string, minLevel: number): Filter {
  const terms: Term[] = [];
  TERM.lastIndex = 0;
  while (TERM.lastIndex < text.trimEnd().length) {
    const before = TERM.lastIndex;
    const found = TERM.exec(text)!;
    if (TERM.lastIndex === before) throw new FilterError(`“${text.slice(before)}” is no condition`);
    const [, minus, quotedName, name, operator, quotedValue, value] = found;
    const not = minus !== undefined;
    if (operator === undefined) {
      const word = quotedName ?? name ?? '';
      if (word !== '') terms.push({ not, text: word.toLowerCase() });
      else if (not) terms.push({ not: false, text: '-' });
      continue;
    }
    const key = quotedName ?? name!;
    if (key === '' && quotedName === undefined) throw new FilterError(`“${operator}” names no field`);
    if (quotedName === undefined && key.endsWith('!')) throw new FilterError(`“!${operator}” is no comparison`);
    const sign = quotedValue === undefined ? /^[=<>~]/.exec(value!)?.[0] : undefined;
    if (sign) throw new FilterError(`“${operator}${sign}” is no comparison`);
    const wanted = quotedValue ?? value!;
    const number = numberOf(wanted);
    if (/[<>]/.test(operator) && number === undefined) {
      throw new FilterError(wanted === '' ? `“${operator}” needs a number` : `“${operator}” compares numbers, and ${wanted} is none`);
    }
    if (operator === '~' && wanted === '') throw new FilterError('“~” needs a text');
    terms.push({ not, text: wanted.toLowerCase(), condition: { key, operator: operator as Operator, number } });
  }
  return { minLevel, terms };
}

/** Reads a number; an integer keeps all its digits. */
function numberOf(text: string): number | bigint | undefined {
  if (/^[+-]?\d+$/.test(text)) return BigInt(text.replace(/^\+/, ''));
  if (/^[+-]?inf$/.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : undefined;
}

/** Tests the text of a row; `Records` tests its level. */
export function matches(filter: Filter, row: Row): boolean {
  let all: string | undefined;
  return filter.terms.every(({ text, not, condition }) => {
    let found: boolean;
    if (condition === undefined) {
      all ??= `${row.timestamp} ${row.levelName} ${row.logger} ${row.message} ${showFields(row.fields)}`.toLowerCase();
      found = all.includes(text);
    } else if (condition.operator === '!=') {
      found = !holds({ ...condition, operator: '=' }, text, row);
    } else {
      found = holds(condition, text, row);
    }
    return found !== not;
  });
}

function holds({ key, operator, number }: NonNullable<Term['condition']>, text: string, row: Row): boolean {
  if (!Object.hasOwn(row.fields, key)) {
    if (key === 'message') return /[=~]/.test(operator) && row.message.toLowerCase().includes(text);
    const own = key === 'logger' ? row.logger.toLowerCase() : key === 'level' ? row.levelName.toLowerCase() : undefined;
    if (own === undefined) return false;
    if (operator === '~') return own.includes(text);
    return operator === '=' && (key === 'logger' ? own.startsWith(text) : own === text);
  }
  const value = row.fields[key];
  const isNumber = typeof value === 'number' || typeof value === 'bigint';
  switch (operator) {
    case '>':
      return isNumber && value > number!;
    case '>=':
      return isNumber && value >= number!;
    case '<':
      return isNumber && value < number!;
    case '<=':
      return isNumber && value <= number!;
    default: {
      // A number and a bigint may be equal, and are never the same.
      if (operator === '=' && isNumber && number !== undefined) return value == number;
      const shown = (typeof value === 'string' ? value : showValue(value)).toLowerCase();
      return operator === '~' ? shown.includes(text) : shown === text;
    }
  }
}
