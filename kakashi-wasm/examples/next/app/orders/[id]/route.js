import { getLogger, setUserContext } from 'kakashi-wasm';
import { logged } from '../../../lib/logged.js';

const log = getLogger('shop');

export const GET = logged('/orders/:id', async (request, { params }) => {
  setUserContext({ userId: request.headers.get('x-user') ?? 'nobody' });
  const { id } = await params;
  await new Promise((resolve) => setTimeout(resolve, 1));
  log.info('Order shown', { id });
  return Response.json({ id });
});
