import { setUserContext } from 'kakashi-wasm';
import { logged } from '../../../../lib/logged.js';

// The record names the error and its request; Next answers with a 500.
export const GET = logged('/orders/:id/invoice', async (request, { params }) => {
  setUserContext({ userId: request.headers.get('x-user') ?? 'nobody' });
  const { id } = await params;
  throw new TypeError(`no invoice of ${id}`);
});
