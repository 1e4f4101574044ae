//! What threads keep that have logged, while they idle and when they have ended.

mod living;

use std::sync::{Barrier, Condvar, Mutex};
use std::thread;
use std::time::Duration;

use kakashi_std::{Format, flush, get_async_logger, get_logger, get_performance_logger, info};
use kakashi_tests::harness::global_state::alone;
use kakashi_tests::harness::wait::within;

use living::{grown_since, living, to_nowhere};

const THREADS: usize = 2000;

/// The most that a thread that has logged may keep beyond one that never has.
const KEPT_BY_A_THREAD: usize = 8 * 1024;

/// The most that may be kept when they have ended.
const KEPT: usize = 8 << 20;

/// Records that fill the largest buffers.
const MANY: usize = 2000;

/// Lets threads go home when it is dropped, also by a test that fails.
struct GoHome<'a>(&'a Mutex<bool>, &'a Condvar);

impl Drop for GoHome<'_> {
    fn drop(&mut self) {
        *self.0.lock().expect("nobody panics with it") = true;
        self.1.notify_all();
    }
}

/// Starts threads that run this once and then idle; calls `look` while they do.
fn beside_idle_threads<T>(threads: usize, run: impl Fn() + Sync, look: impl FnOnce() -> T) -> T {
    let ready = Barrier::new(threads + 1);
    let (may_go, goes) = (Mutex::new(false), Condvar::new());
    thread::scope(|scope| {
        let (ready, run, may_go, goes) = (&ready, &run, &may_go, &goes);
        let threads: Vec<_> = (0..threads)
            .map(|_| {
                let idles = move || {
                    run();
                    ready.wait();
                    drop(goes.wait_while(may_go.lock().expect("nobody panics with it"), |may_go| !*may_go));
                };
                thread::Builder::new().stack_size(256 * 1024).spawn_scoped(scope, idles)
            })
            .collect();
        assert!(threads.iter().all(Result::is_ok), "so many threads are to be had");
        ready.wait();
        let home = GoHome(may_go, goes);
        let result = look();
        drop(home);
        // Joined, their locals are destroyed.
        threads.into_iter().flatten().for_each(|thread| thread.join().expect("no call panics"));
        result
    })
}

/// Asserts what so many threads keep that have run this, while they idle and when they have
/// ended.
fn assert_little_is_kept(threads: usize, format: Format, log: impl Fn() + Sync) {
    let _alone = alone();
    to_nowhere(format);
    log();
    assert!(flush().is_complete());
    if threads < THREADS {
        // What the process keeps for all threads together.
        beside_idle_threads(threads, &log, || {});
        assert!(flush().is_complete());
    }
    let start = living();
    let without = beside_idle_threads(threads, || {}, || grown_since(start));
    let start = living();
    let allowed = without + threads * KEPT_BY_A_THREAD;
    let look = || {
        within(Duration::from_secs(30), || grown_since(start) <= allowed);
        grown_since(start)
    };
    let with = beside_idle_threads(threads, &log, look);
    let each = with.saturating_sub(without) / threads;
    println!("{each} bytes a thread beyond one that never logged");
    assert!(with <= allowed, "{each} bytes a thread beyond one that never logged");
    within(Duration::from_secs(30), || grown_since(start) <= KEPT);
    let kept = grown_since(start);
    println!("{kept} bytes when the threads have ended");
    assert!(kept <= KEPT, "{kept} bytes are kept when the threads have ended");
}

#[test]
fn a_thread_that_logged_once_keeps_little_while_it_idles_and_nothing_when_it_ends() {
    let logger = get_logger("memory");
    assert_little_is_kept(THREADS, Format::Text, || info!(logger, "One", n = 1));
}

#[test]
fn a_thread_that_logged_once_in_wire_form_keeps_little_while_it_idles() {
    let logger = get_logger("memory");
    assert_little_is_kept(THREADS, Format::Wire, || info!(logger, "One", n = 1));
}

#[test]
fn a_thread_that_queued_once_keeps_little_while_it_idles_and_nothing_when_it_ends() {
    let logger = get_async_logger("memory");
    assert_little_is_kept(THREADS, Format::Text, || info!(logger, "One", n = 1));
}

#[test]
fn a_thread_with_a_performance_logger_keeps_little_while_it_idles() {
    assert_little_is_kept(THREADS, Format::Text, || info!(get_performance_logger("memory"), "One", n = 1));
}

#[test]
fn a_thread_that_logged_much_keeps_little_once_it_idles() {
    let logger = get_logger("memory");
    for format in [Format::Text, Format::Json, Format::Wire] {
        assert_little_is_kept(100, format, || {
            for n in 0..MANY {
                info!(logger, "One of many", n = n);
            }
            info!(logger, "Large", text = format_args!("{:>30000}", "x"));
        });
    }
}

#[test]
fn a_thread_that_queued_much_keeps_little_once_it_idles() {
    let logger = get_async_logger("memory");
    assert_little_is_kept(100, Format::Text, || {
        for n in 0..MANY {
            info!(logger, "One of many", n = n);
        }
        info!(logger, "Large", text = format_args!("{:>30000}", "x"));
    });
}
