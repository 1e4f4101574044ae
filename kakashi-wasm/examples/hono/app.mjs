// A shop with Hono 4: the same app on Node (server.mjs), Bun and Deno (`bun app.mjs`, `deno serve app.mjs`) and Cloudflare.
import { Hono } from 'hono';
import { stream } from 'hono/streaming';
import { configure, getLogger, setUserContext } from 'kakashi-wasm';
import { requestLogger } from 'kakashi-wasm/hono';

configure({ format: 'json', service: { name: 'shop' } });
const log = getLogger('shop');

const app = new Hono();
app.use(requestLogger({ ignore: ['/health'], query: ['page'] }));
app.get('/health', (c) => c.text('ok'));

const orders = new Hono();
orders.use(async (c, next) => {
  setUserContext({ userId: c.req.header('x-user') ?? 'nobody' });
  await next();
});
orders.get('/:id', async (c) => {
  const id = c.req.param('id');
  await new Promise((resolve) => setTimeout(resolve, 1));
  log.info('Order shown', { id });
  return c.json({ id });
});
orders.post('/', async (c) => {
  const { id } = await c.req.json();
  log.info('Order accepted', { id });
  return c.json({ id }, 201);
});
orders.get('/:id/invoice', async (c) => {
  await new Promise((resolve) => setTimeout(resolve, 1));
  throw new TypeError(`no invoice of ${c.req.param('id')}`);
});
app.route('/orders', orders);

app.get('/report', (c) =>
  stream(c, async (out) => {
    for (const line of ['one\n', 'two\n', 'three\n']) {
      await out.write(line);
      await out.sleep(1);
    }
  }),
);
app.get('/events', (c) =>
  stream(c, async (out) => {
    while (!out.aborted) {
      await out.write('data: tick\n\n');
      await out.sleep(100);
    }
  }),
);

app.onError((_, c) => c.json({ error: 'sorry' }, 500));

export default app;
