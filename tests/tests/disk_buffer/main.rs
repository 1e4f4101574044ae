//! The disk buffer: what a receiver does not take lies on the disk, in order, and is sent when it
//! does, by this process or the next; and each record is confirmed, waits, or is counted as
//! dropped, whatever happens to the directory.

#![cfg(unix)]

mod directories;
mod full;
mod processes;
mod properties;
mod receiver;
mod sending;

use std::fs;
use std::ops::Range;
use std::os::fd::AsRawFd as _;
use std::path::{Path, PathBuf};

use kakashi_std::sinks::DiskBuffer;
use kakashi_std::{DestinationStats, LevelFilter, configure, flush, get_logger, info, stats_by_destination};
use kakashi_tests::harness::process::TestFolder;
use kakashi_tests::harness::wait::eventually;

use receiver::FakeReceiver;

const NAME: &str = "receiver";

/// Has all loggers send to a receiver, with a buffer before it.
fn send_to(receiver: &FakeReceiver, buffer: DiskBuffer) {
    let destination = buffer.destination(receiver.clone()).expect("the directory opens");
    configure()
        .reset()
        .level(LevelFilter::ALL)
        .batch_bytes(1024)
        .flush_after_millis(10)
        .destination(destination.named(NAME))
        .apply();
}

/// Has loggers send elsewhere: the buffer is closed.
fn close(folder: &Path) {
    configure()
        .reset()
        .destination(kakashi_std::Destination::new(kakashi_std::sinks::MemorySink::new()))
        .apply();
    assert!(eventually(|| {
        // A thread keeps its destinations until it logs to others.
        log_numbers(0..1);
        flush();
        !stats_by_destination().iter().any(|stats| &*stats.name == NAME)
    }));
    assert!(eventually(|| !is_locked(folder)), "the lock is given back");
}

/// Tells whether a living sink has files there.
fn is_locked(folder: &Path) -> bool {
    files(folder, ".lock").iter().any(|lock| {
        let Ok(file) = fs::File::open(lock) else { return false };
        // SAFETY: the descriptor is open; the lock ends with it.
        #[allow(unsafe_code, reason = "std has no flock before Rust 1.89")]
        let locked = unsafe { libc::flock(file.as_raw_fd(), libc::LOCK_EX | libc::LOCK_NB) };
        locked != 0
    })
}

fn receiver_stats() -> DestinationStats {
    let stats = stats_by_destination().into_iter().find(|stats| &*stats.name == NAME);
    stats.expect("it is in use")
}

fn log_numbers(numbers: Range<u64>) {
    let logger = get_logger("sender");
    for n in numbers {
        info!(logger, "Counted", n);
    }
}

/// The buffer's files whose names end so, in order.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.retain(|path| path.to_string_lossy().ends_with(ending));
    paths.sort();
    paths
}

fn waits_on_disk(folder: &TestFolder) -> Vec<PathBuf> {
    files(&folder.file("buffer"), ".klog")
}
