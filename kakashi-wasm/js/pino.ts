// The API of pino over kakashi, so that a project changes one import.

import 'kakashi-wasm';
import { followers } from './engine/followers.js';
import { type DestinationStream, pinoCore } from './pino-shape/pino-destination.js';
import { type ChildOptions, type Formatters, type LevelMapping, type LogFn, type PinoLogger, type Shared, instance, mappingOf } from './pino-shape/pino-logger.js';
import { type RedactOptions, redactOf } from './pino-shape/pino-redaction.js';
import { type Serializer, stdSerializers } from './pino-shape/std-serializers.js';
import { symbols } from './pino-shape/symbols.js';

/** Settings of a logger: pino's, but for those that its errors name. */
export interface PinoOptions {
  name?: string;
  level?: string;
  enabled?: boolean;
  base?: Readonly<Record<string, unknown>> | null;
  timestamp?: boolean | (() => string);
  messageKey?: string;
  errorKey?: string;
  nestedKey?: string | null;
  msgPrefix?: string;
  serializers?: Readonly<Record<string, Serializer>>;
  formatters?: Formatters;
  redact?: RedactOptions | null;
  mixin?: (object: object, level: number, logger: PinoLogger) => object;
  mixinMergeStrategy?: (object: object, mixin: object) => object;
  customLevels?: Readonly<Record<string, number>> | null;
  useOnlyCustomLevels?: boolean;
  hooks?: { logMethod?: (this: PinoLogger, args: never, method: LogFn, level: number) => void };
  onChild?: (child: PinoLogger) => void;
}

/** What is not kakashi's to do, and what does it. */
const INSTEAD: Record<string, string> = {
  transport: "sinks are its transports: configure({sinks: [consoleSink({format: 'pretty'}), httpSink(…)]}), or pipe to pino-pretty",
  browser: 'sinks are for browsers too: configure({sinks: […]})',
  depthLimit: 'use configure({limits: {depth}})',
  edgeLimit: 'use configure({limits: {items}})',
  crlf: 'a line ends with a line feed: give it a destination that writes another end',
  levelComparison: 'levels rise: use customLevels with numbers that do',
};

interface ProcessLike {
  readonly pid?: number;
  readonly env?: Record<string, string | undefined>;
  getBuiltinModule?(name: string): { hostname?(): string } | undefined;
  readonly stdout: DestinationStream;
  readonly stderr: DestinationStream;
}

function processBase(): Record<string, unknown> {
  const { process } = globalThis as { process?: ProcessLike };
  if (!process?.pid) return {};
  return { pid: process.pid, hostname: process.getBuiltinModule?.('node:os')?.hostname?.() ?? process.env?.['HOSTNAME'] };
}

function isStream(given: unknown): given is DestinationStream {
  return typeof (given as DestinationStream | undefined)?.write === 'function';
}

const core = Symbol('streams');
interface Streams extends DestinationStream {
  [core]?: { stream: DestinationStream; level: number }[];
}

function refuse(what: string, instead: string): never {
  throw new Error(`kakashi-wasm/pino has no ${what}: ${instead}`);
}

function pino(options?: PinoOptions | DestinationStream, destination?: DestinationStream): PinoLogger {
  if (isStream(options)) return pino({}, options);
  for (const path of [options, destination] as unknown[]) if (typeof path === 'string') destinationOf(path);
  const given: PinoOptions = options ?? {};
  for (const [key, instead] of Object.entries(INSTEAD)) {
    const value = (given as Record<string, unknown>)[key];
    if (value !== undefined && value !== false && value !== 'ASC') refuse(`option ${key}`, instead);
  }
  if ((given.hooks as { streamWrite?: unknown } | undefined)?.streamWrite) refuse('hook streamWrite', 'give it a destination that changes its lines');
  const { name, level = 'info', enabled = true, base, timestamp = true, messageKey = 'msg', errorKey = 'err', customLevels, useOnlyCustomLevels = false, formatters = {}, mixin, msgPrefix } = given;
  if (useOnlyCustomLevels && !customLevels) throw new Error('customLevels is required if useOnlyCustomLevels is set true');
  if (mixin && typeof mixin !== 'function') throw new Error(`Unknown mixin type "${typeof mixin}" - expected "function"`);
  if (msgPrefix && typeof msgPrefix !== 'string') throw new Error(`Unknown msgPrefix type "${typeof msgPrefix}" - expected "string"`);
  const levels = mappingOf(customLevels ?? {}, useOnlyCustomLevels);
  const wanted = levels.values[level] === undefined && levels.values[level.toLowerCase()] !== undefined ? level.toLowerCase() : level;
  if (levels.values[wanted] === undefined) throw new Error(`default level:${level} must be included in custom levels`);
  if (destination !== undefined && !isStream(destination)) refuse('such destination', 'use a stream with write(line), or none: records go to the sinks that configure() names');

  const streams = destination ? ((destination as Streams)[core] ?? [{ stream: destination, level: 0 }]) : [];
  const flushOf = (destination as { flush?: (callback: () => void) => void } | undefined)?.flush;
  const shared: Shared = {
    core: pinoCore(name ?? 'pino', streams, { messageKey, hasLevel: !formatters.level, hasTime: timestamp === true }),
    writesLines: () => streams.length > 0 || !followers.isConfigured,
    messageKey,
    errorKey,
    nestedKey: given.nestedKey ?? undefined,
    time: typeof timestamp === 'function' ? timestamp : undefined,
    mixin,
    mixinMergeStrategy: given.mixinMergeStrategy,
    logMethod: given.hooks?.logMethod,
    onChild: given.onChild ?? (() => {}),
    useOnlyCustomLevels,
    flushStream: typeof flushOf === 'function' ? (callback) => flushOf.call(destination, callback) : undefined,
  };
  const own = { levels, serializers: { err: stdSerializers.err, ...given.serializers }, formatters, redact: redactOf(given.redact), prefix: msgPrefix };
  const bindings = base === null ? {} : { ...('base' in given ? base : processBase()), ...(name === undefined ? undefined : { name }) };
  const made = instance(shared, own, bindings, enabled ? wanted : 'silent');
  return made;
}

/** The standard streams, as destinations; files are `fileSink`'s. */
function destinationOf(given: number | string | { dest?: number | string } = 1): DestinationStream {
  const to = typeof given === 'object' ? (given.dest ?? 1) : given;
  const { process } = globalThis as { process?: ProcessLike };
  if ((to !== 1 && to !== 2) || !process) refuse(`destination ${JSON.stringify(to)}`, 'for files use configure({sinks: [fileSink(…)]}) of kakashi-wasm/file; 1 and 2 are stdout and stderr');
  return { write: (line) => (to === 1 ? process.stdout : process.stderr).write(line) };
}

/** Several streams, each with its level. */
function multistream(given: DestinationStream | readonly { stream: DestinationStream; level?: string | number }[], options?: { dedupe?: boolean }): DestinationStream {
  if (options?.dedupe) refuse('dedupe', 'give each stream the level of its own, or use sinks with levels');
  const { values } = mappingOf();
  const streams = (Array.isArray(given) ? given : [{ stream: given }]) as { stream: DestinationStream; level?: string | number }[];
  const levelOf = (level: string | number = 'info') => (typeof level === 'number' ? level : (values[level] ?? refuse(`level ${level}`, `use ${Object.keys(values).join(', ')}`)));
  const all = streams.map(({ stream, level }) => ({ stream, level: levelOf(level) <= 10 ? 0 : levelOf(level) - 10 }));
  return Object.assign({ write: (line: string) => all.forEach(({ stream }) => void stream.write(line)) }, { [core]: all });
}

const epochTime = () => `,"time":${Date.now()}`;
const statics = {
  destination: destinationOf,
  multistream,
  transport: (): never => refuse('transport()', INSTEAD['transport']!),
  levels: mappingOf(),
  stdSerializers,
  symbols,
  stdTimeFunctions: {
    epochTime,
    nullTime: () => '',
    unixTime: () => `,"time":${Math.round(Date.now() / 1000)}`,
    isoTime: () => `,"time":"${new Date().toISOString()}"`,
  },
};

/** Makes a logger with pino's methods. Without a destination its records go where `configure` says; until it does, to stdout, as pino's lines. */
const made: typeof pino & typeof statics = Object.assign(pino, statics);
export default made;
export const { levels, stdTimeFunctions, transport } = statics;
export { destinationOf as destination, made as pino, multistream, stdSerializers, symbols };
export type { ChildOptions, DestinationStream, Formatters, LevelMapping, LogFn, PinoLogger, PinoLogger as Logger, RedactOptions, Serializer };
