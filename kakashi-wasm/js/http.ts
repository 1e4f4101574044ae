// A sink that posts batches to a server: by `fetch`, and by beacon when a page gets hidden.

import { aFunction, checkOptions, format as isFormat, from, headers as isHeaders, shown, sinkRules } from './options.js';
import { type Fetch, HttpClient, pause } from './sinks/http-client.js';
import type { Batch } from './sinks/batch.js';
import type { Level } from './record/level.js';
import type { FormatName, Sink } from './sinks/sink.js';

export type { Fetch, FetchResponse } from './sinks/http-client.js';

/** Settings of a server. */
export interface HttpOptions {
  headers?: Readonly<Record<string, string>>;
  /** The form of the body. At first `json`: one object a line. */
  format?: Exclude<FormatName, 'auto'>;
  level?: Level;
  /** Bytes that may be queued for the server. At first 8 MiB. */
  maxQueueBytes?: number;
  /** The size of a body, about. At first 32,768: a page that goes may send 65,536 in all. */
  maxBatchBytes?: number;
  /** How often a body is sent again. At first 3. */
  retries?: number;
  /** The pause before the first time; it doubles. At first 200 ms; a `Retry-After` of up to a minute goes before. */
  backoffMs?: number;
  /** What the server may take for an answer. At first 10,000 ms. */
  timeoutMs?: number;
  /** Sends a request, in place of the global `fetch`. */
  fetch?: Fetch;
}

/** Counts of records: `sent = acknowledged + unconfirmed + dropped`, and those that have no answer yet. */
export interface HttpStats {
  /** Records that were given to the network. */
  sent: number;
  /** Records that the server has taken. */
  acknowledged: number;
  /** Records in beacons, which have no answer. */
  unconfirmed: number;
  /** Records that the server did not take. */
  dropped: number;
}

/** A sink that counts what its server has taken. */
export interface HttpSink extends Sink {
  stats(): HttpStats;
}

const TYPES = { text: 'text/plain', pretty: 'text/plain', json: 'application/x-ndjson', wire: 'application/octet-stream' };
/** A beacon with another type asks the server first, if it is of another origin, and a page that goes does not wait for the answer. */
const BEACON_TYPE = 'text/plain';
const LONGEST_PAUSE_MS = 60_000;

/** Says that a server has refused a batch. */
export class HttpError extends Error {
  override readonly name = 'HttpError';

  constructor(
    readonly status: number,
    url: string,
  ) {
    super(`${url} answered ${status}`);
  }

  /** The sink has tried often enough. */
  readonly retry = false;
}

/** Refuses what is neither a URL of HTTP nor a path that a page resolves. */
function checkUrl(url: unknown): void {
  const text = typeof url === 'string' ? url : (url as URL | undefined)?.href;
  if (!text || /^(?!https?:)[\w+.-]+:/i.test(text)) throw new RangeError(`httpSink takes a URL such as "/logs" or "https://logs.example/shop", not ${shown(url)}`);
}

/** Sends batches to a server, one at a time. Throws a RangeError where a setting makes no sense. */
export function httpSink(url: string | { readonly href: string }, options: HttpOptions = {}): HttpSink {
  checkUrl(url);
  checkOptions('httpSink', options, {
    headers: isHeaders, ...sinkRules(isFormat('auto')), retries: from(0), backoffMs: from(0), timeoutMs: from(1), fetch: aFunction,
  });
  const { headers = {}, format = 'json', retries = 3, backoffMs = 200, timeoutMs = 10_000 } = options;
  const target = String(url);
  // The same for what a page posts to another origin: no server has to answer a question first.
  const { origin } = globalThis.location ?? {};
  const type = origin && new URL(target, origin).origin !== origin ? BEACON_TYPE : TYPES[typeof format === 'object' ? 'json' : format];
  const counts: HttpStats = { sent: 0, acknowledged: 0, unconfirmed: 0, dropped: 0 };
  const client = new HttpClient(target, timeoutMs, options.fetch);

  async function post({ bytes, count }: Batch): Promise<void> {
    for (let tries = 0; ; tries++) {
      const { status, retryAfterMs, failure, isEnding } = await client.post(bytes, { 'content-type': type, ...headers });
      if (status >= 200 && status < 300) {
        counts.acknowledged += count;
        return;
      }
      const isRefused = status >= 400 && status < 500 && status !== 408 && status !== 429;
      const pauseMs = retryAfterMs ? Math.min(retryAfterMs, LONGEST_PAUSE_MS) : backoffMs * 2 ** tries;
      if (isEnding || isRefused || tries >= retries) {
        counts.dropped += count;
        throw status ? new HttpError(status, target) : Object.assign(new Error(`${target} can't be reached`, { cause: failure }), { retry: false });
      }
      await pause(pauseMs);
    }
  }

  return {
    name: target,
    format,
    colours: false,
    level: options.level ?? 0,
    maxQueueBytes: options.maxQueueBytes ?? 8 << 20,
    maxBatchBytes: options.maxBatchBytes ?? 32 << 10,
    write(batch) {
      counts.sent += batch.count;
      if (batch.count > 0) {
        try {
          client.refuseEcho(textsOf(batch));
        } catch (error) {
          counts.dropped += batch.count;
          throw error;
        }
      }
      return post(batch);
    },
    last(batches) {
      const beacon = (globalThis.navigator as Navigator | undefined)?.sendBeacon?.bind(navigator);
      // A beacon has no headers of its own.
      if (!beacon || Object.keys(headers).length > 0) return 0;
      let taken = 0;
      for (const { bytes, count } of batches) {
        if (!beacon(target, new Blob([bytes as Uint8Array<ArrayBuffer>], { type: BEACON_TYPE }))) break;
        counts.sent += count;
        counts.unconfirmed += count;
        taken++;
      }
      return taken;
    },
    stats: () => ({ ...counts }),
  };
}

/** The lines, one by one; of the wire there are none. */
function* textsOf(batch: Batch): Generator<string> {
  for (const { text } of batch.lines()) yield text;
}
