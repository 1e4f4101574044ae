// Fields as callers give them.

import { isError, messageOf, read } from '../wire/value.js';

/** Keys and values; any value is written somehow, none throws. */
export interface Fields {
  readonly [key: string]: unknown;
}

/** Makes fields when their record is enabled, and only then. */
export type LazyFields = () => Fields | undefined;

/** Returns fields that can be read without a throw, whatever was given. */
export function settled(given: unknown): Fields | undefined {
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

/** Copies fields; a getter that throws costs its own value. */
export function copied(given: unknown): Fields {
  const fields = settled(given) ?? {};
  try {
    return Object.fromEntries(Object.keys(fields).map((key) => [key, read(fields, key)]));
  } catch (error) {
    return { fields_error: `[threw: ${messageOf(error)}]` };
  }
}
