// Ids of the active span in every record: whatever its form, and wherever it goes.

import { type LogContext, scopes } from '../record/context.js';
import { type OtelApi, type SpanIds, activeIds } from './api.js';
import { isId } from './sent-record.js';

/** Contexts with ids, by the span's context and the task's: as long as a span lives. */
const known = new WeakMap<SpanIds, WeakMap<LogContext, LogContext>>();

/**
 * Adds `trace_id` and `span_id` of OpenTelemetry's active span to all records from now on, whatever their
 * form; fields of the call have precedence. Without an argument the span is found by what
 * `@opentelemetry/api` registers globally, now or later; nothing is imported. `false` undoes it.
 */
export function useOpenTelemetry(api?: OtelApi | false): void {
  if (api !== undefined && api !== false && typeof (api as OtelApi | null)?.trace?.getActiveSpan !== 'function') {
    throw new TypeError('useOpenTelemetry takes the module of @opentelemetry/api, false, or nothing');
  }
  const idsNow = api ? () => api.trace.getActiveSpan()?.spanContext() : activeIds;
  scopes.withIds = api === false ? undefined : (scope) => withIds(scope, idsNow);
}

function withIds(scope: LogContext, idsNow: () => SpanIds | undefined): LogContext {
  try {
    const ids = idsNow();
    if (!isId(ids?.traceId, 32) || !isId(ids?.spanId, 16)) return scope;
    let contexts = known.get(ids!);
    if (!contexts) known.set(ids!, (contexts = new WeakMap()));
    let context = contexts.get(scope);
    if (!context) contexts.set(scope, (context = scope.with({ trace_id: ids!.traceId, span_id: ids!.spanId })));
    return context;
  } catch {
    // Somebody else's code: no record is lost by it.
    return scope;
  }
}
