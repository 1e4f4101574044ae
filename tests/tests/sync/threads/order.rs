//! Order, flushes and buffers of threads that log at the same time.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Barrier};
use std::thread::{self};
use std::time::{Duration, Instant};

use kakashi_std::{Batch, Destination, LogRecord, Sink, configure, error, flush, get_logger, info, sinks};
use kakashi_tests::harness::fake_sinks::{Gate, GatedSink};
use kakashi_tests::harness::global_state::{StatsSince, alone};
use kakashi_tests::harness::read_back::{assert_each_once_in_order, numbers, text};
use kakashi_tests::harness::wait::{eventually, within};
use sinks::{FunctionSink, MemorySink};

use crate::common::to_memory;

/// Runs `run` on so many threads at once, which all begin together.
fn on_threads(count: u64, run: impl Fn(u64) + Sync) {
    let start = Barrier::new(count as usize);
    thread::scope(|scope| {
        for thread in 0..count {
            let (start, run) = (&start, &run);
            scope.spawn(move || {
                start.wait();
                run(thread);
            });
        }
    });
}

#[test]
fn every_threads_records_come_once_and_in_order_through_tiny_batches() {
    let _alone = alone();
    let memory = to_memory(256);
    let before = StatsSince::now();
    on_threads(8, |thread| {
        let logger = get_logger("threads");
        for n in 0..3000 {
            if n % 100 == 99 {
                error!(logger, "Counted", thread, n);
            } else {
                info!(logger, "Counted", thread, n);
            }
        }
    });
    assert!(flush().is_complete());
    assert_each_once_in_order(&text(&memory.bytes()), 8, 3000);
    assert_eq!((before.written(), before.dropped().total()), (24_000, 0));
}

/// Has records of this logger written to one sink, the others to another.
fn split(logger: &'static str, its: impl Sink + Send + 'static, others: impl Sink + Send + 'static) {
    let is_its = move |record: &LogRecord<'_>| record.logger.text() == logger;
    configure()
        .destination(Destination::new(its).filter(is_its))
        .destination(Destination::new(others).filter(move |record: &LogRecord<'_>| !is_its(record)))
        .apply();
}

/// Counts records, and forgets them.
fn counting() -> (Arc<AtomicU64>, impl Sink + Send + 'static) {
    let count = Arc::new(AtomicU64::new(0));
    let sum = count.clone();
    let sink = FunctionSink::new(move |batch: &Batch<'_>| {
        sum.fetch_add(batch.len() as u64, Ordering::Relaxed);
        Ok(())
    });
    (count, sink)
}

#[test]
fn a_flush_beside_threads_that_log_is_complete_and_ends() {
    let _alone = alone();
    to_memory(1024);
    let (memory, (count, others)) = (MemorySink::new(), counting());
    split("flushing", memory.clone(), others);
    let stop = AtomicBool::new(false);
    let logged = AtomicU64::new(0);
    on_threads(4, |thread| {
        if thread < 2 {
            let logger = get_logger("busy");
            let mut n = 0;
            while !stop.load(Ordering::Relaxed) {
                info!(logger, "Counted", thread, n);
                n += 1;
            }
            logged.fetch_add(n, Ordering::Relaxed);
            return;
        }
        let logger = get_logger("flushing");
        let stop_at_last = || stop.store(true, Ordering::Relaxed);
        let _stop = OnDrop(stop_at_last);
        for n in 0..50 {
            info!(logger, "Counted", thread = thread - 2, n);
            assert!(flush().is_complete());
            // What this thread has logged before its flush is there after it.
            let mine = format!(" thread={} n={n}\n", thread - 2);
            assert!(memory.text().contains(&mine), "{mine}");
        }
    });
    assert!(flush().is_complete());
    assert_each_once_in_order(&text(&memory.bytes()), 2, 50);
    assert_eq!(count.load(Ordering::Relaxed), logged.into_inner());
    to_memory(256);
}

/// Runs something at the end of a scope, and of a panic.
struct OnDrop<F: Fn()>(F);

impl<F: Fn()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

#[test]
fn an_error_is_written_before_its_call_returns_and_takes_what_was_before_it_along() {
    let _alone = alone();
    let memory = to_memory(64 * 1024);
    configure().flush_after_millis(3_600_000).apply();
    on_threads(4, |thread| {
        let logger = get_logger("threads");
        for n in 0..50 {
            info!(logger, "Counted", thread, n = 2 * n);
            error!(logger, "Counted", thread, n = 2 * n + 1);
            let written = memory.text();
            assert!(written.contains(&format!(" thread={thread} n={}\n", 2 * n)));
            assert!(written.contains(&format!(" thread={thread} n={}\n", 2 * n + 1)));
        }
    });
    assert_each_once_in_order(&text(&memory.bytes()), 4, 100);
    to_memory(256);
}

#[test]
fn a_quiet_threads_record_is_written_while_others_are_busy() {
    let _alone = alone();
    to_memory(256);
    let (memory, (_, others)) = (MemorySink::new(), counting());
    split("quiet", memory.clone(), others);
    let stop = AtomicBool::new(false);
    let late = thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let logger = get_logger("busy");
                while !stop.load(Ordering::Relaxed) {
                    info!(logger, "Busy");
                }
            });
        }
        let late = (0..10).find(|n| {
            info!(get_logger("quiet"), "Counted", thread = 0, n = *n);
            // Fifty times the interval.
            !within(Duration::from_secs(5), || text(&memory.bytes()).len() > *n)
        });
        stop.store(true, Ordering::Relaxed);
        late
    });
    assert_eq!(late, None, "a record has lain for five seconds");
    to_memory(256);
}

/// What the README says a kill can lose beside a batch of each thread.
const BACKLOG_BYTES: usize = 4096;

#[test]
fn no_more_waits_for_a_destination_than_may_even_after_many_threads() {
    let _alone = alone();
    let gate = Gate::default();
    let memory = MemorySink::new();
    to_memory(256);
    configure()
        .destination(Destination::new(GatedSink(gate.clone(), memory.clone())))
        .backlog_bytes(BACKLOG_BYTES)
        .apply();
    // Their buffers are given back when they end.
    on_threads(16, |thread| info!(get_logger("before"), "Counted", thread, n = 0));
    assert!(flush().is_complete());
    let before = StatsSince::now();
    gate.close();
    let logged = Arc::new(AtomicU64::new(0));
    let counter = logged.clone();
    let stuck = thread::spawn(move || {
        for n in 0..1000_u64 {
            info!(get_logger("stuck"), "Counted", thread = 100, n);
            counter.store(n + 1, Ordering::Relaxed);
        }
    });
    // It is blocked when it gets no further; too early a look sees less.
    let mut last = (0, Instant::now());
    assert!(eventually(|| {
        let now = logged.load(Ordering::Relaxed);
        if now != last.0 {
            last = (now, Instant::now());
        }
        last.1.elapsed() > Duration::from_millis(300)
    }));
    let held_bytes = logged.load(Ordering::Relaxed) as usize * 62 - before.bytes();
    gate.open();
    stuck.join().unwrap();
    assert!(flush().is_complete());
    assert_eq!(numbers(&text(&memory.bytes()))[&100].len(), 1000);
    assert!(held_bytes <= BACKLOG_BYTES + 3 * 256, "{held_bytes} bytes were held back");
    configure().backlog_bytes(4 << 20).apply();
}
