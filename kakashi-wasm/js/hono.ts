// Hono 4, on every runtime: each request has its context, and a record at its end.

// Whichever entry the runtime has: a program may import nothing else of the package.
import 'kakashi-wasm';
import { type FetchRequest, beginFetch, holdFor, respond } from './requests/fetch-exchange.js';
import { RequestDefaults, type RequestOptions, attempt, checkRequestOptions } from './requests/request-options.js';

export { requestId } from './requests/exchange.js';
export type { FetchRequest, RequestOptions };

/** The part of a context that is used. */
export interface HonoContext {
  readonly req: { readonly raw: FetchRequest };
  readonly env: unknown;
  res: unknown;
  error: Error | undefined;
  header(name: string, value: string): void;
  set(key: never, value: never): void;
}

interface Route {
  readonly method: string;
  readonly path: string;
}

/** The route that will answer: the last one that matches; what is for all methods and paths is middleware. */
function routeOf({ req }: HonoContext): string | undefined {
  const last = (req as { matchedRoutes?: readonly Route[] }).matchedRoutes?.at(-1);
  return !last || (last.method === 'ALL' && last.path.endsWith('*')) ? undefined : last.path;
}

/** The address of the other end, as Hono's adapters for Node, Bun, Deno and Cloudflare say it. */
function peerOf({ env, req: { raw } }: HonoContext): string | undefined {
  const { incoming, server = env, remoteAddr } = (env ?? {}) as {
    incoming?: { socket?: { remoteAddress?: string } };
    server?: { requestIP?(request: unknown): { address?: string } | null };
    remoteAddr?: { hostname?: string };
  };
  try {
    const { requestIP } = server as { requestIP?(request: unknown): { address?: string } | null };
    return incoming?.socket?.remoteAddress ?? requestIP?.call(server, raw)?.address ?? remoteAddr?.hostname ?? ('cf' in raw ? (raw.headers.get('cf-connecting-ip') ?? undefined) : undefined);
  } catch {
    // Of a request that has ended, or of none.
    return undefined;
  }
}

/**
 * The middleware: `app.use(requestLogger())` before all others. What a handler throws is in the request's record,
 * whatever `onError` answers; the id is `c.get('requestId')` too.
 */
export function requestLogger<C extends HonoContext>(options: RequestOptions<C> = {}): (context: C, next: () => Promise<void>) => Promise<void> {
  checkRequestOptions('requestLogger', options);
  const settings = new RequestDefaults(options);
  return async (context, next) => {
    const { raw } = context.req;
    const exchange = beginFetch(settings, context, raw, { route: routeOf(context), peer: peerOf(context) });
    attempt(() => holdFor(exchange, [(context as { executionCtx?: unknown }).executionCtx]));
    context.set('requestId' as never, exchange.id as never);
    // Whatever answers has it: `onError` and `notFound` too.
    context.header(settings.requestIdHeader, exchange.id);
    await exchange.run(async () => {
      try {
        await next();
      } catch (error) {
        // What is no `Error` goes through all middleware.
        exchange.fail(error);
        throw error;
      }
      if (context.error) exchange.failed(context.error);
      const response = await respond(settings, exchange, context.res as Response, raw.method);
      if (response === context.res) return;
      // Else it would merge the headers.
      context.res = undefined;
      context.res = response;
    });
  };
}
