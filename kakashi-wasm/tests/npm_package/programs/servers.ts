// Servers in TypeScript, with types of requests of their own: no framework need be there, nor any library of types.
import { getLogger } from 'kakashi-wasm';
import { type RequestOptions, errorLogger, requestLogger as ofExpress } from 'kakashi-wasm/express';
import { requestLogger as ofFastify } from 'kakashi-wasm/fastify';
import { requestLogger as ofHono } from 'kakashi-wasm/hono';
import { type FetchRequest, type NodeRequest, type NodeResponse, fetchHandler, requestId, requestListener } from 'kakashi-wasm/http-server';
import { onRequestError, register, withKakashi } from 'kakashi-wasm/next';

interface MyRequest extends NodeRequest {
  readonly ready: boolean;
}
interface MyAnswer {
  readonly status: number;
  readonly text: string;
}

const options: RequestOptions<MyRequest> = {
  logger: getLogger('access'),
  requestIdHeader: 'x-correlation-id',
  takesRequestId: false,
  ignore: (request) => request.ready,
  level: (status) => (status === 404 ? 'info' : status >= 500 ? 'error' : 20),
  query: ['page'],
  trustedProxies: ['10.0.0.0/8', '::1'],
  forwardedHeader: 'forwarded',
  peerAddress: () => undefined,
  route: () => '/orders/{id}',
};
export const listener: (request: MyRequest, response: NodeResponse) => void = requestListener((request: MyRequest) => request.ready, options);
export const handler: (request: FetchRequest, more: number) => Promise<MyAnswer> = fetchHandler(async (request: FetchRequest, more: number) => ({ status: more, text: request.url }), { ignore: ['/health'] });
export const GET: (request: FetchRequest) => Promise<MyAnswer> = withKakashi((request: FetchRequest) => ({ status: 200, text: request.url }), { route: () => '/x' });
export const all = [ofExpress(options), errorLogger(), ofFastify, ofHono({ ignore: ['/health'] }), onRequestError, register];
register({ level: 'info' });
export const id: string | undefined = requestId();

// @ts-expect-error there is no such setting
requestListener(() => {}, { ignores: [] });
// @ts-expect-error there is no such header
ofExpress({ forwardedHeader: 'x-real-ip' });
