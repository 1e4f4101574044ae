//! Logfmt, read by the rules of Loki's and Grafana's decoder.

use std::collections::HashSet;

use kakashi_core::{Field, Json, List, LogLevel, LogRecord, Logfmt, Name, Text, Timestamp, Value};
use kakashi_tests::harness::lines;
use kakashi_tests::model::strategies;
use kakashi_tests::oracle::json::is_control;
use kakashi_tests::oracle::logfmt;
use proptest::prelude::*;

use crate::random::crowded;

fn line(message: &str, fields: &[Field<'_>]) -> String {
    let record = LogRecord::new(
        Timestamp::Wall(1_795_342_320_123_456_789),
        LogLevel::Info,
        Name::new("shop"),
        message,
    );
    lines::line(&Text::logfmt(), &record.with_fields(fields))
}

#[test]
fn a_record_is_keys_and_values_quoted_only_where_it_must_be() {
    let fields = [
        Field::new("id", &1042),
        Field::new("item", "a \"b\""),
        Field::new("path", "C:\\x"),
        Field::new("empty", ""),
        Field { key: "nothing", value: Value::Null },
        Field::new("list", &List(&["a", "b c"])),
        Field::new("bytes", &kakashi_core::Bytes(b"a\xff")),
    ];
    assert_eq!(
        line("Order accepted", &fields),
        "ts=2026-11-22T10:12:00.123456Z level=info logger=shop msg=\"Order accepted\" id=1042 item=\"a \\\"b\\\"\" \
         path=\"C:\\\\x\" empty=\"\" nothing=null list=\"[\\\"a\\\",\\\"b c\\\"]\" bytes=\"a\\\\xff\"\n"
    );
    assert_eq!(line("Ready", &[]), "ts=2026-11-22T10:12:00.123456Z level=info logger=shop msg=Ready\n");
}

#[test]
fn keys_that_logfmt_does_not_have_are_percent_encoded_and_its_own_are_kept_apart() {
    let keys = ["a b", "a=b", "a%20b", "", "msg", "msg_", "level", "\u{202e}", "\u{fffd}", "é"];
    let fields = keys.map(|key| Field::new(key, &1));
    let line = line("m", &fields);
    let tail = line.split_once(" msg=m ").expect("the head").1;
    assert_eq!(tail, "a%20b=1 a%3Db=1 a%2520b=1 %=1 msg_=1 msg__=1 level_=1 %E2%80%AE=1 %EF%BF%BD=1 é=1\n");
}

#[test]
fn levels_have_the_names_that_grafana_knows() {
    let levels = LogLevel::ALL.map(|level| {
        let line = lines::line(&Logfmt, &LogRecord::new(Timestamp::Wall(0), level, Name::new("l"), "m"));
        line.split_once(" level=").expect("a level").1.split_once(' ').expect("a logger").0.to_owned()
    });
    assert_eq!(levels, ["trace", "debug", "info", "warning", "error", "critical"]);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_line_of_logfmt_is_read_as_what_was_said(record in prop_oneof![strategies::record(), crowded()]) {
        let prepared = record.prepare();
        let (line, json) = prepared.with(|borrowed| (lines::line(&Logfmt, borrowed), lines::line(&Json::new(), borrowed)));
        prop_assert!(!line.trim_end_matches('\n').contains(is_control), "{line:?}");
        let read = logfmt::read(&line).map_err(|error| TestCaseError::fail(format!("{error} in {line:?}")))?;
        let keys: HashSet<&String> = read.iter().map(|(key, _)| key).collect();
        prop_assert_eq!(keys.len(), read.len(), "a key stands twice in {}", line);
        let json: serde_json::Value = serde_json::from_str(&json).expect("the JSON line is JSON");
        prop_assert_eq!(read.len(), json.as_object().expect("an object").len());
        let expected = ["timestamp", "logger", "message"].map(|key| json[key].as_str().expect("text"));
        prop_assert_eq!([&read[0].1, &read[2].1, &read[3].1].map(String::as_str), expected);
    }
}
