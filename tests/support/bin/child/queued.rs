//! Programs that log through async loggers.

#![allow(unsafe_code)]

use std::path::Path;
use std::process;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

use kakashi_std::{
    AsyncConfig, Destination, Format, LogRecord, OverflowPolicy, Value, configure, error, flush,
    flush_timeout, get_performance_logger, info, shutdown_async_logging, sinks, stats,
};
use kakashi_tests::harness::fake_sinks::{Gate, GatedSink, hold_writer};
use kakashi_tests::harness::wait::eventually;

use crate::records::{async_logger, log_async, log_to, usage};
use crate::trouble::log_to_exiting_sink;

pub(crate) fn run(scenario: &str, file: &Path) {
    match scenario {
        "full_ring" => returns_with_full_rings(file),
        "stuck_worker" => returns_beside_a_stuck_worker(file),
        "worker_exit" => exits_on_the_worker(file),
        "destructor" => logs_in_destructors(file),
        "shutdown" => returns_after_a_shutdown(file),
        "kill" => waits_to_be_killed(file),
        "abort_dropping" => aborts(file),
        "error_then_exit" => fails_last(file, || {
            // SAFETY: ends the process at once, as intended.
            unsafe { libc::_exit(7) }
        }),
        "error_then_abort" => fails_last(file, || process::abort()),
        "fork_load" => forks_under_load(file),
        "fork_in_scope" => forks_with_a_context(file),
        "disk" => fills_a_disk(),
        "no_core" => keeps_to_no_core(file),
        "pipeline" => enriches_and_filters(file),
        "performance" => returns_with_a_performance_logger(file),
        "many_at_once" => many_threads_at_once(file),
        _ => usage(),
    }
}

/// Four threads wait for room when main returns; what main has logged must be there.
fn returns_with_full_rings(file: &Path) {
    configure().async_logging(AsyncConfig::new().ring_bytes(4096)).apply();
    log_to(file);
    let started = Arc::new(Barrier::new(5));
    for thread in 1..5 {
        let started = started.clone();
        thread::spawn(move || {
            started.wait();
            log_async(thread, u64::MAX);
        });
    }
    started.wait();
    log_async(0, 1000);
}

/// The worker is inside a sink and stays there; main has more for it.
fn returns_beside_a_stuck_worker(file: &Path) {
    let gate = Gate::default();
    let sink = GatedSink(gate.clone(), sinks::FileSink::open(file).expect("the file opens"));
    configure()
        .format(Format::Text)
        .flush_after_millis(3_600_000)
        .destination(Destination::new(sink))
        .apply();
    std::mem::forget(hold_writer(&gate, || log_async(1, 1)));
    log_async(0, 7);
}

/// The program ends from inside of a sink, on the worker.
fn exits_on_the_worker(file: &Path) {
    log_to_exiting_sink(file);
    log_async(0, 1);
    thread::park();
}

/// A thread logs in a destructor that runs after everything else of its own.
fn logs_in_destructors(file: &Path) {
    struct Last;
    impl Drop for Last {
        fn drop(&mut self) {
            info!(async_logger(), "Counted", thread = 0, n = 100);
        }
    }
    thread_local!(static LAST: Last = const { Last });
    log_to(file);
    let ends = thread::spawn(|| {
        // Made first, so it goes last.
        LAST.with(|_| log_async(0, 100));
    });
    assert!(ends.join().is_ok());
}

fn returns_after_a_shutdown(file: &Path) {
    log_to(file);
    let logger = async_logger();
    for n in 0..100 {
        info!(logger, "Counted", thread = 0, n);
    }
    assert!(shutdown_async_logging().is_complete());
    for n in 100..200 {
        info!(logger, "Counted", thread = 0, n);
    }
}

/// Prints what has been logged and waits, without a flush.
fn waits_to_be_killed(file: &Path) {
    configure().flush_after_millis(3_600_000).apply();
    log_to(file);
    log_async(0, 100);
    loop {
        thread::park();
    }
}

/// The worker has had time for the first half; the second is in the ring at most.
fn aborts(file: &Path) {
    log_to(file);
    log_async(0, 500);
    assert!(flush().is_complete());
    let logger = async_logger();
    for n in 500..1000 {
        info!(logger, "Counted", thread = 0, n);
    }
    process::abort();
}

/// Nobody but the ERROR's own call writes it for sure.
fn fails_last(file: &Path, end: fn() -> !) {
    configure().flush_after_millis(3_600_000).async_logging(AsyncConfig::new().wait_for_errors(true)).apply();
    log_to(file);
    log_async(0, 100);
    error!(async_logger(), "Failed");
    end();
}

/// Runs `child` in a new process, and waits for its end.
fn fork(child: impl FnOnce()) {
    // SAFETY: as in `forks`: that kakashi is fit for it is what is tested.
    match unsafe { libc::fork() } {
        -1 => panic!("no process to be had"),
        0 => {
            child();
            process::exit(0);
        }
        pid => {
            let mut status = 0;
            // SAFETY: the status is a valid place for one.
            let waited = unsafe { libc::waitpid(pid, &mut status, 0) };
            assert_eq!((waited, status), (pid, 0), "the forked process ends well");
        }
    }
}

/// Threads 0 and 1 log while this one forks; each child logs as a thread of its
/// own number, before and after its worker has written something.
fn forks_under_load(file: &Path) {
    configure().batch_bytes(256).async_logging(AsyncConfig::new().ring_bytes(4096)).apply();
    log_to(file);
    let stop = Arc::new(AtomicBool::new(false));
    let begun = Arc::new(Barrier::new(3));
    let load = [0, 1].map(|thread: u64| {
        let (stop, begun) = (stop.clone(), begun.clone());
        thread::spawn(move || {
            let logger = async_logger();
            begun.wait();
            let mut n = 0_u64;
            while !stop.load(Ordering::Relaxed) {
                info!(logger, "Counted", thread, n);
                n += 1;
            }
            n
        })
    });
    begun.wait();
    for number in 100..150 {
        log_async(number + 100, 2);
        fork(|| {
            log_async(number, 10);
            assert!(flush().is_complete());
            let logger = async_logger();
            info!(logger, "Counted", thread = number, n = 10);
        });
    }
    stop.store(true, Ordering::Relaxed);
    for thread in load {
        println!("{}", thread.join().expect("a thread that logs"));
    }
}

/// The child's first record has the context that was set before the fork.
fn forks_with_a_context(file: &Path) {
    log_to(file);
    kakashi_std::set_custom_context(kakashi_std::fields![tenant = "acme"]);
    log_async(0, 10);
    fork(|| {
        log_async(1, 10);
        let other = thread::spawn(|| log_async(2, 10));
        assert!(other.join().is_ok());
        fork(|| log_async(3, 10));
        // Nothing but the child's own worker can write this before the end.
        let written = |thread| {
            String::from_utf8_lossy(&kakashi_tests::harness::process::read(file)).matches(thread).count()
        };
        assert!(eventually(|| written("thread=1") == 10 && written("thread=2") == 10));
        // SAFETY: ends the process at once, as intended.
        unsafe { libc::_exit(0) };
    });
}

fn fills_a_disk() {
    configure().format(Format::Text).destination(sinks::file("/dev/full").expect("it opens")).apply();
    let logger = async_logger();
    let long = "x".repeat(10_000);
    for n in 0..1000 {
        info!(logger, "Counted", thread = 0, n, long);
    }
    let left = flush_timeout(Duration::from_millis(100)).left;
    let stats = stats();
    println!("{} {} {left} {}", stats.written, stats.dropped.total(), stats.failures);
}

fn keeps_to_no_core(file: &Path) {
    for core in [7, 1023, 1024, 100_000, usize::MAX] {
        configure().async_logging(AsyncConfig::new().cpu(core)).apply();
        log_to(file);
        log_async(core as u64, 10);
        assert!(shutdown_async_logging().is_complete());
    }
}

fn enriches_and_filters(file: &Path) {
    log_to(file);
    let logger = async_logger();
    let log = |n: u64| info!(logger, "Counted", thread = 0, n);
    (0..2).for_each(log);
    configure()
        .enricher(|_: &LogRecord<'_>, add: &mut dyn FnMut(&str, Value<'_>)| add("host", Value::Str("web-1")))
        .filter(|record: &LogRecord<'_>| !matches!(record.field("n"), Some(Value::U64(3))))
        .apply();
    (2..6).for_each(log);
}

/// More than its queue holds, and main returns at once.
fn returns_with_a_performance_logger(file: &Path) {
    configure().async_logging(AsyncConfig::new().overflow(OverflowPolicy::Block)).apply();
    log_to(file);
    let logger = get_performance_logger("child");
    for n in 0..100_000 {
        info!(logger, "Counted", thread = 0, n);
    }
    println!("{}", logger.dropped().total());
}

/// More threads at once than there are rings kept for threads to come.
fn many_threads_at_once(file: &Path) {
    log_to(file);
    for round in 0..10 {
        let together = Arc::new(Barrier::new(200));
        let threads: Vec<_> = (round * 200..(round + 1) * 200)
            .map(|thread| {
                let together = together.clone();
                thread::spawn(move || {
                    log_async(thread, 1);
                    together.wait();
                    let logger = async_logger();
                    info!(logger, "Counted", thread, n = 1);
                })
            })
            .collect();
        threads.into_iter().for_each(|thread| thread.join().expect("a thread that logs"));
    }
}
