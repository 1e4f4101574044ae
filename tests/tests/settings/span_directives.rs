//! Directives that give spans a level: for records of `tracing`, `log` and kakashi alike.

#![forbid(unsafe_code)]

use std::cell::Cell;
use std::sync::Once;
use std::thread;

use kakashi_std::sinks::MemorySink;
use kakashi_std::{
    Destination, Format, LogContext, LogLevel, Scope as _, bridges, configure, debug, fields, flush,
    get_async_logger, get_logger_with_level, get_performance_logger, set_log_level, trace,
};
use kakashi_tests::harness::global_state::alone;
use kakashi_tests::harness::read_back::text;
use tracing::field::Empty;
use tracing::{debug_span, info_span, trace_span};

/// Has `log` and `tracing` go to kakashi.
fn install_bridges() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        bridges::log::install().unwrap();
        bridges::tracing::install().unwrap();
    });
}

/// Begins anew: everything is written to this memory as text, by these directives.
fn to_memory(directives: &str) -> MemorySink {
    let memory = MemorySink::new();
    let change = configure().reset().format(Format::Text).destination(Destination::new(memory.clone()));
    change.directives(directives).unwrap().apply();
    memory
}

fn messages(memory: &MemorySink) -> Vec<String> {
    assert!(flush().is_complete());
    text(&memory.bytes()).into_iter().map(|entry| entry.message).collect()
}

/// Runs a program under these directives, and returns what it logs.
fn logged(directives: &str, program: impl Fn()) -> Vec<String> {
    install_bridges();
    let memory = to_memory(directives);
    program();
    let messages = messages(&memory);
    configure().reset().apply();
    messages
}

#[test]
fn inside_of_such_a_span_tracing_log_and_kakashi_write_alike() {
    let _alone = alone();
    install_bridges();
    let memory = to_memory("warn,[request{user=7}]=debug");
    let own = get_logger_with_level("spans::own", LogLevel::Error);
    let log = |when: &'static str| {
        tracing::debug!(when, "tracing");
        log::debug!("log");
        debug!("kakashi", when);
        debug!(get_async_logger("spans::async"), "async");
        debug!(get_performance_logger("spans::performance"), "performance");
        debug!(own, "own");
        trace!("never");
        tracing::trace!("never");
        log::trace!("never");
    };
    let request = |user: u64| info_span!("request", user);
    log("before");
    request(8).in_scope(|| log("of another user"));
    request(7).in_scope(|| {
        log("inside");
        // A thread that is not inside.
        thread::spawn(|| debug!("elsewhere")).join().unwrap();
        thread::spawn(|| tracing::debug!("elsewhere")).join().unwrap();
    });
    log("after");
    let mut seen = messages(&memory);
    seen.sort();
    assert_eq!(seen, ["async", "kakashi", "log", "own", "performance", "tracing"]);
}

#[test]
fn of_several_fields_all_must_be_there_with_their_values() {
    let _alone = alone();
    let program = || {
        for (user, paid, note) in
            [(7, true, "a, \"b\""), (7, false, "a, \"b\""), (8, true, ""), (7, true, "")]
        {
            info_span!("request", user, paid, note, r#type = ?'x', share = 2.5_f32, wide = 1_i128 << 80, tail = Empty)
                .in_scope(|| tracing::debug!("{user} {paid} {note}"));
        }
    };
    let all = ["7 true a, \"b\"", "7 false a, \"b\"", "8 true ", "7 true "];
    for (directive, expected) in [
        ("[request{user=7,paid=true}]=debug", [true, false, false, true]),
        ("[{ paid = true , user }]=debug", [true, false, true, true]),
        (r#"[request{note="a, \"b\""}]=debug"#, [true, true, false, false]),
        ("[request{note=\"\",paid=true}]=debug", [false, false, true, true]),
        ("[request{type=\"'x'\",tail}]=debug", [true; 4]),
        ("[request{wide=1208925819614629174706176,share=2.50}]=debug", [true; 4]),
        ("[request{tail=7}]=debug", [false; 4]),
        ("[request{user=7,other}]=debug", [false; 4]),
        ("[request{user=77}]=debug", [false; 4]),
        ("[request{user=\"\"}]=debug", [false; 4]),
    ] {
        let expected: Vec<_> =
            all.iter().zip(expected).filter(|(_, is)| *is).map(|(text, _)| *text).collect();
        assert_eq!(logged(&format!("warn,{directive}"), program), expected, "{directive}");
    }
}

#[test]
fn a_field_that_is_recorded_inside_counts_at_once_and_so_does_its_change() {
    let _alone = alone();
    let seen = logged("warn,[request{user=7}]=debug", || {
        let request = info_span!("request", user = Empty);
        request.in_scope(|| {
            tracing::debug!("empty");
            request.record("user", 7);
            tracing::debug!("recorded");
            debug_span!("below").in_scope(|| tracing::debug!("below"));
            LogContext::new().with_custom(fields![step = 2]).within(|| tracing::debug!("in a scope"));
            request.record("user", 8);
            tracing::debug!("changed");
        });
    });
    assert_eq!(seen, ["recorded", "below", "in a scope"]);
}

#[test]
fn spans_that_are_open_obey_new_directives_when_they_are_entered_next() {
    let _alone = alone();
    install_bridges();
    let memory = to_memory("warn");
    let open = info_span!("request", user = 7);
    let take = |directives: &str| configure().directives(directives).unwrap().apply();
    open.in_scope(|| tracing::debug!("no directive"));
    // It is disabled where it is made, so it is no span: nothing can give it a level.
    assert!(open.is_disabled());
    take("info");
    let open = info_span!("request", user = 7);
    let log = |text: &'static str| open.in_scope(|| info_span!("below").in_scope(|| debug!("{text}", text)));
    log("no span is meant");
    take("info,[request{user=7}]=debug");
    log("lower");
    take("info,[request{user=8}]=debug");
    log("another is meant");
    take("info,[below]=debug");
    log("lower below");
    set_log_level("debug").unwrap();
    take("[below]=info");
    log("never raised");
    set_log_level("info").unwrap();
    take("");
    log("none");
    assert_eq!(messages(&memory), ["lower", "lower below", "never raised"]);
    assert_eq!(log::max_level(), log::LevelFilter::Info);
    assert!(!tracing::event_enabled!(tracing::Level::DEBUG));
}

#[test]
fn a_scope_inside_of_such_a_span_has_its_own_level_and_a_span_inside_of_a_scope_only_lowers() {
    let _alone = alone();
    let seen = logged("warn,[low]=debug,[high]=error", || {
        let log = |text: &str| {
            tracing::debug!("{text} debug");
            tracing::info!("{text} info");
        };
        let scope = |level: LogLevel| LogContext::new().level(level);
        info_span!("low").in_scope(|| {
            scope(LogLevel::Info).within(|| log("scope in span"));
            LogContext::new().within(|| log("scope without level"));
            info_span!("high").in_scope(|| log("high in low"));
            info_span!(parent: None, "high").in_scope(|| log("apart in low"));
        });
        scope(LogLevel::Info).within(|| {
            log("scope");
            info_span!("high").in_scope(|| log("high in scope"));
            info_span!("low").in_scope(|| log("low in scope"));
            log("scope again");
        });
        log("outside");
    });
    assert_eq!(
        seen,
        [
            "scope in span info",
            "scope without level debug",
            "scope without level info",
            "high in low debug",
            "high in low info",
            "apart in low debug",
            "apart in low info",
            "scope info",
            "high in scope info",
            "low in scope debug",
            "low in scope info",
            "scope again info",
        ]
    );
}

#[test]
fn a_disabled_call_outside_of_such_spans_evaluates_nothing() {
    let _alone = alone();
    install_bridges();
    let memory = to_memory("info,[request]=trace");
    let evaluated = Cell::new(0);
    let count = || {
        evaluated.set(evaluated.get() + 1);
        evaluated.get()
    };
    debug!("kakashi", n = count());
    tracing::debug!(n = count(), "tracing");
    tracing::debug_span!("other", n = count()).in_scope(|| tracing::debug!(n = count(), "in another"));
    assert_eq!(evaluated.get(), 0);
    trace_span!("request", n = count()).in_scope(|| tracing::trace!(n = count(), "tracing"));
    assert_eq!((evaluated.get(), messages(&memory)), (2, vec!["tracing".to_owned()]));
    configure().reset().apply();
}
