//! The ids of an OpenTelemetry layer, on each record inside of its spans.

use kakashi_std::bridges::tracing::layer;
use kakashi_std::sinks::MemorySink;
use kakashi_std::{Destination, Json, configure, flush, info};
use opentelemetry::trace::{TraceContextExt as _, TracerProvider as _};
use opentelemetry_sdk::trace::SdkTracerProvider;
use serde_json::Value;
use tracing::subscriber::with_default;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry;

/// Logs inside of two spans and outside; returns the ids of the spans.
fn program() -> [(String, String); 2] {
    let ids = |span: &tracing::Span| {
        let context = span.context();
        let context = context.span().span_context().clone();
        (context.trace_id().to_string(), context.span_id().to_string())
    };
    let outer = tracing::info_span!("outer");
    let outer_ids = ids(&outer);
    let inner_ids = outer.in_scope(|| {
        tracing::info!("event");
        info!("call");
        let inner = tracing::info_span!("inner", n = 1);
        inner.in_scope(|| info!("inner"));
        ids(&inner)
    });
    info!("outside");
    tracing::info!(parent: &outer, "of the outer one");
    [outer_ids, inner_ids]
}

#[test]
fn each_record_inside_of_a_span_has_its_ids_in_whichever_order_the_layers_lie() {
    let provider = SdkTracerProvider::builder().build();
    let tracer = || provider.tracer("test");
    for kakashi_first in [true, false] {
        let memory = MemorySink::new();
        configure().reset().destination(Destination::new(memory.clone()).encoder(Json::new())).apply();
        let [outer, inner] = if kakashi_first {
            with_default(
                registry().with(layer()).with(tracing_opentelemetry::layer().with_tracer(tracer())),
                program,
            )
        } else {
            with_default(
                registry().with(tracing_opentelemetry::layer().with_tracer(tracer())).with(layer()),
                program,
            )
        };
        assert!(flush().is_complete());
        let lines = memory.lines();
        let found: Vec<_> = lines.iter().map(|line| serde_json::from_str::<Value>(line).unwrap()).collect();
        let messages: Vec<_> = found.iter().map(|record| record["message"].as_str().unwrap()).collect();
        assert_eq!(messages, ["event", "call", "inner", "outside", "of the outer one"]);
        let id = |at: usize, key| found[at].get(key).and_then(Value::as_str).map(str::to_owned);
        let ids: Vec<_> = (0..5).map(|at| id(at, "trace_id").zip(id(at, "span_id"))).collect();
        assert_eq!(outer.0, inner.0, "one trace");
        assert_eq!(ids, [Some(outer.clone()), Some(outer.clone()), Some(inner), None, Some(outer)]);
    }
}
