// Loggers by kind and name, and the levels that hold for them.
//
// The rule is the one of kakashi_core::Levels. It stands here once more because a
// disabled call must cost a compare, and because levels hold before a page has
// fetched the wasm.

import type { Origin } from '../engine/emit.js';
import { type Level, levelOf } from '../record/level.js';
import type { Dispatch } from '../engine/dispatch.js';
import { once } from '../realm.js';

/** What all handles of one logger share. @internal */
export interface LoggerCore extends Origin {
  /** Tells loggers of one name apart. */
  readonly kind: string;
  /** Gives a logger below this one the same policy or configuration. */
  inherit?(below: LoggerCore): void;
  /** The logger of its name, once somebody has asked for it. */
  handle?: object;
  /** Records below it are disabled. */
  threshold: number;
  /** Whether the threshold is its own: `setLogLevel` does not change it. */
  ownLevel: boolean;
}

const registry = /* @__PURE__ */ once('registry', () => ({
  global: 20,
  /** Levels of loggers by the beginning of their names, the longest first. */
  prefixes: [] as [prefix: string, level: number][],
  /** Finds a name's level among them; set with the first. */
  prefixLevel: undefined as ((name: string) => number | undefined) | undefined,
  loggers: new Map<string, LoggerCore>(),
  /** Loggers below others, for as long as somebody has them. */
  below: new Map<string, WeakRef<LoggerCore>>(),
  /** Loggers that the registry does not hold, or no longer: levels reach them all the same. */
  unregistered: [] as WeakRef<LoggerCore>[],
  mostUnregistered: 64,
}));

/** Removes the names of loggers that nobody has any more. Some workers have no such thing; there they stay. */
const freed = /* @__PURE__ */ once(
  'freed',
  () =>
    globalThis.FinalizationRegistry &&
    new FinalizationRegistry((key: string) => {
      if (!registry.below.get(key)?.deref()) registry.below.delete(key);
    }),
);

/** Refers to what may go. Some engines, of React Native among them, have no such thing; there it stays. @internal */
export function weak<T extends object>(it: T): WeakRef<T> {
  return globalThis.WeakRef ? new WeakRef(it) : ({ deref: () => it } as WeakRef<T>);
}

function prefixLevel(name: string): number | undefined {
  return registry.prefixes.find(([prefix]) => name === prefix || (name.startsWith(prefix) && ':./'.includes(name[prefix.length]!)))?.[1];
}

function thresholdOf(name: string): number {
  return registry.prefixLevel?.(name) ?? registry.global;
}

function updateThreshold(core: LoggerCore): void {
  if (!core.ownLevel) core.threshold = thresholdOf(core.name);
}

/** The loggers that have names. */
function all(): LoggerCore[] {
  const below = [...registry.below.values()].map((weak) => weak.deref());
  return [...registry.loggers.values(), ...below.filter((core) => core !== undefined)];
}

/** Updates the thresholds of all loggers without their own level. */
function updateThresholds(): void {
  for (const core of all()) updateThreshold(core);
  registry.unregistered = registry.unregistered.filter((weak) => {
    const core = weak.deref();
    if (core) updateThreshold(core);
    return core;
  });
}

/** Sets the level of all loggers that were made without one. Throws a RangeError that lists the names. */
export function setLogLevel(level: Level): void {
  registry.global = levelOf(level);
  updateThresholds();
}

/** Sets the levels of loggers and of those below them. */
export function setLevels(levels: Readonly<Record<string, Level>>): void {
  const set = new Map(registry.prefixes);
  for (const prefix of Object.keys(levels)) set.set(prefix, levelOf(levels[prefix]!));
  registry.prefixes = [...set].sort(([one], [other]) => other.length - one.length);
  registry.prefixLevel = prefixLevel;
  updateThresholds();
}

/** Makes a core outside the registry. @internal */
export function newCore(kind: string, name: string, dispatch: Dispatch, level?: Level): LoggerCore {
  if (typeof name !== 'string') throw new TypeError(`a logger's name is a string, not ${typeof name}`);
  return {
    kind,
    name,
    dispatch,
    id: -1,
    tables: -1,
    threshold: level === undefined ? thresholdOf(name) : levelOf(level),
    ownLevel: level !== undefined,
  };
}

/** Makes levels reach a core outside the registry. @internal */
export function addUnregistered(core: LoggerCore): LoggerCore {
  const { unregistered } = registry;
  // Those that are gone are forgotten as often as the list has doubled.
  if (unregistered.length >= registry.mostUnregistered) {
    registry.unregistered = unregistered.filter((weak) => weak.deref());
    registry.mostUnregistered = Math.max(64, 2 * registry.unregistered.length);
  }
  registry.unregistered.push(weak(core));
  return core;
}

/** Gives a core a level of its own. @internal */
export function setOwnLevel(core: LoggerCore, level: Level): void {
  core.threshold = levelOf(level);
  core.ownLevel = true;
}

function keyOf({ kind, name }: { kind: string; name: string }): string {
  return `${kind} ${name}`;
}

function find(key: string): LoggerCore | undefined {
  return registry.loggers.get(key) ?? registry.below.get(key)?.deref();
}

/** Finds or makes the core of a kind and a name. @internal */
export function coreOf(kind: string, name: string, level: Level | undefined, made: () => LoggerCore): LoggerCore {
  const key = keyOf({ kind, name });
  const known = find(key);
  const core = known ?? made();
  registry.loggers.set(key, core);
  if (known && level !== undefined) setOwnLevel(core, level);
  return core;
}

/** Finds or makes the core below another. @internal */
export function coreBelow(core: LoggerCore, name: string): LoggerCore {
  const { kind, dispatch } = core;
  const full = `${core.name}::${name}`;
  const key = keyOf({ kind, name: full });
  const known = find(key);
  if (known) return known;
  const below = newCore(kind, full, dispatch, core.ownLevel ? core.threshold : undefined);
  core.inherit?.(below);
  if (!freed) return keep(below);
  registry.below.set(key, weak(below));
  freed.register(below, key);
  return below;
}

/** Has the registry hold a core for good: it has a level that must not be forgotten. @internal */
export function keep(core: LoggerCore): LoggerCore {
  const key = keyOf(core);
  if (!registry.loggers.has(key)) registry.loggers.set(key, core);
  return core;
}

/** Has all loggers follow INFO again, but for those with a configuration of their own. @internal */
export function resetLevels(): void {
  registry.global = 20;
  registry.prefixes = [];
  for (const core of [...all(), ...registry.unregistered.map((weak) => weak.deref())]) {
    if (core?.dispatch.id === 0) core.ownLevel = false;
  }
  updateThresholds();
}

/** Forgets all names; levels still reach the handles that exist. @internal */
export function forgetLoggers(): void {
  registry.unregistered.push(...all().map((core) => weak(core)));
  registry.loggers = new Map();
  registry.below = new Map();
}
