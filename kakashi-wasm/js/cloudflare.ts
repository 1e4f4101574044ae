// Cloudflare Workers: one flush a request, which the platform waits for, and one
// object a record on the console, whose fields the platform indexes.

import { withContext } from './record/context.js';
import { flush } from './engine/flush.js';
import { platform } from './platform.js';

platform.objects = true;

/** The part of an execution context that is used. */
interface ExecutionContext {
  waitUntil(promise: Promise<unknown>): void;
}

type Handler = (event: never, env: never, context: never) => unknown;

/** Wraps a worker's handlers (`fetch`, `scheduled`, `queue`, …). Each call has a context of its own. */
export function withKakashi<H extends object>(handlers: H): H {
  const wrapped = { ...handlers } as Record<string, unknown>;
  for (const [name, handle] of Object.entries(handlers)) {
    if (typeof handle !== 'function') continue;
    wrapped[name] = async (event: never, env: never, context: ExecutionContext) => {
      try {
        return await withContext({}, () => (handle as Handler).call(handlers, event, env, context as never));
      } finally {
        context.waitUntil(flush());
      }
    };
  }
  return wrapped as H;
}
