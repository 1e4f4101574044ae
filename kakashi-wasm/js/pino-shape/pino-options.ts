// What pino-shaped loggers may be given. The real pino takes most wrong options in silence; here they are refused, with
// what would be right, and so is what another part of kakashi does in pino's place.
//
// Where the real one takes `null` or `false` for what is left out, so do we: `redact: isProduction && ['card']`.

import { aFunction, anObject, checkOptions, flag, from, oneOf, rule, type Rule, type Rules, text } from '../options.js';
import { redactOf } from './pino-redaction.js';

/** What is not kakashi's to do, and what does it. @internal */
export const INSTEAD: Readonly<Record<string, string>> = {
  transport: "sinks are its transports: configure({sinks: [consoleSink({format: 'pretty'}), httpSink(…)]}), or pipe to pino-pretty",
  prettyPrint: "use configure({sinks: [consoleSink({format: 'pretty'})]}), or pipe to pino-pretty",
  browser: 'sinks are for browsers too: configure({sinks: […]})',
  depthLimit: 'use configure({limits: {depth}})',
  edgeLimit: 'use configure({limits: {items}})',
  crlf: 'a line ends with a line feed: give it a destination that writes another end',
  levelComparison: 'levels rise: use customLevels with numbers that do',
};

/** Throws an error that says what to use. @internal */
export function refuse(what: string, instead: string): never {
  throw new Error(`kakashi-wasm/pino has no ${what}: ${instead}`);
}

const orNothing = (fits: Rule): Rule => (value, name) => {
  if (value !== null && value !== false) fits(value, name);
};

/** An object, each of whose members fits. */
const each = (example: string, fits: Rule): Rule => (value, name) => {
  anObject(example)(value, name);
  for (const [key, member] of Object.entries(value as object)) fits(member, `${name}: ${key}`);
};

/** An object with some of these members. */
const members = (example: string, rules: Rules): Rule => (value, name) => {
  anObject(example)(value, name);
  checkOptions(name, value, rules);
};

const isRedaction = members('{paths: ["password"], censor: "***"}', { paths: () => {}, censor: () => {}, remove: flag });
const redact: Rule = (value, name) => {
  if (typeof value !== 'object') rule(() => false, 'a list of paths, such as ["password", "user.card"], or {paths, censor, remove}')(value, name);
  if (!Array.isArray(value)) isRedaction(value, name);
  redactOf(value as never);
};

const hooks = members('{logMethod(args, method, level) { … }}', {
  logMethod: aFunction,
  streamWrite: orNothing(() => refuse('hook streamWrite', 'give it a destination that changes its lines')),
});

/** What loggers and children may have. */
const OF_CHILDREN: Rules = {
  level: rule((value) => value === null || (['string', 'number'].includes(typeof value) && !Number.isNaN(value)), 'the name or the number of a level'),
  serializers: orNothing(each('{user: ({ id }) => id}', aFunction)),
  formatters: orNothing(members('{level: (label) => ({severity: label})}', { level: aFunction, bindings: aFunction, log: aFunction })),
  redact: orNothing(redact),
  msgPrefix: orNothing(text),
  customLevels: orNothing(each('{audit: 35}', rule(Number.isFinite, 'a number, such as 35'))),
};

const OF_LOGGERS: Rules = {
  ...OF_CHILDREN,
  name: rule((value) => typeof value === 'string' || value === null, 'a text'),
  enabled: flag,
  base: orNothing(anObject('{app: "shop"}, or null')),
  timestamp: rule((value) => typeof value === 'boolean' || typeof value === 'function', "true, false or a function that returns ',\"time\":…'"),
  messageKey: text,
  errorKey: text,
  nestedKey: orNothing(text),
  mixin: orNothing(aFunction),
  mixinMergeStrategy: aFunction,
  useOnlyCustomLevels: flag,
  hooks,
  onChild: orNothing(aFunction),
};

/** Refuses wrong options of a logger. @internal */
export function checkLogger(options: unknown): void {
  anObject('{name: "shop", level: "debug"}')(options, 'pino: the first argument');
  const own = { ...(options as Record<string, unknown>) };
  for (const [key, instead] of Object.entries(INSTEAD)) {
    const value = own[key];
    if (value !== undefined && value !== false && value !== null && value !== 'ASC') refuse(`option ${key}`, instead);
    delete own[key];
  }
  // As the real one does: what was to be a level, and is none, is a mistake.
  if ('level' in own && own['level'] === undefined && own['enabled'] !== false) throw new Error('default level:undefined must be included in custom levels: give a level, or leave it out');
  checkOptions('pino', own, OF_LOGGERS);
}

/** Refuses wrong options of a child. Those that it does not know are its caller's: pino-http passes on all of its own. @internal */
export function checkChild(options: object): void {
  anObject('{level: "debug"}')(options, "pino: a child's options");
  for (const [name, fits] of Object.entries(OF_CHILDREN)) {
    const value = (options as Record<string, unknown>)[name];
    if (value !== undefined) fits(value, `a child of pino: ${name}`);
  }
}

const NUMBER = from(0);
/** Those of `destination`: its lines are written as they come, so that what says when to write them has nothing to do. */
const OF_DESTINATIONS: Rules = {
  dest: () => {},
  sync: flag,
  minLength: NUMBER,
  maxLength: NUMBER,
  maxWrite: NUMBER,
  periodicFlush: NUMBER,
  contentMode: oneOf('utf8', 'buffer'),
  append: flag,
  mkdir: flag,
  fsync: flag,
  retryEAGAIN: aFunction,
};

/** Refuses wrong options of a destination. @internal */
export function checkDestination(options: object): void {
  checkOptions('pino.destination', options, OF_DESTINATIONS);
}

const OF_STREAMS: Rules = {
  dedupe: orNothing((value, name) => {
    flag(value, name);
    refuse('dedupe', 'give each stream the level of its own, or use sinks with levels');
  }),
  levels: orNothing(() => refuse('option levels of multistream', "name a stream's level by one of pino's six")),
};

/** Refuses wrong options of several streams. @internal */
export function checkStreams(options: object): void {
  checkOptions('pino.multistream', options, OF_STREAMS);
}
