// Settings of the whole program, at any time.

import { changeDispatch } from './engine/emit.js';
import { setFlushMs } from './engine/flush.js';
import { haveFollow } from './engine/followers.js';
import { base, rootDispatch } from './engine/root-dispatch.js';
import { taps, withTaps } from './engine/taps.js';
import { bindConsole } from './loggers/console-binding.js';
import { setLevels, setLogLevel } from './loggers/registry.js';
import { checkOptions } from './options.js';
import type { ContextFields } from './record/context.js';
import { LogContext } from './record/context.js';
import type { Configuration } from './settings/configuration.js';
import { redactionOf } from './settings/redaction.js';
import { CONFIGURATION, isDirect } from './settings/validate.js';
import { sinkQueueOf } from './sinks/retrying-sink-queue.js';
import { errors } from './sinks/sink-queue.js';
import { type Limits, limits } from './wire/limits.js';

/**
 * Changes settings, for all loggers that exist and all to come. What was logged before
 * is written by the settings of then. Throws, and changes nothing, where a setting makes no sense.
 */
export function configure(change: Configuration): void {
  checkOptions('configure', change, CONFIGURATION);
  if (change.level !== undefined) setLogLevel(change.level);
  if (change.levels) setLevels(change.levels);
  if (change.flushMs !== undefined) setFlushMs(change.flushMs);
  for (const [name, most] of Object.entries(change.limits ?? {})) limits[name as keyof Limits] = most ?? limits[name as keyof Limits];
  if (change.onError) errors.report = change.onError;
  if (change.service) {
    const { name, version, environment } = change.service;
    base.context = new LogContext({ serviceName: name, version, environment } as ContextFields);
  }
  const dispatch = rootDispatch();
  changeDispatch(dispatch, () => {
    dispatch.format = change.format ?? dispatch.format;
    if (change.redact) dispatch.redaction = redactionOf(change.redact);
    dispatch.maxBatchBytes = change.maxBatchBytes ?? dispatch.maxBatchBytes;
    const sinks = change.sinks ?? dispatch.queues.map(({ sink }) => sink);
    return withTaps(dispatch, sinks.map((sink) => sinkQueueOf(sink, dispatch.format)));
  });
  if (change.sinks) haveFollow();
  if (change.sinks) bindConsole(change.sinks.some(isDirect) && !taps.queueFor);
}
