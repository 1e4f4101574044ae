// Contexts: fields of all records of a request, a user or a program.
//
// A context never changes. Its values are encoded when it is made, so that later changes
// of their objects change no record.

import { copyFields } from './fields.js';
import { platform } from '../platform.js';
import { messageOf } from '../wire/value.js';
import { limits } from '../wire/limits.js';
import { type Writer, written } from '../wire/writer.js';
import { once } from '../realm.js';

/** Fields of a context. The typed ones win over others of the same name. */
export interface ContextFields {
  /** The address of the client. */
  ip?: string;
  /** What the client asked for: the method and path, say. */
  access?: string;
  requestId?: string;
  /** The client program's name for itself. */
  userAgent?: string;
  userId?: string;
  sessionId?: string;
  serviceName?: string;
  version?: string;
  environment?: string;
  [key: string]: unknown;
}

const TYPED = /^(ip|access|(request|user|session)Id|userAgent|serviceName|version|environment)$/;

/** The names in records of what `setRequestContext` adds. */
const REQUEST = ['ip', 'access', 'request_id', 'user_agent'];

/** A value, and its bytes as they were when the context was made. */
interface EncodedValue {
  readonly value: unknown;
  readonly bytes: Uint8Array;
}

type Pairs = ReadonlyMap<string, EncodedValue>;

/** Fields for many records. */
export class LogContext {
  /** The context's id, and the generation of the tables that have it. @internal */
  id = -1;
  /** @internal */
  tables = -1;
  /** This context merged with those of loggers, by the logger's context. @internal */
  merged: WeakMap<LogContext, LogContext> | undefined;
  /** @internal */
  readonly typed: Pairs;
  /** @internal */
  readonly custom: Pairs;

  /** Takes fields; `undefined` ones are left out. */
  constructor(fields?: ContextFields | null) {
    const typed = new Map<string, EncodedValue>();
    const custom = new Map<string, EncodedValue>();
    for (const [key, value] of Object.entries(copyFields(fields))) {
      if (value === undefined) continue;
      if (TYPED.test(key)) typed.set(key.replace(/[A-Z]/, (letter) => `_${letter.toLowerCase()}`), encoded(messageOf(value)));
      else custom.set(key, encoded(value));
    }
    this.typed = typed;
    this.custom = custom;
  }

  /** Makes a context of both; where both have a key, `other`'s counts. */
  merge(other: LogContext): LogContext {
    if (other.isEmpty) return this;
    if (this.isEmpty) return other;
    return of(join(this.typed, other.typed), join(this.custom, other.custom));
  }

  /** Returns a context with more fields. */
  with(fields: object): LogContext {
    const custom = new Map(this.custom);
    for (const [key, value] of Object.entries(copyFields(fields))) custom.set(key, encoded(value));
    return of(this.typed, custom);
  }

  /** Whether there is no field. */
  get isEmpty(): boolean {
    return this.typed.size + this.custom.size === 0;
  }

  /** The fields, by the names that records have. */
  toJSON(): Record<string, unknown> {
    return Object.fromEntries([...this.custom, ...this.typed].map(([key, { value }]) => [key, value]));
  }

  /** Writes the pairs. @internal */
  put(out: Writer): void {
    // A typed one stands where it was, and wins.
    for (const [key, { bytes }] of new Map([...this.typed, ...this.custom, ...this.typed])) {
      out.text(key);
      out.raw(bytes);
    }
  }
}

function encoded(value: unknown): EncodedValue {
  return { value, bytes: written((out) => out.value(value), limits.bytes) };
}

function join(outer: Pairs, inner: Pairs): Pairs {
  return inner.size ? new Map([...outer, ...inner]) : outer;
}

function of(typed: Pairs, custom: Pairs): LogContext {
  return Object.assign(new LogContext(), { typed, custom });
}

/** The context without fields. */
export const EMPTY: LogContext = /* @__PURE__ */ new LogContext();

/** Holds the current context of a task, or of the program. */
interface Scope {
  context: LogContext;
  /** How often what is logged here has been through a sink: it is a sink's own. */
  echo?: number;
}

interface Scopes {
  program: Scope;
  scope: Scope;
  /** Whether `withContext` was ever called; before, no task has a scope of its own. */
  scoped?: boolean;
  /** Adds the ids of a span to the context of a record, where somebody knows them. */
  withIds?: ((scope: LogContext) => LogContext) | undefined;
}

/** @internal */
export const scopes = /* @__PURE__ */ once('scopes', (): Scopes => {
  const program: Scope = { context: EMPTY };
  return { program, scope: program };
});

function currentScope(): Scope {
  return (scopes.scoped && (platform.storage?.getStore() as Scope | undefined)) || scopes.scope;
}

/** How often what is logged here has been through a sink; 0 in code that is no sink's. @internal */
export function currentEcho(): number {
  return ((platform.storage?.getStore() as Scope | undefined) ?? scopes.scope).echo ?? 0;
}

/** Runs a sink's code, or the operator's, outside of all contexts: what it logs is nobody's. @internal */
export function outside<R>(run: () => R, echo = 0, isAsync = false): R {
  const outer = scopes.scope;
  const inner: Scope = (scopes.scope = { context: scopes.program.context, echo });
  try {
    return platform.outside ? platform.outside(inner, run, scopes.scoped || isAsync) : run();
  } finally {
    scopes.scope = outer;
  }
}

/** The context of the current task. */
export function currentContext(): LogContext {
  return currentScope().context;
}

function change(fields: ContextFields): void {
  const current = currentScope();
  current.context = current.context.merge(new LogContext(fields));
}

/** Adds a request to all records of the current task from now on; what is empty is left out. */
export function setRequestContext(
  ip: string,
  access: string,
  more: { requestId?: string; userAgent?: string } = {},
): void {
  const { requestId, userAgent } = copyFields(more);
  change({ ip: ip || undefined, access: access || undefined, requestId, userAgent } as ContextFields);
}

/** Adds a user to all records of the current task from now on. */
export function setUserContext(user: { userId?: string; sessionId?: string; [key: string]: unknown }): void {
  change(user as ContextFields);
}

/** Adds fields to all records of the current task from now on. */
export function setCustomContext(fields: object): void {
  const current = currentScope();
  current.context = current.context.with(fields);
}

/** Removes what `setRequestContext` adds from the context of the current task; the rest stays. */
export function clearRequestContext(): void {
  const current = currentScope();
  const { typed, custom } = current.context;
  const rest = [...typed].filter(([key]) => !REQUEST.includes(key));
  current.context = EMPTY.merge(of(new Map(rest), custom));
}

/** Removes all context of the current task. */
export function clearContext(): void {
  currentScope().context = EMPTY;
}

/** Has all tasks know their scope, as `withContext` does when it is first called. @internal */
export function trackTasks(): void {
  if (platform.storage) scopes.scoped = true;
}

/** Removes all context of the current task, and of the program. @internal */
export function clearAllContexts(): void {
  clearContext();
  scopes.program.context = EMPTY;
}

/**
 * Runs a function in a scope of its own: contexts that it sets end with it.
 *
 * Where the runtime has AsyncLocalStorage (Node, Deno, Bun, workerd, edge runtimes) the
 * context stays with the function across `await`; elsewhere it ends when the function
 * returns, be it with a promise.
 */
export function withContext<R>(context: LogContext | ContextFields, run: () => R): R {
  let added: LogContext | undefined;
  try {
    // Not `instanceof`: it may be another copy's.
    if ((context as LogContext).typed instanceof Map) added = context as LogContext;
  } catch {
    // A proxy that throws is an object like others.
  }
  added ??= new LogContext(context as ContextFields);
  return within(scopeOf(added), run);
}

function scopeOf(added: LogContext): Scope {
  return { context: currentContext().merge(added), echo: currentEcho() };
}

function within<R>(inner: Scope, run: () => R): R {
  if (platform.storage) {
    scopes.scoped = true;
    return platform.storage.run(inner, run);
  }
  const outer = scopes.scope;
  scopes.scope = inner;
  try {
    return run();
  } finally {
    scopes.scope = outer;
  }
}

/** Makes a scope for work that is done in pieces; the returned function runs one in it. @internal */
export function detachedScope(fields: ContextFields): <R>(piece: () => R) => R {
  const scope = scopeOf(new LogContext(fields));
  return (piece) => within(scope, piece);
}
