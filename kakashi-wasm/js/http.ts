// A sink that posts batches to a server: by `fetch`, and by beacon when a page gets hidden.

import type { Batch } from './sinks/batch.js';
import type { Level } from './record/level.js';
import type { FormatName, Sink } from './sinks/sink.js';

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
  fetch?: typeof fetch;
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
/** What all beacons and keepalive requests of a page may hold (Fetch standard, 4.6 "HTTP-network-or-cache fetch"). */
const KEEPALIVE_BYTES = 64 << 10;
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

/** Sends batches to a server, one at a time. */
export function httpSink(url: string | URL, options: HttpOptions = {}): HttpSink {
  const { headers = {}, format = 'json', retries = 3, backoffMs = 200, timeoutMs = 10_000 } = options;
  const target = String(url);
  const type = TYPES[format];
  const counts: HttpStats = { sent: 0, acknowledged: 0, unconfirmed: 0, dropped: 0 };
  /** Bytes of the keepalive request that has no answer yet. */
  let keptAlive = 0;

  async function post(batch: Batch): Promise<void> {
    const { bytes, count } = batch;
    // Only what is small enough may outlive its page.
    const keepalive = bytes.length + keptAlive <= KEEPALIVE_BYTES;
    for (let tries = 0; ; tries++) {
      let status = 0;
      let failure: unknown;
      let pause = backoffMs * 2 ** tries;
      if (keepalive) keptAlive += bytes.length;
      try {
        const response = await (options.fetch ?? fetch)(target, {
          method: 'POST',
          body: bytes as Uint8Array<ArrayBuffer>,
          headers: { 'content-type': type, ...headers },
          keepalive,
          signal: AbortSignal.timeout(timeoutMs),
        });
        // An answer counts from its status on, whatever becomes of its body.
        response.body?.cancel().catch(() => {});
        if (response.ok) {
          counts.acknowledged += count;
          return;
        }
        status = response.status;
        const seconds = Number(response.headers.get('retry-after'));
        if (seconds > 0) pause = Math.min(seconds * 1000, LONGEST_PAUSE_MS);
      } catch (error) {
        failure = error;
      } finally {
        if (keepalive) keptAlive -= bytes.length;
      }
      const hopeless = status >= 400 && status < 500 && status !== 408 && status !== 429;
      if (hopeless || tries >= retries) {
        counts.dropped += count;
        throw status ? new HttpError(status, target) : Object.assign(new Error(`${target} can't be reached`, { cause: failure }), { retry: false });
      }
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }

  return {
    name: target,
    format,
    level: options.level ?? 0,
    maxQueueBytes: options.maxQueueBytes ?? 8 << 20,
    maxBatchBytes: options.maxBatchBytes ?? 32 << 10,
    write(batch) {
      counts.sent += batch.count;
      return post(batch);
    },
    last(batches) {
      const beacon = (globalThis.navigator as Navigator | undefined)?.sendBeacon?.bind(navigator);
      // A beacon has no headers of its own.
      if (!beacon || Object.keys(headers).length > 0) return 0;
      let taken = 0;
      for (const { bytes, count } of batches) {
        if (!beacon(target, new Blob([bytes as Uint8Array<ArrayBuffer>], { type }))) break;
        counts.sent += count;
        counts.unconfirmed += count;
        taken++;
      }
      return taken;
    },
    stats: () => ({ ...counts }),
  };
}
