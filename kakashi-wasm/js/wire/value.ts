// Writes values that are neither strings, numbers nor booleans: cycles, getters and proxies
// that throw, types without a form of their own, and no more of anything than `limits` say.
// Nothing here throws but OVERFLOW.

import { limits } from './limits.js';
import { OVERFLOW, type ValueOutput } from './overflow.js';

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
    out.string(threw(error));
  }
}

/** What stands in place of a value that can't be read. */
export function threw(error: unknown): string {
  return `[threw: ${messageOf(error)}]`;
}

function put(out: ValueOutput, value: unknown, inside: object[]): void {
  out.reserve(0);
  if (value === undefined || value === null) {
    out.bytes[out.pos++] = 0;
    return;
  }
  switch (typeof value) {
    case 'object':
      break;
    case 'bigint':
      return bigint(out, value);
    case 'symbol':
      return out.string(String(value));
    case 'function':
      return out.string(`[function ${value.name || 'anonymous'}]`);
    default:
      return out.value(value);
  }
  const object = value;
  if (inside.includes(object)) return out.string(CIRCULAR);
  const form = formOf(object);
  if (form instanceof Uint8Array) {
    const { length } = form;
    if (length > out.most - out.pos) return out.string(`[${length} bytes]`);
    out.reserve(length + 8);
    out.bytes[out.pos++] = 7;
    out.leb(length);
    return out.raw(form);
  }
  if (form !== object) return putRare(out, form, [...inside, object]);
  if (inside.length >= limits.depth || out.pos > out.most) return out.string('…');

  inside.push(object);
  const list = isList(object);
  const isMap = kindOf(object) === 'Map';
  const parts = isError(object) ? errorParts(object) : object;
  const items = (list || isMap ? object : Object.keys(parts)) as Iterable<unknown> & { length?: number; size?: number };
  out.bytes[out.pos] = list ? 9 : 10;
  // Its length stands before it.
  const at = out.pos + 1;
  out.pos = at + 4;
  let count = 0;
  for (const item of items) {
    if (count >= limits.items || out.pos > out.most) {
      if (!list) out.text('…');
      out.string(`… (${(items.length ?? items.size)! - count} items cut)`);
      break;
    }
    count++;
    if (!list) out.text(messageOf(isMap ? (item as [unknown])[0] : item));
    putRare(out, list ? item : isMap ? (item as unknown[])[1] : readProperty(parts, item as string), inside);
  }
  out.view.setUint32(at, out.pos - at - 4, true);
  inside.pop();
}

/** What stands in place of an object that contains it. */
const CIRCULAR = '[circular]';

/** What is written for an object: itself, its bytes, what its `toJSON` returns, or a short form of what others have made of a whole system. */
export function formOf(object: object): unknown {
  const kind = kindOf(object);
  if (kind === 'Date') return Number.isNaN(Number(object)) ? 'Invalid Date' : (object as Date).toISOString();
  if (/^(String|Number|Boolean|BigInt|Symbol)$/.test(kind)) return object.valueOf();
  if (/^(ArrayBuffer|Uint8(Clamped)?Array|DataView)$/.test(kind)) {
    const { buffer, byteOffset, byteLength } = object as Uint8Array;
    return new Uint8Array(buffer ?? object, byteOffset, byteLength);
  }
  const it = object as Record<string, unknown>;
  const has = (name: string, type = 'function') => typeof it[name] === type;
  if (has('toJSON')) {
    const made: unknown = (it as { toJSON(key: string): unknown }).toJSON('');
    return made === object ? CIRCULAR : made;
  }
  const prototype: unknown = Object.getPrototypeOf(object);
  const isPlain = kind === 'Object' && (!prototype || !Object.getPrototypeOf(prototype));
  if (isPlain || kind === 'Map' || isList(object) || isError(object)) return object;

  if (has('nodeType', 'number') && has('nodeName', 'string')) {
    const part = (before: string, text: unknown) => (typeof text === 'string' ? text.trim().replace(/(\S+)\s*/g, `${before}$1`) : '');
    return `<${(it['nodeName'] as string).toLowerCase()}${part('#', it['id'])}${part('.', it['className'])}>`;
  }
  // An event; not what was typed.
  if (has('preventDefault')) return pick(it, ['type', 'target', 'message', 'error', 'reason', 'detail']);
  if (/^(Headers|FormData)$/.test(kind)) return new Map(object as Iterable<[unknown, unknown]>);
  const emits = (has('on') && has('emit')) || has('addEventListener');
  // Not its headers, which may say who may do what.
  if (/^(Request|Response)$/.test(kind) || (emits && 'statusCode' in it)) return pick(it, ['method', 'url', 'status', 'statusCode']);
  if (emits) return `[${(it['constructor'] as { name?: string } | undefined)?.name ?? kind}]`;
  return kind !== 'Object' && Object.keys(it).length === 0 ? String(object) : object;
}

/** Picks properties, where they say something. */
function pick(object: Record<string, unknown>, keys: string[]): Record<string, unknown> {
  return Object.fromEntries(propertiesOf(object, keys).filter(([, value]) => (value ?? '') !== ''));
}

/** Reads properties: at first those that are an object's own. */
export function propertiesOf(object: object, keys = Object.keys(object)): [key: string, value: unknown][] {
  return keys.map((key) => [key, readProperty(object, key)]);
}

/** Whether an object, which is not bytes, is written as a list. */
export function isList(object: object): boolean {
  return Array.isArray(object) || ArrayBuffer.isView(object) || kindOf(object) === 'Set';
}

/** Reads a property; if it throws, the text says so. */
export function readProperty(object: object, key: string): unknown {
  try {
    return (object as Record<string, unknown>)[key];
  } catch (error) {
    return threw(error);
  }
}

/** The platform's name for an object's type. Not `instanceof`: objects come from other realms as well. */
export function kindOf(object: unknown): string {
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

/** An integer of at most 128 bits in the form the wire has for all of them; a larger one as its digits. */
function bigint(out: ValueOutput, number: bigint): void {
  const isNegative = number < 0n;
  const magnitude = isNegative ? -1n - number : number;
  // As decimals a number of a million digits would take seconds.
  if (magnitude >> 4096n) return out.string(`0x${number.toString(16)}`);
  if (magnitude >> (isNegative ? 127n : 128n)) return out.string(String(number));
  out.bytes[out.pos] = isNegative ? 11 : 12;
  // Of each the lower 64 bits, in two's complement.
  out.view.setBigUint64(out.pos + 1, number, true);
  out.view.setBigUint64(out.pos + 9, number >> 64n, true);
  out.pos += 17;
}

/** The fields of an error, the same on every runtime: type, message, stack, cause, and its own properties. */
function errorParts(error: Error): Record<string, unknown> {
  const parts: Record<string, unknown> = { type: errorType(error), message: messageOf(error) };
  const stack = stackOf(error);
  if (stack) parts['stack'] = stack;
  for (const [key, value] of propertiesOf(error, ['cause', 'errors'])) if (value !== undefined) parts[key] = value;
  for (const [key, value] of propertiesOf(error)) if (!(key in parts)) parts[key] = value;
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
