//! Sinks and values that fail, panic, log, flush or change the settings: the
//! worker survives them all, and nothing is lost uncounted or comes twice.

use std::io::ErrorKind;
use std::sync::atomic::{AtomicBool, Ordering};

use kakashi_std::{
    AsyncConfig, AsyncLogger, Batch, Destination, DropReason, Encoder, EncoderCache, Format, LogLevel,
    LogRecord, Output, Text, configure, error, flush, get_async_logger, info, shutdown_async_logging, sinks,
};
use kakashi_std::{Sink as _, Timestamp};
use kakashi_tests::harness::fake_sinks::{FakeWriter, Gate, GatedSink, WriterMode, hold_writer};
use kakashi_tests::harness::fake_values::Runs;
use kakashi_tests::harness::global_state::{StatsSince, alone};
use kakashi_tests::harness::read_back::{ArrivedRecord, assert_each_once_in_order, numbers, text};
use kakashi_tests::harness::wait::{eventually, in_time};
use sinks::{FunctionSink, MemorySink, WriterSink};

fn logger() -> AsyncLogger {
    get_async_logger("trouble")
}

/// Has all loggers write to this writer, in small batches.
fn write_to(writer: &FakeWriter) -> StatsSince {
    configure()
        .format(Format::Text)
        .batch_bytes(1000)
        .flush_after_millis(10)
        .async_logging(AsyncConfig::new().ring_bytes(4096))
        .destination(Destination::new(WriterSink::new(writer.clone())))
        .apply();
    StatsSince::now()
}

/// Has all loggers write to memory.
fn to_memory() -> MemorySink {
    let memory = MemorySink::new();
    configure()
        .format(Format::Text)
        .flush_after_millis(10)
        .destination(Destination::new(memory.clone()))
        .apply();
    memory
}

fn log_many(count: u64) {
    let logger = logger();
    (0..count).for_each(|n| info!(logger, "Counted", thread = 0, n));
}

fn arrived(memory: &MemorySink) -> Vec<ArrivedRecord> {
    text(&memory.bytes())
}

#[test]
fn a_sink_that_fails_or_panics_and_heals_gets_everything_once_and_in_order() {
    let _alone = alone();
    for health in [WriterMode::Fail(ErrorKind::StorageFull), WriterMode::Panic, WriterMode::TakeAtMost(7)] {
        let writer = FakeWriter::new(health);
        let before = write_to(&writer);
        log_many(1000);
        assert!(eventually(|| writer.calls() >= 3));
        writer.set_mode(WriterMode::TakeAll);
        // Nobody flushes: it is tried again by itself.
        assert!(eventually(|| before.written() == 1000), "{health:?}: {} written", before.written());
        assert_each_once_in_order(&text(&writer.bytes()), 1, 1000);
        assert_eq!(before.dropped().total(), 0);
    }
}

#[test]
fn what_a_writer_took_before_it_failed_is_not_written_again() {
    let _alone = alone();
    let writer = FakeWriter::new(WriterMode::TakeHalfThenFail(ErrorKind::Other));
    let before = write_to(&writer);
    log_many(100);
    assert!(eventually(|| flush().is_complete()));
    assert_eq!(before.bytes(), writer.bytes().len());
    assert_each_once_in_order(&text(&writer.bytes()), 1, 100);
}

#[test]
fn what_a_failing_sink_makes_us_drop_is_counted_and_the_caller_goes_on() {
    let _alone = alone();
    let writer = FakeWriter::new(WriterMode::Fail(ErrorKind::StorageFull));
    let before = write_to(&writer);
    in_time(|| {
        let long = "x".repeat(1000);
        let logger = logger();
        (0..10_000).for_each(|n| info!(logger, "Counted", thread = 0, n, long));
        assert!(!flush().is_complete());
    });
    let dropped = before.dropped();
    assert!(dropped.of_reason(DropReason::SinkFailed) > 1000, "what waits has a limit");
    assert_eq!(dropped.of_reason(DropReason::SinkFailed), dropped.total());
    writer.set_mode(WriterMode::TakeAll);
    assert!(eventually(|| before.written() + before.dropped().total() == 10_000));
    let arrived = numbers(&text(&writer.bytes())).remove(&0).unwrap_or_default();
    assert_eq!(arrived.len(), before.written());
    assert!(arrived.is_sorted_by(|one, next| one < next), "in order, each once");
}

#[test]
fn a_value_that_panics_costs_only_itself() {
    let _alone = alone();
    let memory = to_memory();
    in_time(|| {
        let logger = logger();
        let panics = Runs(|| panic!("the value panics"));
        info!(logger, "First", first = 1, shown = %panics, last = 2);
        logger.error("Second", kakashi_std::fields![shown = %panics]);
        info!(logger, "Third");
        assert!(flush().is_complete());
    });
    let entries = arrived(&memory);
    let found: Vec<_> = entries.iter().map(|entry| (entry.message.as_str(), entry.get("shown"))).collect();
    const LOST: Option<&str> = Some("[panicked while it was formatted]");
    assert_eq!(found, [("First", LOST), ("Second", LOST), ("Third", None)]);
    assert_eq!((entries[0].get("first"), entries[0].get("last")), (Some("1"), Some("2")));
}

#[test]
fn a_value_may_log_flush_shut_down_and_begin_again() {
    let _alone = alone();
    let memory = to_memory();
    let before = StatsSince::now();
    in_time(|| {
        let logger = logger();
        let value = Runs(|| {
            info!(logger, "Inner");
            error!(logger, "Inner", shown = %Runs(|| info!(logger, "Inmost")));
            flush();
            shutdown_async_logging();
            get_async_logger("other");
        });
        for _ in 0..10 {
            info!(logger, "Outer", value = %value);
        }
        assert!(flush().is_complete());
    });
    let entries = arrived(&memory);
    let count = |message: &str| entries.iter().filter(|entry| entry.message == message).count();
    assert_eq!((count("Outer"), count("Inner"), count("Inmost")), (10, 20, 10));
    assert_eq!(before.dropped().total(), 0);
}

#[test]
fn a_sink_may_log_flush_and_shut_down() {
    let _alone = alone();
    let memory = MemorySink::new();
    let inner = memory.clone();
    in_time(move || {
        let first = AtomicBool::new(true);
        let sink = FunctionSink::new(move |batch: &Batch<'_>| {
            if first.swap(false, Ordering::Relaxed) {
                info!(logger(), "The sink writes");
            }
            flush();
            shutdown_async_logging();
            inner.clone().write(batch)
        });
        configure().format(Format::Text).destination(Destination::new(sink)).apply();
        log_many(100);
        assert!(flush().is_complete());
        assert!(flush().is_complete());
    });
    let entries = arrived(&memory);
    assert_each_once_in_order(&entries, 1, 100);
    assert_eq!(entries.iter().filter(|entry| entry.message == "The sink writes").count(), 1);
}

#[test]
fn a_sink_may_change_the_settings_while_the_worker_waits_for_it() {
    let _alone = alone();
    let gate = Gate::default();
    let first = MemorySink::new();
    let second = MemorySink::new();
    let once = AtomicBool::new(true);
    let (kept, third) = (second.clone(), MemorySink::new());
    let after = third.clone();
    let sink = FunctionSink::new(move |batch: &Batch<'_>| {
        if batch.len() > 1 && once.swap(false, Ordering::Relaxed) {
            configure().destination(Destination::new(after.clone())).apply();
        }
        kept.clone().write(batch)
    });
    configure()
        .batch_bytes(256)
        .destination(Destination::new(first.clone()))
        .destination(Destination::new(GatedSink(gate.clone(), sink)))
        .apply();
    let held = hold_writer(&gate, || info!(logger(), "Held"));
    log_many(100);
    drop(held);
    in_time(|| assert!(flush().is_complete()));
    assert_each_once_in_order(&[arrived(&second), arrived(&third)].concat(), 1, 100);
    // The one that was between both had reached the first already.
    let mut both = numbers(&[arrived(&first), arrived(&third)].concat()).remove(&0).unwrap();
    both.dedup();
    assert!(both.iter().copied().eq(0..100), "{both:?}");
    configure().batch_bytes(1000).destination(Destination::new(MemorySink::new())).apply();
}

#[test]
fn a_destination_that_is_stuck_does_not_hide_what_another_has() {
    let _alone = alone();
    let gate = Gate::default();
    let first = MemorySink::new();
    configure()
        .batch_bytes(256)
        .destination(Destination::new(first.clone()))
        .destination(Destination::new(GatedSink(gate.clone(), MemorySink::new())))
        .apply();
    let held = hold_writer(&gate, || info!(logger(), "Held"));
    // More than the buffers that may be under way.
    log_many(100);
    let visits = gate.visits();
    gate.let_one_in();
    gate.wait_for_visits(visits + 1);
    let left = in_time(|| kakashi_std::flush_timeout(std::time::Duration::from_millis(100)).left);
    assert!(left >= 90, "{left} of 100 are said to wait");
    drop(held);
    assert!(flush().is_complete());
    assert_each_once_in_order(&arrived(&first), 1, 100);
    configure().batch_bytes(1000).destination(Destination::new(MemorySink::new())).apply();
}

/// Panics at some records.
struct Picky;

impl Encoder for Picky {
    fn encode(&self, record: &LogRecord<'_>, cache: &mut EncoderCache, out: &mut Output<'_>) {
        assert!(record.field("bad").is_none(), "the encoder panics");
        Text.encode(record, cache, out);
    }

    fn encode_dropped(
        &self,
        now: Timestamp,
        dropped: &kakashi_std::Dropped,
        cache: &mut EncoderCache,
        out: &mut Output<'_>,
    ) {
        Text.encode_dropped(now, dropped, cache, out);
    }
}

#[test]
fn an_encoder_or_a_filter_that_panics_costs_no_other_record() {
    let _alone = alone();
    let memory = MemorySink::new();
    let before = StatsSince::now();
    let filter = |record: &LogRecord<'_>| {
        assert!(record.level != LogLevel::Error, "the filter panics");
        true
    };
    let destination = Destination::new(memory.clone()).encoder(Picky);
    configure().destination(destination.filter(filter)).apply();
    // None may hold up the others: forty would take longer than this.
    in_time(|| {
        let logger = logger();
        for n in 0..40 {
            info!(logger, "Counted", thread = 0, n = 2 * n);
            error!(logger, "Counted", thread = 0, n = 2 * n + 1);
            info!(logger, "Never", bad = n);
        }
        assert!(flush().is_complete());
    });
    to_memory();
    assert_each_once_in_order(&arrived(&memory), 1, 80);
    assert_eq!(before.dropped().of_reason(DropReason::EncoderFailed), 40);
}

#[test]
fn a_filter_of_a_destination_may_log() {
    let _alone = alone();
    let memory = MemorySink::new();
    let filter = |record: &LogRecord<'_>| {
        if record.level == LogLevel::Error {
            info!(get_async_logger("filter"), "Seen", bad = true);
        }
        true
    };
    configure().format(Format::Text).destination(Destination::new(memory.clone()).filter(filter)).apply();
    in_time(|| {
        (0..50).for_each(|n| error!(logger(), "Counted", thread = 0, n));
        assert!(flush().is_complete());
        assert!(flush().is_complete());
    });
    to_memory();
    let entries = arrived(&memory);
    assert_each_once_in_order(&entries, 1, 50);
    assert_eq!(entries.iter().filter(|entry| entry.message == "Seen").count(), 50);
}
