//! The settings for destinations that stall: how much may wait, how long a caller waits for
//! them, and how long an ERROR does.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use kakashi_std::sinks::{FunctionSink, MemorySink};
use kakashi_std::{
    AsyncConfig, Batch, Destination, DropReason, Format, LogLevel, Sink as _, SinkError, SinkErrorKind,
    configure, debug, error, flush, get_async_logger, get_logger, info, set_log_level,
    shutdown_async_logging, warning,
};
use kakashi_tests::harness::fake_sinks::{Gate, GatedSink, hold_writer};
use kakashi_tests::harness::global_state::{StatsSince, alone};
use kakashi_tests::harness::read_back::{announced, numbers, text};
use kakashi_tests::harness::wait::{eventually, in_time};

/// What may wait for the destination of these tests.
const BACKLOG: usize = 256 * 1024;

/// Longer than any test runs.
const HOUR: Duration = Duration::from_secs(3600);

/// Configures a destination behind a gate, with limits of these tests; the defaults again
/// when it is dropped.
struct Limited {
    gate: Gate,
    memory: MemorySink,
    /// Nothing ever stalls it.
    beside: MemorySink,
}

impl Limited {
    fn new(stall_timeout: Duration, urgent_timeout: Duration) -> Self {
        let limited = Self { gate: Gate::default(), memory: MemorySink::new(), beside: MemorySink::new() };
        assert!(shutdown_async_logging().is_complete());
        configure()
            .format(Format::Text)
            .level(LogLevel::Info)
            .flush_after_millis(50)
            .batch_bytes(4096)
            .async_logging(AsyncConfig::new())
            .backlog_bytes(BACKLOG)
            .stall_timeout(stall_timeout)
            .urgent_timeout(urgent_timeout)
            .destination(Destination::new(GatedSink(limited.gate.clone(), limited.memory.clone())))
            .destination(Destination::new(limited.beside.clone()))
            .apply();
        limited
    }

    /// Holds the destination's writer, without a caller that waits.
    #[must_use]
    fn hold(&self) -> impl Drop + use<> {
        hold_writer(&self.gate, || info!(get_logger("limits"), "Held"))
    }

    fn is_flushed(&self) -> bool {
        eventually(|| flush().is_complete())
    }
}

impl Drop for Limited {
    fn drop(&mut self) {
        self.gate.open();
        configure()
            .flush_after_millis(100)
            .batch_bytes(64 * 1024)
            .backlog_bytes(4 << 20)
            .stall_timeout(Duration::from_secs(5))
            .urgent_timeout(Duration::from_secs(5))
            .apply();
    }
}

/// Logs records 0 to `count` of a thread, of 1,000 bytes each.
fn log(is_async: bool, count: u64) {
    let (sync, queued) = (get_logger("limits"), get_async_logger("limits"));
    let long = "x".repeat(1000);
    for n in 0..count {
        match is_async {
            false => info!(sync, "Counted", thread = 0, n, long),
            true => info!(queued, "Counted", thread = 0, n, long),
        }
    }
}

#[test]
fn callers_do_not_wait_while_the_backlog_has_room() {
    let _alone = alone();
    for is_async in [false, true] {
        let limited = Limited::new(HOUR, HOUR);
        let before = StatsSince::now();
        let held = limited.hold();
        in_time(move || log(is_async, 100));
        assert!(eventually(|| numbers(&text(&limited.beside.bytes())).values().any(|of| of.len() == 100)));
        drop(held);
        assert!(limited.is_flushed());
        assert_eq!((before.written(), before.dropped().total()), (202, 0));
    }
}

#[test]
fn a_caller_waits_for_a_full_backlog_and_loses_nothing_when_it_is_taken() {
    let _alone = alone();
    let limited = Limited::new(HOUR, HOUR);
    let before = StatsSince::now();
    let held = limited.hold();
    let has_returned = Arc::new(AtomicBool::new(false));
    let returned = has_returned.clone();
    let logs = thread::spawn(move || {
        log(false, 1000);
        returned.store(true, Ordering::Release);
    });
    // More than may wait for one has gone to the other.
    let beside = || numbers(&text(&limited.beside.bytes())).get(&0).map_or(0, Vec::len);
    assert!(eventually(|| beside() > BACKLOG / 2000), "{} records", beside());
    assert!(!has_returned.load(Ordering::Acquire), "1 MB waits, although {BACKLOG} may");
    drop(held);
    logs.join().expect("no call panics");
    assert!(limited.is_flushed());
    assert_eq!((before.written(), before.dropped().total()), (2002, 0));
}

/// One that stalls has no more than its share of memory, and no more of its callers' time
/// than the limit, once; the other destination loses nothing.
#[test]
fn a_destination_that_stalls_for_longer_than_callers_wait_drops_and_counts() {
    let _alone = alone();
    for is_async in [false, true] {
        let limited = Limited::new(Duration::from_millis(200), HOUR);
        let before = StatsSince::now();
        let held = limited.hold();
        let began = Instant::now();
        in_time(move || log(is_async, 3000));
        let took = began.elapsed();
        assert!(took >= Duration::from_millis(200), "{took:?}: callers wait first");
        assert!(eventually(|| numbers(&text(&limited.beside.bytes())).values().any(|of| of.len() == 3000)));
        drop(held);
        assert!(limited.is_flushed());
        let dropped = before.dropped();
        assert_eq!(before.written() + dropped.total(), 6002);
        assert_eq!(dropped.of_level(LogLevel::Info), dropped.total());
        assert_eq!(dropped.of_reason(DropReason::Shutdown), 0);
        let entries = text(&limited.memory.bytes());
        assert_eq!(announced(&entries), dropped.total() as u64);
        // The backlog, what was being written, and what had not left buffers and rings.
        let arrived = limited.memory.bytes().len();
        assert!((BACKLOG / 2..BACKLOG * 3).contains(&arrived), "{arrived} bytes of {BACKLOG}");
        assert!(numbers(&entries)[&0].is_sorted());
        // It takes again all that comes.
        let before = StatsSince::now();
        in_time(move || log(is_async, 100));
        assert!(limited.is_flushed());
        assert_eq!((before.written(), before.dropped().total()), (200, 0));
    }
}

#[test]
fn a_stalled_destination_drops_warnings_and_errors_last() {
    const RECORDS: u64 = 3000;
    let _alone = alone();
    let limited = Limited::new(Duration::from_millis(50), Duration::from_millis(1));
    let before = StatsSince::now();
    let held = limited.hold();
    in_time(|| {
        let logger = get_logger("limits");
        let long = "x".repeat(1000);
        for n in 0..RECORDS {
            match n % 100 {
                50 => warning!(logger, "Counted", thread = 0, n),
                99 => error!(logger, "Counted", thread = 0, n),
                _ => info!(logger, "Counted", thread = 0, n, long),
            }
        }
    });
    drop(held);
    assert!(limited.is_flushed());
    let dropped = before.dropped();
    assert_eq!(before.written() + dropped.total(), 2 * RECORDS as usize + 2);
    assert!(dropped.of_level(LogLevel::Info) > 0);
    let entries = text(&limited.memory.bytes());
    for (level, expected) in [("WARNING", 30), ("ERROR", 30)] {
        let arrived = entries.iter().filter(|entry| entry.level == level && entry.number("n").is_some());
        assert_eq!(arrived.count(), expected, "{level}");
    }
}

/// Late, it is still queued: it is written when the destination takes it.
#[test]
fn an_error_returns_at_its_deadline_and_is_written_later() {
    let _alone = alone();
    let limited = Limited::new(HOUR, Duration::from_millis(100));
    let before = StatsSince::now();
    let held = limited.hold();
    in_time(|| error!(get_logger("limits"), "Counted", thread = 0, n = 0));
    assert!(limited.beside.text().contains("Counted"), "the other destination has it already");
    assert!(!limited.memory.text().contains("Counted"));
    drop(held);
    assert!(limited.is_flushed());
    assert_eq!(limited.memory.text().matches("Counted").count(), 1);
    assert_eq!(before.dropped().total(), 0);
}

/// Without a sink that takes anything, each ERROR costs its deadline, and none is lost.
#[test]
fn errors_of_sync_loggers_are_dropped_last_while_a_sink_fails() {
    const RECORDS: u64 = 5000;
    let _alone = alone();
    let _limited = Limited::new(HOUR, Duration::from_millis(1));
    let (is_full, memory) = (Arc::new(AtomicBool::new(true)), MemorySink::new());
    let (full, mut inner) = (is_full.clone(), memory.clone());
    let sink = FunctionSink::new(move |batch: &Batch<'_>| -> Result<(), SinkError> {
        match full.load(Ordering::Acquire) {
            true => Err(SinkError::new(SinkErrorKind::Full)),
            false => inner.write(batch),
        }
    });
    configure().level(LogLevel::Debug).destination(Destination::new(sink)).apply();
    let before = StatsSince::now();
    in_time(|| {
        let logger = get_logger("limits");
        for n in 0..RECORDS {
            match n % 100 {
                99 => error!(logger, "Counted", thread = 0, n),
                _ => debug!(logger, "Counted", thread = 0, n, long = "x".repeat(500)),
            }
        }
    });
    is_full.store(false, Ordering::Release);
    assert!(flush().is_complete());
    set_log_level("info").expect("a level is known");
    let dropped = before.dropped();
    assert_eq!(before.written() + dropped.total(), RECORDS as usize);
    assert!(dropped.of_level(LogLevel::Debug) > 0, "2.5 MB do not fit in {BACKLOG}");
    assert_eq!(dropped.of_level(LogLevel::Error), 0);
    let errors = text(&memory.bytes()).iter().filter(|entry| entry.level == "ERROR").count();
    assert_eq!(errors as u64, RECORDS / 100);
}
