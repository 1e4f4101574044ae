//! Flush and shutdown are barriers with a deadline, and say what was left.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use kakashi_std::{
    AsyncConfig, configure, flush, flush_timeout, get_async_logger, get_logger, info, shutdown_async_logging,
};
use kakashi_tests::harness::fake_sinks::{Gate, behind, hold_writer};
use kakashi_tests::harness::global_state::{StatsSince, alone};
use kakashi_tests::harness::read_back::{assert_each_once_in_order, numbers, text};
use kakashi_tests::harness::wait::{eventually, in_time, on_threads};

fn usual() -> AsyncConfig {
    AsyncConfig::new()
}

#[test]
fn what_a_thread_has_logged_before_its_flush_is_there_after_it() {
    let _alone = alone();
    let memory = behind(&Gate::default(), usual());
    on_threads(4, |thread| {
        let logger = get_async_logger("flush");
        for n in 0..200 {
            info!(logger, "Counted", thread, n);
            assert!(if n % 2 == 0 { flush() } else { logger.flush() }.is_complete());
            let mine = format!(" thread={thread} n={n}\n");
            assert!(memory.text().contains(&mine), "{mine}");
        }
    });
    assert_each_once_in_order(&text(&memory.bytes()), 4, 200);
}

#[test]
fn what_other_threads_have_logged_before_is_there_too() {
    let _alone = alone();
    let memory = behind(&Gate::default(), usual());
    for round in 0..100 {
        on_threads(3, |thread| info!(get_async_logger("flush"), "Counted", thread, n = round));
        assert!(flush().is_complete());
        assert_eq!(memory.lines().len(), 3 * (round as usize + 1));
    }
}

#[test]
fn a_flush_beside_threads_that_log_without_end_ends() {
    let _alone = alone();
    behind(&Gate::default(), usual().ring_bytes(4096));
    in_time(|| {
        let stop = AtomicBool::new(false);
        on_threads(3, |thread| {
            let logger = get_async_logger("flush");
            if thread == 0 {
                (0..10).for_each(|_| assert!(flush().is_complete()));
                stop.store(true, Ordering::Relaxed);
            }
            while !stop.load(Ordering::Relaxed) {
                info!(logger, "Counted", thread, n = 0);
            }
        });
        assert!(flush().is_complete());
    });
}

#[test]
fn a_record_is_written_soon_without_a_flush() {
    let _alone = alone();
    let memory = behind(&Gate::default(), usual());
    let logger = get_async_logger("flush");
    for n in 0..20 {
        info!(logger, "Counted", thread = 0, n);
        // The flusher's interval is an hour.
        assert!(eventually(|| memory.lines().len() == n + 1));
    }
}

#[test]
fn a_flush_beside_a_stuck_sink_ends_in_time_and_says_what_is_left() {
    let _alone = alone();
    let gate = Gate::default();
    let memory = behind(&gate, usual());
    let logger = get_async_logger("flush");
    let held = hold_writer(&gate, || info!(logger, "Counted", thread = 0, n = 0));
    (1..11).for_each(|n| info!(logger, "Counted", thread = 0, n));
    let left = in_time(|| [0, 1, 50].map(|millis| flush_timeout(Duration::from_millis(millis)).left));
    drop(held);
    assert_eq!(left, [11; 3]);
    assert!(flush_timeout(Duration::MAX).is_complete());
    assert_each_once_in_order(&text(&memory.bytes()), 1, 11);
}

#[test]
fn a_stuck_worker_does_not_keep_a_flush_beyond_its_deadline_after_a_shutdown_either() {
    let _alone = alone();
    let gate = Gate::default();
    let memory = behind(&gate, usual());
    let before = StatsSince::now();
    let logger = get_async_logger("flush");
    let held = hold_writer(&gate, || info!(logger, "Counted", thread = 0, n = 0));
    (1..11).for_each(|n| info!(logger, "Counted", thread = 0, n));
    let started = Instant::now();
    let left = in_time(|| shutdown_async_logging().left);
    assert!(started.elapsed() < Duration::from_secs(15), "ten seconds, and what a busy machine may add");
    assert_eq!(left, 11);
    drop(held);
    assert!(flush().is_complete());
    assert!(eventually(|| before.written() == 11));
    assert_each_once_in_order(&text(&memory.bytes()), 1, 11);
    get_async_logger("flush");
}

#[test]
fn after_a_shutdown_records_go_on_to_be_written() {
    let _alone = alone();
    let memory = behind(&Gate::default(), usual());
    let logger = get_async_logger("flush");
    for round in 0..10 {
        info!(logger, "Counted", thread = 0, n = 3 * round);
        assert!(shutdown_async_logging().is_complete());
        assert_eq!(memory.lines().len(), 3 * round + 1, "all is written by then");
        info!(logger, "Counted", thread = 0, n = 3 * round + 1);
        assert!(flush().is_complete());
        assert_eq!(memory.lines().len(), 3 * round + 2);
        assert!(shutdown_async_logging().is_complete(), "again is nothing new");
        get_async_logger("another");
        info!(logger, "Counted", thread = 0, n = 3 * round + 2);
        assert!(flush().is_complete());
    }
    assert_each_once_in_order(&text(&memory.bytes()), 1, 30);
}

#[test]
fn records_of_a_thread_that_logs_on_through_a_shutdown_all_arrive() {
    let _alone = alone();
    let memory = behind(&Gate::default(), usual().ring_bytes(4096));
    let before = StatsSince::now();
    on_threads(3, |thread| {
        let logger = get_async_logger("flush");
        if thread == 2 {
            for _ in 0..20 {
                assert!(shutdown_async_logging().is_complete());
                get_async_logger("flush");
            }
        } else {
            (0..5000).for_each(|n| info!(logger, "Counted", thread, n));
        }
    });
    assert!(flush().is_complete());
    assert_eq!((before.written(), before.dropped().total()), (10_000, 0));
    let mut found = numbers(&text(&memory.bytes()));
    for numbers in found.values_mut() {
        numbers.sort_unstable();
        assert!(numbers.iter().copied().eq(0..5000), "each once");
    }
}

#[test]
fn a_flush_writes_what_sync_loggers_have_buffered_too() {
    let _alone = alone();
    let memory = behind(&Gate::default(), usual());
    configure().flush_after_millis(3_600_000).apply();
    info!(get_logger("flush"), "Counted", thread = 0, n = 0);
    info!(get_async_logger("flush"), "Counted", thread = 1, n = 0);
    assert!(get_async_logger("flush").flush().is_complete());
    assert_each_once_in_order(&text(&memory.bytes()), 2, 1);
}
