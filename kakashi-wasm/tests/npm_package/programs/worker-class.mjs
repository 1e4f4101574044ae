import { WorkerEntrypoint } from 'cloudflare:workers';
import * as kakashi from 'kakashi-wasm';
import { withKakashi } from 'kakashi-wasm/cloudflare';

const logger = kakashi.getLogger('worker');
const shown = [];
for (const method of ['debug', 'info', 'warn', 'error']) console[method] = (...args) => shown.push([method, ...args]);

class Base extends WorkerEntrypoint {
  add(one, other) {
    logger.info('added', { one, other });
    return one + other;
  }
}

export class Adder extends Base {}

export default withKakashi(
  class Worker extends Base {
    async fetch(request) {
      const { pathname } = new URL(request.url);
      if (pathname === '/shown') return Response.json({ shown, stats: kakashi.stats() });
      kakashi.setCustomContext({ path: pathname });
      logger.info('asked');
      if (pathname === '/rpc') return new Response(String(await this.env.SELF.add(1, 2)));
      if (pathname === '/fails') throw new Error('the handler failed');
      return new Response(this.constructor.name);
    }
  },
);
