//! Programs whose records, and what else they print, have an order.

#![allow(unsafe_code)]

use std::cell::Cell;
use std::io::{Write as _, stderr};
use std::path::Path;
use std::sync::mpsc;
use std::time::{Duration, Instant};
use std::{mem, process, thread};

use kakashi_std::{
    Batch, Destination, Format, LogLevel, Readiness, Sink, SinkError, Stats, configure, error, flush, info,
    sinks, stats, warning,
};
use kakashi_tests::harness::causal_order::{AnyLogger, Passing, go_round};
use kakashi_tests::harness::fake_values::Runs;

use crate::records::{async_logger, log_many, log_to, logger, uses_async};

/// Two threads log what leads to a panic, one knowing of the other.
fn log_what_leads_to_it() {
    let (send, wait) = mpsc::channel();
    let log = |n: u64| match uses_async() {
        true => info!(async_logger(), "Led to it", n),
        false => info!(logger(), "Led to it", n),
    };
    let first = thread::spawn(move || {
        (0..20).for_each(log);
        send.send(()).expect("the other waits");
        // It stays: its end must not be what writes.
        thread::park();
    });
    wait.recv().expect("the first has logged");
    drop(first);
    (20..40).for_each(log);
}

/// Stderr is the destination by default, and where the panic is told.
pub(crate) fn panics() {
    let panicked = thread::spawn(|| {
        log_what_leads_to_it();
        panic!("as asked");
    });
    assert!(panicked.join().is_err());
}

pub(crate) fn panics_in_main() {
    log_what_leads_to_it();
    panic!("as asked");
}

/// The program writes to stderr itself when the call has returned.
pub(crate) fn prints_after_an_error() {
    log_what_leads_to_it();
    error!(logger(), "Failed");
    let _ = writeln!(stderr(), "printed");
}

/// How many records the token counts.
const TOKENS: u64 = 1000;

fn loggers() -> Vec<AnyLogger> {
    match uses_async() {
        true => vec![AnyLogger::queued(), AnyLogger::sync(), AnyLogger::queued()],
        false => vec![AnyLogger::sync()],
    }
}

/// Has a token go round threads that do not end, and calls `end` on the last.
fn pass_token(file: &Path, end: impl Fn() + Sync) {
    configure().flush_after_millis(3_600_000).apply();
    log_to(file);
    let loggers = loggers();
    go_round(Passing::Channel, 0..TOKENS, |k| {
        loggers[k as usize / 3 % loggers.len()].pass(k);
        if k == TOKENS - 1 {
            end();
        }
    });
}

/// The thread that has the token exits.
pub(crate) fn exits_with_the_token(file: &Path) {
    pass_token(file, || process::exit(3));
}

/// Main returns when it has the token.
pub(crate) fn returns_with_the_token(file: &Path) {
    let (send, wait) = mpsc::channel();
    let file = file.to_owned();
    thread::spawn(move || {
        pass_token(&file, || {
            send.send(()).expect("main waits");
            loop {
                thread::park();
            }
        });
    });
    wait.recv().expect("the token comes");
}

/// Main panics when it has the token.
pub(crate) fn panics_with_the_token(file: &Path) {
    returns_with_the_token(file);
    panic!("as asked");
}

/// What a process has done since a fork, by the levels of its records.
struct SinceFork(Stats);

impl SinceFork {
    /// Prints how many WARNINGs were dropped since.
    fn print(&self, process: &str) {
        let dropped =
            stats().dropped.of_level(LogLevel::Warning) - self.0.dropped.of_level(LogLevel::Warning);
        println!("{process} {dropped}");
    }
}

/// Forks; prints how many milliseconds it took. True in the child.
fn fork() -> bool {
    let before = Instant::now();
    // SAFETY: as in `forks.rs`: that kakashi is fit for it is what is tested.
    let pid = unsafe { libc::fork() };
    assert!(pid >= 0, "no process to be had");
    if pid == 0 {
        return true;
    }
    let took = before.elapsed();
    let mut status = 0;
    // SAFETY: the status is a valid place for one.
    let waited = unsafe { libc::waitpid(pid, &mut status, 0) };
    assert_eq!((waited, status), (pid, 0), "the forked process ends well");
    println!("took {}", took.as_millis());
    false
}

/// The process that goes on after a fork: its own two records are WARNINGs, of which it
/// has logged the first already. Thread 0 is the parent's, 1 the child's.
fn goes_on(is_child: bool, since: &SinceFork) {
    warning!(logger(), "Counted", thread = u64::from(is_child), n = 1);
    flush();
    since.print(if is_child { "child" } else { "parent" });
}

/// A value that is shown forks; child and parent each have a record of it.
pub(crate) fn forks_in_a_display(file: &Path) {
    configure().flush_after_millis(3_600_000).apply();
    log_to(file);
    log_many(2, 100);
    let is_child = Cell::new(None);
    let since = SinceFork(stats());
    let value = Runs(|| {
        // Shown again, it is the same.
        if is_child.get().is_none() {
            is_child.set(Some(fork()));
        }
    });
    match uses_async() {
        // The thread is known after its value is.
        true => warning!(async_logger(), "Forked", value = %value),
        false => warning!(logger(), "Forked", value = %value),
    }
    goes_on(is_child.get() == Some(true), &since);
}

/// A sink forks in its first write; child and parent each log there, and after.
pub(crate) fn forks_in_a_sink(file: &Path) {
    struct Forks(sinks::FileSink, mpsc::Sender<bool>, bool);
    impl Sink for Forks {
        fn write(&mut self, batch: &Batch<'_>) -> Result<(), SinkError> {
            if mem::replace(&mut self.2, true) {
                return self.0.write(batch);
            }
            let is_child = fork();
            warning!(logger(), "Counted", thread = u64::from(is_child), n = 0);
            let _ = self.1.send(is_child);
            // What the batch holds is the parent's.
            if is_child { Ok(()) } else { self.0.write(batch) }
        }

        /// So it is called on the thread that flushes.
        fn readiness(&mut self, _: Duration) -> Readiness {
            Readiness::Always
        }
    }
    let (send, wait) = mpsc::channel();
    let sink = Forks(sinks::FileSink::open(file).expect("the file opens"), send, false);
    configure()
        .format(Format::Text)
        .flush_after_millis(3_600_000)
        .destination(Destination::new(sink))
        .apply();
    log_many(2, 100);
    let since = SinceFork(stats());
    flush();
    goes_on(wait.try_recv().expect("the sink has forked"), &since);
}

/// Threads have passed a token when one of them forks; both processes have it go on.
pub(crate) fn forks_with_the_token(file: &Path) {
    pass_token(file, || {});
    let loggers = loggers();
    let is_child = fork();
    go_round(Passing::Flag, 0..TOKENS, |n| {
        let thread = u64::from(is_child);
        match &loggers[n as usize / 3 % loggers.len()] {
            AnyLogger::Async(logger) => info!(logger, "Counted", thread, n),
            _ => info!(logger(), "Counted", thread, n),
        }
    });
}
