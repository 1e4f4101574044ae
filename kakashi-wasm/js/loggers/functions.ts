// Logging without a logger: functions over one named `root`.

import { type Fields, type LazyFields, copyFields } from '../record/fields.js';
import { type Level, levelOf, named, unknownLevel } from '../record/level.js';
import { type Logger, getLogger } from './logger.js';

type Given = Fields | LazyFields;

function logger(): Logger {
  return getLogger('root');
}

export function trace(message: string, fields?: Given): void {
  logger().trace(message, fields);
}

export function debug(message: string, fields?: Given): void {
  logger().debug(message, fields);
}

export function info(message: string, fields?: Given): void {
  logger().info(message, fields);
}

export function warning(message: string, fields?: Given): void {
  logger().warning(message, fields);
}

/** As {@link warning}. */
export function warn(message: string, fields?: Given): void {
  logger().warn(message, fields);
}

export function error(message: string, fields?: Given): void {
  logger().error(message, fields);
}

export function critical(message: string, fields?: Given): void {
  logger().critical(message, fields);
}

/** Logs what was thrown; see `Logger.exception`. */
export function exception(message: string, thrown: unknown, fields?: Given): void {
  logger().exception(message, thrown, fields);
}

/** Logs at a level that is known only now. */
export function log(level: Level, message: string, fields?: Given): void {
  logger().log(level, message, fields);
}

/** Logs a measurement: INFO, its name as message, fields `metric` and `value`. */
export function metric(name: string, value: unknown, fields?: Given): void {
  event(20, name, { metric: name, value }, fields);
}

/** Logs an entry of an audit trail: INFO, the action as message, fields `action` and `resource`. */
export function audit(action: string, resource: string, fields?: Given): void {
  event(20, action, { action, resource }, fields);
}

/**
 * Logs a security event: its type as message, fields `event_type` and `severity`, which
 * is a level's name and sets the level. A wrong one gives WARNING and a field
 * `severity_error` that says which are right.
 */
export function security(type: string, severity: string, fields?: Given): void {
  const own: Record<string, unknown> = { event_type: type, severity };
  let level = 30;
  try {
    level = named(levelOf(severity));
  } catch {
    own['severity_error'] = unknownLevel(severity);
  }
  event(level, type, own, fields);
}

function event(level: number, message: string, own: Fields, fields: Given | undefined): void {
  const root = logger();
  if (root.isEnabled(level)) root.emit(level, message, () => ({ ...own, ...copyFields(fields), ...own }));
}
