// Next: handlers of routes and its proxy (middleware), on Node and on an edge; errors of pages by its instrumentation.

// Whichever entry the runtime has: a program may import nothing else of the package.
import 'kakashi-wasm';
import { configure } from './configure.js';
import { checkFunction } from './options.js';
import { getLogger } from './loggers/logger.js';
import type { Configuration } from './settings/configuration.js';
import { HttpExchange, errorFields, isLogged, setLogged } from './requests/exchange.js';
import { type FetchRequest, beginFetch, respond } from './requests/fetch-exchange.js';
import { RequestDefaults, type RequestOptions, checkRequestOptions } from './requests/request-options.js';

export { requestId } from './requests/exchange.js';
export type { FetchRequest, RequestOptions };

/** The status by which Next answers what `redirect()`, `notFound()` and others throw; 0 for what is no answer yet, none for an error. */
function thrownStatus(error: unknown): number | undefined {
  const digest: unknown = (error as { digest?: unknown } | null | undefined)?.digest;
  if (typeof digest !== 'string') return undefined;
  const redirected = /^NEXT_REDIRECT;.*;(\d{3});$/s.exec(digest)?.[1] ?? /^NEXT_HTTP_ERROR_FALLBACK;(\d{3})$/.exec(digest)?.[1];
  if (redirected) return Number(redirected);
  // It renders the page again, or at another time.
  return /^(NEXT_|DYNAMIC_SERVER_USAGE|BAILOUT_TO_CLIENT_SIDE_RENDERING|HANGING_PROMISE_REJECTION)/.test(digest) ? 0 : undefined;
}

const NEXT = 'x-middleware-next';
const OVERRIDES = 'x-middleware-override-headers';

/** Has a proxy that hands a request on give it the id: as `NextResponse.next({ request: { headers } })` does. */
function passOn(request: FetchRequest, response: Response, name: string, id: string): void {
  const { headers } = response;
  const set = (key: string, value: string) => headers.set(`x-middleware-request-${key}`, value);
  const given = headers.get(OVERRIDES);
  const names = given?.split(',') ?? [...(request.headers as Headers).keys()];
  if (given === null) for (const key of names) set(key, request.headers.get(key)!);
  set(name, id);
  headers.set(OVERRIDES, [...new Set([...names, name])].join(','));
}

/**
 * Wraps the handler of a route (`export const GET = withKakashi(…)`) or a proxy, which was called middleware: each request
 * has its context, and a record at its end with the error that it threw. A request that a proxy hands on has no record
 * of its own: the route has it, with the same id.
 */
export function withKakashi<Q extends FetchRequest, A extends unknown[], R>(
  handle: (request: Q, ...rest: A) => R,
  options: RequestOptions<Q> = {},
): (request: Q, ...rest: A) => Promise<Awaited<R>> {
  checkFunction('withKakashi', handle);
  checkRequestOptions('withKakashi', options);
  const settings = new RequestDefaults(options);
  return (request, ...rest) => {
    const exchange = beginFetch(settings, request, request, {});
    return exchange.run(async () => {
      let response;
      try {
        response = await handle(request, ...rest);
      } catch (error) {
        exchange.status = thrownStatus(error);
        if (exchange.status === undefined) exchange.fail(error);
        else if (exchange.status === 0) exchange.forget();
        else exchange.finish();
        throw error;
      }
      const made = response as Response | undefined;
      if (made?.headers?.get(NEXT)) {
        exchange.forget();
        passOn(request, made, settings.requestIdHeader, exchange.id);
      }
      return typeof made?.status === 'number' ? ((await respond(settings, exchange, made, request.method)) as typeof response) : (exchange.finish(), response);
    }) as Promise<Awaited<R>>;
  };
}

/** Loads kakashi before the first request, with settings if there are any: from `instrumentation.ts`. */
export function register(settings: Configuration = {}): void {
  configure(settings);
}

/** What Next says of a request. */
export interface FailedRequest {
  readonly path: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** What Next says of where an error was thrown. */
export interface FailedRoute {
  readonly routerKind: string;
  readonly routePath: string;
  readonly routeType: string;
}

/**
 * Logs an error of a page, an action, a route or the proxy with its request: `export { onRequestError } from 'kakashi-wasm/next'`
 * in `instrumentation.ts`. What the record of a request has named already is not logged again.
 */
export function onRequestError(error: unknown, request: FailedRequest, route: FailedRoute): void {
  if (isLogged(error)) return;
  setLogged(error);
  const { path, method, headers } = request;
  const { routerKind, routePath, routeType } = route;
  const exchange = new HttpExchange(new RequestDefaults<never>({}), request, { method, target: path, header: (name) => headers[name], route: routePath });
  exchange.forget();
  exchange.run(() => getLogger('http').error('Request failed', { ...errorFields(error), router_kind: routerKind, route_type: routeType }));
}
