// Posts the batches of sinks: one request, its time limit, what becomes of it when the page or
// the program ends, and its answer. Whether to try again is for each sink to say.

import { platform } from '../platform.js';
import { after, cancel } from '../timers.js';

/** What a request is sent by: the global `fetch`, in types that need no library of a browser. */
export type Fetch = (url: string, request: never) => PromiseLike<FetchResponse>;

/** The part of a response that is used. */
export interface FetchResponse {
  readonly ok: boolean;
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body?: { cancel(): PromiseLike<void> } | null;
}

/** What became of a request. */
export interface Answer {
  /** 0: no answer came. */
  readonly status: number;
  /** The pause that the server asks for. */
  readonly retryAfterMs: number | undefined;
  /** The beginning of the body, if it was asked for. */
  readonly text: string;
  /** Why no answer came. */
  readonly failure?: unknown;
  /** Nobody waits for requests any more: the program ends. */
  readonly isEnding: boolean;
}

/** What all beacons and keepalive requests of a page may hold (Fetch standard, 4.6 "HTTP-network-or-cache fetch"). */
const KEEPALIVE_BYTES = 64 << 10;
/** A longer timer fires at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
/** So many rounds a record of a sink's own request may take. */
const MAX_ECHOES = 10;

/** Sends the requests of one sink. */
export class HttpClient {
  /** Bytes of the keepalive requests that have no answer yet. */
  private keptAlive = 0;
  /** Batches in a row of which each record names the server: requests that a page logs, its own among them. */
  private echoes = 0;

  constructor(
    private readonly url: string,
    private readonly timeoutMs: number,
    private readonly fetch: Fetch | undefined,
    /** How much of an answer's body is read. */
    private readonly answerBytes = 0,
  ) {}

  /** Whether a request of so many bytes may outlive its page. */
  outlives(bytes: number): boolean {
    return bytes + this.keptAlive <= KEEPALIVE_BYTES;
  }

  /** Posts a body once. It never throws. */
  async post(body: Uint8Array, headers: Readonly<Record<string, string>>): Promise<Answer> {
    const keepalive = this.outlives(body.length);
    if (keepalive) this.keptAlive += body.length;
    const request = new AbortController();
    let isLate = false;
    // Not `AbortSignal.timeout`: React Native has none.
    const timeout = after(Math.min(this.timeoutMs, LONGEST_TIMER_MS), () => {
      isLate = true;
      request.abort(Object.assign(new Error(`no answer in ${this.timeoutMs} ms`), { name: 'TimeoutError' }));
    });
    platform.requests?.add(request);
    const answer = { status: 0, retryAfterMs: undefined as number | undefined, text: '', isEnding: false, failure: undefined as unknown };
    try {
      const response = await ((this.fetch ?? fetch) as typeof fetch)(this.url, {
        method: 'POST',
        body: body as Uint8Array<ArrayBuffer>,
        headers,
        keepalive,
        signal: request.signal,
        // Of a redirection a POST often becomes a GET, which a page answers with 200.
        ...(this.answerBytes > 0 && { redirect: 'manual' as const }),
      });
      // An answer counts from its status on, whatever becomes of its body. A page is not told of which kind a redirection is.
      answer.status = response.type === 'opaqueredirect' ? 302 : response.status;
      answer.retryAfterMs = retryAfterMs(response.headers.get('retry-after'));
      if (this.answerBytes > 0) answer.text = await readText(response, this.answerBytes);
      else response.body?.cancel().then(undefined, () => {});
    } catch (error) {
      answer.failure = error;
    } finally {
      cancel(timeout);
      platform.requests?.delete(request);
      if (keepalive) this.keptAlive -= body.length;
    }
    answer.isEnding = request.signal.aborted && !isLate;
    return answer;
  }

  /**
   * Throws if a batch has, once more, nothing but records that name the server: without AsyncLocalStorage it
   * can't be known otherwise that a record is of this sink's request.
   */
  refuseEcho(texts: Iterable<string>): void {
    if (platform.storage) return;
    let isEcho = false;
    for (const text of texts) {
      isEcho = text.includes(this.url);
      if (!isEcho) break;
    }
    this.echoes = isEcho ? this.echoes + 1 : 0;
    if (this.echoes > MAX_ECHOES) throw Object.assign(new Error('its own requests are logged'), { retry: false, reentrant: true });
  }
}

/** Resolves after a pause: with false, and at once, where there are no timers. */
export async function pause(ms: number): Promise<boolean> {
  try {
    await new Promise((resolve) => after(ms, () => resolve(undefined)));
    return true;
  } catch {
    return false;
  }
}

/** Reads a `Retry-After` (RFC 9110, section 10.2.3): seconds, or a date. */
function retryAfterMs(header: string | null): number | undefined {
  const ms = /^\s*\d+\s*$/.test(header ?? '') ? Number(header) * 1000 : Date.parse(header ?? '') - Date.now();
  return ms > 0 ? ms : undefined;
}

/** Reads the beginning of a body. */
async function readText(response: Response, most: number): Promise<string> {
  // React Native has no streams.
  if (typeof response.body?.getReader !== 'function') return (await response.text()).slice(0, most);
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  for (let read = 0; read < most; ) {
    const { done, value } = await reader.read();
    if (done) return text;
    read += value.length;
    text += decoder.decode(value, { stream: true });
  }
  reader.cancel().then(undefined, () => {});
  return text;
}
