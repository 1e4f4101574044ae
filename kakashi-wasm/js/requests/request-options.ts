// What a program chooses of the records of its requests.

import { aFunction, checkOptions, flag, headerName, oneOf, rule, type Rules, texts } from '../options.js';
import { type Level, levelOf, named } from '../record/level.js';
import { type Logger, getLogger } from '../loggers/logger.js';
import { rangesOf } from './client-address.js';

/** Settings of the records of requests; `Q` is the framework's request. */
export interface RequestOptions<Q> {
  /** Writes the records at the end. At first the logger `http`. */
  logger?: Logger;
  /** The header that an id is taken from, and returned in. At first `x-request-id`. */
  requestIdHeader?: string;
  /** Whether an id is taken of the request: of 1 to 128 letters, digits and `-_.:/+=@~`. At first true. */
  takesRequestId?: boolean;
  /**
   * Requests without a record at their end, unless it is an ERROR: paths, or a function. They have their context
   * all the same. Health checks, as a rule.
   */
  ignore?: readonly string[] | ((request: Q) => boolean);
  /** The level of the record by the response's status. At first ERROR from 500, WARNING from 400, else INFO. */
  level?: (status: number) => Level;
  /** Parameters of the query whose values may be written, as the field `query`; without it no query is. */
  query?: readonly string[];
  /** Networks of proxies (`10.0.0.0/8`) whose header names the client. At first none. */
  trustedProxies?: readonly string[];
  /** The header in which they do. At first `x-forwarded-for`. */
  forwardedHeader?: 'x-forwarded-for' | 'forwarded';
  /** Finds the address of the other end; at first it is the connection's, where the runtime says it. */
  peerAddress?: (request: Q) => string | undefined;
  /** Finds the route that matched; at first it is the framework's. */
  route?: (request: Q) => string | undefined;
}

const RULES: Rules = {
  // Another copy of the package may have made it.
  logger: /* @__PURE__ */ rule((logger) => typeof logger?.isEnabled === 'function', 'a logger of getLogger'),
  requestIdHeader: headerName,
  takesRequestId: flag,
  ignore: /* @__PURE__ */ rule((ignore) => typeof ignore === 'function' || (Array.isArray(ignore) && ignore.every((path) => typeof path === 'string')), 'a list of paths, such as ["/health"], or a function of the request'),
  level: aFunction,
  query: /* @__PURE__ */ texts('["page"]'),
  trustedProxies: /* @__PURE__ */ texts('["10.0.0.0/8"]'),
  forwardedHeader: /* @__PURE__ */ oneOf('x-forwarded-for', 'forwarded'),
  peerAddress: aFunction,
  route: aFunction,
};

/** Refuses options that make no sense. Throws a RangeError that says what would be right. @internal */
export function checkRequestOptions(of: string, options: object): void {
  checkOptions(of, options, RULES);
}

/** The settings of all requests of one program, with their defaults. @internal */
export class RequestDefaults<Q> {
  readonly requestIdHeader: string;
  readonly trusted: ReturnType<typeof rangesOf>;

  /** Throws a RangeError for what is no network. */
  constructor(readonly options: RequestOptions<Q>) {
    this.requestIdHeader = (options.requestIdHeader ?? 'x-request-id').toLowerCase();
    this.trusted = rangesOf(options.trustedProxies ?? []);
  }

  get logger(): Logger {
    return this.options.logger ?? getLogger('http');
  }

  /** The level of a status; what a setting gets wrong does not cost the record. */
  levelOf(status: number): number {
    try {
      const level = this.options.level?.(status);
      if (level !== undefined) return named(levelOf(level));
    } catch {
      // The default is right.
    }
    return status >= 500 ? 40 : status >= 400 ? 30 : 20;
  }

  ignores(request: Q, path: string): boolean {
    const { ignore } = this.options;
    return (typeof ignore === 'function' ? attempt(() => ignore(request)) : ignore?.includes(path)) ?? false;
  }
}

/** Calls a function of the program's settings: one that throws says nothing, and costs no request. @internal */
export function attempt<R>(call: () => R): R | undefined {
  try {
    return call();
  } catch {
    return undefined;
  }
}
