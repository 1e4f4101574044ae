// Loggers by kind and name, and the levels that hold for them.
//
// The rule is the one of kakashi_core::Levels. It stands here once more because a
// disabled call must cost a compare, and because levels hold before a page has
// fetched the wasm.

import type { Origin } from '../engine/emit.js';
import { type Level, levelOf } from '../record/level.js';
import type { Dispatch } from '../engine/dispatch.js';

/** What all handles of one logger share. @internal */
export interface LoggerCore extends Origin {
  /** Tells loggers of one name apart. */
  readonly kind: string;
  /** Gives a logger below this one the same policy or configuration. */
  inherit?(below: LoggerCore): void;
  /** Records below it are disabled. */
  threshold: number;
  /** Whether the threshold is its own: `setLogLevel` does not change it. */
  ownLevel: boolean;
}

let global = 20;
/** Levels of loggers by the beginning of their names, the longest first. */
let prefixes: [prefix: string, level: number][] = [];
let loggers = new Map<string, LoggerCore>();
/** Loggers that the registry does not hold, or no longer: levels reach them all the same. */
let unregistered: WeakRef<LoggerCore>[] = [];

function thresholdOf(name: string): number {
  for (const [prefix, level] of prefixes) {
    if (name === prefix || (name.startsWith(prefix) && ':./'.includes(name[prefix.length]!))) return level;
  }
  return global;
}

function updateThreshold(core: LoggerCore): void {
  if (!core.ownLevel) core.threshold = thresholdOf(core.name);
}

/** Updates the thresholds of all loggers without their own level. */
function updateThresholds(): void {
  for (const core of loggers.values()) updateThreshold(core);
  unregistered = unregistered.filter((weak) => {
    const core = weak.deref();
    if (core) updateThreshold(core);
    return core;
  });
}

/** Sets the level of all loggers that were made without one. Throws a RangeError that lists the names. */
export function setLogLevel(level: Level): void {
  global = levelOf(level);
  updateThresholds();
}

/** Sets the levels of loggers and of those below them. */
export function setLevels(levels: Readonly<Record<string, Level>>): void {
  const set = new Map(prefixes);
  for (const prefix of Object.keys(levels)) set.set(prefix, levelOf(levels[prefix]!));
  prefixes = [...set].sort(([one], [other]) => other.length - one.length);
  updateThresholds();
}

/** Makes a core outside the registry. @internal */
export function newCore(kind: string, name: string, dispatch: Dispatch, level?: Level): LoggerCore {
  if (typeof name !== 'string') throw new TypeError(`a logger's name is a string, not ${typeof name}`);
  return {
    kind,
    name,
    dispatch,
    get dispatchId() {
      return dispatch.id;
    },
    id: -1,
    tables: -1,
    threshold: level === undefined ? thresholdOf(name) : levelOf(level),
    ownLevel: level !== undefined,
  };
}

/** Makes levels reach a core outside the registry. @internal */
export function addUnregistered(core: LoggerCore): LoggerCore {
  unregistered.push(new WeakRef(core));
  return core;
}

/** Finds or makes the core of a kind and a name. @internal */
export function coreOf(kind: string, name: string, level: Level | undefined, made: () => LoggerCore): LoggerCore {
  const key = `${kind} ${name}`;
  let core = loggers.get(key);
  if (!core) loggers.set(key, (core = made()));
  else if (level !== undefined) {
    core.threshold = levelOf(level);
    core.ownLevel = true;
  }
  return core;
}

/** Finds or makes the core below another. @internal */
export function coreBelow(core: LoggerCore, name: string): LoggerCore {
  const full = `${core.name}::${name}`;
  return coreOf(core.kind, full, undefined, () => {
    const below = newCore(core.kind, full, core.dispatch, core.ownLevel ? core.threshold : undefined);
    core.inherit?.(below);
    return below;
  });
}

/** Forgets all names; levels still reach the handles that exist. @internal */
export function forgetLoggers(): void {
  unregistered.push(...[...loggers.values()].map((core) => new WeakRef(core)));
  loggers = new Map();
}
