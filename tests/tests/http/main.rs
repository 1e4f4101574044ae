//! Records at receivers over HTTP: what they look like there, and that each is confirmed, waits, or
//! is counted as dropped, whatever the receiver answers.
//!
//! The receivers are written after the published APIs; no program of theirs is in a registry
//! that tests can install from.

#![cfg(unix)]

mod elasticsearch;
mod hostile;
mod json_lines;
mod loki;
mod processes;
mod refusals;
mod settings;
mod trouble;

use std::ops::Range;

use kakashi_std::sinks::Http;
use kakashi_std::{
    DestinationStats, DropReason, LevelFilter, configure, flush, get_logger, info, stats_by_destination,
};
use kakashi_tests::harness::wait::eventually;

use kakashi_tests::harness::http_receiver::HttpReceiver;

/// Has all loggers send as chosen.
fn send(http: Http) {
    let destination = http.destination().expect("it makes sense");
    configure()
        .reset()
        .level(LevelFilter::ALL)
        // Receivers of other tests log too, by `log`, once that is bridged.
        .level_of("rustls", LevelFilter::OFF)
        .batch_bytes(4096)
        .flush_after_millis(10)
        .destination(destination)
        .apply();
}

/// Has a batch wait for a flush.
fn hold_batches() {
    configure().batch_bytes(8 << 20).flush_after_millis(3_600_000).apply();
}

fn lines(receiver: &HttpReceiver) -> Http {
    Http::new(&receiver.url()).expect("it is a URL")
}

/// What became of the records for this receiver, whatever is left of other tests.
fn stats_of(receiver: &HttpReceiver) -> DestinationStats {
    let mut stats = stats_by_destination();
    let at = stats.iter().position(|stats| stats.name.contains(&receiver.url()));
    stats.swap_remove(at.expect("it is in use"))
}

/// How many records were written, and how many dropped.
fn settled(receiver: &HttpReceiver) -> (usize, usize) {
    let stats = stats_of(receiver);
    (stats.written, stats.dropped.total())
}

fn rejected(receiver: &HttpReceiver) -> usize {
    stats_of(receiver).dropped.of_reason(DropReason::Rejected)
}

fn log_numbers(numbers: Range<u64>) {
    let logger = get_logger("sender");
    for n in numbers {
        info!(logger, "Counted", n);
    }
}

/// Flushes, also what another test has left for a receiver that is gone.
fn flush_all() {
    assert!(eventually(|| flush().is_complete()));
}

/// Asserts that each number came, and came first in order; a request whose answer was lost
/// comes twice.
fn assert_all_in_order(receiver: &HttpReceiver, count: u64) {
    let mut next = 0;
    for number in receiver.numbers() {
        assert!(number <= next, "{number} before {next}");
        next = next.max(number + 1);
    }
    assert_eq!(next, count);
}
