// The attributes of a resource, from all who have a say in it.

import type { Service } from './sent-record.js';

/** The version of this package: a test compares it with the manifest. */
const VERSION = '0.1.0';

/** The names of what records say of their service. */
const SERVICE = ['service.name', 'service.version', 'deployment.environment.name'];

/** The part of a process that is used. */
interface ProcessNames {
  readonly argv0?: string;
  readonly versions?: { readonly node?: string };
}

/** What this package calls itself in requests. */
export const USER_AGENT = `OTel-OTLP-Exporter-kakashi/${VERSION}`;

/** Returns the attributes for a service: the variables' before the records', these before the program's. */
export function resourceAttributes(
  service: Service,
  byVariables: readonly (readonly [string, string])[],
  own: Readonly<Record<string, string>>,
): [string, string][] {
  const { process } = globalThis as { process?: ProcessNames };
  const attributes = new Map<string, string>(byVariables);
  const all: [string, string | undefined][] = [
    ...SERVICE.map((key, at): [string, string | undefined] => [key, service[at]]),
    ...Object.entries(own),
    ['telemetry.sdk.name', 'kakashi'],
    ['telemetry.sdk.language', process?.versions?.node ? 'nodejs' : 'webjs'],
    ['telemetry.sdk.version', VERSION],
    // What the conventions demand where nobody knows.
    ['service.name', process?.argv0 ? `unknown_service:${process.argv0.replace(/.*[\\/]/, '')}` : 'unknown_service'],
  ];
  for (const [key, value] of all) if (value !== undefined && !attributes.has(key)) attributes.set(key, String(value));
  return [...attributes];
}
