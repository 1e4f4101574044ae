//! Ways to end without a fork.

use std::fmt;
use std::fs;
use std::io::{Read as _, Write as _, stdin, stdout};
use std::path::Path;
use std::process;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Barrier, mpsc};
use std::thread;

use kakashi_std::{
    Batch, Destination, Format, LogLevel, Sink, SinkError, configure, error, flush, info, sinks,
};

use crate::records::{log_many, log_to, logger};

pub(crate) fn returns(file: &Path) {
    log_to(file);
    log_many(0, 1000);
}

/// Other threads log without end; what main has logged must be there.
pub(crate) fn returns_under_load(file: &Path) {
    log_to(file);
    let started = std::sync::Arc::new(Barrier::new(3));
    for thread in 1..3 {
        let started = started.clone();
        thread::spawn(move || {
            started.wait();
            log_many(thread, u64::MAX);
        });
    }
    started.wait();
    log_many(0, 1000);
}

pub(crate) fn exits(file: &Path) {
    log_to(file);
    log_many(0, 1000);
    process::exit(3);
}

pub(crate) fn exits_elsewhere(file: &Path) {
    log_to(file);
    log_many(0, 1000);
    let other = thread::spawn(|| {
        log_many(1, 1000);
        process::exit(3);
    });
    let _ = other.join();
}

pub(crate) fn exits_in_a_display(file: &Path) {
    struct Exit;
    impl fmt::Display for Exit {
        fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
            process::exit(3);
        }
    }
    log_to(file);
    log_many(0, 1000);
    info!(logger(), "Never written", value = %Exit);
}

pub(crate) fn panics(file: &Path) {
    log_to(file);
    log_many(0, 1000);
    panic!("as asked");
}

pub(crate) fn panics_without_text(file: &Path) {
    log_to(file);
    kakashi_std::configure().panic_text(false).apply();
    log_many(0, 10);
    panic!("as asked");
}

pub(crate) fn panics_elsewhere(file: &Path, join: bool) {
    log_to(file);
    let (logged, wait) = mpsc::channel();
    let other = thread::spawn(move || {
        log_many(0, 1000);
        let _ = logged.send(());
        panic!("as asked");
    });
    let _ = wait.recv();
    if join {
        assert!(other.join().is_err());
    }
}

/// The first record ever comes from a destructor that runs in a panic.
pub(crate) fn logs_first_while_it_panics(file: &Path) {
    struct Guard;
    impl Drop for Guard {
        fn drop(&mut self) {
            log_many(0, 1);
        }
    }
    log_to(file);
    let panicked = thread::spawn(|| {
        let _guard = Guard;
        panic!("as asked");
    });
    assert!(panicked.join().is_err());
}

/// The first record ever comes from the panic hook.
pub(crate) fn logs_first_in_a_panic_hook(file: &Path) {
    log_to(file);
    std::panic::set_hook(Box::new(|_| log_many(0, 1)));
    assert!(thread::spawn(|| panic!("as asked")).join().is_err());
}

/// The panic hook flushes on a thread that then ends; what the sink says at
/// that must not be lost with it.
pub(crate) fn panics_with_a_sink_that_logs(file: &Path) {
    struct Talking(sinks::FileSink, bool);
    impl Sink for Talking {
        fn write(&mut self, batch: &Batch<'_>) -> Result<(), SinkError> {
            self.0.write(batch)?;
            if !std::mem::replace(&mut self.1, true) {
                info!(logger(), "The sink has written", thread = 1, n = 0);
            }
            Ok(())
        }
    }
    let sink = Talking(sinks::FileSink::open(file).expect("the file opens"), false);
    // An hour: the flusher has no part in this.
    configure()
        .format(Format::Text)
        .flush_after_millis(3_600_000)
        .destination(Destination::new(sink))
        .apply();
    let panicked = thread::spawn(|| {
        log_many(0, 1);
        panic!("as asked");
    });
    assert!(panicked.join().is_err());
}

/// Nothing but the thread's end can write: the interval is an hour, and the
/// process waits to be killed.
pub(crate) fn thread_ends(file: &Path) {
    configure().flush_after_millis(3_600_000).apply();
    log_to(file);
    let _ = thread::spawn(|| log_many(0, 100)).join();
    let _ = stdin().read(&mut [0]);
}

/// Prints the peak of memory after a tenth of the threads and after all.
pub(crate) fn many_threads(file: &Path) {
    log_to(file);
    for round in 0..10 {
        for thread in round * 1000..(round + 1) * 1000 {
            let _ = thread::spawn(move || log_many(thread, 2)).join();
        }
        if round == 0 || round == 9 {
            let _ = flush();
            println!("{}", memory_in_use());
        }
    }
}

/// Returns the memory that is allocated now, in KiB: what the system has given for it depends on how many
/// threads happened to end at once.
fn memory_in_use() -> usize {
    // SAFETY: it only reads the allocator's own counts.
    #[allow(unsafe_code, reason = "std does not know the allocator")]
    let counts = unsafe { libc::mallinfo2() };
    (counts.uordblks + counts.hblkhd) / 1024
}

/// Returns the most memory that was ever in use, in KiB.
pub(crate) fn peak_memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux has it");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

/// Four threads log and wait; then all is aborted.
pub(crate) fn aborts(file: &Path) {
    configure().batch_bytes(4096).flush_after_millis(3_600_000).apply();
    log_to(file);
    let logged = std::sync::Arc::new(Barrier::new(5));
    for thread in 0..4 {
        let logged = logged.clone();
        thread::spawn(move || {
            let logger = logger();
            for n in 0..1000 {
                let level = if n == 500 { LogLevel::Error } else { LogLevel::Info };
                if level == LogLevel::Error {
                    error!(logger, "Counted", thread, n);
                } else {
                    info!(logger, "Counted", thread, n);
                }
            }
            logged.wait();
            loop {
                thread::park();
            }
        });
    }
    logged.wait();
    process::abort();
}

/// Tells of each ERROR record after its call has returned.
pub(crate) fn runs_until_killed(file: &Path) {
    static STARTED: AtomicBool = AtomicBool::new(false);
    configure().batch_bytes(4096).apply();
    log_to(file);
    thread::spawn(|| {
        STARTED.store(true, Ordering::Release);
        log_many(0, u64::MAX);
    });
    while !STARTED.load(Ordering::Acquire) {
        thread::yield_now();
    }
    let logger = logger();
    for n in 0_u64.. {
        error!(logger, "Counted", thread = 1, n);
        let printed = writeln!(stdout(), "{n}");
        assert!(printed.is_ok());
    }
    flush();
}

/// The hook logs: in a panic of the program, and in one of a `Display` that is
/// caught.
pub(crate) fn logs_in_a_panic_hook(file: &Path) {
    struct Panics;
    impl fmt::Display for Panics {
        fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
            panic!("as asked");
        }
    }
    log_to(file);
    log_many(0, 1);
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        info!(logger(), "A panic", thread = 1, of = %panic);
        error!(logger(), "A panic", thread = 1, of = %panic);
        before(panic);
    }));
    info!(logger(), "Counted", thread = 0, n = 1, value = %Panics);
    let panicked = thread::spawn(|| {
        log_many(2, 1);
        panic!("as asked");
    });
    assert!(panicked.join().is_err());
    info!(logger(), "Counted", thread = 0, n = 2);
}
