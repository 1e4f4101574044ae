//! What a pipeline does to records, and what panicking code does to it.

use super::*;
use crate::clock::Timestamp;
use crate::context::LogContext;
use crate::encode::{Encoder, EncoderCache, Text};
use crate::level::LogLevel;
use crate::record::Name;
use crate::util::output::Output;
use crate::value::ToValue;
use core::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

struct Catching;

impl Guard for Catching {
    fn run(&self, code: &mut dyn FnMut()) -> bool {
        catch_unwind(AssertUnwindSafe(code)).is_ok()
    }
}

/// Prints what a closure prints.
struct Printed<F>(F);

impl<F: Fn(&mut fmt::Formatter<'_>) -> fmt::Result> fmt::Display for Printed<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (self.0)(f)
    }
}

fn record() -> LogRecord<'static> {
    LogRecord::new(Timestamp::Uptime(0), LogLevel::Info, Name::new("l"), "m")
}

fn line(record: &LogRecord<'_>) -> String {
    let mut room = vec![0; 1 << 17];
    let mut out = Output::new(&mut room);
    Text.encode(record, &mut EncoderCache::new(), &mut out);
    let line = String::from_utf8(out.written().to_vec()).expect("a line is UTF-8");
    line.trim_end().strip_prefix("+0.000000s INFO l ").expect("every record is at one time").to_owned()
}

fn run(pipeline: &Pipeline, record: &LogRecord<'_>) -> Option<String> {
    pipeline.run(record, &mut Scratch::new(), &Catching, line)
}

fn enriching(
    enricher: impl Fn(&LogRecord<'_>, &mut dyn FnMut(&str, Value<'_>)) + Send + Sync + 'static,
) -> Arc<dyn Enricher> {
    Arc::new(enricher)
}

fn passing(filter: impl Fn(&LogRecord<'_>) -> bool + Send + Sync + 'static) -> Arc<dyn Filter> {
    Arc::new(filter)
}

#[test]
fn a_record_of_plain_values_passes_untouched() {
    let mut scratch = Scratch::new();
    let fields = [Field::new("k", "v"), Field::new("n", &1)];
    let record = record().with_fields(&fields);
    let same =
        Pipeline::default().run(&record, &mut scratch, &Catching, |passed| core::ptr::eq(passed, &record));
    assert_eq!(same, Some(true));
    assert_eq!(scratch.bytes.capacity(), 0);
}

#[test]
fn foreign_code_runs_once_whoever_reads_its_value() {
    let runs = Cell::new(0);
    let counted = Printed(|f: &mut fmt::Formatter<'_>| {
        runs.set(runs.get() + 1);
        write!(f, "run {}", runs.get())
    });
    let fields = [Field { key: "k", value: Value::Display(&counted) }];
    let pipeline =
        Pipeline { filters: vec![passing(|record| line(record).contains("run"))], ..Pipeline::default() };
    let mut scratch = Scratch::new();
    // The first record finds out how much room is needed.
    pipeline.run(&record().with_fields(&fields), &mut scratch, &Catching, |_| ());
    runs.set(0);
    let lines = pipeline
        .run(&record().with_fields(&fields), &mut scratch, &Catching, |record| [line(record), line(record)]);
    assert_eq!(lines, Some(["m k=\"run 1\"".to_owned(), "m k=\"run 1\"".to_owned()]));
    assert_eq!(runs.get(), 1);
}

#[test]
fn a_display_that_panics_costs_its_own_value() {
    let panics = Printed(|f: &mut fmt::Formatter<'_>| {
        f.write_str("half of it")?;
        panic!("a test's panic")
    });
    let nested = [Value::Display(&panics)];
    let fields = [
        Field::new("before", &1),
        Field { key: "alone", value: Value::Display(&panics) },
        Field::new("nested", &nested),
        Field { key: "after", value: Value::Display(&"fine") },
    ];
    assert_eq!(
        run(&Pipeline::default(), &record().with_fields(&fields)).unwrap(),
        concat!(
            r#"m before=1 alone="[panicked while it was formatted]" "#,
            r#"nested="[panicked while it was formatted]" after=fine"#
        )
    );
    let site = crate::__site!(LogLevel::Info, "{a}{b}", ["a", "b"]);
    let values = [Value::Display(&panics), Value::Str("!")];
    let record = LogRecord::of_site(Timestamp::Uptime(0), Name::new("l"), site, Values::Slice(&values));
    let expected = "[panicked while it was formatted]! a=\"[panicked while it was formatted]\" b=!";
    assert_eq!(run(&Pipeline::default(), &record).unwrap(), expected);
}

#[test]
fn a_display_is_run_once_whatever_its_length() {
    let runs = Cell::new(0);
    let long = Printed(|f: &mut fmt::Formatter<'_>| {
        runs.set(runs.get() + 1);
        f.write_str(&"x".repeat(5000))
    });
    let fields = [Field { key: "long", value: Value::Display(&long) }];
    run(&Pipeline::default(), &record().with_fields(&fields)).unwrap();
    assert_eq!(runs.get(), 1);
}

/// Describes itself as what another prints.
struct Inside<'a>(&'a dyn fmt::Display);

impl crate::value::Composite for Inside<'_> {
    fn describe(&self, sink: &mut dyn crate::value::ValueSink) {
        sink.value(Value::Display(self.0));
    }
}

#[test]
fn a_composite_that_always_grows_costs_its_own_value() {
    let len = Cell::new(1000);
    let grows = Printed(|f: &mut fmt::Formatter<'_>| {
        len.set(len.get() * 3);
        f.write_str(&"x".repeat(len.get()))
    });
    let inside = Inside(&grows);
    let fields = [
        Field { key: "grows", value: Value::Composite(&inside) },
        Field { key: "k", value: Value::Display(&1) },
    ];
    let line = run(&Pipeline::default(), &record().with_fields(&fields)).unwrap();
    assert_eq!(line, r#"m grows="[changes while it is formatted]" k="1""#);
}

#[test]
fn a_composite_that_says_less_the_second_time_leaves_nothing_of_the_first() {
    let long = Cell::new(true);
    let shrinks = Printed(|f: &mut fmt::Formatter<'_>| {
        f.write_str(&"long".repeat(if long.replace(false) { 1000 } else { 1 }))
    });
    let inside = Inside(&shrinks);
    let fields = [
        Field { key: "k", value: Value::Composite(&inside) },
        Field { key: "l", value: Value::Display(&"x") },
    ];
    assert_eq!(run(&Pipeline::default(), &record().with_fields(&fields)).unwrap(), "m k=long l=x");
}

#[test]
fn a_record_of_a_megabyte_passes_and_its_memory_is_given_back() {
    // Miri takes its time.
    let long = "x".repeat(if cfg!(miri) { 1 << 17 } else { 1 << 20 });
    let fields = [Field { key: "k", value: Value::Display(&long) }];
    let mut scratch = Scratch::new();
    let pipeline = Pipeline::default();
    let seen = pipeline.run(
        &record().with_fields(&fields),
        &mut scratch,
        &Catching,
        |record| matches!(record.field("k"), Some(Value::Str(text)) if text == long),
    );
    assert_eq!(seen, Some(true));
    let fields = [Field { key: "k", value: Value::Display(&1) }];
    pipeline.run(&record().with_fields(&fields), &mut scratch, &Catching, |_| ());
    assert!(scratch.bytes.capacity() <= Scratch::KEPT);
}

#[test]
fn an_enricher_adds_but_never_replaces() {
    let pipeline = Pipeline {
        enrichers: vec![
            enriching(|_, add| {
                add("own", Value::U64(9));
                add("host", Value::Str("a b"));
                add("who", Value::Null);
            }),
            enriching(|record, add| {
                add("host", Value::Str("second"));
                add("level", Value::U64(record.level.number().into()));
                add("list", vec![1, 2].to_value());
            }),
        ],
        ..Pipeline::default()
    };
    let context = LogContext::new().with_custom(&[Field::new("who", "me")]);
    let fields = [Field::new("own", &1)];
    let record = record().with_fields(&fields).with_context(context.fields());
    assert_eq!(run(&pipeline, &record).unwrap(), r#"m own=1 host="a b" level=20 list=[1,2] who=me"#);
}

#[test]
fn an_enricher_that_panics_keeps_what_it_added_before() {
    let pipeline = Pipeline {
        enrichers: vec![
            enriching(|_, add| {
                add("a", Value::U64(1));
                panic!("a test's panic");
            }),
            enriching(|_, add| add("b", Value::U64(2))),
        ],
        ..Pipeline::default()
    };
    assert_eq!(run(&pipeline, &record()).unwrap(), "m a=1 b=2");
}

#[test]
fn all_filters_must_let_a_record_pass() {
    let filters = |answers: &[bool]| Pipeline {
        filters: answers.iter().map(|&answer| passing(move |_| answer)).collect(),
        ..Pipeline::default()
    };
    assert!(run(&filters(&[true, true]), &record()).is_some());
    assert!(run(&filters(&[true, false]), &record()).is_none());
    let fields = [Field { key: "k", value: Value::Display(&1) }];
    assert!(run(&filters(&[false]), &record().with_fields(&fields)).is_none());
}

#[test]
fn a_filter_that_panics_lets_the_record_pass() {
    let pipeline = Pipeline { filters: vec![passing(|_| panic!("a test's panic"))], ..Pipeline::default() };
    assert!(run(&pipeline, &record()).is_some());
}

#[test]
fn filters_see_what_is_written() {
    let pipeline = Pipeline {
        enrichers: vec![enriching(|_, add| add("token", Value::Str("added")))],
        filters: vec![passing(|record| {
            let seen = |key| matches!(record.field(key), Some(Value::Str("[REDACTED]")));
            seen("password") && seen("token")
        })],
        redaction: Redaction::new(["password", "token"]),
    };
    let fields = [Field::new("password", "x")];
    assert_eq!(
        run(&pipeline, &record().with_fields(&fields)).unwrap(),
        r#"m password="[REDACTED]" token="[REDACTED]""#
    );
}

#[test]
fn a_redacted_value_stands_in_no_message_either() {
    let pipeline = Pipeline { redaction: Redaction::new(["who", "card.number"]), ..Pipeline::default() };
    let site = crate::__site!(LogLevel::Info, "{who} paid with {card}", ["who", "card"]);
    let card = std::collections::BTreeMap::from([("kind", "x"), ("number", "4111")]);
    let values = [Value::Str("Zoë"), card.to_value()];
    let record = LogRecord::of_site(Timestamp::Uptime(0), Name::new("l"), site, Values::Slice(&values));
    let line = run(&pipeline, &record).unwrap();
    assert!(!line.contains("Zoë") && !line.contains("4111"), "{line}");
    assert!(line.ends_with(r#" who="[REDACTED]" card={"kind":"x","number":"[REDACTED]"}"#), "{line}");
}

#[test]
fn a_key_given_twice_is_written_once_when_it_is_rewritten() {
    let fields = [Field { key: "k", value: Value::Display(&1) }, Field::new("k", &2)];
    assert_eq!(run(&Pipeline::default(), &record().with_fields(&fields)).unwrap(), r#"m k="1""#);
}
