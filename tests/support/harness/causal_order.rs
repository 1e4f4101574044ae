//! Records of which each happened before the next, and what their order in a destination says.
//!
//! A token goes round threads; who has it logs its number and hands on the next. Whatever
//! logger was called, each call returned before the next began.

use std::fmt;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc;
use std::thread;

use kakashi_std::{
    AsyncLogger, FunctionalLogger, Log, Logger, PerformanceLogger, get_async_logger, get_logger,
    get_performance_logger, info,
};

use super::read_back::ArrivedRecord;

/// A logger of any kind.
#[derive(Clone, Debug)]
pub enum AnyLogger {
    /// Made by `get_logger`.
    Sync(Logger),
    /// Made by `get_async_logger`.
    Async(AsyncLogger),
    /// Made by `get_performance_logger`.
    Performance(PerformanceLogger),
    /// Made by `create_custom_logger`.
    Custom(FunctionalLogger),
}

impl AnyLogger {
    /// Returns one of [`get_logger`].
    pub fn sync() -> Self {
        Self::Sync(get_logger("order"))
    }

    /// Returns one of [`get_async_logger`].
    pub fn queued() -> Self {
        Self::Async(get_async_logger("order"))
    }

    /// Returns one of [`get_performance_logger`].
    pub fn performance() -> Self {
        Self::Performance(get_performance_logger("order"))
    }

    /// Logs record `k` of the token.
    pub fn pass(&self, k: u64) {
        match self {
            Self::Sync(logger) => info!(logger, "Passed", k),
            Self::Async(logger) => info!(logger, "Passed", k),
            Self::Performance(logger) => info!(logger, "Passed", k),
            Self::Custom(logger) => info!(logger, "Passed", k),
        }
    }

    /// Logs a record with a value whose formatting may run any code.
    pub fn show(&self, k: u64, value: impl fmt::Display) {
        fn show(logger: &impl Log, k: u64, value: impl fmt::Display) {
            info!(logger, "Shown", outer = k, value = %value);
        }
        match self {
            Self::Sync(logger) => show(logger, k, value),
            Self::Async(logger) => show(logger, k, value),
            Self::Performance(logger) => show(logger, k, value),
            Self::Custom(logger) => show(logger, k, value),
        }
    }
}

/// How the token goes from thread to thread.
#[derive(Clone, Copy, Debug)]
pub enum Passing {
    /// Over a channel for each thread.
    Channel,
    /// In one atomic number, at which all threads look.
    Flag,
}

/// How many threads the token goes round.
pub const THREADS: u64 = 4;

/// Has the token go round new threads; calls `log` with each of its numbers, on the thread
/// that has it.
pub fn go_round(passing: Passing, numbers: Range<u64>, log: impl Fn(u64) + Sync) {
    match passing {
        Passing::Channel => go_round_by_channels(numbers, &log),
        Passing::Flag => {
            let next = AtomicU64::new(numbers.start);
            thread::scope(|scope| {
                for thread in 0..THREADS {
                    let (next, numbers, log) = (&next, &numbers, &log);
                    scope.spawn(move || {
                        for k in numbers.clone().filter(|k| k % THREADS == thread) {
                            while next.load(Ordering::Acquire) != k {
                                thread::yield_now();
                            }
                            log(k);
                            next.store(k + 1, Ordering::Release);
                        }
                    });
                }
            });
        }
    }
}

fn go_round_by_channels(numbers: Range<u64>, log: &(impl Fn(u64) + Sync)) {
    let (senders, receivers): (Vec<_>, Vec<_>) = (0..THREADS).map(|_| mpsc::channel::<u64>()).unzip();
    let start = (numbers.start % THREADS) as usize;
    senders[start].send(numbers.start).expect("it is not yet received");
    thread::scope(|scope| {
        for (at, receiver) in receivers.into_iter().enumerate() {
            let next = senders[(at + 1) % senders.len()].clone();
            let end = numbers.end;
            scope.spawn(move || {
                for k in receiver {
                    if k < end {
                        log(k);
                    }
                    // The last may have ended.
                    let _ = next.send(k + 1);
                    if k >= end {
                        break;
                    }
                }
            });
        }
        drop(senders);
    });
}

/// Calls `work` while two threads more log through the loggers, up to 1,500 records each.
pub fn under_load<T>(loggers: &[AnyLogger], work: impl FnOnce() -> T) -> T {
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for n in 0..1500_usize {
                    if is_over.load(Ordering::Relaxed) {
                        break;
                    }
                    loggers[n % loggers.len()].show(n as u64, "x".repeat(n % 200));
                    if n % 16 == 0 {
                        thread::yield_now();
                    }
                }
            });
        }
        let result = work();
        is_over.store(true, Ordering::Relaxed);
        result
    })
}

/// Returns the token's numbers among these records, in the order in which they stand.
pub fn numbers_of(entries: &[ArrivedRecord]) -> Vec<u64> {
    entries.iter().filter_map(|entry| entry.number("k")).collect()
}

/// Asserts that no number stands before a smaller one, and none twice.
///
/// # Panics
/// When one does; says how many, and where the first.
pub fn assert_in_order(place: &str, numbers: &[u64]) {
    let (mut most, mut early, mut first) = (None, 0_usize, None);
    for (at, &k) in numbers.iter().enumerate() {
        if most.is_some_and(|most| k <= most) {
            early += 1;
            first.get_or_insert(at);
        }
        most = most.max(Some(k));
    }
    if let Some(at) = first {
        let around = &numbers[at.saturating_sub(3)..numbers.len().min(at + 4)];
        panic!("{place}: {early} of {} stand after one that happened later; first {around:?}", numbers.len());
    }
}

/// As [`assert_in_order`], and that all numbers of a range are there.
///
/// # Panics
/// As [`assert_in_order`], and when one is missing.
pub fn assert_whole_in_order(place: &str, expected: Range<u64>, numbers: &[u64]) {
    assert_in_order(place, numbers);
    assert_eq!(numbers.len() as u64, expected.end - expected.start, "{place}: records that arrived");
    assert_eq!(numbers.first(), Some(&expected.start), "{place}");
}
