import * as kakashi from 'kakashi-wasm';

const logger = kakashi.getLogger('worker');
const shown = [];
for (const method of ['debug', 'info', 'warn', 'error']) console[method] = (...args) => shown.push([method, ...args]);
kakashi.configure({ format: 'json' });

export default {
  async fetch(request) {
    const { pathname } = new URL(request.url);
    if (pathname === '/shown') return Response.json({ shown, stats: kakashi.stats() });
    logger.info('asked', { pathname });
    return new Response('ok');
  },
};
