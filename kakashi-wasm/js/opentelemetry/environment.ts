// OpenTelemetry's standard variables, where there is an environment.
//
// https://opentelemetry.io/docs/specs/otel/protocol/exporter/; what is said of logs alone
// (`OTEL_EXPORTER_OTLP_LOGS_…`) holds before what is said of all signals. An empty variable is as
// one that is not set.

import { variable } from '../platform.js';

const PATH = '/v1/logs';

/** What the variables say. */
export interface OtlpVariables {
  readonly url: URL | undefined;
  readonly headers: readonly (readonly [string, string])[];
  readonly compression: string | undefined;
  readonly timeoutMs: number | undefined;
  readonly resource: readonly (readonly [string, string])[];
}

function read(name: string): string | undefined {
  return variable(name)?.trim() || undefined;
}

/** Reads a variable of logs, or of all signals. */
function ofLogs(name: string): [name: string, value: string] | undefined {
  for (const full of [`OTEL_EXPORTER_OTLP_LOGS_${name}`, `OTEL_EXPORTER_OTLP_${name}`]) {
    const value = read(full);
    if (value) return [full, value];
  }
  return undefined;
}

/** Reads the variables. Throws a RangeError that says which makes no sense, and what would be right. */
export function otlpVariables(): OtlpVariables {
  const own = read('OTEL_EXPORTER_OTLP_LOGS_ENDPOINT');
  const ofAll = read('OTEL_EXPORTER_OTLP_ENDPOINT');
  const url = own ? httpUrl(own) : ofAll ? logsUrl(ofAll) : undefined;
  const [protocolName, protocol] = ofLogs('PROTOCOL') ?? [];
  // A receiver of http/protobuf takes JSON as well: the protocol demands it.
  if (url && protocol === 'grpc') throw new RangeError(`${protocolName} is "grpc", which is not spoken: use "http/json", and the endpoint of HTTP (port 4318)`);
  const [timeoutName, timeout] = ofLogs('TIMEOUT') ?? [];
  if (timeout && !(Number(timeout) > 0)) throw new RangeError(`${timeoutName} is a number of milliseconds above 0, not ${JSON.stringify(timeout)}`);
  const [compressionName, compression] = ofLogs('COMPRESSION') ?? [];
  if (compression && !/^(gzip|none)$/.test(compression)) throw new RangeError(`${compressionName} is "gzip" or "none", not ${JSON.stringify(compression)}`);
  const [headersName = '', headers] = ofLogs('HEADERS') ?? [];
  const service = read('OTEL_SERVICE_NAME');
  const resource = pairs('OTEL_RESOURCE_ATTRIBUTES', read('OTEL_RESOURCE_ATTRIBUTES'));
  return {
    url,
    headers: pairs(headersName, headers),
    compression,
    timeoutMs: timeout ? Number(timeout) : undefined,
    resource: service ? [...resource.filter(([key]) => key !== 'service.name'), ['service.name', service]] : resource,
  };
}

/** The URL of logs at an endpoint of all signals. Throws a RangeError if it is none of HTTP. */
export function logsUrl(endpoint: string): URL {
  const url = httpUrl(endpoint);
  const path = url.pathname.replace(/\/+$/, '');
  url.pathname = path.endsWith(PATH) ? path : path + PATH;
  return url;
}

function httpUrl(endpoint: string): URL {
  let url: URL | undefined;
  try {
    url = new URL(endpoint, globalThis.location?.href);
  } catch {
    // Said below.
  }
  if (/^https?:$/.test(url?.protocol ?? '') && !/^https?:\/*$/.test(endpoint)) return url!;
  throw new RangeError(`the OTLP endpoint ${JSON.stringify(endpoint.replace(/\/\/.*@/, '//'))} is no URL such as "http://localhost:4318"`);
}

/** Splits `key=value,key=value`, in which characters may be written as `%2C`. */
function pairs(name: string, text = ''): [string, string][] {
  const parts = text.split(',').map((part) => part.trim());
  return parts.filter((part) => part).map((part) => {
    const at = part.indexOf('=');
    const key = part.slice(0, Math.max(at, 0)).trim();
    // Its value may be a secret.
    if (!key) throw new RangeError(`${name} has a part that is not key=value`);
    return [key, decoded(part.slice(at + 1).trim())];
  });
}

/** Decodes `%2C`; what is no such sequence stays. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replace(/%(?![\da-f]{2})/gi, '%25'));
  } catch {
    return text;
  }
}
