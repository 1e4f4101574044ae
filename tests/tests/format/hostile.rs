//! Records that nobody should log, and somebody will: huge, empty, full of
//! escapes, endless. Each is one line, and each line parses.

use std::cell::Cell;
use std::fmt::{self, Write as _};
use std::time::Duration;

use kakashi_core::Message;
use kakashi_std::{
    Batch, Composite, Destination, DropReason, Encoder, Field, Format, FunctionalLogger, Json, LogContext,
    LoggerConfig, Scope, Text, ToValue, Value, ValueSink, Wire, configure, create_custom_logger, fields,
    flush, get_logger, info, sinks,
};
use kakashi_tests::harness::global_state::{StatsSince, alone};
use kakashi_tests::harness::lines;
use kakashi_tests::harness::read_back::{ArrivedRecord, entries, text};
use kakashi_tests::harness::wait::in_time;
use kakashi_tests::oracle::json::is_control;
use sinks::{FunctionSink, MemorySink};

/// Logs through one logger as text, JSON and wire; returns what each has.
fn in_every_form(name: &str, log: impl FnOnce(&FunctionalLogger)) -> [Vec<ArrivedRecord>; 3] {
    let memories = [MemorySink::new(), MemorySink::new(), MemorySink::new()];
    let [as_text, as_json, as_wire] = memories.clone();
    let config = LoggerConfig::new().sink(Text, as_text).sink(Json::new(), as_json).sink(Wire, as_wire);
    let logger = create_custom_logger(name, config);
    log(&logger);
    assert!(logger.flush().is_complete());
    let [as_text, as_json, as_wire] = memories.map(|memory| memory.bytes());
    for lines in [&as_text, &as_json] {
        let lines = std::str::from_utf8(lines).expect("lines are UTF-8");
        let raw = lines.chars().find(|character| is_control(*character) && *character != '\n');
        assert_eq!(raw, None, "a control character got through");
    }
    [entries(Format::Text, &as_text), entries(Format::Json, &as_json), entries(Format::Wire, &as_wire)]
}

/// As [`in_every_form`], of one record.
fn one_in_every_form(name: &str, log: impl FnOnce(&FunctionalLogger)) -> [ArrivedRecord; 3] {
    in_every_form(name, log).map(|entries| match <[ArrivedRecord; 1]>::try_from(entries) {
        Ok([entry]) => entry,
        Err(entries) => panic!("{} records", entries.len()),
    })
}

const ESCAPES: &str = "\u{1b}[31mred\u{1b}[0m\r\n2026-01-01T00:00:00.000000Z ERROR fake forged=1\n\u{7}\u{9b}2J\u{202e}\u{2028}\0\"\\ =";

/// Logs through one logger in one form; returns what arrived, as it is.
fn raw(encoder: impl Encoder + 'static, log: impl FnOnce(&FunctionalLogger)) -> Vec<u8> {
    let memory = MemorySink::new();
    let logger = create_custom_logger("hostile", LoggerConfig::new().sink(encoder, memory.clone()));
    log(&logger);
    assert!(logger.flush().is_complete());
    memory.bytes()
}

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
fn a_record_that_no_road_carries_is_counted_and_told() {
    let _alone = alone();
    let before = StatsSince::now();
    let bytes = raw(Wire, |logger| {
        info!(logger, "Before");
        logger.info(&"x".repeat(130 << 20), &[]);
        info!(logger, "After");
    });
    let entries = entries(Format::Wire, &bytes);
    let messages: Vec<&str> = entries.iter().map(|entry| entry.message.as_str()).collect();
    assert_eq!(messages, ["Before", "Records were dropped", "After"]);
    assert_eq!(entries[1].dropped(), 1);
    assert_eq!(before.dropped().of_reason(DropReason::TooLarge), 1);
}

#[test]
fn keys_that_the_line_itself_uses_are_told_apart() {
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
