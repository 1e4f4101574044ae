//! Records that say whatever they like, on terminals of any width.

use kakashi_core::{EncoderCache, Field, LogLevel, LogRecord, Name, Pretty, Text, Timestamp, Value};
use kakashi_tests::harness::lines::{self, encode_with};
use kakashi_tests::model::strategies;
use kakashi_tests::oracle::json::is_control;
use proptest::prelude::*;

/// Without what a line's end may have changed.
fn squeezed(text: &str) -> String {
    text.replace([' ', '\n'], "")
}

/// `key=value` as the text line has it.
fn as_text(key: &str, value: &Value<'_>) -> String {
    let fields = [Field { key, value: *value }];
    let record = LogRecord::new(Timestamp::Wall(0), LogLevel::Info, Name::new("l"), "m");
    let line = String::from_utf8(lines::encode(&Text, &record.with_fields(&fields))).unwrap();
    line.strip_prefix("1970-01-01T00:00:00.000000Z INFO l m ").unwrap().trim_end_matches('\n').to_owned()
}

fn stands_elsewhere(key: &str) -> bool {
    key == "thread" || key.starts_with("exception.")
}

proptest! {
    #[test]
    fn every_field_is_there_whole_and_further_lines_are_indented(
        record in strategies::record(), width in 20..200_usize, date: bool, location: bool
    ) {
        let prepared = record.prepare();
        let pretty = Pretty::terminal().width(width).date(date).location(location);
        prepared.with(|record| {
            let plain = String::from_utf8(encode_with(&pretty, record, &mut EncoderCache::new())).unwrap();
            prop_assert!(plain.ends_with('\n'));
            prop_assert!(!plain.chars().any(|character| character != '\n' && is_control(character)), "{plain:?}");
            for line in plain.lines().skip(1) {
                prop_assert!(line.starts_with("    "), "{plain}");
                // Where it has only ASCII everybody agrees how wide it is.
                prop_assert!(!line.is_ascii() || line.len() <= width, "{width}: {plain}");
            }
            let all = squeezed(&plain);
            record.for_each_field(|key, value| {
                if !stands_elsewhere(key) && !matches!(value, Value::Duration(_)) {
                    assert!(all.contains(&squeezed(&as_text(key, value))), "{key} of {plain}");
                }
            });
            let coloured = encode_with(&pretty.colour(true), record, &mut EncoderCache::new());
            let coloured = String::from_utf8(coloured).unwrap();
            let mut bare = String::new();
            for (at, part) in coloured.split("\u{1b}[").enumerate() {
                bare.push_str(if at == 0 { part } else { part.split_once('m').expect("a colour ends with m").1 });
            }
            prop_assert_eq!(bare, plain);
            Ok(())
        })?;
    }
}

#[test]
fn ten_megabytes_are_wrapped_and_whole_and_nothing_in_them_reaches_the_terminal() {
    let (words, word) = ("lorem ipsum ".repeat(40_000), "0123456789".repeat(50_000));
    let hostile = "\u{1b}[2J\n10:12:00.123 INFO  shop  Fake\r\u{9b}31m\u{202e}\t\0".repeat(250_000);
    let wide = "漢字と\u{301}仮名".repeat(20_000);
    for (message, text) in [(&*words, &words), (&word, &word), ("m", &hostile), (&wide, &wide)] {
        let fields =
            [Field { key: "key", value: Value::Str(text) }, Field { key: "end", value: Value::U64(1) }];
        let record = LogRecord::new(Timestamp::Wall(0), LogLevel::Info, Name::new("l"), message);
        let record = record.with_fields(&fields);
        let plain = encode_with(&Pretty::terminal().width(80), &record, &mut EncoderCache::new());
        let plain = String::from_utf8(plain).unwrap();
        assert!(plain.lines().skip(1).all(|line| line.starts_with("    ") && line.len() <= 240));
        assert!(!plain.chars().any(|character| character != '\n' && is_control(character)));
        assert!(squeezed(&plain).contains(&squeezed(&as_text("key", &fields[0].value))));
        assert!(plain.ends_with("end=1\n"));
    }
}
