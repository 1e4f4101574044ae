// Refuses settings that make no sense, before anything is changed.

import { levelOf } from '../record/level.js';
import type { Sink } from '../sinks/sink.js';
import type { Configuration } from './configuration.js';

const FORMATS = ['auto', 'text', 'json', 'pretty', 'wire'];

/** Whether a sink binds the console's own methods. @internal */
export function isDirect(sink: Sink): boolean {
  return (sink as { direct?: boolean }).direct === true;
}

/** Throws an error that names the setting, its value, and what would be right. @internal */
export function validate({ level, levels, format, sinks, maxBatchBytes, flushMs, redact }: Configuration): void {
  for (const each of [level ?? 0, ...Object.values(levels ?? {}), ...[sinks].flat().map((sink) => sink?.level ?? 0)]) levelOf(each);
  for (const each of [format, ...[sinks].flat().map((sink) => sink?.format)]) {
    if (each === undefined || FORMATS.includes(each)) continue;
    throw new RangeError(`unknown format ${JSON.stringify(each)}: use ${FORMATS.slice(0, -1).join(', ')} or ${FORMATS.at(-1)}`);
  }
  for (const [name, value, least] of [
    ['maxBatchBytes', maxBatchBytes, 1],
    ['flushMs', flushMs, 0],
  ] as const) {
    if (value !== undefined && !(value >= least)) throw new RangeError(`${name} is a number from ${least} on, not ${value}`);
  }
  if (redact !== undefined && !(Array.isArray(redact) && redact.every((path) => typeof path === 'string'))) {
    throw new TypeError('redact is a list of paths: ["password", "user.card"]');
  }
  if (sinks === undefined) return;
  if (!Array.isArray(sinks) || !sinks.every((sink) => typeof sink?.write === 'function')) {
    throw new TypeError('sinks is a list of sinks: consoleSink(), callbackSink(…), httpSink(…), or what has a write method');
  }
  if (sinks.length > 1 && sinks.some(isDirect)) {
    throw new TypeError('consoleSink({direct: true}) must be the only sink: its records go nowhere else');
  }
}
