// A sink that sends records to an OpenTelemetry receiver: OTLP/JSON over HTTP.

import { HttpClient, type Fetch, pause } from '../sinks/http-client.js';
import { aFunction, checkOptions, flag, from, headers as isHeaders, level, oneOf, textsByName } from '../options.js';
import type { Level } from '../record/level.js';
import type { Settled, Sink } from '../sinks/sink.js';
import { untraced } from './api.js';
import { logsUrl, otlpVariables } from './environment.js';
import { rejectedBy } from './partial-success.js';
import { type Request, requestsOf } from './requests.js';
import { USER_AGENT, resourceAttributes } from './resource.js';
import { useOpenTelemetry } from './span-ids.js';

/** Settings of an OTLP receiver; what is left out is as the standard variables say, where there is an environment. */
export interface OtlpOptions {
  /** Added to those of OTEL_EXPORTER_OTLP_HEADERS. */
  headers?: Readonly<Record<string, string>>;
  /** Attributes of the resource; a variable that names one holds before it. */
  resource?: Readonly<Record<string, string>>;
  /** At first `none`; `gzip` where the platform has CompressionStream. */
  compression?: 'none' | 'gzip';
  level?: Level;
  /** Bytes that may be queued for the receiver. At first 8 MiB. */
  maxQueueBytes?: number;
  /** Records of about this many bytes become a request. At first 131,072, in a page 12,288: one that goes may send 65,536 in all. */
  maxBatchBytes?: number;
  /** How often a request is sent again. At first without end: records wait for the receiver, as many as may be queued. */
  retries?: number;
  /** The pause before the first time; it doubles, up to 5 s, and varies. At first 100 ms; a `Retry-After` of up to five minutes goes before. */
  backoffMs?: number;
  /** What the receiver may take for an answer. At first 10,000 ms. */
  timeoutMs?: number;
  /** Whether all records get the ids of OpenTelemetry's active span, see {@link useOpenTelemetry}. At first they do. */
  traceContext?: boolean;
  /** Sends a request, in place of the global `fetch`. */
  fetch?: Fetch;
}

/** Counts of records: `sent = acknowledged + unconfirmed + rejected + dropped`, and those that have no answer yet. */
export interface OtlpStats {
  /** Records that were given to the network. */
  sent: number;
  /** Records that the receiver has taken. */
  acknowledged: number;
  /** Records in beacons, which have no answer. */
  unconfirmed: number;
  /** Records that the receiver refused: a request, or a part of one ("partial success"). */
  rejected: number;
  /** Records that were given up, because no answer came or the receiver was too busy. */
  dropped: number;
}

/** A sink that counts what its receiver has taken. */
export interface OtlpSink extends Sink {
  stats(): OtlpStats;
}

/** As much of an answer is read. */
const ANSWER_BYTES = 64 << 10;
const LONGEST_PAUSE_MS = 5000;
const LONGEST_ASKED_MS = 300_000;
const TYPE = 'application/json';

/** Says why a receiver has not taken records. */
export class OtlpError extends Error {
  override readonly name = 'OtlpError';

  constructor(
    message: string,
    /** The answer's status; 0 where none came. */
    readonly status: number,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/**
 * Sends records to an OTLP receiver at an endpoint such as `http://localhost:4318`; the path `/v1/logs` is
 * added if it does not end so. Without an endpoint, and for what the options leave out, the standard variables
 * hold (`OTEL_EXPORTER_OTLP_ENDPOINT`, `_HEADERS`, `_TIMEOUT`, `_COMPRESSION`, each also as
 * `OTEL_EXPORTER_OTLP_LOGS_…`; `OTEL_SERVICE_NAME`, `OTEL_RESOURCE_ATTRIBUTES`).
 *
 * A request is sent again after 429, 502, 503, 504, and where no answer came: the receiver may get it twice. What it
 * refuses is counted as rejected. Throws a RangeError where a setting or a variable makes no sense.
 */
export function otlpSink(endpoint?: string | { readonly href: string }, options: OtlpOptions = {}): OtlpSink {
  checkOptions('otlpSink', options, {
    headers: isHeaders, resource: textsByName, compression: oneOf('none', 'gzip'), level, maxQueueBytes: from(0), maxBatchBytes: from(1),
    retries: from(0), backoffMs: from(0), timeoutMs: from(1), traceContext: flag, fetch: aFunction,
  });
  const variables = otlpVariables();
  const { url, authorization } = target(endpoint === undefined ? (variables.url ?? logsUrl('http://localhost:4318')) : logsUrl(String(endpoint)));
  const { retries = Infinity, backoffMs = 100, resource = {}, compression = variables.compression } = options;
  const headers = checkedHeaders({ ...authorization, ...Object.fromEntries(variables.headers), ...options.headers });
  const { location, document } = globalThis as Partial<typeof globalThis>;
  // In a page a header of its own would have the receiver asked whether it may be sent.
  if (!location) headers['user-agent'] ??= USER_AGENT;
  const counts: OtlpStats = { sent: 0, acknowledged: 0, unconfirmed: 0, rejected: 0, dropped: 0 };
  const send: Fetch = (url, request) => untraced(() => ((options.fetch ?? fetch) as Fetch)(url, request));
  const client = new HttpClient(url, options.timeoutMs ?? variables.timeoutMs ?? 10_000, send, ANSWER_BYTES);
  const encode = (batch: Parameters<Sink['write']>[0]) => requestsOf(batch, (service) => resourceAttributes(service, variables.resource, resource));
  if (options.traceContext !== false) useOpenTelemetry();

  /** Sends a request until it is settled; returns what the receiver has not taken. */
  async function settle({ body, count }: Request, most: number, mayWait = true): Promise<Settled> {
    const isGzip = compression === 'gzip' && mayWait && typeof CompressionStream === 'function';
    const sent = isGzip ? await gzipped(body) : body;
    const all = { 'content-type': TYPE, ...(isGzip && { 'content-encoding': 'gzip' }), ...headers };
    for (let tries = 0; ; tries++) {
      const { status, retryAfterMs, text, failure, isEnding } = await client.post(sent, all);
      if (status >= 200 && status < 300) {
        // It has confirmed, whatever else it wanted to say.
        const rejected = Math.min(rejectedBy(text), count);
        counts.rejected += rejected;
        counts.acknowledged += count - rejected;
        return rejected > 0 ? { rejected, because: new OtlpError(`${url} has refused ${rejected} of ${count} records (partial success)`, status) } : {};
      }
      if (![0, 429, 502, 503, 504].includes(status)) {
        counts.rejected += count;
        return { rejected: count, because: new OtlpError(`${url} answered ${status}`, status) };
      }
      const own = Math.min(backoffMs * 2 ** tries, LONGEST_PAUSE_MS) * (0.5 + Math.random());
      const pauseMs = retryAfterMs ? Math.min(retryAfterMs * (1 + Math.random() / 10), LONGEST_ASKED_MS) : own;
      if (!isEnding && tries < most && (await pause(pauseMs))) continue;
      counts.dropped += count;
      return { lost: count, because: status ? new OtlpError(`${url} answered ${status}`, status) : new OtlpError(`${url} can't be reached`, 0, { cause: failure }) };
    }
  }

  async function settleAll(requests: readonly Request[]): Promise<Settled> {
    let [rejected, lost] = [0, 0];
    let because: Error | undefined;
    for (const request of requests) {
      const settled = await settle(request, retries);
      rejected += settled.rejected ?? 0;
      lost += settled.lost ?? 0;
      because ??= settled.because;
    }
    return { rejected, lost, ...(because && { because }) };
  }

  return {
    name: `otlp ${url}`,
    format: 'wire',
    level: options.level ?? 0,
    maxQueueBytes: options.maxQueueBytes ?? 8 << 20,
    maxBatchBytes: options.maxBatchBytes ?? (document ? 12 << 10 : 128 << 10),
    write(batch) {
      const requests = encode(batch);
      counts.sent += batch.count;
      try {
        if (batch.count > 0) client.refuseEcho(requests.flatMap(({ texts }) => texts));
      } catch (error) {
        counts.dropped += batch.count;
        throw error;
      }
      return settleAll(requests);
    },
    last(batches) {
      const navigator = globalThis.navigator as Navigator | undefined;
      const keepsAlive = options.fetch || (typeof Request === 'function' && 'keepalive' in Request.prototype);
      // A beacon has no headers of its own, and may ask no receiver of another origin first.
      const beacon = Object.keys(headers).length === 0 && new URL(url).origin === location?.origin && navigator?.sendBeacon?.bind(navigator);
      let taken = 0;
      for (const batch of batches) {
        const [request, ...more] = encode(batch);
        if (!request || more.length > 0) break;
        const { body, count } = request;
        if (keepsAlive && client.outlives(body.length)) void settle(request, 0, false);
        else if (!keepsAlive && beacon && beacon(url, new Blob([body as Uint8Array<ArrayBuffer>], { type: TYPE }))) counts.unconfirmed += count;
        else break;
        counts.sent += count;
        taken++;
      }
      return taken;
    },
    stats: () => ({ ...counts }),
  };
}

/** Takes a name and a password out of a URL: they become a header, as `fetch` takes none there. */
function target(url: URL): { url: string; authorization: Record<string, string> } {
  const { username, password } = url;
  url.username = url.password = '';
  const given = [username, password].map(decodeURIComponent).join(':');
  return { url: url.href, authorization: username || password ? { authorization: `Basic ${btoa(given)}` } : {} };
}

/** The headers, by names in small letters. Throws if one is none. */
function checkedHeaders(given: Readonly<Record<string, string>>): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(given)) {
    // Its value may be a secret.
    if (!/^[!#$%&'*+.^_`|~\w-]+$/.test(name) || !/^[\t\x20-\x7e\x80-\xff]*$/.test(String(value))) throw new RangeError(`the OTLP header ${JSON.stringify(name)} has characters that no header may have`);
    headers[name.toLowerCase()] = String(value);
  }
  return headers;
}

async function gzipped(body: Uint8Array): Promise<Uint8Array> {
  const stream = new Blob([body as Uint8Array<ArrayBuffer>]).stream().pipeThrough(new CompressionStream('gzip'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
