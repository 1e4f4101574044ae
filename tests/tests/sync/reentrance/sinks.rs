//! Sinks, enrichers and filters that log, flush or configure.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use kakashi_std::{
    Batch, Destination, Format, FunctionalLogger, LogLevel, LogRecord, Logger, LoggerConfig, Sink, SinkError,
    Text, Value, configure, create_custom_logger, error, flush, get_logger, info, sinks,
};
use kakashi_tests::harness::global_state::{StatsSince, alone};
use kakashi_tests::harness::read_back::ArrivedRecord;
use kakashi_tests::harness::wait::in_time;
use sinks::{FunctionSink, MemorySink};

use crate::common::{arrived, messages, to_memory};

/// A sink that logs whenever it writes.
struct Talks {
    memory: MemorySink,
    level: LogLevel,
    logger: Logger,
    calls: Arc<AtomicUsize>,
}

impl Sink for Talks {
    fn write(&mut self, batch: &Batch<'_>) -> Result<(), SinkError> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.logger.log(self.level, "The sink writes", &[]);
        self.memory.write(batch)
    }
}

#[test]
fn a_sink_that_logs_whenever_it_writes_neither_hangs_nor_runs_away() {
    let _alone = alone();
    for level in [LogLevel::Info, LogLevel::Error] {
        let (memory, calls) = (MemorySink::new(), Arc::new(AtomicUsize::new(0)));
        let sink = Talks { memory: memory.clone(), level, logger: get_logger("sink"), calls: calls.clone() };
        let before = StatsSince::now();
        in_time(move || {
            configure().format(Format::Text).destination(Destination::new(sink)).apply();
            let logger = get_logger("outer");
            for n in 0..100 {
                if n % 10 == 0 {
                    error!(logger, "Outer", n);
                } else {
                    info!(logger, "Outer", n);
                }
            }
            flush();
            // Takes the talking sink away.
            configure().destination(Destination::new(MemorySink::new())).apply();
        });
        let entries = arrived(&memory);
        let outer = entries.iter().filter_map(|entry| entry.number("n"));
        assert!(outer.eq(0..100), "each once and in order");
        let talk = entries.iter().filter(|entry| entry.logger == "sink").count();
        let called = calls.load(Ordering::Relaxed);
        assert!(talk > 0 && called < 1000, "{called} calls and {talk} records for 100");
        assert!(talk + before.dropped().total() <= called, "none comes twice");
    }
}

#[test]
fn a_sink_may_flush_and_configure() {
    let _alone = alone();
    let (memory, other) = (MemorySink::new(), MemorySink::new());
    let (inner, after) = (memory.clone(), other.clone());
    in_time(move || {
        let mut first = true;
        let sink = FunctionSink::new(move |batch: &Batch<'_>| {
            flush();
            get_logger("outer").flush();
            if std::mem::take(&mut first) {
                configure().destination(Destination::new(after.clone())).apply();
            }
            inner.clone().write(batch)
        });
        configure().format(Format::Text).destination(Destination::new(sink)).apply();
        let logger = get_logger("outer");
        info!(logger, "First");
        error!(logger, "Second");
        info!(logger, "Third");
        flush();
        flush();
    });
    let all = [arrived(&memory), arrived(&other)].concat();
    assert_eq!(messages(&all), ["First", "Second", "Third"]);
}

/// Asserts that three records arrived, and that what was logged beside them
/// came to an end and was counted.
fn assert_bounded(entries: &[ArrivedRecord], before: StatsSince) {
    let own: Vec<&str> = entries.iter().filter_map(|entry| entry.get("n")).collect();
    assert_eq!(own, ["1", "2", "3"]);
    assert!(
        before.written() + before.dropped().total() < 1000,
        "{} {:?}",
        before.written(),
        before.dropped()
    );
}

#[test]
fn enrichers_and_filters_may_log_through_their_own_logger() {
    let _alone = alone();
    let (_, memory) = to_memory();
    let before = StatsSince::now();
    let own: Arc<RefCellLogger> = Arc::default();
    let inner = own.clone();
    let sink = memory.clone();
    in_time(move || {
        let config = LoggerConfig::new()
            .enricher(move |_: &LogRecord<'_>, _: &mut dyn FnMut(&str, Value<'_>)| inner.log())
            .filter(|_: &LogRecord<'_>| {
                info!("The filter logs");
                true
            });
        let logger = create_custom_logger("custom", config.sink(Text, sink));
        *own.0.lock().unwrap() = Some(logger.clone());
        for n in 1..=3 {
            info!(logger, "Outer", n);
        }
        assert!(logger.flush().is_complete());
        own.0.lock().unwrap().take();
    });
    assert!(flush().is_complete());
    assert_bounded(&arrived(&memory), before);
}

/// A logger that its own enricher uses.
#[derive(Default)]
struct RefCellLogger(std::sync::Mutex<Option<FunctionalLogger>>);

impl RefCellLogger {
    fn log(&self) {
        let logger = self.0.try_lock().ok().and_then(|logger| logger.clone());
        if let Some(logger) = logger {
            logger.info("The enricher logs", &[]);
        }
    }
}

#[test]
fn a_destination_filter_may_log() {
    let _alone = alone();
    let memory = MemorySink::new();
    let before = StatsSince::now();
    let sink = Destination::new(memory.clone()).filter(|_: &LogRecord<'_>| {
        info!("The filter logs");
        true
    });
    in_time(move || {
        configure().format(Format::Text).destination(sink).apply();
        let logger = get_logger("outer");
        for n in 1..=3 {
            info!(logger, "Outer", n);
        }
        assert!(flush().is_complete());
    });
    assert_bounded(&arrived(&memory), before);
}
