//! Any record's text line reads back as what the record says.
//!
//!     cargo +nightly fuzz run --fuzz-dir tests/fuzz text_roundtrip -- -max_total_time=60

#![no_main]

use kakashi_core::Text;
use kakashi_tests::harness::lines;
use kakashi_tests::model::record::{OwnedMessage, OwnedRecord};
use kakashi_tests::oracle::text_line::ParsedLine;
use kakashi_tests::oracle::{block, expected};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|record: OwnedRecord| {
    let expected = expected::text(&record);
    // By the wire; a site made at run time is never freed, which a fuzzer minds.
    let block = block::of_record(&record, 1);
    let line = lines::line(&Text, &lines::only_record(&block));
    assert_eq!(ParsedLine::read(&line).as_ref(), Ok(&expected), "{line:?}");
    if let OwnedMessage::Literal(_) = record.message {
        let direct = record.prepare().with(|record| lines::line(&Text, record));
        assert_eq!(direct, line);
    }
});
