import * as kakashi from 'kakashi-wasm';
import { withKakashi } from 'kakashi-wasm/cloudflare';
import { scenario } from './scenario.mjs';

const logger = kakashi.getLogger('worker');
/** What the console got. */
const shown = [];
for (const method of ['debug', 'info', 'warn', 'error']) console[method] = (...args) => shown.push([method, ...args]);

logger.info('Logged while the worker starts', { start: true });

export default withKakashi({
  async fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === '/scenario') {
      try {
        await scenario(kakashi);
        return new Response('ok');
      } catch (error) {
        return new Response(error.stack, { status: 500 });
      } finally {
        kakashi.configure({ level: 'info', sinks: [kakashi.consoleSink()], service: {}, redact: [] });
      }
    }
    if (pathname === '/shown') return Response.json({ shown, stats: kakashi.stats() });
    const id = searchParams.get('id');
    kakashi.setRequestContext('::1', `GET ${pathname}`, { requestId: id });
    logger.info('before', { id });
    await scheduler.wait(Number(searchParams.get('wait')));
    logger.warning('after', { id });
    if (pathname === '/fails') {
      logger.info('about to fail', { id });
      throw new Error('the handler failed');
    }
    return new Response('ok');
  },
});
