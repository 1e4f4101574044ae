// The API of pino over kakashi, so that a project changes one import.

import 'kakashi-wasm';
import { followers } from './engine/followers.js';
import { type DestinationStream, pinoCore } from './pino-shape/pino-destination.js';
import { type ChildOptions, type Formatters, type LevelMapping, type LogFn, type PinoLogger, type Shared, instance, mappingOf } from './pino-shape/pino-logger.js';
import { INSTEAD, checkDestination, checkLogger, checkStreams, refuse } from './pino-shape/pino-options.js';
import { type RedactOptions, redactOf } from './pino-shape/pino-redaction.js';
import { type Serializer, stdSerializers } from './pino-shape/std-serializers.js';
import { symbols } from './pino-shape/symbols.js';

/** Settings of a logger: pino's, but for those that its errors name. */
export interface PinoOptions {
  name?: string;
  level?: string | number;
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

function pino(options: PinoOptions | DestinationStream = {}, destination?: DestinationStream | null): PinoLogger {
  if (isStream(options)) return pino({}, options);
  for (const path of [options, destination] as unknown[]) if (typeof path === 'string') destinationOf(path);
  checkLogger(options);
  const { name, level = 'info', enabled = true, base, timestamp = true, messageKey = 'msg', errorKey = 'err', customLevels, useOnlyCustomLevels = false, mixin, msgPrefix, redact, serializers, hooks, onChild } = options;
  const formatters = options.formatters || {};
  if (useOnlyCustomLevels && !customLevels) throw new Error('customLevels is required if useOnlyCustomLevels is set true');
  const levels = mappingOf(customLevels || {}, useOnlyCustomLevels);
  const wanted = !enabled ? 'silent' : typeof level === 'number' ? levels.labels[level] : levels.values[level] === undefined ? String(level).toLowerCase() : level;
  if (levels.values[wanted!] === undefined) throw new Error(`default level:${level} must be included in custom levels: ${Object.keys(levels.values).join(', ')}, silent`);
  if (destination && !isStream(destination)) refuse('such destination', 'use a stream with write(line), or none: records go to the sinks that configure() names');

  const streams = destination ? ((destination as Streams)[core] ?? [{ stream: destination, level: 0 }]) : [];
  const flushOf = (destination as { flush?: (callback: () => void) => void } | undefined)?.flush;
  const shared: Shared = {
    core: pinoCore(name ?? 'pino', streams, { messageKey, hasLevel: !formatters.level, hasTime: timestamp === true }),
    writesLines: () => streams.length > 0 || !followers.isConfigured,
    messageKey,
    errorKey,
    nestedKey: options.nestedKey || undefined,
    hasTime: timestamp === true,
    time: typeof timestamp === 'function' ? timestamp : undefined,
    mixin: mixin || undefined,
    mixinMergeStrategy: options.mixinMergeStrategy,
    logMethod: hooks?.logMethod,
    onChild: onChild || (() => {}),
    useOnlyCustomLevels,
    flushStream: typeof flushOf === 'function' ? (callback) => flushOf.call(destination, callback) : undefined,
  };
  const own = { levels, serializers: { err: stdSerializers.err, ...(serializers || {}) }, formatters, redact: redactOf(redact), prefix: msgPrefix || undefined };
  const bindings = base === null ? {} : { ...('base' in options ? base : processBase()), ...(name === undefined ? undefined : { name }) };
  return instance(shared, own, bindings, wanted!);
}

/** The standard streams, as destinations; files are `fileSink`'s. */
function destinationOf(given: number | string | { dest?: number | string } = 1): DestinationStream {
  if (typeof given === 'object') checkDestination(given);
  const to = typeof given === 'object' ? (given.dest ?? 1) : given;
  const { process } = globalThis as { process?: ProcessLike };
  if ((to !== 1 && to !== 2) || !process) refuse(`destination ${JSON.stringify(to)}`, 'for files use configure({sinks: [fileSink(…)]}) of kakashi-wasm/file; 1 and 2 are stdout and stderr');
  return { write: (line) => (to === 1 ? process.stdout : process.stderr).write(line) };
}

/** Several streams, each with its level. */
function multistream(given: DestinationStream | readonly (DestinationStream | { stream: DestinationStream; level?: string | number })[], options: { dedupe?: boolean } = {}): DestinationStream {
  checkStreams(options);
  const { values } = mappingOf();
  const streams = [given].flat().map((each) => (isStream(each) ? { stream: each, level: (each as { level?: string | number }).level } : each)) as { stream: DestinationStream; level?: string | number }[];
  if (!streams.every((each) => isStream(each?.stream))) throw new Error('pino.multistream takes streams with write(line), or {stream, level}');
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
