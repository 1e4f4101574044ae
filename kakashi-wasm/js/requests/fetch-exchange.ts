// Requests and responses of the Fetch standard.
//
// A body is counted as it is read, in the scope of its request. One that is there at once, as a text is,
// stays one whose length the server knows.

import { flush } from '../engine/flush.js';
import { HttpExchange, type KnownParts } from './exchange.js';
import type { RequestDefaults } from './request-options.js';

/** The part of a `Request` that is used. */
export interface FetchRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: { get(name: string): string | null };
}

/** The settings that a response needs. */
type HeaderSettings = Pick<RequestDefaults<never>, 'requestIdHeader'>;

/** A body is there at once if it is after so many microtasks. */
const MICROTASKS = 32;

/** Begins a request whose response is still to come. @internal */
export function beginFetch<Q>(settings: RequestDefaults<Q>, given: Q, request: FetchRequest, known: KnownParts): HttpExchange {
  const { method, url, headers } = request;
  // An URL may have no path.
  const target = (/^[^/?#]*\/\/[^/?#]*(.*)$/s.exec(url)?.[1] ?? url).replace(/^(?=[?#]|$)/, '/');
  const exchange = new HttpExchange(settings as never, given, { method, target, header: (name) => headers.get(name), ...known });
  (request as { signal?: AbortSignal }).signal?.addEventListener('abort', () => exchange.abandon(), { once: true });
  return exchange;
}

/**
 * Has a worker's platform wait for the end of a request, and for the sinks that get its record: else nothing of it
 * runs any more when its client goes away. @internal
 */
export function holdFor(exchange: HttpExchange, contexts: readonly unknown[]): void {
  const context = contexts.find((each) => typeof (each as Holder | null | undefined)?.waitUntil === 'function');
  (context as Holder | undefined)?.waitUntil(exchange.over().then(() => flush()));
}

/** The part of a worker's execution context that is used. */
interface Holder {
  waitUntil(promise: Promise<unknown>): void;
}

function setId(headers: Headers, exchange: HttpExchange, name: string): void {
  if (!headers.has(name)) headers.set(name, exchange.id);
}

/** Takes a response: it returns one with the request's id, whose record is written at the end of its body. @internal */
export async function respond(settings: HeaderSettings, exchange: HttpExchange, response: Response, method: string): Promise<Response> {
  const { status, headers, body } = response;
  exchange.status = status;
  const isBodiless = !body || method === 'HEAD' || [101, 204, 205, 304].includes(status);
  if (isBodiless) {
    exchange.finish();
    try {
      setId(headers, exchange, settings.requestIdHeader);
      return response;
    } catch {
      // The headers of a redirection, and of what was fetched, can't be changed. What has no other form stays as it is.
      return status < 200 ? response : remade(response, body, settings, exchange);
    }
  }
  if (response.bodyUsed || body.locked) {
    exchange.finish();
    return response;
  }
  const reader = body.getReader();
  const first = exchange.run(() => reader.read());
  const start = await atOnce(first);
  if (start && !start.done) {
    const next = exchange.run(() => reader.read());
    if ((await atOnce(next))?.done) {
      exchange.bytes = start.value.byteLength;
      exchange.finish();
      return remade(response, start.value, settings, exchange);
    }
    return remade(response, counted(reader, exchange, [first, next]), settings, exchange);
  }
  if (start) {
    exchange.finish();
    return remade(response, '', settings, exchange);
  }
  return remade(response, counted(reader, exchange, [first]), settings, exchange);
}

/** A response with another body, and with headers that can be changed. */
function remade(response: Response, body: BodyInit | null, settings: HeaderSettings, exchange: HttpExchange): Response {
  const made = new Response(body, response);
  // A body of text would add its own type.
  if (!response.headers.has('content-type')) made.headers.delete('content-type');
  setId(made.headers, exchange, settings.requestIdHeader);
  return made;
}

type Piece = ReadableStreamReadResult<Uint8Array<ArrayBuffer>>;

/** The piece of a body that is there already, if it is. */
async function atOnce(piece: Promise<Piece>): Promise<Piece | undefined> {
  let found: Piece | undefined;
  let isSettled = false;
  piece.then(
    (read) => {
      found = read;
      isSettled = true;
    },
    () => (isSettled = true),
  );
  for (let turn = 0; turn < MICROTASKS && !isSettled; turn++) await undefined;
  return found;
}

/** The rest of a body, of which some pieces have been asked for. */
function counted(reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>, exchange: HttpExchange, asked: Promise<Piece>[]): ReadableStream {
  return new ReadableStream(
    {
      pull: (controller) =>
        exchange.run(async () => {
          try {
            const { done, value } = await (asked.shift() ?? reader.read());
            if (done) {
              exchange.finish();
              controller.close();
            } else {
              exchange.bytes += value.byteLength;
              controller.enqueue(value);
            }
          } catch (error) {
            exchange.fail(error);
            controller.error(error);
          }
        }),
      cancel: (reason) =>
        exchange.run(() => {
          exchange.abandon();
          return reader.cancel(reason);
        }),
    },
    { highWaterMark: 0 },
  );
}
