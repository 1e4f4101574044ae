// Cloudflare Workers: one flush a request, which the platform waits for, and one
// object a record on the console, whose fields the platform indexes.

import { withContext } from './record/context.js';
import { flush } from './engine/flush.js';
import { shown } from './options.js';
import { platform } from './platform.js';

platform.objects = true;

/** The part of an execution context that is used. */
interface ExecutionContext {
  waitUntil(promise: Promise<unknown>): void;
}

type Handler = (event: never, env: never, context: never) => unknown;

/**
 * Wraps a worker's handlers (`fetch`, `scheduled`, `queue`, …), or a class of them (`class extends WorkerEntrypoint`,
 * `DurableObject`). Each call has a context of its own.
 */
export function withKakashi<H extends object>(handlers: H): H {
  if (!handlers || !/^(object|function)$/.test(typeof handlers)) throw new TypeError(`withKakashi takes a worker's handlers, such as {fetch(request) {…}}, or a class of them, not ${shown(handlers)}`);
  if (typeof handlers === 'function') return wrapClass(handlers as unknown as Entrypoint) as unknown as H;
  const wrapped = { ...handlers } as Record<string, unknown>;
  for (const [name, handle] of Object.entries(handlers)) {
    if (typeof handle !== 'function') continue;
    wrapped[name] = (event: never, env: never, context: ExecutionContext) =>
      held(context, () => (handle as Handler).call(handlers, event, env, context as never));
  }
  return wrapped as H;
}

/** Runs a handler, and has the platform wait for what it has logged. */
async function held(context: ExecutionContext, handle: () => unknown): Promise<unknown> {
  platform.held = (platform.held ?? 0) + 1;
  try {
    return await withContext({}, handle);
  } finally {
    platform.held--;
    context.waitUntil(flush());
  }
}

function isNative(made: unknown): boolean {
  return Function.prototype.toString.call(made).includes('[native code]');
}

type Entrypoint = new (...given: never[]) => object;

/** Wraps the methods of a class, and those that it inherits from other classes of the program. */
function wrapClass(handlers: Entrypoint): Entrypoint {
  const wrapped = class extends handlers {};
  // The platform's own classes are native.
  for (let from = handlers.prototype as object; from && !isNative(from.constructor); from = Object.getPrototypeOf(from) as object) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(from)) as [string, PropertyDescriptor][]) {
      if (typeof value !== 'function' || name === 'constructor' || Object.hasOwn(wrapped.prototype, name)) continue;
      Object.defineProperty(wrapped.prototype, name, {
        configurable: true,
        writable: true,
        value(this: { ctx: ExecutionContext }, ...given: unknown[]) {
          return held(this.ctx, () => (value as (...given: unknown[]) => unknown).apply(this, given));
        },
      });
    }
  }
  return Object.defineProperty(wrapped, 'name', { value: handlers.name });
}
