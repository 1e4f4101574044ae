//! Values and keys full of escapes, at their limits, without a shape.

use std::cell::Cell;
use std::fmt::{self, Write as _};
use std::time::Duration;

use kakashi_std::{
    Composite, Field, FunctionalLogger, LogContext, Scope, ToValue, Value, ValueSink, fields, info,
};
use kakashi_tests::harness::wait::in_time;

use crate::common::{in_every_form, one_in_every_form};

const ESCAPES: &str = "\u{1b}[31mred\u{1b}[0m\r\n2026-01-01T00:00:00.000000Z ERROR fake forged=1\n\u{7}\u{9b}2J\u{202e}\u{2028}\0\"\\ =";

#[test]
fn escapes_and_newlines_come_back_as_they_were_and_never_as_they_are() {
    let fields = [
        Field { key: ESCAPES, value: Value::Str("under a bad key") },
        Field { key: "value", value: Value::Str(ESCAPES) },
        Field { key: "shown", value: Value::Display(&ESCAPES) },
        Field { key: "list", value: Value::Composite(&[ESCAPES, "plain"]) },
    ];
    let log = |logger: &FunctionalLogger| {
        logger.info(ESCAPES, &fields);
        info!(logger, "Of {value}", value = ESCAPES);
        LogContext::new()
            .with_user_agent(ESCAPES)
            .with_custom(&[fields[0]])
            .within(|| logger.info("In context", &[]));
    };
    for entries in in_every_form(ESCAPES, log) {
        assert_eq!(entries.len(), 3);
        let first = &entries[0];
        assert_eq!((first.logger.as_str(), first.message.as_str()), (ESCAPES, ESCAPES));
        assert_eq!(first.get(ESCAPES), Some("under a bad key"));
        assert_eq!((first.get("value"), first.get("shown")), (Some(ESCAPES), Some(ESCAPES)));
        assert_eq!(entries[1].message, format!("Of {ESCAPES}"));
        assert_eq!(
            (entries[2].get("user_agent"), entries[2].get(ESCAPES)),
            (Some(ESCAPES), Some("under a bad key"))
        );
    }
}

#[test]
fn bytes_that_are_no_utf_8_stay_on_their_line() {
    let bytes: Vec<u8> = (0..=255).chain([0xff, 0xfe, 0xc0, 0x80, b'\n', 0xed, 0xa0, 0x80]).collect();
    let log = |logger: &FunctionalLogger| {
        logger.info("Bytes", fields![bytes = Value::Bytes(&bytes), last = 1]);
        info!(logger, "Of {bytes}", bytes = Value::Bytes(&bytes));
    };
    for entries in in_every_form("hostile", log) {
        assert_eq!((entries.len(), entries[0].get("last")), (2, Some("1")));
    }
}

#[test]
fn nothing_at_all_is_a_record_too() {
    let empty: [u8; 0] = [];
    let fields = [
        Field { key: "", value: Value::Str("") },
        Field { key: " ", value: Value::Bytes(&[]) },
        Field { key: "list", value: Value::Composite(&empty) },
        Field { key: "null", value: Value::Null },
        Field { key: "shown", value: Value::Display(&"") },
    ];
    let log = |logger: &FunctionalLogger| {
        logger.info("", &fields);
        logger.info("", &[]);
        info!(logger, "");
    };
    for entries in in_every_form("", log) {
        assert_eq!(entries.len(), 3);
        assert!(entries.iter().all(|entry| entry.logger.is_empty() && entry.message.is_empty()));
        let expected = [("", ""), (" ", ""), ("list", "[]"), ("null", "null"), ("shown", "")];
        assert_eq!(entries[0].fields, expected.map(|(key, value)| (key.to_owned(), value.to_owned())));
    }
}

#[test]
fn numbers_at_their_limits_keep_every_digit() {
    let log = |logger: &FunctionalLogger| {
        info!(
            logger,
            "Limits",
            nan = f64::NAN,
            negative_zero = -0.0,
            tiny = f64::MIN_POSITIVE,
            subnormal = 5e-324,
            huge = f64::MAX,
            i128 = i128::MIN,
            u128 = u128::MAX,
            i64 = i64::MIN,
            u64 = u64::MAX,
            duration = Duration::MAX,
        );
    };
    for entry in one_in_every_form("hostile", log) {
        assert_eq!(entry.get("nan"), Some("NaN"));
        assert_eq!(entry.get("i128"), Some(i128::MIN.to_string().as_str()));
        assert_eq!(entry.get("u128"), Some(u128::MAX.to_string().as_str()));
        assert_eq!(entry.get("i64"), Some(i64::MIN.to_string().as_str()));
        assert_eq!(entry.get("u64"), Some(u64::MAX.to_string().as_str()));
        let float = |key: &str| entry.get(key).and_then(|digits| digits.parse::<f64>().ok());
        assert_eq!(float("negative_zero").map(f64::to_bits), Some((-0.0_f64).to_bits()));
        assert_eq!((float("tiny"), float("subnormal")), (Some(f64::MIN_POSITIVE), Some(5e-324)));
        assert_eq!(float("huge"), Some(f64::MAX));
        let duration = entry.get("duration").unwrap().trim_end_matches('s');
        assert_eq!(duration, "18446744073709551615.999999999");
    }
}

/// Lists in lists, so many of them.
struct Nested(u64);

impl Composite for Nested {
    fn describe(&self, sink: &mut dyn ValueSink) {
        sink.begin_list();
        if self.0 > 1 {
            sink.value(Value::Composite(&Nested(self.0 - 1)));
        }
        sink.end_list();
    }
}

/// Maps in maps, written without a pause.
struct Deep(u64);

impl Composite for Deep {
    fn describe(&self, sink: &mut dyn ValueSink) {
        for _ in 0..self.0 {
            sink.begin_map();
            sink.key("k");
        }
        sink.value(Value::Null);
        for _ in 0..self.0 {
            sink.end_map();
        }
    }
}

impl ToValue for Nested {
    fn to_value(&self) -> Value<'_> {
        Value::Composite(self)
    }
}

impl ToValue for Deep {
    fn to_value(&self) -> Value<'_> {
        Value::Composite(self)
    }
}

#[test]
fn lists_a_hundred_deep_end_at_the_sixteenth() {
    for depth in [1, 15, 16, 17, 100, 100_000] {
        let log = move |logger: &FunctionalLogger| {
            info!(logger, "Deep", list = Nested(depth), map = Deep(depth), last = 1)
        };
        let entries = in_time(move || one_in_every_form("hostile", log));
        for entry in entries {
            let shown = depth.min(16) as usize;
            let rest = if depth > 16 { "\"…\"" } else { "" };
            let list = format!("{}{rest}{}", "[".repeat(shown), "]".repeat(shown));
            assert_eq!(entry.get("list"), Some(list.as_str()), "{depth}");
            let rest = if depth > 16 { "\"…\"" } else { "null" };
            let map = format!("{}{rest}{}", "{\"k\":".repeat(shown), "}".repeat(shown));
            assert_eq!(entry.get("map"), Some(map.as_str()), "{depth}");
            assert_eq!(entry.get("last"), Some("1"));
        }
    }
}

#[test]
fn a_composite_that_has_no_shape_does_no_harm() {
    /// Opens without closing, closes without opening, keys without values.
    struct Shapeless(u32);
    impl Composite for Shapeless {
        fn describe(&self, sink: &mut dyn ValueSink) {
            for step in 0..8 {
                match self.0 >> (step * 3) & 7 {
                    0 => sink.begin_list(),
                    1 => sink.end_list(),
                    2 => sink.begin_map(),
                    3 => sink.end_map(),
                    4 => sink.key("k"),
                    5 => sink.value(Value::U64(7)),
                    6 => sink.value(Value::Display(&"shown")),
                    _ => {}
                }
            }
        }
    }
    impl ToValue for Shapeless {
        fn to_value(&self) -> Value<'_> {
            Value::Composite(self)
        }
    }
    // All that can be done in three steps, and a lot of what can in eight.
    let shapes: Vec<u32> = (0..512).chain((0..2000).map(|at: u32| at.wrapping_mul(2_654_435_761))).collect();
    let count = shapes.len();
    let log = move |logger: &FunctionalLogger| {
        for shape in &shapes {
            info!(logger, "Shape", value = Shapeless(*shape), last = *shape);
        }
    };
    for entries in in_every_form("hostile", log) {
        assert_eq!(entries.len(), count);
        assert!(entries.iter().all(|entry| entry.get("last").is_some()));
    }
}

#[test]
fn a_display_that_gives_up_or_changes_costs_only_itself() {
    struct GivesUp;
    impl fmt::Display for GivesUp {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("half")?;
            Err(fmt::Error)
        }
    }
    /// Is another each time it is asked.
    struct Grows(Cell<usize>);
    impl fmt::Display for Grows {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            self.0.set(self.0.get() * 4);
            (0..self.0.get()).try_for_each(|_| f.write_char('x'))
        }
    }
    let log = |logger: &FunctionalLogger| {
        info!(logger, "Bad", first = 1, gives_up = %GivesUp, grows = %Grows(Cell::new(1000)), last = 2);
    };
    for entry in one_in_every_form("hostile", log) {
        assert_eq!((entry.get("first"), entry.get("last")), (Some("1"), Some("2")));
        assert_eq!(entry.get("gives_up"), Some("half…"));
        assert!(entry.get("grows").is_some_and(|text| text.starts_with(['x', '['])));
    }
}

#[test]
fn keys_that_the_line_itself_uses_stay_distinct() {
    let keys = ["timestamp", "level", "logger", "message", "file", "line", "level_", "level__", "__proto__"];
    let fields: Vec<Field<'_>> = keys.iter().map(|key| Field { key, value: Value::Str(key) }).collect();
    let [as_text, as_json, as_wire] = one_in_every_form("hostile", |logger| logger.info("Keys", &fields));
    for entry in [as_text, as_wire] {
        assert!(keys.iter().all(|key| entry.get(key) == Some(key)));
    }
    let names: Vec<&str> = as_json.fields.iter().map(|field| field.0.as_str()).collect();
    assert_eq!(
        names,
        ["timestamp_", "level_", "logger_", "message_", "file_", "line_", "level__", "level___", "__proto__"]
    );
}
