// Ids of requests: those that come with them, and new ones. The rules are those of kakashi_std::tower.

/** The longest id that is taken from a header. */
const MAX_LENGTH = 128;
/** Characters that do no harm anywhere. */
const HARMLESS = /^[\w\-.:/+=@~]+$/;

/** Takes an id of a header's value if it is short and harmless. @internal */
export function takenId(value: unknown): string | undefined {
  // Node joins headers that are there more than once.
  const first = typeof value === 'string' ? value.split(', ', 1)[0]! : '';
  return first.length <= MAX_LENGTH && HARMLESS.test(first) ? first : undefined;
}

/** Makes an id that no other request has: 128 bits in hexadecimal. @internal */
export function newId(): string {
  const { crypto } = globalThis as { crypto?: Crypto };
  // A worker that starts, and a page without https, may have no random numbers of this kind.
  const bytes = new Uint8Array(16);
  try {
    crypto!.getRandomValues(bytes);
  } catch {
    for (let at = 0; at < bytes.length; at++) bytes[at] = Math.random() * 256;
  }
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** The ids of a valid `traceparent` (W3C Trace Context, level 1, section 3.2). @internal */
export function traceIds(value: unknown): { trace_id: string; span_id: string } | undefined {
  const parts = typeof value === 'string' && /^([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-[\da-f]{2}(-.*)?$/.exec(value.trim());
  if (!parts) return undefined;
  const [, version, trace_id, span_id, more] = parts as unknown as [string, string, string, string, string | undefined];
  // A later version may have more; of this one there is no more.
  const isWhole = version !== 'ff' && (version !== '00' || more === undefined);
  return isWhole && /[^0]/.test(trace_id) && /[^0]/.test(span_id) ? { trace_id, span_id } : undefined;
}
