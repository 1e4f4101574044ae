//! Syslog: messages that a strict reader takes, and receivers on loopback that are dead, slow,
//! close within a message and start again: each record arrives in order, or is accounted for.

#![cfg(unix)]
#![forbid(unsafe_code)]

mod datagrams;
mod messages;
mod parsed;
mod receivers;
mod settings;
mod streams;
#[cfg(feature = "tls")]
mod tls;

use std::sync::atomic::{AtomicUsize, Ordering};

use kakashi_std::sinks::Syslog;
use kakashi_std::{DestinationStats, LevelFilter, configure, get_logger, info, stats_by_destination};

/// How many receivers there have been: what waits for one that was replaced counts as its own.
static RECEIVERS: AtomicUsize = AtomicUsize::new(0);

fn receiver_name() -> String {
    format!("receiver {}", RECEIVERS.load(Ordering::Relaxed))
}

/// Has all loggers send to a receiver.
fn send_to(receiver: Syslog) {
    RECEIVERS.fetch_add(1, Ordering::Relaxed);
    let destination = receiver.app_name("tests").destination().expect("the settings make sense");
    configure()
        .reset()
        .level(LevelFilter::ALL)
        .flush_after_millis(10)
        .destination(destination.named(receiver_name()))
        .apply();
}

/// Returns what became of the records of the receiver in use.
fn receiver_stats() -> DestinationStats {
    let name = receiver_name();
    let stats = stats_by_destination().into_iter().find(|stats| *stats.name == *name);
    stats.expect("it is in use")
}

/// Checks that so many records were handed over, and that none waits or was dropped.
fn assert_written(count: usize) {
    let stats = receiver_stats();
    assert_eq!((stats.written, stats.waiting, stats.dropped.total()), (count, 0, 0), "{stats}");
}

fn log_many(thread: u64, numbers: std::ops::Range<u64>) {
    let logger = get_logger("sender");
    for n in numbers {
        info!(logger, "Counted", thread, n);
    }
}
