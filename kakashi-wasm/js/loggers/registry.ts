// Loggers by kind and name, and the levels that hold for them.
//
// The rule is the one of kakashi_core::Levels. It stands here once more because a
// disabled call must cost a compare, and because levels hold before a page has
// fetched the wasm.

import type { Core as Wanted } from '../engine/emit.js';
import { type Level, levelOf } from '../record/level.js';
import type { Route } from '../engine/dispatch.js';

/** What all handles of one logger share. @internal */
export interface Core extends Wanted {
  /** Tells loggers of one name apart. */
  readonly kind: string;
  /** Makes a logger below this one what this one is. */
  inherit?(below: Core): void;
  /** Records below it are disabled. */
  threshold: number;
  /** Whether the threshold is its own. */
  own: boolean;
}

let global = 20;
/** Longest first. */
let prefixes: [prefix: string, level: number][] = [];
let loggers = new Map<string, Core>();
/** Not in the registry, or no more: they follow levels all the same. */
let others: WeakRef<Core>[] = [];

function thresholdOf(name: string): number {
  for (const [prefix, level] of prefixes) {
    if (name === prefix || (name.startsWith(prefix) && ':./'.includes(name[prefix.length]!))) return level;
  }
  return global;
}

function follow(core: Core): void {
  if (!core.own) core.threshold = thresholdOf(core.name);
}

/** Pushes the levels to all loggers without their own. */
function push(): void {
  for (const core of loggers.values()) follow(core);
  others = others.filter((other) => {
    const core = other.deref();
    if (core) follow(core);
    return core;
  });
}

/** Sets the level of all loggers that were made without one. Throws a RangeError that lists the names. */
export function setLogLevel(level: Level): void {
  global = levelOf(level);
  push();
}

/** Sets the levels of loggers and of those below them. */
export function setLevels(levels: Readonly<Record<string, Level>>): void {
  const set = new Map(prefixes);
  for (const prefix of Object.keys(levels)) set.set(prefix, levelOf(levels[prefix]!));
  prefixes = [...set].sort(([one], [other]) => other.length - one.length);
  push();
}

/** Makes a core outside the registry. @internal */
export function newCore(kind: string, name: string, road: Route, level?: Level): Core {
  if (typeof name !== 'string') throw new TypeError(`a logger's name is a string, not ${typeof name}`);
  return {
    kind,
    name,
    road,
    get route() {
      return road.id;
    },
    id: -1,
    tables: -1,
    threshold: level === undefined ? thresholdOf(name) : levelOf(level),
    own: level !== undefined,
  };
}

/** Makes levels reach a core that has no name in the registry. @internal */
export function adopt(core: Core): Core {
  others.push(new WeakRef(core));
  return core;
}

/** Finds or makes the core of a kind and a name. @internal */
export function coreOf(kind: string, name: string, level: Level | undefined, made: () => Core): Core {
  const key = `${kind} ${name}`;
  let core = loggers.get(key);
  if (!core) loggers.set(key, (core = made()));
  else if (level !== undefined) {
    core.threshold = levelOf(level);
    core.own = true;
  }
  return core;
}

/** Finds or makes the core below another. @internal */
export function coreBelow(core: Core, name: string): Core {
  const full = `${core.name}::${name}`;
  return coreOf(core.kind, full, undefined, () => {
    const below = newCore(core.kind, full, core.road, core.own ? core.threshold : undefined);
    core.inherit?.(below);
    return below;
  });
}

/** Forgets all names; handles that exist follow levels on. @internal */
export function forgetLoggers(): void {
  others.push(...[...loggers.values()].map((core) => new WeakRef(core)));
  loggers = new Map();
}
