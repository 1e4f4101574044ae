// The lines of pino, which pino-pretty and what reads pino's lines understand.
//
// The rules are those of kakashi_core::Profile::Pino; the shared vectors hold both to the same bytes.

import { LEVEL_NAMES } from '../record/level.js';
import { once } from '../realm.js';
import { membersOf } from './json-members.js';
import type { LineFormat } from './sink.js';

/** The names that kakashi's JSON has for itself: a field of that name has one more underscore. */
const OUR_OWN = /^(timestamp|level|logger|message|file|line)_*_$/;
/** Those of pino's lines. */
const PINOS_OWN = /^(time|level|name|msg|err|file|line)_*$/;
/** Where pino has what kakashi knows of an exception. */
const OF_ERROR: Record<string, string> = {
  __proto__: null as never,
  'exception.type': 'type',
  'exception.message': 'message',
  'exception.stacktrace': 'stack',
};

/** The name of a field, as it was given. @internal */
export function fieldName(key: string): string {
  return OUR_OWN.test(key) ? key.slice(0, -1) : key;
}

/** The number that pino has for a level's name, within quotes. @internal */
export function pinoLevel(name: string): number {
  return 10 * (LEVEL_NAMES.indexOf(name.slice(1, -1) as (typeof LEVEL_NAMES)[number]) + 1);
}

/** The milliseconds of a line's time, within quotes: cut, as its six digits are. @internal */
export function millisOf(time: string): number {
  return Date.parse(`${time.slice(1, 24)}Z`);
}

function pinoLine(json: string): string {
  const [time, level, logger, message, ...fields] = membersOf(json);
  let line = `{"time":${millisOf(time![1])},"level":${pinoLevel(level![1])},"msg":${message![1]},"name":${logger![1]}`;
  let error = '';
  for (const [key, value] of fields) {
    const part = OF_ERROR[key];
    const name = fieldName(key);
    if (part) error += `${error && ','}"${part}":${value}`;
    else line += `,"${name}${PINOS_OWN.test(name) ? '_' : ''}":${value}`;
  }
  return `${line}${error && `,"err":{${error}}`}}`;
}

/**
 * The lines of pino, for `configure`, a custom logger or one sink: `{"time":…,"level":30,"msg":"…","name":"…"}`. An
 * exception is `err`; a field that has the name of one of pino's own has an underscore after it.
 */
export function pinoFormat(): LineFormat {
  return once('pinoFormat', () => ({ line: pinoLine }));
}
