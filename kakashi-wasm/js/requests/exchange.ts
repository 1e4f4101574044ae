// A request and its response, from the call to the last byte: its scope and its record.
//
// Names, levels and messages are those of kakashi_std::tower.

import { type ContextFields, currentContext, detachedScope, setCustomContext } from '../record/context.js';
import { type Fields, thrownFields } from '../record/fields.js';
import { once } from '../realm.js';
import { clientAddress } from './client-address.js';
import { newId, takenId, traceIds } from './request-id.js';
import { type RequestDefaults, attempt } from './request-options.js';

/** The most that is kept of texts that a client chooses. */
const MAX_PATH = 1024;
const MAX_AGENT = 256;
const MAX_QUERY = 1024;

/** What a framework knows of a request besides. @internal */
export interface KnownParts {
  readonly peer?: string | undefined;
  readonly route?: string | undefined;
}

/** What is read of a request, whatever its class. @internal */
export interface RequestParts extends KnownParts {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly header: (name: string) => unknown;
}

/** What an error has that a record names already. Next hands errors from the realm of its edge to that of its server. */
const LOGGED = /* @__PURE__ */ Symbol.for('kakashi-wasm.logged');
/** Those of them that can have no mark. */
const frozen = /* @__PURE__ */ once('logged', () => new WeakSet<object>());

/** Whether a record of a request has named an error: whoever sees it next need not log it again. @internal */
export function isLogged(error: unknown): boolean {
  return typeof error === 'object' && error !== null && (LOGGED in error || frozen.has(error));
}

/** Remembers that a record names an error. @internal */
export function setLogged(error: unknown): void {
  if (typeof error !== 'object' || !error) return;
  try {
    Object.defineProperty(error, LOGGED, { value: true });
  } catch {
    frozen.add(error);
  }
}

function cut(text: string, most: number): string {
  if (text.length <= most) return text;
  // Not within a pair of surrogates.
  return text.slice(0, /[\ud800-\udbff]/.test(text[most - 1]!) ? most - 1 : most);
}

/** A query of which only the values of some parameters are written. */
function queryOf(query: string, shown: readonly string[]): string {
  const pairs = cut(query, MAX_QUERY).split('&').filter(Boolean);
  return pairs.map((pair) => (shown.includes(pair.split('=', 1)[0]!) ? pair : pair.replace(/=.*/s, '=[REDACTED]'))).join('&');
}

/** The fields of an error, without what those of parsers bring: the body that the client sent. @internal */
export function errorFields(error: unknown): Fields {
  const { 'exception.body': _, ...fields } = thrownFields(error);
  return fields;
}

/** The id of the request that is being handled, of any of the frameworks. */
export function requestId(): string | undefined {
  return currentContext().toJSON()['request_id'] as string | undefined;
}

/** What is known of a request that is not over. @internal */
export class HttpExchange {
  readonly id: string;
  /** Runs a piece of the request in its scope. */
  readonly run: <R>(piece: () => R) => R;
  status: number | undefined;
  /** Bytes of the response's body. */
  bytes = 0;
  private readonly begun = performance.now();
  private isOver = false;
  private resolve: (() => void) | undefined;
  private readonly isIgnored: boolean;
  private thrown: { error: unknown } | undefined;

  /** Begins a request, as the framework has it: what the program's functions are given. */
  constructor(
    private readonly settings: RequestDefaults<never>,
    request: unknown,
    { method, target, header, peer, route }: RequestParts,
  ) {
    const { options, requestIdHeader, trusted } = settings;
    this.id = (options.takesRequestId === false ? undefined : takenId(header(requestIdHeader))) ?? newId();
    const [path, query] = target.replace(/#.*/s, '').split(/\?(.*)/s, 2) as [string, string | undefined];
    const forwarded = options.forwardedHeader ?? 'x-forwarded-for';
    const { peerAddress, route: routeOf } = options;
    const agent = header('user-agent');
    const fields: Record<string, unknown> = {
      ip: clientAddress((peerAddress && attempt(() => peerAddress(request as never))) ?? peer, header(forwarded) as string | undefined, forwarded === 'forwarded', trusted),
      access: `${method} ${cut(path, MAX_PATH)}`,
      requestId: this.id,
      userAgent: typeof agent === 'string' ? cut(agent, MAX_AGENT) : undefined,
      method,
      route: (routeOf && attempt(() => routeOf(request as never))) ?? route,
      query: options.query && query ? queryOf(query, options.query) : undefined,
      ...traceIds(header('traceparent')),
    };
    this.run = detachedScope(fields as ContextFields);
    this.isIgnored = settings.ignores(request as never, path);
  }

  /** Resolves when the request is over; it is asked once. */
  over(): Promise<void> {
    return new Promise((resolve) => (this.isOver ? resolve() : (this.resolve = resolve)));
  }

  /** Takes the route that has matched, once it is known. */
  matched(route: string): void {
    this.run(() => setCustomContext({ route }));
  }

  /** Takes the error that a response is made of. */
  failed(error: unknown): void {
    this.thrown = { error };
  }

  /** Writes the record of a request whose response is whole. */
  finish(): void {
    const { status, thrown, settings } = this;
    const level = status === undefined ? (thrown ? 40 : 20) : settings.levelOf(status);
    this.end(level, thrown ? 'Request failed' : 'Request finished');
  }

  /** Writes the record of a request whose handler, or whose body, threw. */
  fail(error: unknown): void {
    this.failed(error);
    this.end(40, 'Request failed');
  }

  /** Writes the record of a request that nobody waits for any more. */
  abandon(): void {
    if (this.thrown) return this.fail(this.thrown.error);
    this.end(30, this.status === undefined ? 'Client went away before the response' : 'Client went away during the response');
  }

  /** Writes no record. */
  forget(): void {
    this.isOver = true;
    this.resolve?.();
  }

  private end(level: number, message: string): void {
    if (this.isOver) return;
    this.forget();
    const { thrown, status, bytes } = this;
    if (this.isIgnored && level < 40) return;
    const duration = Math.round((performance.now() - this.begun) * 1000) / 1e6;
    if (thrown) setLogged(thrown.error);
    const fields = { ...(status !== undefined && { status }), bytes, duration, ...(thrown && errorFields(thrown.error)) };
    this.run(() => this.settings.logger.log(level, message, fields));
  }
}
