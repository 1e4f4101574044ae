// Errors in pretty lines of a terminal, below their line: type and message, the stack, the causes.
// Frames that are not the program's own are grey: of packages, of the runtime, of this package.
//
// It works on lines that are written already, in which nothing can do harm; what it takes out
// of quotes stays escaped.

import { escapeText } from '../plain/line.js';

const QUOTED = String.raw`"(?:\\.|[^"\\])*"`;
/** A part of a line, and the space before it: between quotes spaces end none. */
const PART = new RegExp(` ?(?:${QUOTED}|[^ "])+`, 'g');
const FIELD = new RegExp(`^ ?((?:${QUOTED}|[^="])+)=(.*)$`);
const COLOUR = /\x1b\[[\d;]*m/g;
const FOREIGN = /[/\\]node_modules[/\\]|\bnode:|\bext:|[/\\]kakashi-wasm[/\\]|<anonymous>|\(native/;
const [RED, DIM, RESET] = ['\x1b[31m', '\x1b[2m', '\x1b[0m'];

/** An error as records have it in a field. */
interface Nested {
  type: string;
  message: string;
  stack?: unknown;
  cause?: unknown;
}

function isNested(value: unknown): value is Nested {
  const { type, message, stack } = (value ?? {}) as Record<string, unknown>;
  return typeof type === 'string' && typeof message === 'string' && typeof stack === 'string';
}

/** Text of a line without its quotes; its own lines are lines again. */
function unquoted(text: string): string {
  if (!text.startsWith('"')) return text;
  return text.slice(1, -1).replace(/\\(.)/g, (all, character: string) => (character === 'n' ? '\n    ' : /["\\]/.test(character) ? character : all));
}

/** The lines of an error in a field: what it is, its stack, its causes. */
function linesOf(name: string, error: Nested): string[] {
  const { type, message, stack, cause, ...more } = error;
  const rest = Object.keys(more).length > 0 ? ` ${escapeText(JSON.stringify(more)).replaceAll('\\"', '"')}` : '';
  const lines = [`    ${name}: ${escapeText(`${type}: ${message}`)}${rest}`, ...String(stack).split('\n').map((line) => `    ${escapeText(line)}`)];
  if (cause !== undefined) lines.push(...(isNested(cause) ? linesOf('Caused by', cause) : [`    Caused by: ${escapeText(JSON.stringify(cause)).replaceAll('\\"', '"')}`]));
  return lines;
}

/** Returns a record's pretty lines with its errors below the first. */
export function unfoldErrors(record: string, isColoured: boolean): string {
  if (!/exception\.|"stack":/.test(record)) return record;
  const [head, ...trace] = record.split('\n') as [string, ...string[]];
  const nested: string[] = [];
  let type = '';
  let message = '';
  const line = head.replace(PART, (part) => {
    const [, key, value] = FIELD.exec(part.replace(COLOUR, '')) ?? [];
    if (key === 'exception.type') type = unquoted(value!);
    else if (key === 'exception.message') message = unquoted(value!);
    else if (value?.startsWith('{"type":')) {
      const error: unknown = parsed(value);
      if (!isNested(error)) return part;
      nested.push(...linesOf(key!, error));
      return part.slice(0, -value.length) + escapeText(error.type);
    } else return part;
    return '';
  });
  // Their causes' messages stand with the causes.
  for (const below of [...trace].reverse()) {
    const cause = /^ +Caused by: [^:]*: (.*)$/.exec(below)?.[1];
    if (cause && message.endsWith(`: ${cause}`)) message = message.slice(0, -cause.length - 2);
  }
  const title = type && message ? `${type}: ${message}` : type || message;
  const [red, dim, reset] = isColoured ? [RED, DIM, RESET] : ['', '', ''];
  const below = [...trace, ...nested].map((each) => (/^ +at |@/.test(each) && FOREIGN.test(each) ? `${dim}${each}${reset}` : each));
  return [line.trimEnd(), ...(title ? [`    ${red}${title}${reset}`] : []), ...below].join('\n');
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    // Redacted, or cut.
    return undefined;
  }
}
