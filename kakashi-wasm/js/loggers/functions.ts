// Logging without a logger: functions over one named `root`.

import { type Fields, type LazyFields, copyFields } from '../record/fields.js';
import { type Level, levelOf, named, unknownLevel } from '../record/level.js';
import { type LogMethod, type Logger, getLogger } from './logger.js';

type Lazy = object | LazyFields;

function logger(): Logger {
  return getLogger('root');
}

function atRoot(name: 'trace' | 'debug' | 'info' | 'warning' | 'error' | 'critical'): LogMethod {
  return (...given: unknown[]) => (logger()[name] as (...given: unknown[]) => void)(...given);
}

export const trace: LogMethod = /* @__PURE__ */ atRoot('trace');
export const debug: LogMethod = /* @__PURE__ */ atRoot('debug');
export const info: LogMethod = /* @__PURE__ */ atRoot('info');
export const warning: LogMethod = /* @__PURE__ */ atRoot('warning');
/** As {@link warning}. */
export const warn: LogMethod = warning;
export const error: LogMethod = /* @__PURE__ */ atRoot('error');
export const critical: LogMethod = /* @__PURE__ */ atRoot('critical');

/** Logs what was thrown; see `Logger.exception`. */
export function exception(message: string, thrown?: unknown, fields?: Lazy): void {
  logger().exception(message, thrown, fields);
}

/** Logs at a level that is known only now. */
export function log(level: Level, message: string, fields?: Lazy): void {
  logger().log(level, message, fields);
}

/** Logs a measurement: INFO, its name as message, fields `metric` and `value`. */
export function metric(name: string, value: unknown, fields?: Lazy): void {
  event(20, name, { metric: name, value }, fields);
}

/** Logs an entry of an audit trail: INFO, the action as message, fields `action` and `resource`. */
export function audit(action: string, resource: string, fields?: Lazy): void {
  event(20, action, { action, resource }, fields);
}

/**
 * Logs a security event: its type as message, fields `event_type` and `severity`, which
 * is a level's name and sets the level. A wrong one gives WARNING and a field
 * `severity_error` that says which are right.
 */
export function security(type: string, severity: string, fields?: Lazy): void {
  const own: Record<string, unknown> = { event_type: type, severity };
  let level = 30;
  try {
    level = named(levelOf(severity));
  } catch {
    own['severity_error'] = unknownLevel(severity);
  }
  event(level, type, own, fields);
}

function event(level: number, message: string, own: Fields, fields: Lazy | undefined): void {
  const root = logger();
  if (root.isEnabled(level)) root.emit(level, message, () => ({ ...own, ...copyFields(fields), ...own }));
}
