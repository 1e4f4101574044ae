// Express 4 and 5: each request has its context, and a record at its end.

// Whichever entry the runtime has: a program may import nothing else of the package.
import 'kakashi-wasm';
import type { HttpExchange } from './requests/exchange.js';
import { type NodeRequest, type NodeResponse, beginNode } from './requests/node-exchange.js';
import { RequestDefaults, type RequestOptions, attempt, checkRequestOptions } from './requests/request-options.js';

export { requestId } from './requests/exchange.js';
export type { NodeRequest, NodeResponse, RequestOptions };

/** Hands a request on. */
export type NextFunction = (error?: unknown) => void;

const exchanges = new WeakMap<object, HttpExchange>();

/** Gives each request its context, and a record at its end: `app.use(requestLogger())` before all that handles requests. */
export function requestLogger<Q extends NodeRequest>(options: RequestOptions<Q> = {}): (request: Q, response: NodeResponse, next: NextFunction) => void {
  checkRequestOptions('requestLogger', options);
  const { route: find, ...others } = options;
  const settings = new RequestDefaults<Q>(others);
  return (request, response, next) => {
    // Routers may have it too.
    if (exchanges.has(request)) return next();
    const exchange = beginNode(settings, request, request, response);
    exchanges.set(request, exchange);
    onRoute(request, (route) => exchange.matched((find && attempt(() => find(request))) ?? route));
    exchange.run(next);
  };
}

/** Has a request's record name the error that its handler threw: `app.use(errorLogger())` after the routes, before other handlers of errors. */
export function errorLogger(): (error: unknown, request: NodeRequest, response: NodeResponse, next: NextFunction) => void {
  return (error, request, _response, next) => {
    exchanges.get(request)?.failed(error);
    next(error);
  };
}

/** Calls a function when a route has matched. Afterwards Express forgets what its router was mounted at. */
function onRoute(request: object, call: (route: string) => void): void {
  let current: { path?: unknown } | undefined;
  Object.defineProperty(request, 'route', {
    configurable: true,
    enumerable: true,
    get: () => current,
    set(route: { path?: unknown } | undefined) {
      current = route;
      const { baseUrl = '' } = request as { baseUrl?: string };
      if (route?.path !== undefined) call(`${baseUrl}${String(route.path)}`);
    },
  });
}
