// Fastify 5: a plugin that gives each request its context, and a record at its end.

// Whichever entry the runtime has: a program may import nothing else of the package.
import 'kakashi-wasm';
import type { HttpExchange } from './requests/exchange.js';
import { type NodeRequest, type NodeResponse, beginNode } from './requests/node-exchange.js';
import { RequestDefaults, type RequestOptions, checkRequestOptions } from './requests/request-options.js';

export { requestId } from './requests/exchange.js';
export type { NodeRequest, NodeResponse, RequestOptions };

/** The part of a server that is used. */
export interface FastifyServer {
  addHook(name: string, hook: (...given: never[]) => void): unknown;
}

/** The part of a request that is used. */
export interface FastifyRequestParts {
  id: string;
  readonly raw: NodeRequest;
  readonly ip: string;
  readonly routeOptions: { readonly url?: string | undefined };
}

/** The part of a reply that is used. */
export interface FastifyReplyParts {
  readonly raw: NodeResponse;
}

/** What `register` takes of Fastify's own. */
interface FastifyOptions {
  prefix?: unknown;
  logLevel?: unknown;
  logSerializers?: unknown;
}

/** Calls Fastify back. */
export type FastifyDone = (error?: Error) => void;

const exchanges = new WeakMap<object, HttpExchange>();

/**
 * The plugin: `app.register(requestLogger, options)` before the routes. The request's id is `request.id` too; its
 * address is `request.ip`, which follows Fastify's `trustProxy`. Errors are in the request's record.
 */
export function requestLogger(server: FastifyServer, options: RequestOptions<FastifyRequestParts>, done: FastifyDone): void {
  const { prefix: _, logLevel: __, logSerializers: ___, ...own } = options as RequestOptions<FastifyRequestParts> & FastifyOptions;
  checkRequestOptions('requestLogger', own);
  const settings = new RequestDefaults(own);
  server.addHook('onRequest', (request: FastifyRequestParts, reply: FastifyReplyParts, next: FastifyDone) => {
    const { raw } = request;
    // Of a plugin that is registered twice the first writes the record.
    if (exchanges.has(raw)) return next();
    const exchange = beginNode(settings, request, raw, reply.raw, { route: request.routeOptions.url, peer: request.ip });
    exchanges.set(raw, exchange);
    request.id = exchange.id;
    exchange.run(next);
  });
  server.addHook('onError', (request: FastifyRequestParts, _reply: FastifyReplyParts, error: unknown, next: FastifyDone) => {
    exchanges.get(request.raw)?.failed(error);
    next();
  });
  done();
}

// For the whole server, not only for the plugin's own routes: as `fastify-plugin` marks it.
Object.assign(requestLogger, {
  [Symbol.for('skip-override')]: true,
  [Symbol.for('fastify.display-name')]: 'kakashi-wasm',
  [Symbol.for('plugin-meta')]: { name: 'kakashi-wasm', fastify: '>=5.0.0' },
});
