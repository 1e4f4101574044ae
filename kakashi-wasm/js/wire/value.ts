// Writes values that are neither strings, numbers nor booleans: cycles, getters and proxies
// that throw, and types without a form of their own. Nothing here throws but OVERFLOW.

import { OVERFLOW, type ValueOutput } from './overflow.js';

/** Lists and maps nest no deeper (kakashi_core::value::MAX_DEPTH). */
const MAX_DEPTH = 16;

/** Writes any value; `inside` are the objects that contain it. */
export function putRare(out: ValueOutput, value: unknown, inside: object[]): void {
  const at = out.pos;
  const depth = inside.length;
  try {
    put(out, value, inside);
  } catch (error) {
    if (error === OVERFLOW) throw error;
    out.pos = at;
    inside.length = depth;
    out.string(`[threw: ${messageOf(error)}]`);
  }
}

function put(out: ValueOutput, value: unknown, inside: object[]): void {
  out.reserve(0);
  if (value === undefined || value === null) {
    out.bytes[out.pos++] = 0;
    return;
  }
  switch (typeof value) {
    case 'string':
    case 'number':
    case 'boolean':
      return out.value(value);
    case 'bigint':
      return bigint(out, value);
    case 'symbol':
      return out.string(String(value));
    case 'function':
      return out.string(`[function ${value.name || 'anonymous'}]`);
  }
  const object = value as object;
  if (inside.includes(object)) return out.string('[circular]');
  const kind = kindOf(object);
  if (kind === 'Date') {
    return out.string(Number.isNaN(Number(object)) ? 'Invalid Date' : (object as Date).toISOString());
  }
  const raw = bytesOf(object, kind);
  if (raw) {
    out.reserve(raw.length + 8);
    out.bytes[out.pos++] = 7;
    out.leb(raw.length);
    return out.raw(raw);
  }
  if (/^(String|Number|Boolean|BigInt|Symbol)$/.test(kind)) {
    return putRare(out, object.valueOf(), [...inside, object]);
  }
  const { toJSON } = object as { toJSON?: unknown };
  if (typeof toJSON === 'function') return putRare(out, toJSON.call(object, ''), [...inside, object]);
  if (inside.length >= MAX_DEPTH) return out.string('…');

  inside.push(object);
  if (isError(object)) {
    nested(out, 10, () => each(out, errorParts(object), inside));
  } else if (Array.isArray(object) || kind === 'Set' || ArrayBuffer.isView(object)) {
    nested(out, 9, () => {
      for (const item of object as Iterable<unknown>) putRare(out, item, inside);
    });
  } else if (kind === 'Map') {
    nested(out, 10, () => {
      for (const [key, item] of object as Map<unknown, unknown>) {
        out.text(typeof key === 'symbol' ? String(key) : `${key}`);
        putRare(out, item, inside);
      }
    });
  } else if (/^(RegExp|Promise|WeakMap)$/.test(kind)) {
    out.string(String(object));
  } else {
    nested(out, 10, () => each(out, object, inside));
  }
  inside.pop();
}

/** Writes the pairs of an object; a getter that throws costs its own value only. */
function each(out: ValueOutput, object: object, inside: object[]): void {
  for (const key of Object.keys(object)) {
    out.text(key);
    putRare(out, readProperty(object, key), inside);
  }
}

/** Writes a list or map, and its length before it. */
function nested(out: ValueOutput, tag: number, write: () => void): void {
  out.bytes[out.pos] = tag;
  const at = out.pos + 1;
  out.pos = at + 4;
  write();
  out.view.setUint32(at, out.pos - at - 4, true);
}

/** Reads a property; if it throws, the text says so. */
export function readProperty(object: object, key: string): unknown {
  try {
    return (object as Record<string, unknown>)[key];
  } catch (error) {
    return `[threw: ${messageOf(error)}]`;
  }
}

/** The platform's name for an object's type. Not `instanceof`: objects come from other realms as well. */
function kindOf(object: unknown): string {
  return Object.prototype.toString.call(object).slice(8, -1);
}

/** Whether it is an error, of this realm or another. */
export function isError(value: unknown): value is Error {
  try {
    return value instanceof Error || kindOf(value) === 'Error';
  } catch {
    return false;
  }
}

/** The bytes of an object that is nothing but bytes. */
function bytesOf(object: object, kind: string): Uint8Array | undefined {
  if (kind === 'ArrayBuffer') return new Uint8Array(object as ArrayBuffer);
  if (!/^(Uint8(Clamped)?Array|DataView)$/.test(kind)) return undefined;
  const { buffer, byteOffset, byteLength } = object as Uint8Array;
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** An integer of at most 128 bits in the form the wire has for its size; a larger one as its digits. */
function bigint(out: ValueOutput, number: bigint): void {
  const magnitude = number < 0n ? -1n - number : number;
  if (magnitude >> (number < 0n ? 127n : 128n)) return out.string(String(number));
  let length = 0;
  for (let rest = magnitude; rest; rest >>= 8n) length++;
  const { bytes } = out;
  if (length <= 8) {
    bytes[out.pos++] = (number < 0n ? 0x20 : 0x10) + length;
  } else {
    bytes[out.pos++] = number < 0n ? 11 : 12;
    length = 16;
  }
  for (let rest = length === 16 ? BigInt.asUintN(128, number) : magnitude, index = 0; index < length; index++) {
    bytes[out.pos++] = Number(rest & 0xffn);
    rest >>= 8n;
  }
}

/** The fields of an error, the same on every runtime: type, message, stack, cause, and its own properties. */
function errorParts(error: Error): Record<string, unknown> {
  const parts: Record<string, unknown> = { type: errorType(error), message: messageOf(error) };
  const stack = stackOf(error);
  if (stack) parts['stack'] = stack;
  for (const key of ['cause', 'errors']) {
    const value = readProperty(error, key);
    if (value !== undefined) parts[key] = value;
  }
  for (const key of Object.keys(error)) if (!(key in parts)) parts[key] = readProperty(error, key);
  return parts;
}

/** The name of a thrown value's type. */
export function errorType(error: unknown): string {
  if (!isError(error)) return error === null ? 'null' : typeof error;
  const name = readProperty(error, 'name');
  const made = (readProperty(error, 'constructor') as { name?: unknown } | undefined)?.name;
  return String((name === 'Error' && made) || name || 'Error');
}

/** The message of a thrown value. */
export function messageOf(error: unknown): string {
  try {
    return String(isError(error) ? error.message : error);
  } catch {
    return '[no text]';
  }
}

/** The stack of an error, without the type and message that V8 puts before the frames. */
export function stackOf(error: unknown): string {
  const stack = isError(error) ? readProperty(error, 'stack') : '';
  if (typeof stack !== 'string') return '';
  const frames = stack.search(/^ +at |^[^\n]*@[^\n]*:\d+:\d+$/m);
  return frames > 0 ? stack.slice(frames) : stack;
}
