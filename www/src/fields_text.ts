/**
 * Reads fields as people type them: a JSON object, or `key=value` words.
 *
 * An error names the fault and its position; nothing is guessed.
 */

import { parseJson } from './json';

export type Typed = Record<string, unknown>;

/** Says what is wrong with typed fields, and where. */
export class FieldsError extends Error {
  constructor(
    readonly problem: string,
    /** Where in the text, from 0. */
    readonly at: number,
    text: string,
  ) {
    const before = text.slice(0, at).split('\n');
    const place = text.includes('\n') ? `line ${before.length}, column ${before.at(-1)!.length + 1}` : `column ${at + 1}`;
    super(`${problem} (${place})`);
  }
}

/**
 * Reads typed fields.
 *
 * Throws a {@link FieldsError} for what is neither.
 */
export function parseFields(text: string): Typed {
  const start = text.search(/\S/);
  if (start < 0) return {};
  return text[start] === '{' ? parseObject(text) : parseWords(text);
}

function parseObject(text: string): Typed {
  try {
    return parseJson(text) as Typed;
  } catch (error) {
    const { message } = error as SyntaxError;
    const at = errorPosition(message, text);
    throw new FieldsError(at >= text.trimEnd().length ? 'The JSON ends too early' : plainProblem(message, text), at, text);
  }
}

/** Removes the position and the quoted text from an engine's message: the page shows both itself. */
function plainProblem(message: string, text: string): string {
  if (/end of (JSON|data)|EOF/i.test(message)) return 'The JSON ends too early';
  const problem = message
    .replace(/^JSON\.parse: /, '')
    .replace(/ (in JSON )?at (position|line) .*$/, '')
    .replace(/, (\.\.\.)?".*is not valid JSON$/s, '');
  return `${problem || 'This is no JSON'}${/quote|property name/i.test(problem) && text.includes("'") ? ' (JSON wants double quotes)' : ''}`;
}

function errorPosition(message: string, text: string): number {
  const position = /at position (\d+)/.exec(message);
  if (position) return Number(position[1]);
  const place = /line (\d+) column (\d+)/.exec(message);
  if (place) {
    const lines = text.split('\n').slice(0, Number(place[1]) - 1);
    return lines.reduce((at, line) => at + line.length + 1, 0) + Number(place[2]) - 1;
  }
  const token = /Unexpected token '?(.)'?/.exec(message)?.[1];
  // Newer engines quote what surrounds the fault in place of its position.
  const near = /\.\.\.(.*?)\.\.\. is not valid JSON|"(.*)" is not valid JSON/s.exec(message);
  const from = near ? Math.max(0, text.indexOf((near[1] ?? near[2] ?? '').replace(/^"|"$/g, ''))) : 0;
  const found = token === undefined ? -1 : text.indexOf(token, from);
  return found >= 0 ? found : text.trimEnd().length;
}

const BARE_KEY = /[^\s=",{}[\]]+/y;
const SPACE = /\s*/y;
const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;
const WORDS: Record<string, unknown> = { true: true, false: false, null: null };

function parseWords(text: string): Typed {
  const fields = new Map<string, unknown>();
  let at = 0;
  const eat = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    at += found?.length ?? 0;
    return found;
  };
  for (eat(SPACE); at < text.length; eat(SPACE)) {
    const start = at;
    const key = eat(BARE_KEY);
    if (key === undefined) throw new FieldsError(`A key was expected, not ${text[at]}`, at, text);
    if (text[at] !== '=') throw new FieldsError(`“=” and a value are missing after “${key}”`, at, text);
    if (fields.has(key)) throw new FieldsError(`“${key}” is there twice`, start, text);
    at++;
    const valueAt = at;
    const value = eat(/"(?:[^"\\]|\\.)*"|[^\s"]*/y) ?? '';
    if (value === '' && text[at] === '"') throw new FieldsError('The quote is never closed', valueAt, text);
    if (at < text.length && !/\s/.test(text[at]!)) throw new FieldsError('A space is missing', at, text);
    fields.set(key, parseWord(value, valueAt, text));
  }
  // A key may be `__proto__`: assigning it would lose it.
  return Object.fromEntries(fields);
}

function parseWord(word: string, at: number, text: string): unknown {
  if (Object.hasOwn(WORDS, word)) return WORDS[word];
  if (NUMBER.test(word)) {
    const integer = /^-?\d+$/.test(word);
    return integer && !Number.isSafeInteger(Number(word)) ? BigInt(word) : Number(word);
  }
  if (/^[[{]/.test(word)) throw new FieldsError('Lists and maps are written in JSON: put {…} around all fields', at, text);
  if (!word.startsWith('"')) return word;
  try {
    return JSON.parse(word) as string;
  } catch {
    throw new FieldsError('An escape in the quotes is none of JSON’s', at, text);
  }
}
