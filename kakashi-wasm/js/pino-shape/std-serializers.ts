// What pino writes of errors, requests and responses (pino-std-serializers).

import { propertiesOf, threw } from '../wire/value.js';

type Properties = Record<string, unknown>;

function isErrorLike(value: unknown): value is Properties {
  return typeof value === 'object' && value !== null && typeof (value as Properties)['message'] === 'string';
}

function causeOf(error: Properties): Properties | undefined {
  const { cause } = error;
  const found: unknown = typeof cause === 'function' ? (cause as () => unknown).call(error) : cause;
  return isErrorLike(found) ? found : undefined;
}

function withCauses(error: Properties, own: (error: Properties) => string, join: string, circle: string, seen = new Set<unknown>()): string {
  if (seen.has(error)) return own(error) + circle;
  seen.add(error);
  const cause = causeOf(error);
  return own(error) + (cause ? join + withCauses(cause, own, join, circle, seen) : '');
}

function err(error: unknown, seen: readonly unknown[] = []): unknown {
  if (!isErrorLike(error)) return error;
  const made = error['constructor'] as { name?: string } | undefined;
  const shown: Properties = {
    type: typeof made === 'function' ? made.name : error['name'],
    message: withCauses(error, (each) => String(each['message']), ': ', ': ...'),
    stack: withCauses(error, (each) => String(each['stack'] ?? ''), '\ncaused by: ', '\ncauses have become circular...'),
  };
  const inside = [...seen, error];
  if (Array.isArray(error['errors'])) shown['aggregateErrors'] = error['errors'].map((each) => err(each, inside));
  for (const key in error) {
    if (shown[key] !== undefined) continue;
    const value = error[key];
    if (!isErrorLike(value)) shown[key] = value;
    else if (key !== 'cause' && !inside.includes(value)) shown[key] = err(value, inside);
  }
  return shown;
}

function req(given: unknown): unknown {
  const it = given as Properties;
  const info = it['info'] as Properties | undefined;
  const connection = (info ?? it['socket']) as Properties | undefined;
  const url = it['url'] as string | { path?: string } | undefined;
  return {
    id: typeof it['id'] === 'function' ? (it['id'] as () => unknown)() : (it['id'] ?? info?.['id']),
    method: it['method'],
    url: it['originalUrl'] ?? (typeof it['path'] === 'string' ? it['path'] : ((url as { path?: string } | undefined)?.path ?? url)),
    query: it['query'] ?? '',
    params: it['params'] ?? '',
    headers: it['headers'],
    remoteAddress: connection?.['remoteAddress'],
    remotePort: connection?.['remotePort'],
  };
}

function res(given: unknown): unknown {
  const it = given as Properties;
  return {
    statusCode: it['headersSent'] ? it['statusCode'] : null,
    headers: typeof it['getHeaders'] === 'function' ? (it['getHeaders'] as () => unknown)() : it['_headers'],
  };
}

/** Writes one value of a record in its place. */
export type Serializer = (value: never) => unknown;

/** The serializers of errors, requests and responses. */
export const stdSerializers: { err: (error: unknown) => unknown; req: (req: unknown) => unknown; res: (res: unknown) => unknown } = { err: (error) => err(error), req, res };

const MAX_DEPTH = 16;

/** A copy of what JSON has of a value: without what is undefined, functions and symbols. @internal */
export function plainCopy(value: unknown, inside: readonly object[] = []): unknown {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value === 'function' || typeof value === 'symbol') return undefined;
  if (typeof value !== 'object' || value === null) return value;
  if (inside.includes(value)) return '[Circular]';
  if (inside.length >= MAX_DEPTH) return Array.isArray(value) ? '[Array]' : '[Object]';
  const around = [...inside, value];
  try {
    const { toJSON } = value as { toJSON?: unknown };
    if (typeof toJSON === 'function') {
      const made: unknown = (toJSON as (key: string) => unknown).call(value, '');
      return made === value ? '[Circular]' : plainCopy(made, around);
    }
    if (Array.isArray(value)) return value.map((item) => plainCopy(item, around) ?? null);
    return Object.fromEntries(propertiesOf(value).map(([key, item]) => [key, plainCopy(item, around)]).filter(([, item]) => item !== undefined));
  } catch (error) {
    return threw(error);
  }
}
