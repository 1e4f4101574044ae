//! Code that logs, flushes, panics or configures while a record is being
//! logged: nothing hangs, nothing is lost uncounted, all of it ends.

use std::cell::RefCell;
use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use kakashi_std::{
    Batch, Clock, Destination, DropReason, Encoder, EncoderCache, Format, FunctionalLogger, Json, LogLevel,
    LogRecord, Logger, LoggerConfig, Output, Sink, SinkError, Text, Timestamp, Value, configure,
    create_custom_logger, error, fields, flush, get_logger, info, sinks,
};
use kakashi_tests::harness::global_state::{StatsSince, alone};
use kakashi_tests::harness::read_back::{ArrivedRecord, announced, of_text, text};
use kakashi_tests::harness::wait::{eventually, in_time};
use sinks::{FunctionSink, MemorySink};

/// A value whose `Display` runs code of the test's.
struct Runs<F>(F);

impl<F: Fn()> fmt::Display for Runs<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (self.0)();
        f.write_str("shown")
    }
}

/// Has all loggers write to memory.
fn to_memory() -> (Logger, MemorySink) {
    let memory = MemorySink::new();
    configure().format(Format::Text).destination(Destination::new(memory.clone())).apply();
    (get_logger("outer"), memory)
}

fn arrived(memory: &MemorySink) -> Vec<ArrivedRecord> {
    text(&memory.bytes())
}

fn messages(entries: &[ArrivedRecord]) -> Vec<&str> {
    entries.iter().map(|entry| entry.message.as_str()).collect()
}

#[test]
fn a_display_may_log_through_any_logger_at_any_level() {
    let _alone = alone();
    let (logger, memory) = to_memory();
    let custom = create_custom_logger("custom", LoggerConfig::new().sink(Text, memory.clone()));
    let before = StatsSince::now();
    let inner = custom.clone();
    in_time(move || {
        let value = Runs(|| {
            info!(logger, "Inner info");
            error!(logger, "Inner error");
            info!(inner, "Inner custom");
        });
        info!(logger, "Outer", value = %value, n = 1);
        assert!(logger.flush().is_complete());
        assert!(inner.flush().is_complete());
    });
    let entries = arrived(&memory);
    let mut found = messages(&entries);
    found.sort_unstable();
    assert_eq!(found, ["Inner custom", "Inner error", "Inner info", "Outer"], "each once");
    let outer = entries.iter().find(|entry| entry.message == "Outer").unwrap();
    assert_eq!((outer.get("value"), outer.get("n")), (Some("shown"), Some("1")));
    assert_eq!((before.written(), before.dropped().total()), (4, 0));
}

#[test]
fn a_display_may_flush() {
    let _alone = alone();
    let (logger, memory) = to_memory();
    in_time(move || {
        let again = logger.clone();
        let value = Runs(move || {
            flush();
            again.flush();
        });
        info!(logger, "Outer", value = %value);
        error!(logger, "Outer", value = %value);
        assert!(flush().is_complete());
    });
    assert_eq!(messages(&arrived(&memory)), ["Outer", "Outer"]);
}

/// Panics wherever it is asked for text.
#[derive(Debug)]
struct Panics;

impl fmt::Display for Panics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a beginning that must not stay")?;
        panic!("the value panics");
    }
}

impl std::error::Error for Panics {}

struct DebugPanics;

impl fmt::Debug for DebugPanics {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("the value panics");
    }
}

#[test]
fn a_value_that_panics_costs_only_itself() {
    let _alone = alone();
    let (logger, memory) = to_memory();
    in_time(move || {
        info!(logger, "Of {shown}", first = 1, shown = %Panics, debug = ?DebugPanics, last = 2);
        logger.info("By a function", fields![first = 1, shown = %Panics, last = 2]);
        logger.exception("An error", &Panics, fields![first = 1]);
        error!(logger, "Urgent", shown = %Panics, last = 2);
        info!(logger, "Next", n = 3);
        assert!(flush().is_complete());
    });
    const LOST: &str = "[panicked while it was formatted]";
    let entries = arrived(&memory);
    assert_eq!(messages(&entries)[1..], ["By a function", "An error", "Urgent", "Next"]);
    assert_eq!(entries[0].message, format!("Of {LOST}"));
    for (key, value) in [("first", "1"), ("shown", LOST), ("debug", LOST), ("last", "2")] {
        assert_eq!(entries[0].get(key), Some(value), "{key}");
    }
    assert_eq!(entries[1].get("shown"), Some(LOST));
    assert_eq!(entries[2].get("exception.message"), Some(LOST));
    assert_eq!(entries[3].get("last"), Some("2"));
}

/// Logs a record with itself as a value.
struct Recursive(Logger);

impl fmt::Display for Recursive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        info!(self.0, "Again", value = %self);
        f.write_str("shown")
    }
}

#[test]
fn a_display_that_logs_itself_ends_and_what_was_dropped_is_told() {
    let _alone = alone();
    let (logger, memory) = to_memory();
    let before = StatsSince::now();
    in_time(move || {
        info!(logger, "First", value = %Recursive(logger.clone()));
        info!(logger, "Last");
        assert!(flush().is_complete());
    });
    let entries = arrived(&memory);
    assert_eq!(entries.iter().filter(|entry| entry.message == "First").count(), 1);
    assert_eq!(entries.iter().filter(|entry| entry.message == "Last").count(), 1);
    let dropped = before.dropped();
    assert!(dropped.total() > 0 && dropped.total() < 1000, "{dropped:?}");
    assert_eq!(dropped.of_reason(DropReason::Reentrant), dropped.total());
    assert_eq!(dropped.of_level(LogLevel::Info), dropped.total());
    assert_eq!(announced(&entries), dropped.total() as u64);
}

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

/// Logs three records through a custom logger; returns what arrived.
fn through(config: LoggerConfig) -> Vec<ArrivedRecord> {
    let memory = MemorySink::new();
    let kept = memory.clone();
    in_time(move || {
        let logger = create_custom_logger("custom", config.sink(Text, memory));
        info!(logger, "First", n = 1);
        info!(logger, "Second", n = 2, shown = %"x");
        error!(logger, "Third", n = 3);
        assert!(logger.flush().is_complete());
    });
    arrived(&kept)
}

#[test]
fn an_enricher_that_panics_adds_nothing_and_the_others_go_on() {
    let _alone = alone();
    let config = LoggerConfig::new()
        .enricher(|_: &LogRecord<'_>, add: &mut dyn FnMut(&str, Value<'_>)| add("before", Value::Bool(true)))
        .enricher(|_: &LogRecord<'_>, _: &mut dyn FnMut(&str, Value<'_>)| panic!("the enricher panics"))
        .enricher(|_: &LogRecord<'_>, add: &mut dyn FnMut(&str, Value<'_>)| {
            add("after", Value::Display(&Panics))
        });
    let entries = through(config);
    assert_eq!(messages(&entries), ["First", "Second", "Third"]);
    for entry in entries {
        assert_eq!(entry.get("before"), Some("true"));
        assert_eq!(entry.get("after"), Some("[panicked while it was formatted]"));
    }
}

#[test]
fn a_filter_that_panics_lets_the_record_pass() {
    let _alone = alone();
    let config = LoggerConfig::new().filter(|record: &LogRecord<'_>| {
        assert!(record.field("n").is_some_and(|n| !matches!(n, Value::I64(2) | Value::U64(2))));
        true
    });
    assert_eq!(messages(&through(config)), ["First", "Second", "Third"]);
    let memory = MemorySink::new();
    let logger = create_custom_logger(
        "custom",
        LoggerConfig::new().destination(
            Destination::new(memory.clone()).filter(|_: &LogRecord<'_>| panic!("the filter panics")),
        ),
    );
    info!(logger, "First");
    assert!(logger.flush().is_complete());
    assert_eq!(messages(&arrived(&memory)), ["First"]);
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

#[test]
fn a_thread_local_destructor_may_log_whenever_it_runs() {
    struct Says(&'static str);
    impl Drop for Says {
        fn drop(&mut self) {
            info!(get_logger("outer"), "Destroyed", which = self.0);
            error!(get_logger("outer"), "Destroyed", which = self.0);
        }
    }
    thread_local! {
        static EARLY: RefCell<Option<Says>> = const { RefCell::new(None) };
        static LATE: RefCell<Option<Says>> = const { RefCell::new(None) };
    }
    let _alone = alone();
    let (_, memory) = to_memory();
    in_time(|| {
        // Destructors run in the order in which they were asked for, or the
        // reverse: one of them comes after the logger's own.
        EARLY.with(|early| *early.borrow_mut() = Some(Says("early")));
        info!(get_logger("outer"), "Logged");
        LATE.with(|late| *late.borrow_mut() = Some(Says("late")));
    });
    assert!(eventually(|| arrived(&memory).len() >= 5), "{:?}", arrived(&memory));
    let entries = arrived(&memory);
    let mut said: Vec<(&str, &str)> =
        entries.iter().filter_map(|entry| Some((entry.get("which")?, entry.level.as_str()))).collect();
    said.sort_unstable();
    assert_eq!(said, [("early", "ERROR"), ("early", "INFO"), ("late", "ERROR"), ("late", "INFO")]);
}

#[test]
fn a_kept_record_has_the_context_of_its_call() {
    let _alone = alone();
    let (logger, memory) = to_memory();
    in_time(move || {
        kakashi_std::set_custom_context(fields![tenant = "acme"]);
        let value = Runs(|| info!(logger, "Inner {n}", n = 7));
        info!(logger, "Outer", value = %value);
        assert!(flush().is_complete());
    });
    let entries = arrived(&memory);
    let inner = entries.iter().find(|entry| entry.message == "Inner 7").unwrap();
    assert_eq!(inner.fields, [("n".into(), "7".into()), ("tenant".into(), "acme".into())]);
}

#[test]
fn a_clock_that_panics_or_logs_does_not_reach_the_caller() {
    struct Bad;
    impl Clock for Bad {
        fn now(&self) -> Timestamp {
            info!("The clock logs");
            panic!("the clock panics");
        }
    }
    let _alone = alone();
    let memory = MemorySink::new();
    let kept = memory.clone();
    in_time(move || {
        configure().format(Format::Text).clock(Bad).destination(Destination::new(memory)).apply();
        let logger = get_logger("outer");
        let called = std::panic::catch_unwind(AssertUnwindSafe(|| info!(logger, "Outer")));
        configure().clock(kakashi_std::SystemClock).apply();
        assert!(called.is_ok(), "a logging call never panics");
    });
    assert!(messages(&arrived(&kept)).contains(&"Outer"));
}

#[test]
fn an_encoder_that_panics_does_not_reach_the_caller() {
    struct Bad;
    impl Encoder for Bad {
        fn encode(&self, record: &LogRecord<'_>, cache: &mut EncoderCache, out: &mut Output<'_>) {
            out.put(b"half a line");
            assert!(record.field("bad").is_none(), "the encoder panics");
            Json::new().encode(record, cache, out);
        }
    }
    let _alone = alone();
    let memory = MemorySink::new();
    let before = StatsSince::now();
    let kept = memory.clone();
    in_time(move || {
        let logger = create_custom_logger("custom", LoggerConfig::new().sink(Bad, memory));
        info!(logger, "First");
        let called = std::panic::catch_unwind(AssertUnwindSafe(|| info!(logger, "Lost", bad = true)));
        assert!(called.is_ok(), "a logging call never panics");
        info!(logger, "Third");
        assert!(logger.flush().is_complete());
    });
    let lines = kept.lines();
    assert!(lines.len() == 3 && lines.iter().any(|line| line.contains("Third")), "{lines:?}");
    assert!(lines.iter().any(|line| line.contains("encoder_failed")), "{lines:?}");
    assert_eq!(before.dropped().total(), 1);
}

#[test]
fn what_is_nested_is_one_line_each() {
    let _alone = alone();
    let (logger, memory) = to_memory();
    in_time(move || {
        for _ in 0..100 {
            let value = Runs(|| info!(logger, "Inner", text = "a\nb"));
            info!(logger, "Outer", value = %value);
        }
        assert!(flush().is_complete());
    });
    assert_eq!(memory.lines().len(), 200);
    memory.lines().iter().for_each(|line| drop(of_text(&format!("{line}\n"))));
}

/// Runs a scenario of the child; it may hang, and nobody else then.
#[cfg(unix)]
fn child(scenario: &str) -> Vec<ArrivedRecord> {
    use kakashi_tests::harness::process::{TestFolder, read, run};
    let folder = TestFolder::new();
    let file = folder.file("log");
    let ended = run(env!("CARGO_BIN_EXE_child"), [scenario.as_ref(), file.as_os_str()]);
    assert_eq!(ended.status.code(), Some(0), "{ended:?}");
    text(&read(file))
}

#[test]
#[cfg(unix)]
fn a_panic_hook_may_log() {
    let entries = child("panic_hook_that_logs");
    assert_eq!(entries.iter().filter(|entry| entry.message == "A panic").count(), 4, "{entries:?}");
    assert_eq!(entries.iter().filter(|entry| entry.message == "Counted").count(), 4, "{entries:?}");
}

#[test]
#[cfg(unix)]
fn a_display_may_configure() {
    assert_eq!(messages(&child("configure_in_a_display")), ["Before", "Outer", "After"]);
}
