// Requests of node:http and node:http2, and of what is built on them.

import { HttpExchange, type KnownParts } from './exchange.js';
import type { RequestDefaults } from './request-options.js';

/** What types of others say in too many ways. */
interface Emitter {
  once(name: string, listener: () => void): unknown;
}

/** The part of an `IncomingMessage` that is used. */
export interface NodeRequest {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly socket?: { readonly remoteAddress?: string | undefined } | null | undefined;
}

/** The part of a `ServerResponse` that is used. */
export interface NodeResponse {
  statusCode: number;
  readonly headersSent: boolean;
  readonly writableFinished: boolean;
  setHeader(name: string, value: string): unknown;
  end(): unknown;
}

type Change = (this: unknown, ...given: unknown[]) => unknown;

/** Puts a function around a method of one object. */
function around(object: object, name: string, change: (original: (...given: unknown[]) => unknown) => Change): void {
  const original = (object as Record<string, Change>)[name];
  if (typeof original !== 'function') return;
  Object.defineProperty(object, name, { configurable: true, writable: true, value: change(original.bind(object)) });
}

/** Responses without a body, whatever is written to them. */
function hasNoBody(method: string, status: number): boolean {
  return method === 'HEAD' || status === 204 || status === 304;
}

function lengthOf(chunk: unknown, encoding: unknown): number {
  if (typeof chunk === 'string') return globalThis.Buffer ? Buffer.byteLength(chunk, typeof encoding === 'string' ? (encoding as BufferEncoding) : 'utf8') : new TextEncoder().encode(chunk).length;
  return (chunk as Uint8Array | undefined)?.byteLength ?? 0;
}

/** Begins a request whose record is written when its response is whole, or its client gone. @internal */
export function beginNode<Q>(settings: RequestDefaults<Q>, given: Q, request: NodeRequest, response: NodeResponse, known: KnownParts = {}): HttpExchange {
  const { headers } = request;
  const method = request.method ?? 'GET';
  const exchange = new HttpExchange(settings as never, given, {
    method,
    // Routers of Express change `url`.
    target: (request as { originalUrl?: string }).originalUrl ?? request.url ?? '/',
    header: (name) => headers[name],
    peer: request.socket?.remoteAddress,
    ...known,
  });
  headers[settings.requestIdHeader] = exchange.id;
  response.setHeader(settings.requestIdHeader, exchange.id);

  // Their events come from the socket, which knows nothing of the scope.
  const inScope = (emit: (...given: unknown[]) => unknown): Change => (...given) => exchange.run(() => emit(...given));
  around(request, 'emit', inScope);
  around(response, 'emit', inScope);
  let isEnding = false;
  for (const name of ['write', 'end']) {
    around(response, name, (original) => (...given) => {
      // Some runtimes write within `end`.
      if (isEnding) return original(...given);
      if (typeof given[0] !== 'function' && !hasNoBody(method, response.statusCode)) exchange.bytes += lengthOf(given[0], given[1]);
      isEnding = name === 'end';
      try {
        return original(...given);
      } finally {
        isEnding = false;
      }
    });
  }
  const takeStatus = () => {
    if (response.headersSent) exchange.status = response.statusCode;
  };
  const emitter = response as unknown as Emitter;
  emitter.once('finish', () => {
    takeStatus();
    exchange.finish();
  });
  emitter.once('close', () => {
    takeStatus();
    const { errored } = response as { errored?: unknown };
    if (response.writableFinished) exchange.finish();
    else if (errored) exchange.fail(errored);
    else exchange.abandon();
  });
  return exchange;
}
