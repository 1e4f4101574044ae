// The text of a LogTape message: the values stand in it as the text line has them, bounded and redacted like fields.

import { rootDispatch } from '../engine/root-dispatch.js';
import { ValuePrinter } from '../plain/value-printer.js';
import { isError, messageOf } from '../wire/value.js';
import { limits } from '../wire/limits.js';
import { written } from '../wire/writer.js';
import { keysOf } from './template.js';

/** Prints an object as JSON, without what must not be written of it. */
function printed(value: unknown, key: string): string {
  const bytes = written((out) => out.value(value), limits.bytes);
  return new ValuePrinter(bytes, 0, rootDispatch().redaction).field(key, true);
}

/** A value in a message; `name` is what stands in the template in its place. */
function shown(value: unknown, name: string): string {
  const key = keysOf(name.trim()).join('.');
  const isObject = (typeof value === 'object' && value !== null && !isError(value)) || typeof value === 'function';
  if (!isObject) {
    const text = messageOf(value);
    const { redaction } = rootDispatch();
    // It prints what stands in the place of the value if that must not be written.
    return redaction && key && redaction.cover([], key, () => '') ? '[REDACTED]' : text;
  }
  const text = printed(value, key);
  return text.startsWith('"') ? (JSON.parse(text) as string) : text;
}

/** Makes the text of a message: its texts with the values between. Of a value without a name nothing but its inside can be redacted. */
export function messageText(texts: readonly string[], values: readonly unknown[], names: readonly string[]): string {
  return texts.map((text, at) => (at < values.length ? text + shown(values[at], names[at] ?? '') : text)).join('');
}
