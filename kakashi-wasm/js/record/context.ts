// Contexts: fields of all records of a request, a user or a program.
//
// A context never changes. Its values are encoded when it is made, so that later changes
// of their objects change no record.

import type { Fields } from './fields.js';
import { platform } from '../platform.js';
import { readProperty } from '../wire/value.js';
import { type Writer, written } from '../wire/writer.js';

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

const TYPED: Record<string, string> = {
  __proto__: null as never,
  // These four are the request's.
  ip: 'ip',
  access: 'access',
  requestId: 'request_id',
  userAgent: 'user_agent',
  userId: 'user_id',
  sessionId: 'session_id',
  serviceName: 'service_name',
  version: 'version',
  environment: 'environment',
};

/** The names in records of what `setRequestContext` adds. */
const REQUEST = Object.values(TYPED).slice(0, 4);

/** A value, and its bytes as they were when the context was made. */
interface EncodedValue {
  readonly value: unknown;
  readonly bytes: Uint8Array;
}

type Pairs = ReadonlyMap<string, EncodedValue>;
const NONE: Pairs = new Map();

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
    for (const key of Object.keys(fields ?? {})) {
      const value = readProperty(fields!, key);
      if (value === undefined) continue;
      const known = TYPED[key];
      (known ? typed : custom).set(known ?? key, encoded(known ? `${value as string}` : value));
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
  with(fields: Fields): LogContext {
    const custom = new Map(this.custom);
    for (const key of Object.keys(fields)) custom.set(key, encoded(readProperty(fields, key)));
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
    for (const [key, value] of this.typed) pair(out, key, value);
    for (const [key, value] of this.custom) if (!this.typed.has(key)) pair(out, key, value);
  }
}

function encoded(value: unknown): EncodedValue {
  return { value, bytes: written((out) => out.value(value)) };
}

function pair(out: Writer, key: string, { bytes }: EncodedValue): void {
  out.text(key);
  out.raw(bytes);
}

function join(outer: Pairs, inner: Pairs): Pairs {
  return inner.size ? new Map([...outer, ...inner]) : outer;
}

function of(typed: Pairs, custom: Pairs): LogContext {
  const context = new LogContext();
  Object.assign(context, { typed, custom });
  return context;
}

/** The context without fields. */
export const EMPTY: LogContext = of(NONE, NONE);

/** Holds the current context of a task, or of the program. */
interface Scope {
  context: LogContext;
}

const program: Scope = { context: EMPTY };
let scope = program;
/** Whether `withContext` was ever called; before, no task has a scope of its own. */
let scoped = false;

function currentScope(): Scope {
  return (scoped && (platform.storage?.getStore() as Scope | undefined)) || scope;
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
  change({ ip: ip || undefined, access: access || undefined, requestId: more.requestId, userAgent: more.userAgent } as ContextFields);
}

/** Adds a user to all records of the current task from now on. */
export function setUserContext(user: { userId?: string; sessionId?: string; [key: string]: unknown }): void {
  change(user as ContextFields);
}

/** Adds fields to all records of the current task from now on. */
export function setCustomContext(fields: Fields): void {
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

/**
 * Runs a function in a scope of its own: contexts that it sets end with it.
 *
 * Where the runtime has AsyncLocalStorage (Node, Deno, Bun, workerd, edge runtimes) the
 * context stays with the function across `await`; elsewhere it ends when the function
 * returns, be it with a promise.
 */
export function withContext<R>(context: LogContext | ContextFields, run: () => R): R {
  const added = context instanceof LogContext ? context : new LogContext(context);
  const inner: Scope = { context: currentContext().merge(added) };
  if (platform.storage) {
    scoped = true;
    return platform.storage.run(inner, run);
  }
  const outer = scope;
  scope = inner;
  try {
    return run();
  } finally {
    scope = outer;
  }
}
