//! A performance logger never makes its caller wait, whatever is configured
//! and whichever thread is stuck.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use kakashi_std::{
    AsyncConfig, LogLevel, OverflowPolicy, configure, debug, error, flush, flush_timeout, get_async_logger,
    get_performance_logger, get_performance_logger_with_level, info, set_custom_context, set_log_level,
};
use kakashi_tests::harness::fake_sinks::{Gate, behind, hold_writer};
use kakashi_tests::harness::global_state::{StatsSince, alone};
use kakashi_tests::harness::read_back::{announced, numbers, text};
use kakashi_tests::harness::wait::in_time;

/// Rings that are soon full; callers of async loggers wait.
fn tiny() -> AsyncConfig {
    AsyncConfig::new().ring_bytes(4096).overflow(OverflowPolicy::Block)
}

#[test]
fn it_goes_on_while_the_sink_is_shut_and_counts_what_it_drops() {
    let _alone = alone();
    let gate = Gate::default();
    let memory = behind(&gate, tiny());
    assert!(flush().is_complete());
    let before = StatsSince::now();
    let held = hold_writer(&gate, || info!(get_async_logger("held"), "Held"));
    let logger = in_time(|| {
        let logger = get_performance_logger("performance::shut");
        for n in 0..2000 {
            info!(logger, "Counted", thread = 0, n);
            error!(logger, "Counted", thread = 1, n, shown = %n);
        }
        logger
    });
    drop(held);
    assert!(flush().is_complete());
    let entries = text(&memory.bytes());
    let kept: usize = numbers(&entries).values().map(Vec::len).sum();
    assert!(kept > 50, "{kept}");
    assert_eq!(kept + before.dropped().total(), 4000);
    assert_eq!(logger.dropped(), before.dropped());
    assert_eq!(announced(&entries), before.dropped().total() as u64);
}

#[test]
fn it_goes_on_with_large_records_and_with_other_contexts() {
    let _alone = alone();
    let gate = Gate::default();
    let memory = behind(&gate, tiny());
    assert!(flush().is_complete());
    let before = StatsSince::now();
    let held = hold_writer(&gate, || info!(get_async_logger("held"), "Held"));
    in_time(|| {
        let logger = get_performance_logger("performance::large");
        let long = "x".repeat(1 << 20);
        for n in 0..1000_u64 {
            set_custom_context(kakashi_std::fields![turn = n]);
            if n % 20 == 0 {
                info!(logger, "Counted", thread = 0, n, long);
            } else {
                info!(logger, "Counted", thread = 0, n);
            }
        }
    });
    drop(held);
    assert!(flush().is_complete());
    let entries = text(&memory.bytes());
    let mut kept = 0;
    for entry in entries.iter().filter(|entry| entry.get("n").is_some()) {
        assert_eq!(entry.get("turn"), entry.get("n"), "the context is its own");
        kept += 1;
    }
    assert_eq!(kept + before.dropped().total(), 1000);
}

#[test]
fn it_goes_on_beside_callers_that_wait_a_flush_and_a_change_of_settings() {
    let _alone = alone();
    let gate = Gate::default();
    let memory = behind(&gate, tiny());
    // Who waits does so for as long as a slow machine takes.
    let hour = Duration::from_secs(3600);
    configure().stall_timeout(hour).urgent_timeout(hour).apply();
    let logger = get_performance_logger("performance::beside");
    let held = hold_writer(&gate, || info!(get_async_logger("held"), "Held"));
    thread::scope(|scope| {
        let (done, wait) = mpsc::channel();
        scope.spawn(|| {
            let logger = get_async_logger("performance::waits");
            (0..1000).for_each(|n| info!(logger, "Counted", thread = 0, n));
        });
        let done_by_thread = done.clone();
        scope.spawn(move || {
            done_by_thread.send(()).unwrap();
            flush_timeout(Duration::from_secs(60));
        });
        scope.spawn(move || {
            done.send(()).unwrap();
            configure().batch_bytes(32 * 1024).apply();
        });
        (0..2).for_each(|_| wait.recv().unwrap());
        let inner = logger.clone();
        let done = thread::spawn(move || {
            in_time(move || {
                for n in 0..2000 {
                    info!(inner, "Counted", thread = 1, n);
                    inner.warning("Counted", kakashi_std::fields![thread = 2, n = n]);
                    inner.is_enabled(LogLevel::Debug);
                    inner.dropped();
                }
            });
        });
        let result = done.join();
        drop(held);
        result.unwrap();
    });
    assert!(flush().is_complete());
    let found = numbers(&text(&memory.bytes()));
    let arrived = |thread| found.get(&thread).map_or(0, Vec::len);
    assert_eq!(arrived(0), 1000, "who waits loses nothing");
    // Its thread is new where more waits than may: of its INFO none need arrive.
    assert_eq!(arrived(1) + arrived(2) + logger.dropped().total(), 4000);
    let usual = Duration::from_secs(5);
    configure().stall_timeout(usual).urgent_timeout(usual).apply();
}

#[test]
fn it_follows_levels_like_any_other() {
    let _alone = alone();
    let memory = behind(&Gate::default(), tiny());
    let plain = get_performance_logger("performance::level");
    let own = get_performance_logger_with_level("performance::own", LogLevel::Debug);
    let log = |n: u64| {
        debug!(plain, "Counted", thread = 0, n);
        debug!(own, "Counted", thread = 1, n);
    };
    log(0);
    set_log_level(LogLevel::Debug).unwrap();
    log(1);
    set_log_level(LogLevel::Critical).unwrap();
    log(2);
    set_log_level(LogLevel::Info).unwrap();
    assert!(flush().is_complete());
    let found = numbers(&text(&memory.bytes()));
    assert_eq!((found[&0].as_slice(), found[&1].as_slice()), (&[1][..], &[0, 1, 2][..]));
}
