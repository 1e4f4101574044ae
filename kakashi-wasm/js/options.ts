// What callers may choose: an option that there is not, or a value that makes no sense, is refused, with what would be right.

import { levelOf } from './record/level.js';

/** Throws a RangeError for a value that makes no sense. */
export type Rule = (value: unknown, name: string) => void;

/** The rules of all options that there are, by name. */
export type Rules = Readonly<Record<string, Rule>>;

/** Makes a rule of what fits, and of what is said of it. @internal */
export function rule(fits: (value: any) => boolean, right: string): Rule {
  return (value, name) => {
    if (!fits(value)) throw new RangeError(`${name} is ${shown(value)}: give ${right}`);
  };
}

/** Shows a value in a message, shortened. @internal */
export function shown(value: unknown): string {
  try {
    const text = typeof value === 'string' || (typeof value === 'object' && value !== null) ? JSON.stringify(value) : String(value);
    return text.length > 60 ? `${text.slice(0, 60)}…` : text;
  } catch {
    return `a ${typeof value}`;
  }
}

const FORMATS = ['auto', 'text', 'json', 'pretty', 'wire'];
const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
const isText = (value: unknown): value is string => typeof value === 'string';

/** Text. @internal */
export const text = /* @__PURE__ */ rule(isText, 'a text');
/** True or false. @internal */
export const flag = /* @__PURE__ */ rule((value) => typeof value === 'boolean', 'true or false');
/** A function. @internal */
export const aFunction = /* @__PURE__ */ rule((value) => typeof value === 'function', 'a function');
/** A list of functions. @internal */
export const functions = /* @__PURE__ */ rule((value) => Array.isArray(value) && value.every((each) => typeof each === 'function'), 'a list of functions');
/** A list of texts. @internal */
export const texts = (example: string): Rule => rule((value) => Array.isArray(value) && value.every(isText), `a list of texts, such as ${example}`);
/** An object whose values are texts. @internal */
export const textsByName = /* @__PURE__ */ rule((value) => isObject(value) && Object.values(value).every(isText), 'an object of texts');
/** An object. @internal */
export const anObject = (example: string): Rule => rule(isObject, `an object, such as ${example}`);
/** A number that is not smaller, nor larger. @internal */
export const from = (least: number, most = Infinity): Rule => rule((value) => typeof value === 'number' && value >= least && value <= most, `a number from ${least} ${most === Infinity ? 'on' : `to ${most}`}`);
/** One of a few texts. @internal */
export const oneOf = (...values: readonly string[]): Rule => rule((value) => values.includes(value), values.map((value) => JSON.stringify(value)).join(' or '));
/** A level; what is wrong with it is said by itself. @internal */
export const level: Rule = (value) => void levelOf(value as never);
/** A form of lines, but these. @internal */
export const format = (...but: readonly string[]): Rule => (value) => {
  if (typeof (value as { line?: unknown } | null)?.line === 'function' || (FORMATS.includes(value as string) && !but.includes(value as string))) return;
  throw new RangeError(`unknown format ${shown(value)}: use ${FORMATS.filter((name) => !but.includes(name)).join(', ')} or pinoFormat()`);
};

const HEADER = /^[!#$%&'*+.^_`|~\w-]+$/;
/** The name of a header. @internal */
export const headerName = /* @__PURE__ */ rule((value) => isText(value) && HEADER.test(value), 'the name of a header, such as "x-request-id"');
/** Headers by name. @internal */
export function headers(value: unknown, name: string): void {
  anObject('{authorization: "Bearer …"}')(value, name);
  for (const [header, given] of Object.entries(value as object)) {
    // It may be a secret.
    if (HEADER.test(header) && isText(given) && /^[\t\x20-\x7e\x80-\xff]*$/.test(given)) continue;
    throw new RangeError(`${name}: the header ${JSON.stringify(header)} is no text, or has characters that no header may have: give names and texts, such as {authorization: "Bearer …"}`);
  }
}

/** The options that sinks have as a rule. @internal */
export const sinkRules = (formats: Rule): Rules => ({ format: formats, level, maxQueueBytes: /* @__PURE__ */ from(0), maxBatchBytes: /* @__PURE__ */ from(1) });

/** Refuses options that there are not, and values that make no sense; what is undefined is left out. Throws a RangeError. @internal */
export function checkOptions(of: string, options: unknown, rules: Rules): void {
  if (!isObject(options)) throw new RangeError(`${of} takes options as an object, not ${shown(options)}`);
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(rules, name)) throw new RangeError(`${of} has no option ${JSON.stringify(name)}: it has ${Object.keys(rules).join(', ')}`);
    if (value !== undefined) rules[name]!(value, `${of}: ${name}`);
  }
}

/** Refuses what is no function. Throws a TypeError. @internal */
export function checkFunction(of: string, given: unknown): void {
  if (typeof given !== 'function') throw new TypeError(`${of} takes a function, not ${shown(given)}`);
}
