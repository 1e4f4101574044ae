//! Programs that log for the first time from within what makes the first logger, from an
//! allocator, or when a thread's locals are gone.

#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::fmt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::{process, thread};

use kakashi_std::{
    AsyncConfig, Batch, Clock, Destination, Format, LogRecord, Sink, SinkError, SystemClock, Timestamp,
    Value, clear_logger_cache, configure, error, flush, get_async_logger, get_logger, info,
    shutdown_async_logging, sinks, stats, warning,
};
use kakashi_tests::harness::fake_values::Runs;
use kakashi_tests::harness::wait::eventually;

use crate::records::{async_logger, log_to, logger, uses_async};

/// Passes everything on; logs before it where it is asked to.
struct LoggingAllocator;

#[global_allocator]
static ALLOCATOR: LoggingAllocator = LoggingAllocator;

static LOGS: AtomicBool = AtomicBool::new(false);

thread_local! {
    // Constant and without a destructor: the allocator may use it at any time.
    static IS_INSIDE: Cell<bool> = const { Cell::new(false) };
}

// SAFETY: every call is passed on to `System` as it came, and what `System` returns is
// returned. What is logged before may allocate: it comes here again, and goes on.
unsafe impl GlobalAlloc for LoggingAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if LOGS.load(Ordering::Relaxed) && IS_INSIDE.try_with(|inside| inside.replace(true)) == Ok(false) {
            log_inner();
            IS_INSIDE.set(false);
        }
        // SAFETY: the caller's promises about `layout` are those that `System` asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: `block` came from `System` through this allocator, with `layout`.
        unsafe { System.dealloc(block, layout) }
    }
}

/// How many records were logged from inside.
static INNER: AtomicUsize = AtomicUsize::new(0);
/// How many may be.
static MOST_INNER: AtomicUsize = AtomicUsize::new(1000);

/// Nothing more is logged from inside.
static IS_OVER: AtomicBool = AtomicBool::new(false);

/// Logs through the root logger or an async one, a bounded number of times.
fn log_inner() {
    let is_over = IS_OVER.load(Ordering::Relaxed);
    // Those beyond are not logged, and not counted.
    let count = |count: usize| (count < MOST_INNER.load(Ordering::Relaxed) && !is_over).then_some(count + 1);
    if let Ok(count) = INNER.fetch_update(Ordering::Relaxed, Ordering::Relaxed, count) {
        match (uses_async(), count % 10 == 9) {
            (true, false) => info!(async_logger(), "Inner"),
            (true, true) => error!(async_logger(), "Inner"),
            (false, false) => kakashi_std::info!("Inner"),
            (false, true) => kakashi_std::error!("Inner"),
        }
    }
}

/// Logs the outer record, whose making is what logs.
fn log_outer() {
    match uses_async() {
        true => warning!(async_logger(), "Outer"),
        false => kakashi_std::warning!("Outer"),
    }
}

/// Tells what became of all, when no thread of kakashi's logs any more.
fn report(outer: usize) {
    LOGS.store(false, Ordering::Relaxed);
    IS_OVER.store(true, Ordering::Relaxed);
    let mut left = 0;
    // One may have begun before.
    eventually(|| {
        left = flush().left;
        let stats = stats();
        stats.written + stats.dropped.total() == outer + INNER.load(Ordering::Relaxed)
    });
    let (inner, stats) = (INNER.load(Ordering::Relaxed), stats());
    println!("inner {inner} written {} dropped {} left {left}", stats.written, stats.dropped.total());
}

pub(crate) fn from_an_allocator() {
    LOGS.store(true, Ordering::Relaxed);
    log_outer();
    report(1);
}

/// Every allocation of the process logs, whatever allocates: loggers of other names, other
/// settings, threads, full buffers and rings, an ERROR, a flush, a fork.
pub(crate) fn from_an_allocator_all_along(file: &Path) {
    const THREADS: usize = 4;
    const RECORDS: usize = 500;
    MOST_INNER.store(20_000, Ordering::Relaxed);
    let config = AsyncConfig::new().ring_bytes(4096).threads(2).wait_for_errors(true);
    configure().batch_bytes(4096).async_logging(config).apply();
    LOGS.store(true, Ordering::Relaxed);
    log_to(file);
    let threads = [0; THREADS].map(|_| {
        thread::spawn(|| {
            for n in 0..RECORDS {
                let long = "x".repeat(n);
                match uses_async() {
                    true => info!(get_async_logger(&format!("outer::{}", n % 20)), "Outer", long),
                    false => info!(get_logger(&format!("outer::{}", n % 20)), "Outer", long),
                }
                if n % 100 == 0 {
                    configure().service("shop", &n.to_string(), "test").apply();
                    clear_logger_cache();
                    flush();
                }
            }
        })
    });
    // SAFETY: the child ends at once, and `waitpid` gets a valid place for a status.
    unsafe {
        match libc::fork() {
            0 => libc::_exit(0),
            child => _ = libc::waitpid(child, &mut 0, 0),
        }
    }
    threads.into_iter().for_each(|thread| thread.join().expect("no call panics"));
    shutdown_async_logging();
    report(THREADS * RECORDS);
}

pub(crate) fn from_a_clock(file: &Path) {
    struct Logs;
    impl Clock for Logs {
        fn now(&self) -> Timestamp {
            log_inner();
            SystemClock.now()
        }
    }
    configure()
        .format(Format::Text)
        .clock(Logs)
        .destination(sinks::file(file).expect("the file opens"))
        .apply();
    log_outer();
    report(1);
}

pub(crate) fn from_a_display() {
    let value = Runs(log_inner);
    match uses_async() {
        true => warning!(async_logger(), "Outer", value = %value),
        false => kakashi_std::warning!("Outer", value = %value),
    }
    report(1);
}

/// The value that is shown makes settings and a logger.
pub(crate) fn from_a_display_that_configures(file: &Path) {
    let value = Runs(|| {
        log_to(file);
        log_inner();
        let _ = kakashi_std::root_logger();
    });
    match uses_async() {
        true => warning!(async_logger(), "Outer", value = %value),
        false => kakashi_std::warning!("Outer", value = %value),
    }
    report(1);
}

pub(crate) fn from_an_enricher_and_a_filter(file: &Path) {
    configure()
        .format(Format::Text)
        .destination(sinks::file(file).expect("the file opens"))
        .enricher(|_: &LogRecord<'_>, _: &mut dyn FnMut(&str, Value<'_>)| log_inner())
        .filter(|_: &LogRecord<'_>| {
            log_inner();
            true
        })
        .apply();
    log_outer();
    report(1);
}

/// A sink logs when it is asked whether it is a terminal: while settings change.
pub(crate) fn from_a_sink_that_is_configured(file: &Path) {
    struct Logs(sinks::FileSink);
    impl Sink for Logs {
        fn write(&mut self, batch: &Batch<'_>) -> Result<(), SinkError> {
            self.0.write(batch)
        }

        fn is_terminal(&self) -> bool {
            log_inner();
            false
        }
    }
    let sink = Logs(sinks::FileSink::open(file).expect("the file opens"));
    configure().destination(Destination::new(sink)).apply();
    log_outer();
    report(1);
}

/// Shows itself by logging itself; ends the program before its stack does.
struct LogsItself;

/// The code of a program that would recur until its stack ends.
const WITHOUT_END: i32 = 9;

static SHOWN: AtomicUsize = AtomicUsize::new(0);

impl fmt::Display for LogsItself {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if SHOWN.fetch_add(1, Ordering::Relaxed) > 500 {
            process::exit(WITHOUT_END);
        }
        log_itself();
        f.write_str("shown")
    }
}

fn log_itself() {
    INNER.fetch_add(1, Ordering::Relaxed);
    match uses_async() {
        true => info!(async_logger(), "Shown", value = %LogsItself),
        false => info!(logger(), "Shown", value = %LogsItself),
    }
}

struct LogsWhenItGoes;

impl Drop for LogsWhenItGoes {
    fn drop(&mut self) {
        log_itself();
    }
}

/// One local goes before kakashi's, one after.
pub(crate) fn from_destructors_of_locals(file: &Path) {
    thread_local! {
        static FIRST: LogsWhenItGoes = const { LogsWhenItGoes };
        static LAST: LogsWhenItGoes = const { LogsWhenItGoes };
    }
    log_to(file);
    for logs_before in [false, true] {
        let ends = thread::spawn(move || {
            FIRST.with(|_| ());
            if logs_before {
                log_itself();
            }
            LAST.with(|_| ());
        });
        ends.join().expect("no call panics");
    }
    report(0);
}
