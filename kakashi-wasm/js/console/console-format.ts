// What a console makes of its arguments: a text of the first and what its `%` name (WHATWG Console, 2.2 "Formatter").

import { isError, messageOf, readProperty } from '../wire/value.js';

/** The text of a console's call, and the objects that are not in it. */
export interface ConsoleMessage {
  readonly text: string;
  readonly objects: readonly object[];
}

function number(value: unknown, read: (text: string) => number): string {
  if (typeof value === 'bigint') return `${value}n`;
  return typeof value === 'symbol' || (typeof value === 'object' && value !== null) ? 'NaN' : text(read(messageOf(value)));
}

/** A value that is no object, as a console shows it within a text. */
function text(value: unknown): string {
  if (typeof value === 'bigint') return `${value}n`;
  if (Object.is(value, -0)) return '-0';
  return typeof value === 'function' ? `[function ${messageOf(readProperty(value, 'name')) || 'anonymous'}]` : messageOf(value);
}

/** An object within a text, in one line. */
function shown(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`;
  if (typeof value !== 'object' || value === null) return text(value);
  if (isError(value)) return messageOf(value);
  try {
    return JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? `${inner}n` : inner)) ?? text(value);
  } catch {
    return '[circular]';
  }
}

const AS: Record<string, (value: unknown) => string> = {
  s: (value) => (typeof value === 'object' && value !== null ? shown(value) : text(value)),
  d: (value) => number(value, Number),
  i: (value) => number(value, (digits) => parseInt(digits, 10)),
  f: (value) => number(value, parseFloat),
  j: shown,
  o: shown,
  O: shown,
  // Colours and sizes.
  c: () => '',
};

/** Makes the text of a call: what no `%` names stands after it, but for objects. */
export function consoleMessage(given: readonly unknown[]): ConsoleMessage {
  const rest = [...given];
  const parts: string[] = [];
  // A lone text is no format, and what was put in place of one neither.
  if (typeof rest[0] === 'string' && rest.length > 1) {
    const format = rest.shift() as string;
    parts.push(
      format.replace(/%([sdifjoOc%])/g, (all, kind: string) => {
        if (kind === '%') return '%';
        return rest.length > 0 ? AS[kind]!(rest.shift()) : all;
      }),
    );
  }
  const objects: object[] = [];
  for (const value of rest) {
    if (typeof value === 'object' && value !== null) objects.push(value);
    else parts.push(text(value));
  }
  return { text: parts.join(' '), objects };
}
