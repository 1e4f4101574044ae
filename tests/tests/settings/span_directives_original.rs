//! Directives of spans beside `EnvFilter`: the same program under both logs the same.
//!
//! A process of its own: beside a receiver of all threads `EnvFilter` itself lets less through.

#![forbid(unsafe_code)]

use std::fmt::Debug;
use std::sync::{Arc, Mutex};
use std::thread;

use kakashi_std::bridges::tracing::layer;
use kakashi_std::sinks::MemorySink;
use kakashi_std::{Destination, Format, configure, flush};
use kakashi_tests::harness::read_back::text;
use tracing::field::{Empty, Field, Visit, debug as debugged};
use tracing::subscriber::with_default;
use tracing::{Event, Subscriber, debug_span, error_span, info_span, trace_span};
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::{EnvFilter, Layer, registry};

/// Keeps the messages of events.
#[derive(Clone, Default)]
struct Messages(Arc<Mutex<Vec<String>>>);

impl<S: Subscriber> Layer<S> for Messages {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        event.record(&mut &*self);
    }
}

impl Visit for &Messages {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() == "message" {
            self.0.lock().unwrap().push(format!("{value:?}"));
        }
    }
}

fn by_kakashi(directives: &str, program: impl Fn()) -> Vec<String> {
    let memory = MemorySink::new();
    let change = configure().reset().format(Format::Text).destination(Destination::new(memory.clone()));
    change.directives(directives).unwrap().apply();
    with_default(registry().with(layer()), program);
    assert!(flush().is_complete());
    text(&memory.bytes()).into_iter().map(|entry| entry.message).collect()
}

fn by_env_filter(directives: &str, program: impl Fn()) -> Vec<String> {
    let messages = Messages::default();
    let filter = EnvFilter::builder().parse(directives).expect(directives);
    with_default(registry().with(filter).with(messages.clone()), program);
    let messages = messages.0.lock().unwrap();
    messages.clone()
}

/// Logs at each level.
macro_rules! log_all {
    ($place:literal) => {
        tracing::error!(concat!($place, " error"));
        tracing::warn!(concat!($place, " warn"));
        tracing::info!(concat!($place, " info"));
        tracing::debug!(concat!($place, " debug"));
        tracing::trace!(target: "shop::db", concat!($place, " trace"));
    };
}

fn program() {
    log_all!("outside");
    for (user, paid, share, name) in [(7_u64, true, 1.5, "eve"), (8, false, -2.0, "bob")] {
        let request = info_span!("request", user, paid, share, name, seen = ?Some(user), at = %name);
        request.in_scope(|| {
            log_all!("request");
            let inner = debug_span!(target: "shop::db::pool", "query", table = name, rows = Empty);
            inner.in_scope(|| {
                log_all!("query");
            });
            inner.record("rows", user);
            for _ in 0..2 {
                inner.in_scope(|| {
                    log_all!("query with rows");
                });
            }
            info_span!(parent: None, "apart", user = user + 100).in_scope(|| {
                log_all!("apart");
            });
            let dispatch = tracing::dispatcher::get_default(Clone::clone);
            let same = request.clone();
            thread::spawn(move || {
                tracing::dispatcher::with_default(&dispatch, || {
                    log_all!("thread");
                    same.in_scope(|| {
                        log_all!("thread in request");
                    });
                });
            })
            .join()
            .unwrap();
            log_all!("end of request");
        });
        let late = info_span!("late", user = Empty, name = Empty);
        late.in_scope(|| {
            log_all!("before");
        });
        late.record("user", user);
        late.record("name", debugged(name));
        late.in_scope(|| {
            log_all!("after");
        });
    }
    // Spans that no level enables but a directive's.
    trace_span!(target: "shop::cart", "request", user = 7_i64, paid = true).in_scope(|| {
        log_all!("trace span");
    });
    error_span!(target: "other", "request").in_scope(|| {
        log_all!("error span");
    });
    log_all!("outside again");
}

#[test]
fn directives_of_spans_let_through_what_env_filter_does() {
    for directives in [
        "warn",
        "warn,[request]=debug",
        "warn,[request]=trace",
        "off,[request]",
        "error,[request]=warn,[query]=info",
        "info,[query]=debug",
        "warn,[request{user=7}]=debug",
        "warn,[request{user=7}]=trace,[request{user=8}]=info",
        "warn,[request{paid=false}]=debug",
        "warn,[request{share=1.5}]=debug",
        "warn,[request{share=-2.0}]=debug",
        "warn,[request{name=eve}]=debug",
        "warn,[request{at=bob}]=debug",
        "warn,[request{missing}]=debug",
        "warn,[request{user}]=debug",
        "warn,[{user=7}]=debug",
        "warn,[{user=107}]=debug",
        "warn,[late{user=7}]=debug",
        "warn,[late{user=8}]=trace",
        "warn,[query{rows=8}]=debug",
        "warn,[query{table=eve}]=trace,[request{user=8}]=debug",
        "warn,shop[request]=debug",
        "warn,shop::cart[request{user=7}]=trace",
        "warn,shop::db[query]=debug",
        "warn,shop[query]=debug,shop::db=info",
        "warn,elsewhere[request]=debug",
        "warn,[request]=debug,[request]=info",
        "warn,[request]=info,[request]=debug",
        "warn,[request]=debug,[request{user=7}]=info",
        "warn,[apart]=debug",
        "debug,[request]=off",
        "debug,[request]=error",
    ] {
        let seen = by_kakashi(directives, program);
        assert!(!seen.is_empty(), "{directives}");
        assert_eq!(seen, by_env_filter(directives, program), "{directives}");
    }
}
