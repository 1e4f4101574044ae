// A shop with Express 4 or 5: PORT=3000 node server.mjs
import { Readable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import express from 'express';
import { configure, flushOnSignals, getLogger, setUserContext } from 'kakashi-wasm';
import { errorLogger, requestLogger } from 'kakashi-wasm/express';

configure({ format: 'json', service: { name: 'shop' } });
flushOnSignals();
const log = getLogger('shop');

const app = express();
app.use(requestLogger({ ignore: ['/health'], query: ['page'] }));
app.use(express.json());
app.get('/health', (_, response) => response.send('ok'));

const orders = express.Router();
orders.use((request, _, next) => {
  setUserContext({ userId: request.get('x-user') ?? 'nobody' });
  next();
});
orders.get('/:id', async ({ params: { id } }, response) => {
  await setTimeout(1);
  log.info('Order shown', { id });
  response.json({ id });
});
orders.post('/', ({ body }, response) => {
  log.info('Order accepted', { id: body.id });
  response.status(201).json({ id: body.id });
});
orders.get('/:id/invoice', ({ params: { id } }, _, next) => {
  setTimeout(1).then(() => next(new TypeError(`no invoice of ${id}`)));
});
app.use('/orders', orders);

app.get('/report', (_, response) => {
  const lines = ['one\n', 'two\n', 'three\n'].map((line) => (log.debug('Line'), line));
  Readable.from(lines).pipe(response.type('text/plain'));
});
app.get('/events', async (_, response) => {
  response.type('text/event-stream');
  while (!response.closed) {
    response.write('data: tick\n\n');
    await setTimeout(100);
  }
});

app.use(errorLogger());
app.use((_error, _request, response, _next) => response.status(500).json({ error: 'sorry' }));

app.listen(Number(process.env.PORT ?? 3000), () => log.info('Listening'));
