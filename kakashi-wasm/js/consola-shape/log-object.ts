// What consola calls a log object: one record on its way to the reporters. The types are consola's, so that none need be installed.

/** The names of consola's methods that log. */
export type LogType =
  | 'silent' | 'fatal' | 'error' | 'warn' | 'log' | 'info' | 'success' | 'fail' | 'ready' | 'start' | 'box' | 'debug' | 'trace' | 'verbose';

/** A number that says how much is logged: 0 are errors only, 1 warnings too, 3 INFO, 4 DEBUG, 5 all. */
export type ConsolaLevel = number;

/** What may be given in place of a message, and as defaults. */
export interface InputLogObject {
  level?: ConsolaLevel;
  tag?: string;
  type?: LogType;
  message?: string;
  additional?: string | string[];
  args?: unknown[];
  date?: Date;
  [key: string]: unknown;
}

/** What a reporter gets. */
export interface LogObject extends InputLogObject {
  level: ConsolaLevel;
  type: LogType;
  tag: string;
  args: unknown[];
  date: Date;
}

/** The level of each type. */
export const LogLevels: Record<LogType, number> = {
  silent: Number.NEGATIVE_INFINITY,
  fatal: 0,
  error: 0,
  warn: 1,
  log: 2,
  info: 3,
  success: 3,
  fail: 3,
  ready: 3,
  start: 3,
  box: 3,
  debug: 4,
  trace: 5,
  verbose: Number.POSITIVE_INFINITY,
};

/** What the records of each type have. */
export const LogTypes: Record<LogType, InputLogObject> = Object.fromEntries(
  Object.entries(LogLevels).map(([type, level]) => [type, { level: type === 'silent' ? -1 : level }]),
) as Record<LogType, InputLogObject>;

function isLogObject(given: unknown): given is InputLogObject {
  try {
    if (Object.prototype.toString.call(given) !== '[object Object]') return false;
    const { message, args, stack } = given as Record<string, unknown>;
    return Boolean((message || args) && !stack);
  } catch {
    // A proxy that throws is a value like others.
    return false;
  }
}

/** A level by its number, or by the name of its type. @internal */
export function levelNumber(given: unknown, types: Readonly<Record<string, InputLogObject>>, otherwise = 3): number {
  if (typeof given === 'number') return given;
  return types[given as string]?.level ?? otherwise;
}

/** Makes the log object of a call: of a lone object with a message or args, or of any arguments. @internal */
export function logObject(defaults: InputLogObject, given: readonly unknown[], isRaw: boolean, types: Readonly<Record<string, InputLogObject>>): LogObject {
  const [first] = given;
  const isObject = !isRaw && given.length === 1 && isLogObject(first);
  const { message, additional, ...made } = {
    date: new Date(),
    args: [],
    ...defaults,
    level: levelNumber(defaults.level, types),
    ...(isObject ? first : { args: given }),
  } as InputLogObject;
  const args = Array.isArray(made.args) ? [...made.args] : [made.args];
  if (message) args.unshift(message);
  else if (message !== undefined) Object.assign(made, { message });
  if (additional) args.push(`\n${Array.isArray(additional) ? additional.join('\n') : String(additional)}`);
  const type = typeof made.type === 'string' ? (made.type.toLowerCase() as LogType) : 'log';
  return { ...made, args, type, tag: typeof made.tag === 'string' ? made.tag : '' } as LogObject;
}
