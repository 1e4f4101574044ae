//! Traces that are written when one of their records shows that they are worth it.

#![forbid(unsafe_code)]

use std::thread;
use std::time::Duration;

use kakashi_std::sinks::MemorySink;
use kakashi_std::{
    Destination, DestinationStats, DropReason, Durability, Format, LogContext, LogLevel, Scope as _,
    TailSampling, audit, configure, debug, error, fields, flush, get_async_logger, get_logger, info,
    stats_by_destination, warning,
};
use kakashi_tests::harness::global_state::alone;
use kakashi_tests::harness::read_back::text;
use kakashi_tests::harness::wait::eventually;

const HOUR: Duration = Duration::from_secs(3600);

/// Begins anew: everything is written to this memory as text, trace by trace.
fn begin(name: &str, sampling: TailSampling) -> MemorySink {
    let memory = MemorySink::new();
    let destination = Destination::new(memory.clone()).named(name).format(Format::Text);
    configure()
        .reset()
        .level(LogLevel::Trace)
        .flush_after_millis(1)
        .destination(destination.tail_sampling(sampling))
        .apply();
    memory
}

fn trace(id: u128) -> LogContext {
    LogContext::new().with_custom(fields![trace_id = format!("{id:032x}")])
}

/// Returns the numbers of the program's records that are written.
fn numbers(memory: &MemorySink) -> Vec<u64> {
    text(&memory.bytes()).iter().filter_map(|record| record.number("n")).collect()
}

fn stats_of(name: &str) -> DestinationStats {
    stats_by_destination().into_iter().find(|stats| &*stats.name == name).expect("it is in use")
}

fn within(context: LogContext, log: impl FnOnce()) {
    let _context = context.enter();
    log();
}

fn log(id: u128, n: u64) {
    within(trace(id), || info!(get_logger("traces"), "Came", n));
}

fn fail(id: u128, n: u64) {
    within(trace(id), || error!(get_logger("traces"), "Failed", n));
}

#[test]
fn a_trace_that_fails_is_written_whole_before_what_showed_it() {
    let _alone = alone();
    let memory = begin("fails", TailSampling::new().within(HOUR));
    for n in 0..6 {
        log(u128::from(n % 3 + 1), n);
    }
    info!(get_logger("traces"), "Of no trace", n = 100);
    assert!(eventually(|| numbers(&memory) == [100]), "what has no trace is not held");
    fail(2, 200);
    assert_eq!(numbers(&memory), [100, 1, 4, 200], "before its call returns");
    log(2, 201);
    assert!(eventually(|| numbers(&memory) == [100, 1, 4, 200, 201]), "what comes of it later, at once");
    let stats = stats_of("fails");
    assert_eq!((stats.written, stats.waiting, stats.dropped.total()), (5, 4, 0));
    assert!(flush().is_complete());
    assert_eq!(numbers(&memory), [100, 1, 4, 200, 201, 0, 3, 2, 5], "nobody has said that these may go");
}

#[test]
fn a_trace_that_shows_nothing_in_time_is_left_out_counted_and_announced() {
    let _alone = alone();
    let memory = begin("quiet", TailSampling::new().within(Duration::from_millis(20)));
    for n in 0..10 {
        within(trace(7), || debug!(get_logger("traces"), "Came", n));
    }
    // It counts as waiting until it is announced.
    thread::sleep(Duration::from_millis(40));
    log(8, 10);
    assert!(eventually(|| stats_of("quiet").waiting == 11));
    thread::sleep(Duration::from_millis(40));
    assert!(eventually(|| {
        assert!(flush().is_complete());
        stats_of("quiet").waiting == 0
    }));
    let stats = stats_of("quiet");
    assert_eq!(stats.written + stats.dropped.total(), 11);
    assert!(stats.dropped.of(LogLevel::Debug, DropReason::Sampled) == 10, "{stats}");
    let said = text(&memory.bytes());
    assert!(said.iter().any(|record| record.message == "Records were dropped"), "{:?}", memory.text());
    assert!(memory.text().contains("reasons={\"sampled\":1"), "{}", memory.text());
    // What fails after all is written from then on.
    fail(7, 11);
    log(7, 12);
    flush();
    let numbers = numbers(&memory);
    assert_eq!(numbers[numbers.len() - 2..], [11, 12]);
}

#[test]
fn a_share_of_the_traces_is_written_at_once() {
    let _alone = alone();
    let memory = begin("share", TailSampling::new().within(HOUR).ratio(0.5));
    // The lower 64 bits, less the last, decide.
    let (small, large) = (2, u128::from(u64::MAX));
    log(small, 1);
    log(large, 2);
    log(small, 3);
    assert!(eventually(|| numbers(&memory) == [1, 3]));
    assert_eq!(stats_of("share").waiting, 1);
    let memory = begin("all", TailSampling::new().within(HOUR).ratio(1.0));
    log(large, 4);
    assert!(eventually(|| numbers(&memory) == [4]));
}

#[test]
fn a_lower_level_shows_it_where_that_is_asked_for() {
    let _alone = alone();
    let memory = begin("warning", TailSampling::new().within(HOUR).keep_from(LogLevel::Warning));
    log(1, 1);
    within(trace(1), || warning!(get_logger("traces"), "Slow", n = 2));
    assert!(eventually(|| numbers(&memory) == [1, 2]));
    // An ERROR is always written: no higher level can be asked for.
    let memory = begin("critical", TailSampling::new().within(HOUR).keep_from(LogLevel::Critical));
    fail(1, 3);
    assert_eq!(numbers(&memory), [3]);
}

#[test]
fn where_too_much_is_held_the_oldest_traces_are_given_up_and_counted() {
    let _alone = alone();
    let memory = begin("much", TailSampling::new().within(HOUR).max_bytes(64 << 10));
    for n in 0..2000 {
        log(u128::from(n) + 1, n);
    }
    assert!(eventually(|| {
        let stats = stats_of("much");
        stats.written + stats.waiting + stats.dropped.total() == 2000
    }));
    fail(2000, 2000);
    assert_eq!(numbers(&memory), [1999, 2000], "the youngest is there");
    assert!(flush().is_complete());
    let stats = stats_of("much");
    assert_eq!((stats.written + stats.dropped.total(), stats.waiting), (2001, 0));
    assert!(stats.dropped.of_reason(DropReason::QueueFull) > 1000, "{stats}");
    assert_eq!(numbers(&memory).len(), stats.written);
}

#[test]
fn what_must_be_there_is_not_held() {
    let _alone = alone();
    let memory = begin("events", TailSampling::new().within(HOUR));
    within(trace(1), || audit("delete", "account", fields![n = 1]));
    assert!(eventually(|| numbers(&memory) == [1]));
    let memory = MemorySink::new();
    let destination = Destination::new(memory.clone()).tail_sampling(TailSampling::new().within(HOUR));
    configure().reset().destination(destination.durability(Durability::Written)).apply();
    log(1, 2);
    assert_eq!(numbers(&memory), [2]);
}

#[test]
fn async_loggers_and_threads_share_a_trace() {
    let _alone = alone();
    let memory = begin("shared", TailSampling::new().within(HOUR));
    log(1, 0);
    let other = thread::spawn(|| {
        let queued = get_async_logger("queued");
        within(trace(1), || info!(queued, "Queued", n = 1));
        within(trace(2), || info!(queued, "Queued", n = 2));
    });
    other.join().unwrap();
    assert!(eventually(|| stats_of("shared").waiting == 3));
    fail(1, 3);
    assert_eq!(numbers(&memory), [0, 1, 3]);
    flush();
    assert_eq!(numbers(&memory), [0, 1, 3, 2]);
}
