//! After warm-up nothing in core allocates for a record, from its fields to its bytes.

use std::collections::BTreeMap;
use std::fmt;

use allocation_counter::measure;
use kakashi_core::wire::{Item, Reader};
use kakashi_core::{
    Batch, Clock, DirectLogger, Encoder, EncoderCache, Field, FixedClock, Guard, Json, LogContext, LogLevel,
    LogRecord, LoggerKind, Output, Pipeline, Pretty, Redaction, Registry, Scratch, Sink, SinkError, Site,
    Text, Timestamp, Value, Values, Wire, error, info,
};
use kakashi_tests::model::record::{OwnedMessage, OwnedRecord, OwnedValue, PreparedRecord, TemplatePiece};

const NOON: Timestamp = Timestamp::Wall(1_795_342_320_123_456_789);

struct Trusting;

impl Guard for Trusting {
    fn run(&self, code: &mut dyn FnMut()) -> bool {
        code();
        true
    }
}

/// Keeps the site that a macro makes, so that it can be logged again and again.
#[derive(Default)]
struct Kept(std::cell::Cell<Option<Site<'static>>>);

impl kakashi_core::Log for Kept {
    fn enabled(&self, _: LogLevel) -> bool {
        true
    }

    fn log(&self, site: Site<'static>, _: &[Value<'_>]) {
        self.0.set(Some(site));
    }

    fn exception(&self, site: Site<'static>, values: &[Value<'_>], _: &kakashi_core::Exception<'_>) {
        self.log(site, values);
    }
}

fn site(log: impl Fn(&Kept)) -> Site<'static> {
    let kept = Kept::default();
    log(&kept);
    kept.0.get().expect("a call makes a site")
}

/// Runs `then` with records of every shape: plain and templated sites, extra
/// fields, a context that is hidden in part, and values of foreign code.
fn with_records(then: impl FnOnce(&[LogRecord<'_>])) {
    let registry = Registry::new();
    let entry = registry.get(LoggerKind::Sync, "app::orders", None);
    let plain = site(|log| info!(log, "Order accepted", id = 0, total = 0.0, who = "", path = ""));
    let template = site(|log| error!(log, "Order {id} failed: {why}", id = 0, why = ""));
    let map = BTreeMap::from([("a", vec![Some(1.5), None]), ("b", vec![])]);
    let error = "x".parse::<u8>().expect_err("x is no number");
    let context = LogContext::new()
        .with_ip("10.0.0.1")
        .with_request_id("a b")
        .with_custom(&[Field::new("id", &7), Field::new("map", &map)]);
    let plain_values = [Value::U64(42), Value::F64(0.1), Value::Str("Zoë\n"), Value::Bytes(b"\xff")];
    let foreign_values = [Value::Display(&"7"), Value::error(&error)];
    let extra = [Field::new("map", &map), Field::new("list", &[1, 2, 3]), Field::new("message", "x")];
    let records = [
        LogRecord::new(NOON, LogLevel::Info, entry.name(), "Order accepted"),
        LogRecord::of_site(NOON, entry.name(), plain, Values::Slice(&plain_values)),
        LogRecord::of_site(NOON, entry.name(), template, Values::Slice(&foreign_values)).with_fields(&extra),
        LogRecord::of_site(NOON, entry.name(), plain, Values::Slice(&plain_values))
            .with_fields(&extra)
            .with_context(context.fields()),
        LogRecord::new(NOON, LogLevel::Info, entry.name(), "no site").with_context(context.fields()),
    ];
    then(&records);
}

#[test]
fn the_counter_counts() {
    // Were it asleep, every other test here would pass.
    assert_eq!(measure(|| drop(std::hint::black_box(vec![0_u8; 100]))).count_total, 1);
}

#[test]
fn encoding_takes_no_memory_after_the_first_time() {
    let encoders: [&dyn Encoder; 5] =
        [&Text, &Json::new(), &Json::new().location(true), &Pretty::new().colour(true), &Wire];
    with_records(|records| {
        for encoder in encoders {
            let mut room = vec![0; 1 << 14];
            let mut cache = EncoderCache::new();
            let mut batch = |rounds: usize| {
                let mut out = Output::new(&mut room);
                for record in records.iter().cycle().take(records.len() * rounds) {
                    encoder.encode(record, &mut cache, &mut out);
                }
                encoder.finish(&mut cache, &mut out);
                assert!(!out.overflowed());
            };
            batch(1);
            assert_eq!(measure(|| batch(3)).count_total, 0);
        }
    });
}

#[test]
fn more_call_sites_than_an_encoder_remembers_take_no_memory() {
    let records: Vec<OwnedRecord> = (0..300)
        .map(|number| {
            let template = vec![TemplatePiece::Text(format!("Call {}", "x".repeat(number)))];
            let fields =
                vec![("id".to_owned(), OwnedValue::U64(7)), (format!("key {number}"), OwnedValue::Null)];
            let (module, file) = (String::new(), String::new());
            let message = OwnedMessage::Site { template, fields, module, file, line: 1 };
            OwnedRecord { message, ..OwnedRecord::of("") }
        })
        .collect();
    let prepared: Vec<PreparedRecord<'_>> = records.iter().map(OwnedRecord::prepare).collect();
    for encoder in [&Text as &dyn Encoder, &Json::new(), &Pretty::new(), &Wire] {
        let mut room = vec![0; 1 << 17];
        let mut cache = EncoderCache::new();
        let mut batch = || {
            let mut out = Output::new(&mut room);
            let mut taken = 0;
            for record in &prepared {
                record.with(|record| {
                    taken += measure(|| encoder.encode(record, &mut cache, &mut out)).count_total;
                });
            }
            taken += measure(|| encoder.finish(&mut cache, &mut out)).count_total;
            assert!(!out.overflowed());
            taken
        };
        batch();
        batch();
        assert_eq!(batch(), 0);
    }
}

#[test]
fn the_pipeline_takes_no_memory_after_the_first_time() {
    let enrich = |_: &LogRecord<'_>, add: &mut dyn FnMut(&str, Value<'_>)| add("host", Value::Str("h"));
    let pipeline = Pipeline {
        enrichers: vec![std::sync::Arc::new(enrich)],
        filters: vec![std::sync::Arc::new(|record: &LogRecord<'_>| record.field("host").is_some())],
        redaction: Redaction::new(["who"]),
    };
    with_records(|records| {
        let mut scratch = Scratch::new();
        let mut run = || {
            for record in records {
                let passed = pipeline.run(record, &mut scratch, &Trusting, |record| record.mask());
                assert!(passed.is_some());
            }
        };
        run();
        assert_eq!(measure(run).count_total, 0);
    });
    let plain = Pipeline::default();
    with_records(|records| {
        let mut scratch = Scratch::new();
        let mut run = || {
            for record in records {
                assert!(plain.run(record, &mut scratch, &Trusting, |record| record.mask()).is_some());
            }
        };
        run();
        assert_eq!(measure(run).count_total, 0);
    });
}

#[test]
fn reading_takes_memory_for_ids_alone() {
    with_records(|records| {
        let mut room = vec![0; 1 << 16];
        let mut cache = EncoderCache::new();
        let mut out = Output::new(&mut room);
        for record in records.iter().cycle().take(200) {
            Wire.encode(record, &mut cache, &mut out);
        }
        Wire.finish(&mut cache, &mut out);
        assert!(!out.overflowed());
        let read = measure(|| {
            assert_eq!(
                Reader::new(out.written()).filter(|item| matches!(item, Item::Record(_))).count(),
                200
            );
        });
        // A few growing tables: not one allocation for each of 200 records.
        assert!(read.count_total < 10, "{read:?}");
    });
}

#[test]
fn cloning_a_context_takes_no_memory() {
    let context = LogContext::new().with_ip("10.0.0.1");
    assert_eq!(measure(|| drop(context.clone())).count_total, 0);
    assert_eq!(measure(|| assert!(context.ip().is_some())).count_total, 0);
}

/// Counts bytes.
#[derive(Debug, Default)]
struct Counted(usize);

impl Sink for Counted {
    fn write(&mut self, batch: &Batch<'_>) -> Result<(), SinkError> {
        self.0 += batch.bytes().len();
        Ok(())
    }
}

/// Prints a number without a heap.
struct Hex(u32);

impl fmt::Display for Hex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}", self.0)
    }
}

#[test]
fn the_direct_logger_takes_no_memory_after_the_first_time() {
    let clock = FixedClock(NOON);
    assert_eq!(clock.now(), NOON);
    let logger = DirectLogger::<_, _, _, 512>::new("device", clock, Text, Counted::default());
    let log = || {
        info!(logger, "Measured {celsius}", celsius = 21.5, sensor = "a", raw = %Hex(0xbeef));
        kakashi_core::debug!(logger, "off", id = 1);
    };
    log();
    assert_eq!(measure(log).count_total, 0);
    assert_eq!(logger.stats().written, 2);
}
