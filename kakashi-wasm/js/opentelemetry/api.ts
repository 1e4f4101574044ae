// What `@opentelemetry/api` has registered, found without an import: it may not be there.
//
// The API's own copies find each other by these symbols (global-utils.ts and context.ts there).

const API = Symbol.for('opentelemetry.js.api.1');
const SPAN = Symbol.for('OpenTelemetry Context Key SPAN');
const SUPPRESSED = Symbol.for('OpenTelemetry SDK Context Key SUPPRESS_TRACING');

/** The part of a span's context that is used. */
export interface SpanIds {
  readonly traceId: string;
  readonly spanId: string;
}

/** The part of a span that is used. */
interface SpanLike {
  spanContext(): SpanIds;
}

/** OpenTelemetry's context: what a task carries along. */
export interface OtelContext {
  getValue(key: symbol): unknown;
  setValue(key: symbol, value: unknown): OtelContext;
  deleteValue(key: symbol): OtelContext;
}

/** The part of the API that is used: `import * as api from '@opentelemetry/api'`, or its `trace` alone in an object. */
export interface OtelApi {
  readonly trace: { getActiveSpan(): SpanLike | undefined };
}

interface ContextManager {
  active(): OtelContext;
  with<R>(context: OtelContext, run: () => R): R;
}

function manager(): ContextManager | undefined {
  return (globalThis as { [API]?: { context?: ContextManager } })[API]?.context;
}

/** The ids of the span in a context of OpenTelemetry's. */
export function idsIn(context: OtelContext | undefined): SpanIds | undefined {
  return (context?.getValue(SPAN) as SpanLike | undefined)?.spanContext();
}

/** The ids of the active span. */
export function activeIds(): SpanIds | undefined {
  return idsIn(manager()?.active());
}

/** Runs a function whose requests make no spans. */
export function untraced<R>(run: () => R): R {
  const found = manager();
  return found ? found.with(found.active().setValue(SUPPRESSED, true), run) : run();
}

/** A context with nothing but a span of these ids. */
export function contextOf(ids: SpanIds): OtelContext {
  // The flag says "sampled": who reads the record can look for its trace.
  const span: SpanLike = { spanContext: () => ({ ...ids, traceFlags: 1, isRemote: true }) };
  return contextWith(new Map<symbol, unknown>([[SPAN, span]]));
}

function contextWith(values: ReadonlyMap<symbol, unknown>): OtelContext {
  return {
    getValue: (key) => values.get(key),
    setValue: (key, value) => contextWith(new Map([...values, [key, value]])),
    deleteValue: (key) => contextWith(new Map([...values].filter(([known]) => known !== key))),
  };
}
