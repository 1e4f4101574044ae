// What must not be written, as pino's option `redact` says it: paths from the top, a censor, or nothing in its place.

import { threw } from '../wire/value.js';

/** The option. */
export type RedactOptions = readonly string[] | { paths: readonly string[]; censor?: unknown; remove?: boolean };

/** Changes an object that is nobody else's. @internal */
export type Redact = (object: Record<string, unknown>) => void;

type Censor = (value: unknown, path: string[]) => unknown;

/** Calls a censor; where it throws its value is not written either. */
function censored(censor: Censor, value: unknown, path: string[]): unknown {
  try {
    return censor(value, path);
  } catch (error) {
    return threw(error);
  }
}

const PART = /(?:^|\.)([^.[\]]+)|\[(?:"([^"]*)"|'([^']*)'|(\*|\d+))\]/y;

function partsOf(path: unknown): string[] {
  const parts: string[] = [];
  if (typeof path === 'string' && path) {
    for (PART.lastIndex = 0; PART.lastIndex < path.length; ) {
      const found = PART.exec(path);
      if (!found) break;
      parts.push(found[1] ?? found[2] ?? found[3] ?? found[4]!);
      if (PART.lastIndex === path.length) return parts;
    }
  }
  throw new Error(`pino: redact has no path ${JSON.stringify(path)}: use "user.card", "*.token", "items[*].pin", 'headers["x-api-key"]'`);
}

/** Reads the option. Throws an error for what is no path. @internal */
export function redactOf(options: RedactOptions | null | undefined): Redact | undefined {
  if (!options) return undefined;
  const { paths, censor = '[Redacted]', remove = false } = Array.isArray(options) ? { paths: options as readonly string[] } : (options as Exclude<RedactOptions, readonly string[]>);
  if (!Array.isArray(paths)) throw new Error('pino: redact must contain an array of paths');
  const all = paths.map(partsOf);
  const cover = (object: unknown, parts: readonly string[], path: readonly string[]): void => {
    if (typeof object !== 'object' || object === null) return;
    const it = object as Record<string, unknown>;
    const [part, ...rest] = parts;
    for (const key of part === '*' ? Object.keys(it) : Object.hasOwn(it, part!) ? [part!] : []) {
      const to = [...path, key];
      if (rest.length > 0) cover(it[key], rest, to);
      else if (remove) delete it[key];
      else it[key] = typeof censor === 'function' ? censored(censor as Censor, it[key], to) : censor;
    }
  };
  return (object) => all.forEach((parts) => cover(object, parts, []));
}
