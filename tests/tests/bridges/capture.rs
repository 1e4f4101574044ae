//! A test's own records, where its program logs through `log` and `tracing` too.

#![forbid(unsafe_code)]

use std::sync::{Barrier, Once};
use std::thread;

use kakashi_std::task::{self, ThreadScopeExt as _};
use kakashi_std::{Capture, LogLevel, Value, bridges, capture, fields, info, spawn};
use kakashi_tests::harness::failing_test::assert_shown_with_the_failing_test;
use tracing::{Instrument as _, info_span};

/// Captures this test's records, of all three doors.
fn begin() -> Capture {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        bridges::log::install().unwrap();
        bridges::tracing::install().unwrap();
    });
    capture()
}

fn messages(captured: &Capture) -> Vec<String> {
    captured.records().iter().map(|record| record.message().to_owned()).collect()
}

#[test]
fn records_of_log_and_tracing_are_captured_with_their_fields_in_the_order_of_their_calls() {
    let captured = begin();
    log::warn!(target: "shop::db", rows = 3; "slow");
    tracing::info!(target: "shop::http", status = 200, "answered");
    info!("between", n = 1);
    let request = info_span!("request", user = 7, late = tracing::field::Empty);
    request.in_scope(|| {
        log::error!("failed");
        request.record("late", true);
        tracing::warn!("retried");
        info!("done");
    });
    log::debug!("not enabled");
    tracing::debug!("not enabled");
    assert_eq!(messages(&captured), ["slow", "answered", "between", "failed", "retried", "done"]);
    assert!(captured.contains(LogLevel::Warning, "slow", fields![rows = 3]));
    assert!(captured.contains(LogLevel::Info, "answered", fields![status = 200]));
    assert!(captured.contains(LogLevel::Error, "failed", fields![user = 7]));
    assert!(captured.contains(LogLevel::Warning, "retried", fields![user = 7, late = true]));
    assert!(captured.contains(LogLevel::Info, "done", fields![user = 7, late = true]));
    let loggers: Vec<_> = captured.records().iter().map(|record| record.logger().to_owned()).collect();
    assert_eq!(loggers[..2], ["shop::db", "shop::http"]);
}

#[test]
fn a_directive_of_spans_lets_a_test_see_what_is_disabled_elsewhere() {
    let captured = begin();
    kakashi_std::configure().directives("info,[only_this_test]=debug").unwrap().apply();
    info_span!("only_this_test").in_scope(|| {
        tracing::debug!("one");
        log::debug!("two");
    });
    tracing::debug!("three");
    assert_eq!(messages(&captured), ["one", "two"]);
}

#[test]
fn threads_and_tasks_that_take_the_context_along_are_captured() {
    let captured = begin();
    let log = |at: &'static str| {
        log::info!("{at}: log");
        tracing::info!("{at}: tracing");
    };
    spawn(move || log("thread")).unwrap().join().unwrap();
    thread::scope(|scope| {
        scope.spawn_in_current_context(|| log("scoped thread")).join().unwrap();
    });
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    runtime.block_on(async {
        let span = info_span!("task", id = 5);
        task::spawn(async move { log("task") }.instrument(span)).await.unwrap();
        task::spawn_blocking(move || log("blocking")).await.unwrap();
        // It takes nothing along.
        tokio::spawn(async move { log("another's") }).await.unwrap();
    });
    assert_eq!(
        messages(&captured),
        [
            "thread: log",
            "thread: tracing",
            "scoped thread: log",
            "scoped thread: tracing",
            "task: log",
            "task: tracing",
            "blocking: log",
            "blocking: tracing",
        ]
    );
    assert!(captured.contains(LogLevel::Info, "task: log", fields![id = 5]));
}

#[test]
fn tests_that_run_at_the_same_time_do_not_mix() {
    const TESTS: usize = 4;
    let begun = Barrier::new(TESTS);
    thread::scope(|scope| {
        for test in 0..TESTS as u64 {
            let begun = &begun;
            scope.spawn(move || {
                let captured = begin();
                begun.wait();
                for n in 0..50 {
                    log::info!(test; "log");
                    info_span!("span", test).in_scope(|| tracing::info!(n, "tracing"));
                }
                let records = captured.records();
                assert_eq!(records.len(), 100);
                for record in records {
                    assert!(
                        matches!(record.field("test"), Some(Value::U64(own)) if own == test),
                        "{record:?}"
                    );
                }
            });
        }
    });
}

/// Fails on purpose: the next test runs it in a process of its own.
#[test]
#[ignore = "it fails"]
fn fails() {
    let captured = begin();
    log::info!(target: "shop", id = 7; "Order accepted");
    info_span!("request", user = "eve").in_scope(|| tracing::warn!(target: "shop", days = 2, "Late"));
    assert!(captured.contains(LogLevel::Warning, "Late", fields![user = "bob"]));
}

#[test]
fn a_failing_test_shows_its_lines_and_what_was_looked_for() {
    assert_shown_with_the_failing_test(&[
        "INFO shop Order accepted id=7\n",
        "WARNING shop Late days=2 user=eve\n",
        "no captured record is WARNING Late user=bob\n",
        "captured were:\n",
        "assertion failed: captured.contains(LogLevel::Warning",
    ]);
}
