//! Sinks in trouble, and settings at their limits.

use std::fmt;
use std::io::{Read as _, Write as _, stderr, stdin};
use std::path::Path;
use std::process;
use std::thread;
use std::time::Duration;

use kakashi_std::{
    Accepted, Batch, Destination, Format, LogLevel, RecordBatch, RecordSink, Sink, SinkError, configure,
    error, flush, flush_timeout, info, sinks, stats,
};
use kakashi_tests::harness::fake_sinks::{Gate, GatedSink};

use crate::records::{log_many, log_to, logger};

/// A thread is inside a sink and stays there; main has more for it.
pub(crate) fn returns_beside_a_stuck_sink(file: &Path) {
    let gate = Gate::shut();
    let sink = GatedSink(gate.clone(), sinks::FileSink::open(file).expect("the file opens"));
    // An hour: the flusher has no part in this.
    configure()
        .format(Format::Text)
        .flush_after_millis(3_600_000)
        .destination(Destination::new(sink))
        .apply();
    thread::spawn(|| error!(logger(), "Counted", thread = 1, n = 0));
    gate.wait_for_visits(1);
    log_many(0, 7);
}

/// Sends a record a time to a receiver that refuses each, with what is announced of it.
pub(crate) fn sends_what_is_refused() {
    struct RefusesAll;
    impl RecordSink for RefusesAll {
        fn write(&mut self, batch: &RecordBatch<'_>) -> Result<Accepted, SinkError> {
            Ok(Accepted::ALL.rejecting(batch.len()))
        }
    }
    configure().destination(Destination::records(RefusesAll).named("receiver")).apply();
    for n in 0..20 {
        log_many(n, 1);
        flush();
    }
}

/// Sets what makes no sense, and goes on.
pub(crate) fn sets_what_makes_no_sense() {
    let name = "app::\u{1b}[31m::";
    configure()
        .level_of(name, LogLevel::Debug)
        .redact(["user. card", "password"])
        .format(Format::Text)
        .apply();
}

/// Configures a sink that ends the program with its first batch.
pub(crate) fn log_to_exiting_sink(file: &Path) {
    struct Exits(sinks::FileSink);
    impl Sink for Exits {
        fn write(&mut self, batch: &Batch<'_>) -> Result<(), SinkError> {
            self.0.write(batch)?;
            process::exit(3);
        }
    }
    let sink = Exits(sinks::FileSink::open(file).expect("the file opens"));
    configure().format(Format::Text).destination(Destination::new(sink)).apply();
}

/// The program ends from inside of a sink.
pub(crate) fn exits_in_a_sink(file: &Path) {
    log_to_exiting_sink(file);
    log_many(0, 10);
    flush();
}

/// Logs as many records as FILE says, waits for a line on stdin, logs one more.
pub(crate) fn writes_to_stdout(count: &Path) {
    let count = count.to_str().and_then(|count| count.parse().ok()).expect("a number");
    configure().format(Format::Text).destination(sinks::stdout()).apply();
    log_many(0, count);
    let _ = stdin().read(&mut [0]);
    error!(logger(), "Counted", thread = 1, n = 0);
    // Its reader has gone for ever: it is not waited for.
    let _ = flush_timeout(Duration::from_secs(3600));
    let _ = writeln!(stderr(), "went on; failures: {}", stats().failures > 0);
}

/// As many records as FILE says wait when main returns.
pub(crate) fn returns_with_stdout(count: &Path) {
    let count = count.to_str().and_then(|count| count.parse().ok()).expect("a number");
    // An hour: nothing but the end writes.
    configure().format(Format::Text).flush_after_millis(3_600_000).destination(sinks::stdout()).apply();
    log_many(0, count);
}

pub(crate) fn fills_a_disk() {
    configure().format(Format::Text).destination(sinks::file("/dev/full").expect("it opens")).apply();
    // More than what waits for a sink that fails.
    let logger = logger();
    let long = "x".repeat(10_000);
    for n in 0..1000 {
        info!(logger, "Counted", thread = 0, n, long);
    }
    let left = flush_timeout(Duration::from_millis(100)).left;
    let stats = stats();
    println!("{} {} {left} {}", stats.written, stats.dropped.total(), stats.failures);
}

pub(crate) fn appends(file: &Path) {
    configure().batch_bytes(1000).apply();
    log_to(file);
    log_many(u64::from(process::id()), 5000);
}

pub(crate) fn uses_the_defaults() {
    kakashi_std::info!("On the default destination", n = 1);
}

/// An interval that no clock can add to a time.
pub(crate) fn never_flushes(file: &Path) {
    configure().flush_after_millis(u64::MAX).batch_bytes(256).apply();
    log_to(file);
    log_many(0, 1000);
    let arrived =
        || String::from_utf8_lossy(&kakashi_tests::harness::process::read(file)).lines().count() > 900;
    assert!(kakashi_tests::harness::wait::eventually(arrived), "full buffers are written all the same");
}

/// A value changes the settings each time it is shown.
pub(crate) fn configures_in_a_display(file: &Path) {
    struct Configures<'a>(&'a Path);
    impl fmt::Display for Configures<'_> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            log_to(self.0);
            f.write_str("shown")
        }
    }
    log_to(file);
    info!(logger(), "Before");
    info!(logger(), "Outer", value = %Configures(file));
    info!(logger(), "After");
}
