//! Events and spans of `tracing`: what they become, whose context they are, and that levels follow.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::{MutexGuard, Once};
use std::task::{Context, Poll, Waker};

use kakashi_std::sinks::MemorySink;
use kakashi_std::{
    Destination, DropReason, Json, LogContext, LogLevel, Scope as _, UserContext, bridges,
    clear_logger_cache, configure, fields, flush, get_logger, get_logger_with_level, info, set_log_level,
    set_user_context,
};
use kakashi_tests::harness::fake_values::Runs;
use kakashi_tests::harness::global_state::{StatsSince, alone};
use kakashi_tests::harness::wait::in_time;
use serde_json::{Value, json};
use tracing::field::Empty;
use tracing::{Instrument as _, Span};

/// Installs the bridge and has everything written as JSON into memory.
fn begin() -> (MutexGuard<'static, ()>, MemorySink) {
    static INSTALL: Once = Once::new();
    let alone = alone();
    INSTALL.call_once(|| bridges::tracing::install().expect("nobody else has installed anything"));
    clear_logger_cache();
    let memory = MemorySink::new();
    configure().reset().destination(Destination::new(memory.clone()).encoder(Json::new())).apply();
    (alone, memory)
}

/// Returns the message of each record and its fields as JSON.
fn records(memory: &MemorySink) -> Vec<(String, Value)> {
    assert!(flush().is_complete());
    let lines = memory.lines();
    let read = lines.iter().map(|line| {
        let Value::Object(mut record) = serde_json::from_str(line).expect("a JSON line") else {
            panic!("an object")
        };
        record.remove("timestamp");
        record.remove("level");
        record.remove("logger");
        let message = record.remove("message").expect("each has one");
        (message.as_str().expect("text").to_owned(), Value::Object(record))
    });
    read.collect()
}

fn expect(memory: &MemorySink, expected: &[(&str, Value)]) {
    let expected: Vec<_> =
        expected.iter().map(|(message, fields)| ((*message).to_owned(), fields.clone())).collect();
    assert_eq!(records(memory), expected);
    memory.clear();
}

fn poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// Is pending once.
async fn yields() {
    let mut is_first = true;
    std::future::poll_fn(|_| if std::mem::take(&mut is_first) { Poll::Pending } else { Poll::Ready(()) })
        .await;
}

#[test]
fn an_event_has_its_target_place_and_fields_with_their_types() {
    let (_alone, memory) = begin();
    configure().destination(Destination::new(memory.clone()).encoder(Json::new().location(true))).apply();
    let error: &(dyn std::error::Error + 'static) = &"x".parse::<u16>().unwrap_err();
    let line = line!() + 1;
    tracing::warn!(
        target: "shop::orders",
        id = 1042, total = 19.5, paid = true, who = "eve", small = i64::MIN, bytes = &b"ab"[..],
        shown = %LogLevel::Info, seen = ?"q", r#type = "x", otel.kind = "server", error, other = error,
        "Order {} accepted {{}}", 7
    );
    tracing::error!(message = "as a field");
    tracing::info!(n = 1);
    assert!(flush().is_complete());
    let lines = memory.lines();
    let mut record: Value = serde_json::from_str(&lines[0]).unwrap();
    record.as_object_mut().unwrap().remove("timestamp");
    let words = "invalid digit found in string";
    let expected = json!({
        "level": "WARNING", "logger": "shop::orders", "message": "Order 7 accepted {}",
        "file": file!(), "line": line,
        "id": 1042, "total": 19.5, "paid": true, "who": "eve", "small": i64::MIN, "bytes": "YWI=",
        "shown": "INFO", "seen": "\"q\"", "type": "x", "otel.kind": "server",
        "exception.message": words, "other": words,
    });
    assert_eq!(record, expected);
    let messages = lines.iter().map(|line| serde_json::from_str::<Value>(line).unwrap()["message"].clone());
    assert_eq!(messages.collect::<Vec<_>>(), ["Order 7 accepted {}", "as a field", ""]);
}

#[test]
fn a_span_is_context_of_both_doors_and_the_inner_wins() {
    let (_alone, memory) = begin();
    let logger = get_logger("shop");
    let outer = tracing::info_span!("outer", request_id = "r-1", step = 1);
    outer.in_scope(|| {
        tracing::info!("event");
        info!(logger, "call", own = true);
        let inner = tracing::info_span!("inner", step = 2);
        let _inner = inner.enter();
        LogContext::new().with_custom(fields![step = 3]).within(|| {
            tracing::info!("scope");
            tracing::info!(step = 4, "own");
            tracing::info_span!("innermost", step = 5).in_scope(|| info!(logger, "innermost"));
        });
        info!(logger, "inner");
    });
    tracing::info!("outside");
    expect(
        &memory,
        &[
            ("event", json!({"request_id": "r-1", "step": 1})),
            ("call", json!({"request_id": "r-1", "step": 1, "own": true})),
            ("scope", json!({"request_id": "r-1", "step": 3})),
            ("own", json!({"request_id": "r-1", "step": 4})),
            ("innermost", json!({"request_id": "r-1", "step": 5})),
            ("inner", json!({"request_id": "r-1", "step": 2})),
            ("outside", json!({})),
        ],
    );
}

#[test]
fn a_span_wins_over_the_scope_around_it_in_typed_keys_too() {
    let (_alone, memory) = begin();
    LogContext::new().with_user_id("outer").within(|| {
        tracing::info_span!("login", user_id = 42).in_scope(|| tracing::info!("in"));
        tracing::info!("out");
    });
    expect(&memory, &[("in", json!({"user_id": 42})), ("out", json!({"user_id": "outer"}))]);
}

#[test]
fn a_late_record_is_seen_in_the_same_poll_and_by_children() {
    let (_alone, memory) = begin();
    let span = tracing::info_span!("request", status = Empty, route = "/");
    let entered = span.enter();
    tracing::info!("before");
    span.record("status", 200);
    info!("after");
    tracing::info_span!("child", n = 1).in_scope(|| {
        span.record("status", 500);
        span.record("route", "/cart");
        tracing::info!("child");
    });
    drop(entered);
    span.record("status", 404);
    span.in_scope(|| tracing::info!("again"));
    expect(
        &memory,
        &[
            ("before", json!({"route": "/"})),
            ("after", json!({"route": "/", "status": 200})),
            ("child", json!({"route": "/cart", "status": 500, "n": 1})),
            ("again", json!({"route": "/cart", "status": 404})),
        ],
    );
}

#[test]
fn another_parent_or_none_hides_the_span_around_and_no_scope() {
    let (_alone, memory) = begin();
    let other = tracing::info_span!("other", o = 1);
    let _scope = LogContext::new().with_custom(fields![scope = true]).enter();
    let around = tracing::info_span!("around", a = 1);
    let _around = around.enter();
    tracing::info!(parent: &other, "event of another");
    tracing::info!(parent: None, "event of none");
    tracing::info!(parent: &around, "event of this");
    tracing::info_span!(parent: &other, "child", c = 1).in_scope(|| info!("child of another"));
    tracing::info_span!(parent: None, "root", r = 1).in_scope(|| {
        tracing::info!("root");
        tracing::info_span!("below", b = 1).in_scope(|| tracing::info!("below root"));
    });
    tracing::info!(parent: Span::none().id(), "event of Span::none");
    tracing::info!("around");
    expect(
        &memory,
        &[
            ("event of another", json!({"scope": true, "o": 1})),
            ("event of none", json!({"scope": true})),
            ("event of this", json!({"scope": true, "a": 1})),
            ("child of another", json!({"scope": true, "o": 1, "c": 1})),
            ("root", json!({"scope": true, "r": 1})),
            ("below root", json!({"scope": true, "r": 1, "b": 1})),
            ("event of Span::none", json!({"scope": true})),
            ("around", json!({"scope": true, "a": 1})),
        ],
    );
}

#[test]
fn a_span_that_is_entered_elsewhere_brings_its_parents() {
    let (_alone, memory) = begin();
    let child = tracing::info_span!("parent", p = 1).in_scope(|| tracing::info_span!("child", c = 1));
    std::thread::spawn(move || child.in_scope(|| info!("elsewhere"))).join().unwrap();
    expect(&memory, &[("elsewhere", json!({"p": 1, "c": 1}))]);
}

#[test]
fn a_task_has_its_span_and_its_scope_whichever_lies_around_the_other() {
    let (_alone, memory) = begin();
    async fn handle(name: &str) {
        info!("begins", name);
        yields().await;
        set_user_context(UserContext::new().user_id("42"));
        tracing::info!(name, "goes on");
        yields().await;
        info!("ends", name);
    }
    let request = LogContext::new().with_request_id("r-1");
    let span = || tracing::info_span!("handle", s = 1);
    let mut first = pin!(request.scope(handle("span outside")).instrument(span()));
    let mut second = pin!(request.scope(handle("span inside").instrument(span())));
    for _ in 0..3 {
        let _ = (poll(first.as_mut()), poll(second.as_mut()));
        tracing::info!("between");
    }
    for name in ["span outside", "span inside"] {
        let own: Vec<_> = records(&memory).into_iter().filter(|(_, fields)| fields["name"] == name).collect();
        let expected = [
            ("begins", json!({"name": name, "request_id": "r-1", "s": 1})),
            ("goes on", json!({"name": name, "request_id": "r-1", "s": 1, "user_id": "42"})),
            ("ends", json!({"name": name, "request_id": "r-1", "s": 1, "user_id": "42"})),
        ];
        assert_eq!(own, expected.map(|(message, fields)| (message.to_owned(), fields)));
    }
    let between: Vec<_> = records(&memory).into_iter().filter(|(message, _)| message == "between").collect();
    assert!(between.iter().all(|(_, fields)| *fields == json!({})), "{between:?}");
}

#[test]
fn follows_from_is_a_link() {
    let (_alone, memory) = begin();
    let first = tracing::info_span!("request", request_id = "r-1");
    let second = tracing::info_span!("retry");
    let span = tracing::info_span!("job", n = 1);
    let _entered = span.enter();
    span.follows_from(&first);
    info!("one");
    span.follows_from(&second);
    tracing::info!("two");
    let one = json!({"span": "request", "request_id": "r-1"});
    expect(
        &memory,
        &[
            ("one", json!({"n": 1, "follows_from": [one]})),
            ("two", json!({"n": 1, "follows_from": [one, {"span": "retry"}]})),
        ],
    );
}

#[test]
fn levels_follow_every_change_and_are_those_of_the_target() {
    let (_alone, memory) = begin();
    fn log() {
        tracing::debug!(target: "shop::db", "db");
        tracing::debug!(target: "hyper", "hyper");
    }
    log();
    configure().level_of("shop", LogLevel::Debug).apply();
    log();
    let _own = get_logger_with_level("hyper", LogLevel::Debug);
    log();
    clear_logger_cache();
    configure().no_prefix_levels().level(LogLevel::Critical).apply();
    tracing::error!("no level of tracing is so high");
    assert_eq!(tracing::level_filters::LevelFilter::current(), tracing::level_filters::LevelFilter::OFF);
    set_log_level(LogLevel::Debug).unwrap();
    assert_eq!(tracing::level_filters::LevelFilter::current(), tracing::level_filters::LevelFilter::DEBUG);
    tracing::debug_span!("span", s = 1).in_scope(log);
    set_log_level(LogLevel::Info).unwrap();
    tracing::debug_span!("span", s = 1).in_scope(|| tracing::info!("a span below is no context"));
    let s = json!({"s": 1});
    expect(
        &memory,
        &[
            ("db", json!({})),
            ("db", json!({})),
            ("hyper", json!({})),
            ("db", s.clone()),
            ("hyper", s),
            ("a span below is no context", json!({})),
        ],
    );
}

#[test]
fn nothing_is_formatted_below_the_threshold() {
    let (_alone, _memory) = begin();
    let formatted = Cell::new(0);
    let value = Runs(|| formatted.set(formatted.get() + 1));
    tracing::debug!(%value, "text {value}");
    let span = tracing::debug_span!("span", %value);
    assert!(span.is_disabled());
    assert_eq!(formatted.get(), 0);
}

#[test]
fn a_second_installation_says_who_is_there() {
    let (_alone, _memory) = begin();
    let error = bridges::tracing::install().unwrap_err();
    assert_eq!(error.by(), Some("kakashi"));
    assert_eq!(error.to_string(), "kakashi receives the records of `tracing` already: install it once");
}

#[test]
fn span_fields_are_redacted() {
    let (_alone, memory) = begin();
    configure().redact(["password"]).apply();
    tracing::info_span!("login", password = "hunter2", user = "eve").in_scope(|| info!("in"));
    expect(&memory, &[("in", json!({"password": "[REDACTED]", "user": "eve"}))]);
}

/// Logs itself.
struct Endless(RefCell<usize>);

impl Endless {
    fn again(&self) -> &dyn fmt::Display {
        self
    }
}

impl fmt::Display for Endless {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        *self.0.borrow_mut() += 1;
        tracing::info!("{}", Self::again(self));
        f.write_str("shown")
    }
}

#[test]
fn values_that_log_end_and_are_counted_and_one_that_panics_costs_its_own() {
    let (_alone, memory) = begin();
    let before = StatsSince::now();
    in_time(|| {
        let value = Runs(|| tracing::error!("inner"));
        tracing::info!(field = %value, "outer");
        tracing::info_span!("span", field = %value).in_scope(|| info!("inside"));
        tracing::info!(bad = %Runs(|| std::panic::resume_unwind(Box::new(()))), good = 1, "panics");
    });
    let shown = json!({"field": "shown"});
    expect(
        &memory,
        &[
            ("inner", json!({})),
            ("outer", shown.clone()),
            ("inner", json!({})),
            ("inside", shown),
            ("panics", json!({"bad": "[panicked while it was formatted]", "good": 1})),
        ],
    );
    assert_eq!(before.dropped().total(), 0);
    let endless = Endless(RefCell::new(0));
    tracing::info!("{}", endless.again());
    assert!(flush().is_complete());
    assert_eq!(*endless.0.borrow(), 4);
    assert_eq!(before.dropped().of(LogLevel::Info, DropReason::Reentrant), 1);
}

#[test]
fn a_deep_tower_of_spans_ends_where_it_began() {
    let (_alone, memory) = begin();
    let spans: Vec<_> = (0..500).map(|n| tracing::info_span!("level", n)).collect();
    let entered: Vec<_> = spans.iter().map(Span::enter).collect();
    tracing::info!("inside");
    // Outermost first.
    entered.into_iter().for_each(drop);
    tracing::info!("outside");
    expect(&memory, &[("inside", json!({"n": 499})), ("outside", json!({}))]);
}

#[test]
fn a_text_that_stays_the_same_and_one_that_varies_are_written_alike() {
    let (_alone, memory) = begin();
    let mut expected = Vec::new();
    for n in 0..40 {
        let kind = if n % 5 == 0 { "a" } else { "b" };
        tracing::info!(n, kind, "constant");
        tracing::info!(n, "varies {}", n / 3);
        tracing::info!(n, "braces {{n}} {}", 7);
        expected.push(("constant".to_owned(), json!({"n": n, "kind": kind})));
        expected.push((format!("varies {}", n / 3), json!({"n": n})));
        expected.push(("braces {n} 7".to_owned(), json!({"n": n})));
        if n % 2 == 0 {
            tracing::info!(n, n = "twice", "keys");
            expected.push(("keys".to_owned(), json!({"n": n})));
        }
    }
    assert_eq!(records(&memory), expected);
}
