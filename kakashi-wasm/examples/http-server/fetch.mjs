// A shop without a framework, on Bun (`bun fetch.mjs`), Deno (`deno serve fetch.mjs`) and Cloudflare.
import { configure, getLogger, setUserContext } from 'kakashi-wasm';
import { fetchHandler } from 'kakashi-wasm/http-server';

configure({ format: 'json', service: { name: 'shop' } });
const log = getLogger('shop');
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Answers with pieces of a text, each when it is read. */
function streamed(pieces, headers) {
  const from = pieces[Symbol.asyncIterator]();
  return new Response(
    new ReadableStream({
      async pull(controller) {
        const { done, value } = await from.next();
        if (done) controller.close();
        else controller.enqueue(new TextEncoder().encode(value));
      },
      cancel: () => void from.return(),
    }),
    { headers },
  );
}
async function* report() {
  for (const line of ['one\n', 'two\n', 'three\n']) {
    yield line;
    await pause(1);
  }
}
async function* ticks() {
  for (;; await pause(100)) yield 'data: tick\n\n';
}

/** Answers a request; what it throws is logged, and the runtime answers. */
async function handle(request) {
  const { pathname } = new URL(request.url);
  if (pathname === '/health') return new Response('ok');
  if (pathname === '/report') return streamed(report(), { 'content-type': 'text/plain' });
  if (pathname === '/events') return streamed(ticks(), { 'content-type': 'text/event-stream' });
  const [, id, rest] = /^\/orders\/?(\w*)(\/invoice)?$/.exec(pathname) ?? [];
  if (id === undefined) return new Response('not found', { status: 404 });
  setUserContext({ userId: request.headers.get('x-user') ?? 'nobody' });
  await pause(1);
  if (rest) throw new TypeError(`no invoice of ${id}`);
  if (request.method === 'POST') {
    const order = await request.json();
    log.info('Order accepted', { id: order.id });
    return Response.json({ id: order.id }, { status: 201 });
  }
  log.info('Order shown', { id });
  return Response.json({ id });
}

export default { fetch: fetchHandler(handle, { ignore: ['/health'], query: ['page'] }) };
