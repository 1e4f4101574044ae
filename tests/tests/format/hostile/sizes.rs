//! Records, values and contexts that are very large.

use std::fmt;

use kakashi_core::Message;
use kakashi_std::{
    Batch, Destination, DropReason, Field, Format, FunctionalLogger, Json, LogContext, LoggerConfig, Text,
    Value, Wire, configure, create_custom_logger, fields, flush, get_logger, info, sinks,
};
use kakashi_tests::harness::global_state::{StatsSince, alone};
use kakashi_tests::harness::lines;
use kakashi_tests::harness::read_back::{entries, text};
use sinks::{FunctionSink, MemorySink};

use crate::common::{one_in_every_form, raw};

/// Ten megabytes that need no escapes.
fn ten_megabytes() -> String {
    "0123456789".repeat(1_000_000)
}

// Our own readers are too slow for these; what lies around the ten megabytes is known.

#[test]
fn a_message_of_ten_megabytes_arrives_whole() {
    let message = ten_megabytes();
    let log = |logger: &FunctionalLogger| logger.info(&message, fields![n = 1]);
    let line = String::from_utf8(raw(Text, log)).unwrap();
    assert!(line[28..] == format!("INFO hostile {message} n=1\n"));
    let line = String::from_utf8(raw(Json::new(), log)).unwrap();
    let read: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert!(read["message"] == *message && read["n"] == 1);
    let block = raw(Wire, log);
    let record = lines::only_record(&block);
    assert!(matches!(record.message(), Message::Literal(read) if read == message));
}

#[test]
fn a_value_of_ten_megabytes_arrives_whole_however_it_is_made() {
    struct Long;
    impl fmt::Display for Long {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            (0..1000).try_for_each(|_| f.write_str(&"0123456789".repeat(1000)))
        }
    }
    let text = ten_megabytes();
    let log = |logger: &FunctionalLogger| info!(logger, "Long", text, shown = %Long, last = 1);
    let line = String::from_utf8(raw(Text, log)).unwrap();
    assert!(line[28..] == format!("INFO hostile Long text={text} shown={text} last=1\n"));
    let block = raw(Wire, log);
    let record = lines::only_record(&block);
    for key in ["text", "shown"] {
        assert!(matches!(record.field(key), Some(Value::Str(read)) if read == text));
    }
}

/// Takes all and keeps nothing.
fn to_nowhere() -> FunctionalLogger {
    let config = LoggerConfig::new()
        .sink(Text, FunctionSink::new(|_: &Batch<'_>| Ok(())))
        .sink(Json::new(), FunctionSink::new(|_: &Batch<'_>| Ok(())));
    create_custom_logger("hostile", config)
}

fn many_fields(keys: &[String]) -> Vec<Field<'_>> {
    keys.iter().enumerate().map(|(at, key)| Field { key, value: Value::U64(at as u64) }).collect()
}

fn many_keys(count: usize) -> Vec<String> {
    (0..count).map(|at| format!("key_{at}")).collect()
}

#[test]
fn a_hundred_thousand_fields_arrive_each_under_its_key() {
    let keys = many_keys(100_000);
    let fields = many_fields(&keys);
    for entry in one_in_every_form("hostile", |logger| logger.info("Many", &fields)) {
        assert_eq!(entry.fields.len(), fields.len());
        let expected = |at: usize| (keys[at].clone(), at.to_string());
        assert!(entry.fields.iter().enumerate().all(|(at, field)| *field == expected(at)));
    }
}

#[test]
fn a_key_given_a_hundred_thousand_times_is_written_once() {
    let fields: Vec<Field<'_>> =
        (0..100_000).map(|at| Field { key: "same", value: Value::U64(at) }).collect();
    for entry in one_in_every_form("hostile", |logger| logger.info("Many", &fields)) {
        assert_eq!(entry.fields, [("same".into(), "0".into())], "the first counts");
    }
}

/// A million where code is optimised; were any step square in it, the test would not end.
const MANY: usize = if cfg!(debug_assertions) { 100_000 } else { 1_000_000 };

#[test]
fn a_million_fields_are_one_record() {
    let _alone = alone();
    let keys = many_keys(MANY);
    let fields = many_fields(&keys);
    let logger = to_nowhere();
    let before = StatsSince::now();
    logger.info("Many", &fields);
    assert!(logger.flush().is_complete());
    assert_eq!(before.dropped().total(), 0);
}

#[test]
fn a_context_of_very_many_fields_is_written_under_a_calls_own() {
    let keys = many_keys(MANY / 10);
    let fields = many_fields(&keys);
    let context = LogContext::new().with_custom(&fields);
    for entry in
        one_in_every_form("hostile", |logger| info!(logger.with_context(&context), "Many", key_7 = "own"))
    {
        assert_eq!(entry.fields.len(), fields.len());
        assert_eq!((entry.get("key_7"), entry.get("key_8")), (Some("own"), Some("8")));
    }
}

#[test]
fn a_record_larger_than_a_batch_keeps_its_place_among_smaller_ones() {
    let _alone = alone();
    let memory = MemorySink::new();
    configure().format(Format::Text).batch_bytes(256).destination(Destination::new(memory.clone())).apply();
    let before = StatsSince::now();
    let logger = get_logger("hostile");
    let long = "x".repeat(5000);
    for n in 0..300 {
        if n % 7 == 3 {
            info!(logger, "Counted", thread = 0, n, long);
        } else {
            info!(logger, "Counted", thread = 0, n);
        }
    }
    assert!(flush().is_complete());
    kakashi_tests::harness::read_back::assert_each_once_in_order(&text(&memory.bytes()), 1, 300);
    assert_eq!(before.dropped().total(), 0);
}

#[test]
fn a_record_that_fits_no_buffer_is_counted_and_announced() {
    let _alone = alone();
    let before = StatsSince::now();
    let bytes = raw(Wire, |logger| {
        info!(logger, "Before");
        logger.info(&"x".repeat(130 << 20), &[]);
        info!(logger, "After");
    });
    let entries = entries(Format::Wire, &bytes);
    let messages: Vec<&str> = entries.iter().map(|entry| entry.message.as_str()).collect();
    // All three were collected at once: the announcement may stand before.
    let records: Vec<_> = messages.iter().filter(|message| **message != "Records were dropped").collect();
    assert_eq!(records, [&"Before", &"After"]);
    assert_eq!(entries.iter().map(|entry| entry.dropped()).sum::<u64>(), 1);
    assert_eq!(before.dropped().of_reason(DropReason::TooLarge), 1);
}
