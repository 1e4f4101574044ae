//! Panics in values, enrichers, filters, clocks and encoders; panic hooks that log.

use std::fmt;
use std::panic::AssertUnwindSafe;

use kakashi_std::{
    Clock, Destination, Encoder, EncoderCache, Format, Json, LogRecord, LoggerConfig, Output, Text,
    Timestamp, Value, configure, create_custom_logger, error, fields, flush, get_logger, info, sinks,
};
use kakashi_tests::harness::global_state::{StatsSince, alone};
use kakashi_tests::harness::read_back::ArrivedRecord;
use kakashi_tests::harness::wait::in_time;
use sinks::MemorySink;

use crate::common::{arrived, child, messages, to_memory};

/// Panics wherever it is asked for text.
#[derive(Debug)]
struct Panics;

impl fmt::Display for Panics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a beginning that must not stay")?;
        panic!("the value panics");
    }
}

impl std::error::Error for Panics {}

struct DebugPanics;

impl fmt::Debug for DebugPanics {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("the value panics");
    }
}

#[test]
fn a_value_that_panics_costs_only_itself() {
    let _alone = alone();
    let (logger, memory) = to_memory();
    in_time(move || {
        info!(logger, "Of {shown}", first = 1, shown = %Panics, debug = ?DebugPanics, last = 2);
        logger.info("By a function", fields![first = 1, shown = %Panics, last = 2]);
        logger.exception("An error", &Panics, fields![first = 1]);
        error!(logger, "Urgent", shown = %Panics, last = 2);
        info!(logger, "Next", n = 3);
        assert!(flush().is_complete());
    });
    const LOST: &str = "[panicked while it was formatted]";
    let entries = arrived(&memory);
    assert_eq!(messages(&entries)[1..], ["By a function", "An error", "Urgent", "Next"]);
    assert_eq!(entries[0].message, format!("Of {LOST}"));
    for (key, value) in [("first", "1"), ("shown", LOST), ("debug", LOST), ("last", "2")] {
        assert_eq!(entries[0].get(key), Some(value), "{key}");
    }
    assert_eq!(entries[1].get("shown"), Some(LOST));
    assert_eq!(entries[2].get("exception.message"), Some(LOST));
    assert_eq!(entries[3].get("last"), Some("2"));
}

/// Logs three records through a custom logger; returns what arrived.
fn through(config: LoggerConfig) -> Vec<ArrivedRecord> {
    let memory = MemorySink::new();
    let kept = memory.clone();
    in_time(move || {
        let logger = create_custom_logger("custom", config.sink(Text, memory));
        info!(logger, "First", n = 1);
        info!(logger, "Second", n = 2, shown = %"x");
        error!(logger, "Third", n = 3);
        assert!(logger.flush().is_complete());
    });
    arrived(&kept)
}

#[test]
fn an_enricher_that_panics_adds_nothing_and_the_others_go_on() {
    let _alone = alone();
    let config = LoggerConfig::new()
        .enricher(|_: &LogRecord<'_>, add: &mut dyn FnMut(&str, Value<'_>)| add("before", Value::Bool(true)))
        .enricher(|_: &LogRecord<'_>, _: &mut dyn FnMut(&str, Value<'_>)| panic!("the enricher panics"))
        .enricher(|_: &LogRecord<'_>, add: &mut dyn FnMut(&str, Value<'_>)| {
            add("after", Value::Display(&Panics))
        });
    let entries = through(config);
    assert_eq!(messages(&entries), ["First", "Second", "Third"]);
    for entry in entries {
        assert_eq!(entry.get("before"), Some("true"));
        assert_eq!(entry.get("after"), Some("[panicked while it was formatted]"));
    }
}

#[test]
fn a_filter_that_panics_lets_the_record_pass() {
    let _alone = alone();
    let config = LoggerConfig::new().filter(|record: &LogRecord<'_>| {
        assert!(record.field("n").is_some_and(|n| !matches!(n, Value::I64(2) | Value::U64(2))));
        true
    });
    assert_eq!(messages(&through(config)), ["First", "Second", "Third"]);
    let memory = MemorySink::new();
    let logger = create_custom_logger(
        "custom",
        LoggerConfig::new().destination(
            Destination::new(memory.clone()).filter(|_: &LogRecord<'_>| panic!("the filter panics")),
        ),
    );
    info!(logger, "First");
    assert!(logger.flush().is_complete());
    assert_eq!(messages(&arrived(&memory)), ["First"]);
}

#[test]
fn a_clock_that_panics_or_logs_does_not_reach_the_caller() {
    struct Bad;
    impl Clock for Bad {
        fn now(&self) -> Timestamp {
            info!("The clock logs");
            panic!("the clock panics");
        }
    }
    let _alone = alone();
    let memory = MemorySink::new();
    let kept = memory.clone();
    in_time(move || {
        configure().format(Format::Text).clock(Bad).destination(Destination::new(memory)).apply();
        let logger = get_logger("outer");
        let called = std::panic::catch_unwind(AssertUnwindSafe(|| info!(logger, "Outer")));
        configure().clock(kakashi_std::SystemClock).apply();
        assert!(called.is_ok(), "a logging call never panics");
    });
    assert!(messages(&arrived(&kept)).contains(&"Outer"));
}

#[test]
fn an_encoder_that_panics_does_not_reach_the_caller() {
    struct Bad;
    impl Encoder for Bad {
        fn encode(&self, record: &LogRecord<'_>, cache: &mut EncoderCache, out: &mut Output<'_>) {
            out.put(b"half a line");
            assert!(record.field("bad").is_none(), "the encoder panics");
            Json::new().encode(record, cache, out);
        }
    }
    let _alone = alone();
    let memory = MemorySink::new();
    let before = StatsSince::now();
    let kept = memory.clone();
    in_time(move || {
        let logger = create_custom_logger("custom", LoggerConfig::new().sink(Bad, memory));
        info!(logger, "First");
        let called = std::panic::catch_unwind(AssertUnwindSafe(|| info!(logger, "Lost", bad = true)));
        assert!(called.is_ok(), "a logging call never panics");
        info!(logger, "Third");
        assert!(logger.flush().is_complete());
    });
    let lines = kept.lines();
    assert!(lines.len() == 3 && lines.iter().any(|line| line.contains("Third")), "{lines:?}");
    assert!(lines.iter().any(|line| line.contains("encoder_failed")), "{lines:?}");
    assert_eq!(before.dropped().total(), 1);
}

#[test]
#[cfg(unix)]
fn a_panic_hook_may_log() {
    let entries = child("panic_hook_that_logs");
    assert_eq!(entries.iter().filter(|entry| entry.message == "A panic").count(), 4, "{entries:?}");
    assert_eq!(entries.iter().filter(|entry| entry.message == "Counted").count(), 4, "{entries:?}");
}
