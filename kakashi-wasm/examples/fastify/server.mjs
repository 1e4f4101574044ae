// A shop with Fastify 5: PORT=3000 node server.mjs
import { Readable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import fastify from 'fastify';
import { configure, flushOnSignals, getLogger, setUserContext } from 'kakashi-wasm';
import { requestLogger } from 'kakashi-wasm/fastify';

configure({ format: 'json', service: { name: 'shop' } });
flushOnSignals();
const log = getLogger('shop');

const app = fastify();
app.register(requestLogger, { ignore: ['/health'], query: ['page'] });
app.get('/health', async () => 'ok');

app.register(
  async (orders) => {
    orders.addHook('preHandler', async ({ headers }) => setUserContext({ userId: headers['x-user'] ?? 'nobody' }));
    orders.get('/:id', async ({ params: { id } }) => {
      await setTimeout(1);
      log.info('Order shown', { id });
      return { id };
    });
    orders.post('/', async ({ body }, reply) => {
      log.info('Order accepted', { id: body.id });
      return reply.code(201).send({ id: body.id });
    });
    orders.get('/:id/invoice', async ({ params: { id } }) => {
      await setTimeout(1);
      throw new TypeError(`no invoice of ${id}`);
    });
  },
  { prefix: '/orders' },
);

app.get('/report', async (_, reply) => reply.type('text/plain').send(Readable.from(['one\n', 'two\n', 'three\n'])));

async function* ticks() {
  for (;;) {
    yield 'data: tick\n\n';
    await setTimeout(100);
  }
}
app.get('/events', async (_, reply) => reply.type('text/event-stream').send(Readable.from(ticks())));

await app.listen({ port: Number(process.env.PORT ?? 3000), host: '127.0.0.1' });
log.info('Listening');
