//! Forks, and programs started by fork.

#![allow(unsafe_code)]

use std::ops::Range;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{self, Command};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier};
use std::thread::{self, JoinHandle};

use kakashi_std::{Destination, Format, Text, configure, error, flush, get_logger, info, sinks};
use kakashi_tests::harness::fake_sinks::{Gate, GatedSink};

use crate::records::{log_many, log_to, logger};

/// Runs `child` in a new process, which then exits; returns its number.
pub(crate) fn fork(child: impl FnOnce()) -> libc::pid_t {
    // SAFETY: POSIX allows the child of a process with threads only calls that
    // are safe in signal handlers. glibc's allocator is made fit for more by
    // its own fork handlers, and kakashi's promise to be fit is what is tested.
    match unsafe { libc::fork() } {
        -1 => panic!("no process to be had"),
        0 => {
            child();
            process::exit(0);
        }
        pid => pid,
    }
}

pub(crate) fn wait_for(pid: libc::pid_t) {
    let mut status = 0;
    // SAFETY: the status is a valid place for one.
    let waited = unsafe { libc::waitpid(pid, &mut status, 0) };
    assert_eq!((waited, status), (pid, 0), "the forked process ends well");
}

/// The parent is thread 0, the child thread 1, which is the same thread.
pub(crate) fn forks_with_full_buffers(file: &Path) {
    configure().flush_after_millis(3_600_000).apply();
    log_to(file);
    let logger = logger();
    for n in 0..100 {
        info!(logger, "Counted", thread = 0, n);
    }
    let child = fork(|| log_many(1, 100));
    for n in 100..200 {
        info!(logger, "Counted", thread = 0, n);
    }
    wait_for(child);
}

/// Forks while a connection to a syslog receiver is open, `tcp://host:port`.
pub(crate) fn forks_with_a_connection(receiver: &Path) {
    let receiver = receiver.to_str().expect("it is text");
    configure().destination(sinks::syslog(receiver).expect("it is a receiver")).apply();
    let logger = get_logger("forked");
    let log = |thread: u64, numbers: Range<u64>| {
        for n in numbers {
            info!(logger, "Counted", thread, n);
        }
    };
    log(0, 0..200);
    assert!(flush().is_complete());
    let child = fork(|| log(1, 0..500));
    log(0, 200..1200);
    wait_for(child);
}

/// Threads log for the first time while another forks; each process of its own logs, too.
pub(crate) fn forks_beside_the_first_records(file: &Path) {
    const THREADS: u64 = 3;
    const FORKS: u64 = 3;
    let begin = Arc::new(Barrier::new(THREADS as usize + 1));
    let threads: Vec<_> = (0..THREADS)
        .map(|number| {
            let (begin, file) = (begin.clone(), file.to_owned());
            thread::spawn(move || {
                begin.wait();
                log_to(&file);
                log_many(number, 1);
            })
        })
        .collect();
    begin.wait();
    for number in THREADS..THREADS + FORKS {
        wait_for(fork(|| {
            log_to(file);
            log_many(number, 1);
        }));
    }
    threads.into_iter().for_each(|thread| thread.join().expect("no call panics"));
}

/// Each of two threads logs while `at_once` others fork fifty times in all;
/// each child logs ten records as a thread of its own number.
pub(crate) fn forks_under_load(file: &Path, at_once: u64) {
    const FORKS: u64 = 50;
    configure().batch_bytes(256).apply();
    log_to(file);
    let load = Load::start();
    let forks: Vec<_> = (0..at_once)
        .map(|forker| {
            thread::spawn(move || {
                for fork_number in (forker..FORKS).step_by(at_once as usize) {
                    let child = fork(|| {
                        log_many(100 + fork_number, 10);
                        error!(logger(), "Counted", thread = 100 + fork_number, n = 10);
                    });
                    wait_for(child);
                }
            })
        })
        .collect();
    forks.into_iter().for_each(|forker| forker.join().expect("every fork ends well"));
    load.stop();
}

/// Threads that log until they are stopped.
struct Load {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<u64>>,
}

impl Load {
    /// Threads 0 and 1 log without a pause.
    fn start() -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let begun = Arc::new(Barrier::new(3));
        let start = |thread: u64| {
            let (stop, begun) = (stop.clone(), begun.clone());
            thread::spawn(move || {
                let logger = logger();
                begun.wait();
                let mut n = 0;
                while !stop.load(Ordering::Relaxed) {
                    info!(logger, "Counted", thread, n);
                    n += 1;
                }
                n
            })
        };
        let threads = vec![start(0), start(1)];
        begun.wait();
        Self { stop, threads }
    }

    /// Ends them, and prints how many records each has logged.
    fn stop(self) {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads {
            println!("{}", thread.join().expect("a thread that logs"));
        }
    }
}

/// The child logs, makes threads that log, and needs its own flusher for it.
pub(crate) fn forks_and_stays(file: &Path) {
    log_to(file);
    log_many(0, 10);
    let child = fork(|| {
        log_many(1, 10);
        let other = thread::spawn(|| log_many(2, 10));
        let _ = other.join();
        let grandchild = fork(|| log_many(3, 10));
        wait_for(grandchild);
        // Nothing but the child's own flusher can write this before the end.
        let written = || {
            String::from_utf8_lossy(&kakashi_tests::harness::process::read(file)).matches("thread=1").count()
        };
        assert!(kakashi_tests::harness::wait::eventually(|| written() == 10));
        // SAFETY: ends the process at once, as intended.
        unsafe { libc::_exit(0) };
    });
    wait_for(child);
}

/// One thread is inside a sink that takes no more; the child logs to another,
/// and to the stuck one.
pub(crate) fn forks_beside_a_stuck_sink(file: &Path) {
    let gate = Gate::shut();
    let sink = GatedSink(gate.clone(), sinks::FileSink::open(file).expect("the file opens"));
    configure().format(Format::Text).destination(Destination::new(sink)).apply();
    let stuck = thread::spawn(|| error!(logger(), "Counted", thread = 0, n = 0));
    gate.wait_for_visits(1);
    let other = file.with_extension("other");
    let child = fork(|| {
        // The stuck sink is the parent's; this process has a destination of its own.
        configure().destination(sinks::file(&other).expect("the file opens").encoder(Text)).apply();
        log_many(1, 10);
        error!(logger(), "Counted", thread = 1, n = 10);
    });
    wait_for(child);
    let child = fork(|| error!(logger(), "Counted", thread = 2, n = 0));
    wait_for(child);
    gate.open();
    stuck.join().expect("the gate is open");
}

/// Forks while another thread changes settings; each child changes them too.
pub(crate) fn forks_and_configures(file: &Path) {
    log_to(file);
    log_many(0, 1);
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = stop.clone();
    let settings = thread::spawn(move || {
        while !stopped.load(Ordering::Relaxed) {
            configure().batch_bytes(4096).apply();
        }
    });
    for thread in 1..=50 {
        let child = fork(|| {
            configure().batch_bytes(512).apply();
            log_many(thread, 1);
        });
        wait_for(child);
    }
    stop.store(true, Ordering::Relaxed);
    settings.join().expect("a thread that configures");
}

/// Programs are started while threads log, by `posix_spawn` and by `fork`.
pub(crate) fn spawns_under_load(file: &Path) {
    log_to(file);
    let load = Load::start();
    for number in 0..50 {
        let mut command = Command::new("true");
        if number % 2 == 0 {
            // SAFETY: it does nothing; that it is there makes std use `fork`.
            unsafe { command.pre_exec(|| Ok(())) };
        }
        assert!(command.status().expect("`true` starts").success());
    }
    load.stop();
    flush();
}
