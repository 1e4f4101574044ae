// Text that can do no harm, and numbers, as the text line and JSON have them
// (kakashi_core::encode).

import { binary, fromBinary } from '../wire/slow-utf8.js';

/** What is escaped: quotes, backslashes, and what could end a line, control a terminal or reverse the reading order. */
const ESCAPED = '"\\\\\\x00-\\x1f\\x7f-\\x9f\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069';
const escaped = /* @__PURE__ */ new RegExp(`[${ESCAPED}]`, 'g');
const BARE = `[^ =${ESCAPED}]+`;
const bareWord = /* @__PURE__ */ new RegExp(`^${BARE}$`);
const bareMessage = /* @__PURE__ */ new RegExp(`^${BARE}( ${BARE})*$`);
/** What would be read as a number, a literal, a list or a map. */
const AMBIGUOUS = /^([[{]|(-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?|NaN|-?inf|null|true|false)$)/;

const hex = (character: string, digits: number) => character.charCodeAt(0).toString(16).padStart(digits, '0');

/** Escapes text. */
export function escapeText(text: string): string {
  return text.replace(escaped, (character) => `\\${'nrt"\\'['\n\r\t"\\'.indexOf(character)] ?? `u${hex(character, 4)}`}`);
}

/** Text in quotes. */
export function quoted(text: string): string {
  return `"${escapeText(text)}"`;
}

/** A logger or a key of the text line. */
export function word(text: string): string {
  return bareWord.test(text) ? text : quoted(text);
}

/** A message of the text line. */
export function messageText(text: string): string {
  return bareMessage.test(text) ? text : quoted(text);
}

/** A string value of the text line. */
export function valueText(text: string): string {
  return AMBIGUOUS.test(text) ? quoted(text) : word(text);
}

/** What is UTF-8 by its length, or one byte that is not. */
const characters = /[\0-\x7f]+|[\xc0-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf7][\x80-\xbf]{3}|[^]/g;

/** Reads what should be UTF-8; where it is not, `otherwise` makes the text. */
function read(all: string, valid: (text: string) => string, otherwise: () => string): string {
  try {
    return valid(fromBinary(all));
  } catch {
    return otherwise();
  }
}

/** Bytes in the text line: text, and each byte that is not part of UTF-8 as `\xNN`. */
export function bytesText(bytes: Uint8Array): string {
  const all = binary(bytes);
  const numbers = (part: string) => part.replace(/[^]/g, (byte) => `\\x${hex(byte, 2)}`);
  return read(all, valueText, () => `"${all.replace(characters, (part) => read(part, escapeText, () => numbers(part)))}"`);
}

/** Bytes as a JSON string of base64. */
export function bytesJson(bytes: Uint8Array): string {
  return `"${btoa(binary(bytes))}"`;
}

/** A finite float that a writer of ours has not written as an integer: the shortest digits that read back as the same, and never those of an integer. */
export function float(number: number): string {
  const size = Math.abs(number);
  if (size >= 1e16 || (size < 1e-5 && size > 0)) return number.toExponential();
  return Number.isInteger(number) ? `${number}.0` : String(number);
}

/** RFC 3339 in UTC with six digits of a second. */
export function time(micros: number): string {
  return `${new Date(micros / 1000).toISOString().slice(0, -1)}${String(micros % 1000).padStart(3, '0')}Z`;
}
