//! The order of a thread's records that a worker writes: exact, whatever else
//! is going on.

use kakashi_std::{
    AsyncConfig, AsyncLogger, LogLevel, configure, error, flush, get_async_logger, get_logger, info,
    shutdown_async_logging, warning,
};
use kakashi_tests::harness::fake_sinks::{Gate, behind};
use kakashi_tests::harness::global_state::{StatsSince, alone};
use kakashi_tests::harness::read_back::{assert_each_once_in_order, numbers, text};
use kakashi_tests::harness::wait::on_threads;

/// Rings that are full after some hundred records.
fn tiny() -> AsyncConfig {
    AsyncConfig::new().ring_bytes(4096)
}

#[test]
fn every_threads_records_come_once_and_in_order_through_tiny_rings() {
    let _alone = alone();
    let memory = behind(&Gate::default(), tiny());
    configure().batch_bytes(256).apply();
    let before = StatsSince::now();
    on_threads(8, |thread| {
        let logger = get_async_logger("order");
        for n in 0..3000 {
            match n % 100 {
                98 => warning!(logger, "Counted", thread, n, shown = %n),
                99 => error!(logger, "Counted", thread, n),
                _ => info!(logger, "Counted", thread, n),
            }
        }
    });
    assert!(flush().is_complete());
    assert_each_once_in_order(&text(&memory.bytes()), 8, 3000);
    assert_eq!((before.written(), before.dropped().total()), (24_000, 0));
}

#[test]
fn many_loggers_of_one_thread_keep_their_common_order() {
    let _alone = alone();
    let memory = behind(&Gate::default(), tiny());
    let loggers: Vec<AsyncLogger> = (0..100).map(|n| get_async_logger(&format!("order::{n}"))).collect();
    for n in 0..3000_usize {
        info!(loggers[n % 100], "Counted", thread = 0, n);
    }
    assert!(flush().is_complete());
    let entries = text(&memory.bytes());
    assert_each_once_in_order(&entries, 1, 3000);
    for (n, entry) in entries.iter().enumerate() {
        assert_eq!(entry.logger, format!("order::{}", n % 100));
    }
}

#[test]
fn macros_and_functions_of_all_levels_share_one_order() {
    let _alone = alone();
    let memory = behind(&Gate::default(), tiny());
    let logger = get_async_logger("order");
    for n in (0..600_u64).step_by(2) {
        info!(logger, "Counted", thread = 0, n);
        let level = LogLevel::ALL[2 + (n as usize / 2) % 4];
        logger.log(level, "Counted", kakashi_std::fields![thread = 0, n = n + 1]);
    }
    assert!(flush().is_complete());
    let entries = text(&memory.bytes());
    assert_each_once_in_order(&entries, 1, 600);
    for (n, entry) in entries.iter().enumerate().skip(1).step_by(2) {
        assert_eq!(entry.level, LogLevel::ALL[2 + (n / 2) % 4].name());
    }
}

#[test]
fn async_and_sync_loggers_side_by_side_keep_an_order_each() {
    let _alone = alone();
    let memory = behind(&Gate::default(), tiny());
    on_threads(4, |thread| {
        let (queued, direct) = (get_async_logger("order"), get_logger("order"));
        for n in 0..1000 {
            info!(queued, "Counted", thread = 2 * thread, n);
            info!(direct, "Counted", thread = 2 * thread + 1, n);
        }
    });
    assert!(flush().is_complete());
    assert_each_once_in_order(&text(&memory.bytes()), 8, 1000);
}

#[test]
fn what_took_the_sync_way_after_a_shutdown_stands_before_what_is_queued_later() {
    let _alone = alone();
    let memory = behind(&Gate::default(), tiny());
    for round in 0..20 {
        let logger = get_async_logger("order");
        info!(logger, "Counted", thread = 0, n = 3 * round);
        assert!(shutdown_async_logging().is_complete());
        info!(logger, "Counted", thread = 0, n = 3 * round + 1);
        let logger = get_async_logger("order");
        info!(logger, "Counted", thread = 0, n = 3 * round + 2);
        assert!(flush().is_complete());
    }
    assert_each_once_in_order(&text(&memory.bytes()), 1, 60);
}

/// Has two threads log while a third does something else, fifty times over: all
/// must arrive, in the order of their threads.
fn assert_order_beside(disturb: impl Fn() + Sync) {
    let _alone = alone();
    for round in 0..50 {
        let memory = behind(&Gate::default(), tiny());
        on_threads(3, |thread| {
            let logger = get_async_logger("order");
            if thread < 2 {
                (0..500).for_each(|n| info!(logger, "Counted", thread, n));
            } else {
                disturb();
            }
        });
        assert!(flush().is_complete());
        let entries = text(&memory.bytes());
        assert_eq!(entries.len(), 1000, "round {round}");
        for (thread, numbers) in numbers(&entries) {
            let fault = numbers.windows(2).position(|pair| pair[0] >= pair[1]);
            assert_eq!(fault.map(|at| &numbers[at..at + 2]), None, "thread {thread}, round {round}");
        }
    }
}

#[test]
fn a_shutdown_under_load_keeps_every_threads_order() {
    assert_order_beside(|| {
        for _ in 0..3 {
            assert!(shutdown_async_logging().is_complete());
        }
    });
}

#[test]
fn a_worker_that_starts_again_and_again_under_load_keeps_every_threads_order() {
    assert_order_beside(|| {
        for _ in 0..5 {
            assert!(shutdown_async_logging().is_complete());
            get_async_logger("order");
        }
    });
}
