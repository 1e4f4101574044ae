// Fields as callers give them.

import { errorType, formOf, isError, isList, kindOf, messageOf, propertiesOf, readProperty, stackOf, threw } from '../wire/value.js';

/** Keys and values; any value can be written, none makes a call throw. */
export interface Fields {
  readonly [key: string]: unknown;
}

/** Makes fields; called only if the record's level is enabled. */
export type LazyFields = () => Fields | undefined;

/** Objects of any type may be fields; a lone string or number may not. */
export type Given<T> = T extends string | number | boolean | bigint | symbol ? never : T;

/** How many causes of an error are told, and how often an object may stand for another. */
const MAX_CHAIN = 64;

/** Returns the fields of a call, whatever was given: it calls lazy ones, and names a lone value. */
export function resolveFields(given: unknown): Fields | undefined {
  try {
    if (typeof given === 'function') given = (given as LazyFields)();
    for (let chain = 0; chain < MAX_CHAIN; chain++) {
      if (given === undefined || given === null) return undefined;
      if (typeof given !== 'object') return { value: given };
      if (isError(given)) return thrownFields(given);
      const form = formOf(given);
      if (form instanceof Uint8Array) return { value: form };
      if (form === given) break;
      given = form;
    }
    const object = given as object;
    if (isList(object)) return { values: object };
    return Object.fromEntries(
      kindOf(object) === 'Map'
        ? [...(object as Map<unknown, unknown>)].map(([key, value]) => [messageOf(key), value])
        : propertiesOf(object),
    );
  } catch (error) {
    return { fields_error: threw(error) };
  }
}

/** Copies fields; a getter that throws costs its own value only. */
export function copyFields(given: unknown): Fields {
  return resolveFields(given) ?? {};
}

/**
 * The fields of what was thrown: `exception.type`, `exception.message` with those of its causes,
 * `exception.stacktrace` with theirs (OpenTelemetry's semantic conventions), and its own properties.
 */
export function thrownFields(error: unknown): Fields {
  let message = messageOf(error);
  let stack = stackOf(error);
  let cause = error;
  const seen = [error];
  while (isError(cause) && seen.length < MAX_CHAIN) {
    cause = readProperty(cause, 'cause');
    if (cause === undefined) break;
    message += `: ${messageOf(cause)}`;
    // Causes may form a circle.
    if (seen.includes(cause)) break;
    seen.push(cause);
    const frames = stackOf(cause);
    if (frames) stack += `\nCaused by: ${errorType(cause)}: ${messageOf(cause)}\n${frames}`;
  }
  const fields: Record<string, unknown> = { 'exception.type': errorType(error), 'exception.message': message };
  if (stack) fields['exception.stacktrace'] = stack;
  if (isError(error)) for (const [key, value] of propertiesOf(error)) fields[`exception.${key}`] ??= value;
  return fields;
}
