// Servers without a framework: handlers of node:http, and of the Fetch standard (Bun, Deno, workers).

// Whichever entry the runtime has: a program may import nothing else of the package.
import 'kakashi-wasm';
import { checkFunction } from './options.js';
import { type FetchRequest, beginFetch, holdFor, respond } from './requests/fetch-exchange.js';
import { type NodeRequest, type NodeResponse, beginNode } from './requests/node-exchange.js';
import { RequestDefaults, type RequestOptions, checkRequestOptions } from './requests/request-options.js';

export { requestId } from './requests/exchange.js';
export type { FetchRequest, NodeRequest, NodeResponse, RequestOptions };

/** What a handler without types of its own finds in a request of Node's. */
export interface IncomingRequest extends NodeRequest, AsyncIterable<Uint8Array> {
  on(name: string, listener: (...given: any[]) => void): unknown;
}

/** What a handler without types of its own finds in a response of Node's. */
export interface OutgoingResponse extends NodeResponse {
  setHeader(name: string, value: string | number | readonly string[]): unknown;
  writeHead(status: number, headers?: Record<string, string | number | string[]>): unknown;
  write(chunk: string | Uint8Array): boolean;
  end(chunk?: string | Uint8Array): unknown;
}

/**
 * Wraps a handler of `http.createServer`, and of node:http2's. What it throws, at once or later, is in the
 * request's record, and is answered with a 500.
 */
export function requestListener<Q extends NodeRequest = IncomingRequest, S extends NodeResponse = OutgoingResponse>(
  handle: (request: Q, response: S) => unknown,
  options: RequestOptions<Q> = {},
): (request: Q, response: S) => void {
  checkFunction('requestListener', handle);
  checkRequestOptions('requestListener', options);
  const settings = new RequestDefaults(options);
  return (request, response) => {
    const exchange = beginNode(settings, request, request, response);
    exchange.run(async () => {
      try {
        await handle(request, response);
      } catch (error) {
        exchange.failed(error);
        const { headersSent } = response;
        if (!headersSent) response.statusCode = 500;
        if (headersSent) (response as { destroy?(): void }).destroy?.();
        else response.end();
      }
    });
  };
}

/** The address of the other end, as Bun, Deno and Cloudflare say it. */
function peerOf(request: FetchRequest, server: unknown): string | undefined {
  const bun = server as { requestIP?(request: unknown): { address?: string } | null } | undefined;
  const deno = server as { remoteAddr?: { hostname?: string } } | undefined;
  try {
    return bun?.requestIP?.(request)?.address ?? deno?.remoteAddr?.hostname ?? ('cf' in request ? (request.headers.get('cf-connecting-ip') ?? undefined) : undefined);
  } catch {
    // Of a request that has ended.
    return undefined;
  }
}

/**
 * Wraps a handler that makes a `Response` of a `Request`: `Bun.serve({ fetch })`, `Deno.serve`, a worker's `fetch`.
 * What it throws is in the request's record, and goes on to the server.
 */
export function fetchHandler<Q extends FetchRequest, A extends unknown[], R>(
  handle: (request: Q, ...rest: A) => R,
  options: RequestOptions<Q> = {},
): (request: Q, ...rest: A) => Promise<Awaited<R>> {
  checkFunction('fetchHandler', handle);
  checkRequestOptions('fetchHandler', options);
  const settings = new RequestDefaults(options);
  return (request, ...rest) => {
    const exchange = beginFetch(settings, request, request, { peer: peerOf(request, rest[0]) });
    holdFor(exchange, rest);
    return exchange.run(async () => {
      try {
        const response = await handle(request, ...rest);
        if (!isResponse(response)) {
          exchange.finish();
          return response;
        }
        return (await respond(settings, exchange, response, request.method)) as typeof response;
      } catch (error) {
        exchange.fail(error);
        throw error;
      }
    }) as Promise<Awaited<R>>;
  };
}

/** Bun's `upgrade` leaves none. */
function isResponse(made: unknown): made is Response {
  return typeof (made as Response | undefined)?.status === 'number' && typeof (made as Response).headers?.get === 'function';
}
