// Fields as callers give them.

import { isError, messageOf, readProperty } from '../wire/value.js';

/** Keys and values; any value can be written, none makes a call throw. */
export interface Fields {
  readonly [key: string]: unknown;
}

/** Makes fields; called only if the record's level is enabled. */
export type LazyFields = () => Fields | undefined;

/** Returns the fields of a call, whatever was given: it calls lazy ones, and names a lone value. */
export function resolveFields(given: unknown): Fields | undefined {
  try {
    if (typeof given === 'function') given = (given as LazyFields)();
    if (given === undefined || given === null) return undefined;
    if (typeof given !== 'object') return { value: given };
    if (isError(given)) return { error: given };
    if (Array.isArray(given)) return { values: given };
    return given as Fields;
  } catch (error) {
    return { fields_error: `[threw: ${messageOf(error)}]` };
  }
}

/** Copies fields; a getter that throws costs its own value only. */
export function copyFields(given: unknown): Fields {
  const fields = resolveFields(given) ?? {};
  try {
    return Object.fromEntries(Object.keys(fields).map((key) => [key, readProperty(fields, key)]));
  } catch (error) {
    return { fields_error: `[threw: ${messageOf(error)}]` };
  }
}
