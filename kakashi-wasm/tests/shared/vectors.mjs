// The conformance vectors, as JavaScript can express them (tests/vectors/README.md).

import { readFileSync } from 'node:fs';

const read = (file) => JSON.parse(readFileSync(new URL(`../../../tests/vectors/${file}`, import.meta.url), 'utf8'));

export const vectors = read('records.json');
/** Records with the paths of what must not be written. */
export const redactions = read('redactions.json');
/** By name, what OpenTelemetry's data model has for each of `vectors`. */
export const otlp = new Map(read('otlp.json').map((vector) => [vector.name, vector]));

/** What has no form in JavaScript. */
class Inexpressible extends Error {}

/** The value as JavaScript would give it. Throws Inexpressible. */
function given(value) {
  const [[kind, inner]] = Object.entries(value);
  switch (kind) {
    case 'null':
    case 'bool':
    case 'str':
      return inner;
    case 'char':
      return inner;
    case 'u64':
    case 'i64':
    case 'u128':
    case 'i128':
      return integer(inner);
    case 'f64_bits': {
      const number = float(inner);
      // An integer is an integer in JavaScript, and not 1.0.
      if (Number.isSafeInteger(number)) throw new Inexpressible();
      return number;
    }
    case 'bytes_hex':
      return Uint8Array.from(Buffer.from(inner, 'hex'));
    case 'list':
      return inner.map(given);
    case 'map':
      return new Map(inner.map(([key, item]) => [key, given(item)]));
    default:
      throw new Inexpressible();
  }
}

/** The value as `decode` gives it. */
export function decoded(value) {
  const [[kind, inner]] = Object.entries(value);
  switch (kind) {
    case 'f64_bits':
      return float(inner);
    case 'f32_bits':
      return Buffer.from(inner, 'hex').readFloatBE();
    case 'duration_ns': {
      const nanos = BigInt(inner);
      return Number(nanos / 1_000_000_000n) + Number(nanos % 1_000_000_000n) / 1e9;
    }
    case 'list':
      return inner.map(decoded);
    case 'map':
      return Object.fromEntries(inner.map(([key, item]) => [key, decoded(item)]));
    default:
      return given(value);
  }
}

function integer(digits) {
  const number = BigInt(digits);
  return Number.isSafeInteger(Number(number)) ? Number(number) : number;
}

function float(bits) {
  return Buffer.from(bits, 'hex').readDoubleBE();
}

function object(pairs) {
  const made = Object.fromEntries(pairs.map(([key, value]) => [key, given(value)]));
  // Integers as keys have an order of their own, and no key is there twice.
  if (JSON.stringify(Object.keys(made)) !== JSON.stringify(pairs.map(([key]) => key))) throw new Inexpressible();
  return made;
}

/** The vector as a call, or undefined where JavaScript has none for it. */
export function callOf({ timestamp, message, fields, context, location }) {
  try {
    const nanos = BigInt(timestamp.wall_ns ?? -1);
    const micros = Number(nanos / 1000n);
    // Words with a place are those of another crate's macro.
    if (message === undefined || location !== undefined || nanos < 0n || !Number.isSafeInteger(micros)) return undefined;
    return { micros, message, fields: object(fields), context: object(context) };
  } catch (error) {
    if (error instanceof Inexpressible) return undefined;
    throw error;
  }
}

/** What `decode` gives for all fields that count: own, extra, context, each key once. */
export function fieldsOf({ fields, extra = [], context }) {
  const all = new Map();
  for (const [key, value] of [...fields, ...extra, ...context]) if (!all.has(key)) all.set(key, decoded(value));
  return Object.fromEntries(all);
}
