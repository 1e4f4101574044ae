//! Programs whose destinations take nothing for a while.
//!
//! What they do stands on stderr, in lines that the test waits for.

#![allow(unsafe_code)]

use std::io::{Read as _, stdin};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use kakashi_std::{Format, LogLevel, configure, error, flush, flush_timeout, info, sinks, stats};

use crate::ends::peak_memory;
use crate::records::{async_logger, logger, uses_async};

/// Waits until the test says so.
fn wait_for_the_test() {
    let _ = stdin().read(&mut [0]);
}

/// Flushes, and tells what became of this many records.
fn report(sent: usize) {
    let left = flush().left;
    let stats = stats();
    let info = stats.dropped.of_level(LogLevel::Info);
    eprintln!("sent {sent} written {} dropped {info} left {left}", stats.written);
}

/// Logs to a stdout that nobody reads, from threads that live for twenty records each.
pub(crate) fn logs_from_short_lived_threads(flushes: bool) {
    const AT_ONCE: u64 = 8;
    configure().format(Format::Text).destination(sinks::stdout()).apply();
    let long = "x".repeat(1000);
    let mut sent = 0;
    for round in 0..400 {
        thread::scope(|scope| {
            for at in 0..AT_ONCE {
                let long = &long;
                scope.spawn(move || {
                    for n in 0..20_u64 {
                        match uses_async() {
                            true => info!(async_logger(), "Counted", thread = round * AT_ONCE + at, n, long),
                            false => info!(logger(), "Counted", thread = round * AT_ONCE + at, n, long),
                        }
                    }
                });
            }
        });
        sent += AT_ONCE as usize * 20;
        if flushes {
            flush_timeout(Duration::from_millis(1));
        }
    }
    eprintln!("peak {}", peak_memory());
    wait_for_the_test();
    report(sent);
}

/// Does something with more records than a pipe holds, of which nothing is written yet;
/// tells when it has returned, and in how many milliseconds.
fn first_to_write(first: impl FnOnce()) {
    configure()
        .format(Format::Text)
        .flush_after_millis(3_600_000)
        .batch_bytes(1 << 20)
        .destination(sinks::stdout())
        .apply();
    for n in 0..100_u64 {
        info!(logger(), "Counted", thread = 0, n, long = "x".repeat(4000));
    }
    let began = Instant::now();
    first();
    eprintln!("returned {}", began.elapsed().as_millis());
    // SAFETY: ends the process at once, as intended: its end would wait for the pipe.
    unsafe { libc::_exit(0) };
}

pub(crate) fn flushes_first() {
    first_to_write(|| assert!(!flush_timeout(Duration::from_secs(1)).is_complete()));
}

pub(crate) fn flushes_first_without_time() {
    first_to_write(|| assert!(!flush_timeout(Duration::ZERO).is_complete()));
}

pub(crate) fn fails_first() {
    first_to_write(|| error!(logger(), "Counted", thread = 1, n = 0));
}

/// The thread that panics has logged what does not fit.
pub(crate) fn panics_first() {
    first_to_write(|| {
        let panicked = thread::spawn(|| {
            info!(logger(), "Counted", thread = 1, n = 0);
            panic!("as asked");
        });
        assert!(panicked.join().is_err());
    });
}

/// Logs so many records of two threads to a file and to another whose name ends in `fifo`.
pub(crate) fn logs_to_a_fifo_and_a_file(file: &Path, count: u64) {
    let fifo = file.with_extension("fifo");
    configure()
        .format(Format::Text)
        .destination(sinks::file(fifo).expect("the FIFO opens"))
        .destination(sinks::file(file).expect("the file opens"))
        .apply();
    let long = "x".repeat(100);
    thread::scope(|scope| {
        for thread in 0..2_u64 {
            let long = &long;
            scope.spawn(move || {
                for n in 0..count / 2 {
                    match uses_async() {
                        true => info!(async_logger(), "Counted", thread, n, long),
                        false => info!(logger(), "Counted", thread, n, long),
                    }
                }
            });
        }
    });
    eprintln!("logged");
    wait_for_the_test();
    report(count as usize);
}
