// LogTape's message templates: `Hello, {user.name}`, where `{{` and `}}` are braces.

/** The values that a message and its record have by name. */
export type LogTapeProperties = Record<string, unknown>;

/** A template's texts, and the names between them: one text more than names. */
export interface Template {
  readonly texts: readonly string[];
  readonly names: readonly string[];
}

const PART = /\{\{|\}\}|\{([^}]*)\}/g;

/** Reads a template. */
export function parseTemplate(template: string): Template {
  // Without a name closing braces are what they are.
  if (!template.includes('{')) return { texts: [template], names: [] };
  const texts = [''];
  const names: string[] = [];
  let at = 0;
  for (const found of template.matchAll(PART)) {
    const [all, name] = found;
    texts[texts.length - 1] += template.slice(at, found.index) + (name === undefined ? all[0] : '');
    at = found.index + all.length;
    if (name === undefined) continue;
    names.push(name);
    texts.push('');
  }
  texts[texts.length - 1] += template.slice(at);
  return { texts, names };
}

const STEP = /\[(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|([^\]'"]+))\]\.?|(?:\?\.)?([^.[\]?]+)\.?/gy;

/** The keys of a path: `user.name`, `items[0]`, `user["full-name"]`, `user?.name`. None if it is no path. */
export function keysOf(path: string): string[] {
  const keys: string[] = [];
  if (path.endsWith('.')) return keys;
  for (STEP.lastIndex = 0; STEP.lastIndex < path.length; ) {
    const found = STEP.exec(path);
    if (!found) return [];
    keys.push((found[1] ?? found[2] ?? found[3] ?? found[4]!).replace(/\\(.)/g, '$1'));
  }
  return keys;
}

function isOwn(object: unknown, key: string): boolean {
  return typeof object === 'object' && object !== null && !['__proto__', 'prototype', 'constructor'].includes(key) && Object.hasOwn(object, key);
}

/** The value that a name stands for; nothing if there is none. It may throw, as getters do. */
export function valueOf(name: string, properties: LogTapeProperties): unknown {
  const trimmed = name.trim();
  const key = [name, trimmed].find((each) => isOwn(properties, each));
  if (key !== undefined) return properties[key];
  if (trimmed === '*') return properties;
  const keys = keysOf(trimmed);
  let inner: unknown = keys.length > 0 ? properties : undefined;
  for (const key of keys) inner = isOwn(inner, key) ? (inner as LogTapeProperties)[key] : undefined;
  return inner;
}
