// The record of a console's call: its text is the message, its objects are the fields.

import { type Fields, copyFields } from '../record/fields.js';
import { errorType, isError, messageOf } from '../wire/value.js';
import { consoleMessage } from './console-format.js';

/** What a console's call logs. */
export interface ConsoleRecord {
  readonly message: string;
  /** The error that is its exception, if there is one. */
  readonly error: object | undefined;
  /** Reads the objects: one is the fields, an error an exception, several are `args`. */
  readonly fields: () => Fields;
}

/** Makes the record of a call's arguments. */
export function consoleRecord(given: readonly unknown[]): ConsoleRecord {
  const { text, objects } = consoleMessage(given);
  const error = objects.find(isError);
  const rest = objects.filter((object) => object !== error);
  return {
    message: text || (error ? messageOf(error) || errorType(error) : ''),
    error,
    fields() {
      if (objects.length <= 1) return copyFields(objects[0]);
      return { ...copyFields(error ?? (rest.length === 1 ? rest[0] : undefined)), ...(error || rest.length > 1 ? { args: rest } : undefined) };
    },
  };
}
