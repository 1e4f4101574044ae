import { withKakashi } from 'kakashi-wasm/next';

const options = {
  ignore: ['/health'],
  query: ['page'],
  // Next's server writes this header itself, as the platforms do that it runs on.
  peerAddress: (request) => request.headers.get('x-forwarded-for') ?? undefined,
};

/** Wraps the handler of a route. */
export const logged = (route, handle) => withKakashi(handle, { ...options, route: () => route });
