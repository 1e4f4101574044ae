//! Programs that a signal ends, which log to the wire.

#![allow(unsafe_code)]

use std::fs;
use std::io::{Write as _, stdout};
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process;
use std::sync::Barrier;
use std::thread;

use kakashi_std::{AsyncConfig, Destination, Wire, configure, flush_on_signals, info, sinks};
use kakashi_tests::harness::fake_sinks::{Gate, GatedSink};
use kakashi_tests::harness::process::run;
use kakashi_tests::harness::wait::eventually;

use crate::records::{log_many, logger};

/// Nothing but a flush writes the last records: the interval is an hour, a
/// worker's nap a second.
fn wait_for_signals(destination: Destination) {
    configure()
        .flush_after_millis(3_600_000)
        .async_logging(AsyncConfig::new().nap_micros(1_000_000))
        .destination(destination)
        .apply();
    flush_on_signals().expect("a thread is to be had");
    flush_on_signals().expect("it has one");
}

fn wire_file(file: &Path) -> Destination {
    sinks::wire_file(file).expect("the file opens")
}

/// Tells the test to send the signal.
fn is_ready(file: &Path) {
    fs::write(file.with_extension("ready"), "").expect("a second file beside the log");
}

fn wait() -> ! {
    loop {
        thread::park();
    }
}

/// Two threads have logged when the signal comes.
pub(crate) fn logs_before_a_signal(file: &Path) {
    wait_for_signals(wire_file(file));
    let logged = Barrier::new(3);
    thread::scope(|scope| {
        for thread in 0..2 {
            let logged = &logged;
            scope.spawn(move || {
                log_many(thread, 1000);
                logged.wait();
                wait();
            });
        }
        logged.wait();
        is_ready(file);
    });
}

/// Two threads go on logging, and tell of each record after its call has returned.
pub(crate) fn logs_until_a_signal(file: &Path) {
    wait_for_signals(wire_file(file));
    let logged = Barrier::new(3);
    thread::scope(|scope| {
        for thread in 0..2 {
            let logged = &logged;
            scope.spawn(move || {
                let logger = logger();
                for n in 0_u64.. {
                    info!(logger, "Counted", thread, n);
                    let printed = stdout().write_all(format!("thread={thread} n={n}\n").as_bytes());
                    assert!(printed.is_ok());
                    if n == 100 {
                        logged.wait();
                    }
                }
            });
        }
        logged.wait();
        is_ready(file);
    });
}

pub(crate) fn waits_beside_a_stuck_sink(file: &Path) {
    let sink = GatedSink(Gate::shut(), sinks::FileSink::open(file).expect("the file opens"));
    wait_for_signals(Destination::new(sink).encoder(Wire));
    log_many(0, 8);
    is_ready(file);
    wait();
}

/// Runs `child` in a new process, sends it a signal when it is ready, and
/// asserts that this has ended it.
fn fork_and_end(file: &Path, child: impl FnOnce()) {
    let ready = file.with_extension("ready");
    // SAFETY: as in `forks.rs`.
    let pid = match unsafe { libc::fork() } {
        -1 => panic!("no process to be had"),
        0 => {
            child();
            is_ready(file);
            wait();
        }
        pid => pid,
    };
    assert!(eventually(|| ready.exists()), "the forked process does not get ready");
    fs::remove_file(&ready).expect("it is there");
    let mut status = 0;
    // SAFETY: the process is a child that was not waited for; the status is a
    // valid place for one.
    let waited = unsafe {
        libc::kill(pid, libc::SIGTERM);
        libc::waitpid(pid, &mut status, 0)
    };
    assert_eq!((waited, libc::WTERMSIG(status)), (pid, libc::SIGTERM), "the signal ends the forked process");
}

/// Thread 0 is the parent's, 1 that of a child that asks for its own flush; the
/// child that does not is ended all the same.
pub(crate) fn forks_get_signals(file: &Path) {
    wait_for_signals(wire_file(file));
    log_many(0, 100);
    fork_and_end(file, || {});
    fork_and_end(file, || {
        flush_on_signals().expect("a thread is to be had");
        log_many(1, 100);
    });
}

/// A signal that was ignored before ends nothing.
pub(crate) fn ignores_a_signal(file: &Path) {
    // SAFETY: no function is given.
    unsafe { libc::signal(libc::SIGTERM, libc::SIG_IGN) };
    wait_for_signals(wire_file(file));
    let killed = process::Command::new("kill").arg(process::id().to_string()).status();
    assert!(killed.is_ok_and(|status| status.success()));
    log_many(0, 100);
}

/// Starts a child for each signal, which sends it to itself; prints what ended it.
pub(crate) fn starts_children() {
    for signal in ["HUP", "INT", "QUIT", "TERM", "PIPE"] {
        let ended = run("sh", ["-c", &format!("kill -{signal} $$; sleep 1")]);
        println!("{signal} {}", ended.status.signal().unwrap_or_default());
    }
}
