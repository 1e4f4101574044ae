import { getLogger, setUserContext } from 'kakashi-wasm';
import { logged } from '../../lib/logged.js';

const log = getLogger('shop');

export const POST = logged('/orders', async (request) => {
  setUserContext({ userId: request.headers.get('x-user') ?? 'nobody' });
  const { id } = await request.json();
  log.info('Order accepted', { id });
  return Response.json({ id }, { status: 201 });
});
