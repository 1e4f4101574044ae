//! Any bytes are safe to read, and what is read is written well.
//!
//!     cargo +nightly fuzz run --fuzz-dir tests/fuzz wire_reader -- -max_total_time=60
//!
//! `python3 tests/fuzz/seeds.py` first gives it the conformance vectors to begin with.
//!
//! The bytes are read twice: as a stream, and as the items of a block whose
//! checksum holds, for nobody guesses a checksum.

#![no_main]

use kakashi_core::wire::{Item, Reader};
use kakashi_core::{Json, LogRecord, Pretty, Text};
use kakashi_tests::harness::lines;
use kakashi_tests::oracle::block;
use kakashi_tests::oracle::json::{self, is_control};
use kakashi_tests::oracle::text_line::ParsedLine;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    check_stream(bytes);
    check_stream(&block::of_items(bytes));
});

fn check_stream(stream: &[u8]) {
    let mut skipped = 0;
    for item in Reader::new(stream) {
        match item {
            Item::Record(record) => check_record(&record),
            Item::Dropped(report) => {
                report.total();
                report.reasons().for_each(drop);
            }
            Item::Skipped(bytes) => skipped += bytes,
            _ => {}
        }
    }
    assert!(skipped <= stream.len(), "more was skipped than there is");
    assert!(Reader::new(stream).unfinished() <= stream.len());
}

fn check_record(record: &LogRecord<'_>) {
    let text = lines::line(&Text, record);
    if let Err(error) = ParsedLine::read(&text) {
        panic!("{error}: {text:?}");
    }
    for location in [false, true] {
        let line = lines::line(&Json::new().location(location), record);
        check_json(line.strip_suffix('\n').expect("a line ends with LF"));
    }
    let pretty = lines::line(&Pretty::new(), record);
    assert!(!pretty.replace('\n', "").contains(is_control), "{pretty:?}");
    // A relay changes nothing.
    let relayed = lines::relay(record);
    assert_eq!(lines::line(&Text, &lines::only_record(&relayed)), text);
}

fn check_json(line: &str) {
    if let Err(error) = serde_json::from_str::<serde_json::Value>(line) {
        panic!("{error}: {line:?}");
    }
    let json::ParsedJson::Map(pairs) =
        json::ParsedJson::read(line).unwrap_or_else(|error| panic!("{error}: {line:?}"))
    else {
        panic!("not an object: {line:?}");
    };
    let mut keys: Vec<&String> = pairs.iter().map(|(key, _)| key).collect();
    keys.sort_unstable();
    assert!(keys.is_sorted_by(|a, b| a < b), "a key stands twice: {line:?}");
}
