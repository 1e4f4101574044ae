// Refuses settings that make no sense, before anything is changed.

import { aFunction, anObject, checkOptions, flag, format, from, level, type Rule, type Rules, sinkRules, text } from '../options.js';
import { levelOf } from '../record/level.js';
import type { Sink } from '../sinks/sink.js';
import { redactionPath } from './redaction-path.js';

/** Whether a sink binds the console's own methods. @internal */
export function isDirect(sink: Sink): boolean {
  return (sink as { direct?: boolean }).direct === true;
}

/** Applies rules to the members of an object. */
const members = (example: string, rules: Rules): Rule => (value, name) => {
  anObject(example)(value, name);
  checkOptions(name, value, rules);
};

const CONSOLE: Rules = { format: /* @__PURE__ */ format('wire'), level, direct: flag, structured: flag };
/** What a console's sink has beside, or a program may have added. */
const MEMBERS: readonly (keyof Sink)[] = ['name', 'colours', 'maxQueueBytes', 'maxBatchBytes', 'target', 'write', 'writeObjects', 'last', 'flush'];
const SINK = /* @__PURE__ */ Object.entries(/* @__PURE__ */ sinkRules(/* @__PURE__ */ format()));

function sinks(given: unknown): void {
  if (!Array.isArray(given) || !given.every((sink) => typeof sink?.write === 'function')) {
    throw new TypeError(`sinks is a list of sinks: consoleSink(), callbackSink(…), httpSink(…), or what has a write method`);
  }
  for (const sink of given as Sink[]) {
    // It has the options that it was made with.
    if (sink.writeObjects) checkOptions('consoleSink', Object.fromEntries(Object.entries(sink).filter(([name]) => !MEMBERS.includes(name as keyof Sink))), CONSOLE);
    for (const [option, fits] of SINK) {
      const value = sink[option as keyof Sink];
      if (value !== undefined) fits(value, `the sink ${JSON.stringify(sink.name ?? '')}: ${option}`);
    }
  }
  if (given.length > 1 && given.some(isDirect)) {
    throw new TypeError('consoleSink({direct: true}) must be the only sink: its records go nowhere else');
  }
}

function redact(given: unknown): void {
  if (!(Array.isArray(given) && given.every((path) => typeof path === 'string'))) throw new TypeError('redact is a list of paths: ["password", "user.card"]');
  given.forEach(redactionPath);
}

function levels(given: unknown, name: string): void {
  anObject('{"shop::db": "debug"}')(given, name);
  for (const each of Object.values(given as object)) levelOf(each as never);
}

/** The rules of settings that a logger may have of its own, too. @internal */
export const LOGGER: Rules = { level, format: /* @__PURE__ */ format(), sinks, redact };

/** The rules of `configure`'s settings. @internal */
export const CONFIGURATION: Rules = {
  ...LOGGER,
  levels,
  maxBatchBytes: /* @__PURE__ */ from(1),
  flushMs: /* @__PURE__ */ from(0),
  limits: /* @__PURE__ */ members('{depth: 8, items: 1000, bytes: 65536}', { depth: /* @__PURE__ */ from(0, 16), items: /* @__PURE__ */ from(1), bytes: /* @__PURE__ */ from(1) }),
  onError: aFunction,
  service: /* @__PURE__ */ members('{name: "shop", version: "1.4.2", environment: "production"}', { name: text, version: text, environment: text }),
};
