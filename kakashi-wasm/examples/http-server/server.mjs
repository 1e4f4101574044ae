// A shop without a framework, on Node: PORT=3000 node server.mjs
import { createServer } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { configure, flushOnSignals, getLogger, setUserContext } from 'kakashi-wasm';
import { requestListener } from 'kakashi-wasm/http-server';

configure({ format: 'json', service: { name: 'shop' } });
flushOnSignals();
const log = getLogger('shop');

/** Answers a request; what it throws is logged, and answered with a 500. */
async function handle(request, response) {
  const { pathname } = new URL(request.url, 'http://shop');
  if (pathname === '/health') return response.end('ok');
  if (pathname === '/report') {
    for (const line of ['one\n', 'two\n', 'three\n']) response.write(line);
    return response.end();
  }
  if (pathname === '/events') {
    for (; !response.closed; await setTimeout(100)) response.write('data: tick\n\n');
    return;
  }
  const [, id, rest] = /^\/orders\/?(\w*)(\/invoice)?$/.exec(pathname) ?? [];
  if (id === undefined) return response.writeHead(404).end('not found');
  setUserContext({ userId: request.headers['x-user'] ?? 'nobody' });
  await setTimeout(1);
  if (rest) throw new TypeError(`no invoice of ${id}`);
  if (request.method === 'POST') {
    let body = '';
    for await (const part of request) body += part;
    const order = JSON.parse(body);
    log.info('Order accepted', { id: order.id });
    return response.writeHead(201).end(JSON.stringify({ id: order.id }));
  }
  log.info('Order shown', { id });
  response.setHeader('content-type', 'application/json').end(JSON.stringify({ id }));
}

createServer(requestListener(handle, { ignore: ['/health'], query: ['page'] })).listen(Number(process.env.PORT ?? 3000), '127.0.0.1');
