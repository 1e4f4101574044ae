//! Any record's JSON line is valid and says what the record says.
//!
//!     cargo +nightly fuzz run --fuzz-dir tests/fuzz json_roundtrip -- -max_total_time=60

#![no_main]

use kakashi_core::Json;
use kakashi_tests::harness::lines;
use kakashi_tests::model::record::{OwnedMessage, OwnedRecord};
use kakashi_tests::oracle::{block, expected, json};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|record: OwnedRecord| {
    // By the wire; a site made at run time is never freed, which a fuzzer minds.
    let block = block::of_record(&record, 1);
    let read = lines::only_record(&block);
    for location in [false, true] {
        let encoder = Json::new().location(location);
        let line = lines::line(&encoder, &read);
        let body = line.strip_suffix('\n').expect("a line ends with LF");
        if let Err(error) = serde_json::from_str::<serde_json::Value>(body) {
            panic!("{error}: {body:?}");
        }
        match json::ParsedJson::read(body) {
            Ok(json::ParsedJson::Map(pairs)) => {
                assert_eq!(pairs[0].0, "timestamp");
                assert_eq!(pairs[1..], expected::json(&record, location), "{body:?}");
            }
            other => panic!("{other:?}: {body:?}"),
        }
        if let OwnedMessage::Literal(_) = record.message {
            let direct = record.prepare().with(|record| lines::line(&encoder, record));
            assert_eq!(direct, line);
        }
    }
});
