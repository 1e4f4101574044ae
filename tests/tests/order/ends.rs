//! The order at ends: of threads, of the process by exit, return and panic, and in a fork.

#![cfg(unix)]

use std::cell::RefCell;
use std::thread;

use kakashi_std::{AsyncConfig, Format, LogLevel, Wire, configure, flush, shutdown_async_logging, sinks};
use kakashi_tests::harness::causal_order::{AnyLogger, assert_in_order, assert_whole_in_order, numbers_of};
use kakashi_tests::harness::global_state::{StatsSince, alone};
use kakashi_tests::harness::process::{EndedChild, TestFolder, read, run};
use kakashi_tests::harness::read_back::{ArrivedRecord, assert_each_once_in_order, entries, numbers, text};
use kakashi_tests::harness::wait::in_time;

const CHILD: &str = env!("CARGO_BIN_EXE_child");

/// Logs in a destructor that runs after all others of its thread.
struct LogsAtTheEnd(RefCell<Option<(AnyLogger, u64)>>);

impl Drop for LogsAtTheEnd {
    fn drop(&mut self) {
        if let Some((logger, k)) = self.0.take() {
            logger.pass(k);
        }
    }
}

thread_local!(static LAST: LogsAtTheEnd = const { LogsAtTheEnd(RefCell::new(None)) });

/// Threads come one after the other; each logs once while it runs, and once while its
/// locals are destroyed.
fn assert_ended_threads_in_order(loggers: impl Fn() -> Vec<AnyLogger>) {
    const RECORDS: u64 = 1000;
    let _alone = alone();
    for workers in [1, 3] {
        let folder = TestFolder::new();
        let files = [folder.file("text"), folder.file("wire")];
        assert!(shutdown_async_logging().is_complete());
        configure()
            .format(Format::Text)
            .level(LogLevel::Info)
            .async_logging(AsyncConfig::new().threads(workers))
            .destination(sinks::file(&files[0]).expect("the file opens"))
            .destination(sinks::file(&files[1]).expect("the file opens").encoder(Wire))
            .apply();
        let loggers = loggers();
        let before = StatsSince::now();
        in_time(move || {
            let of = |k: u64| loggers[(k / 3) as usize % loggers.len()].clone();
            for k in (0..RECORDS).step_by(4) {
                let (first, last) = (of(k), of(k + 1));
                let thread = thread::spawn(move || {
                    // Made before the logger's, so it goes after it.
                    LAST.with(|local| local.0.replace(Some((last, k + 1))));
                    first.pass(k);
                });
                thread.join().expect("no call panics");
                of(k + 2).pass(k + 2);
                // Its buffer is not the first thread's any more.
                let third = of(k + 3);
                thread::spawn(move || third.pass(k + 3)).join().expect("no call panics");
            }
        });
        assert!(flush().is_complete());
        for (file, format) in files.iter().zip([Format::Text, Format::Wire]) {
            let numbers = numbers_of(&entries(format, &read(file)));
            let place = format!("{format:?}, {workers} workers");
            if before.dropped().total() == 0 {
                assert_whole_in_order(&place, 0..RECORDS, &numbers);
            } else {
                assert_in_order(&place, &numbers);
            }
        }
    }
}

#[test]
fn what_a_thread_logs_at_its_end_stands_before_what_its_joiner_logs() {
    assert_ended_threads_in_order(|| vec![AnyLogger::sync()]);
}

#[test]
fn what_a_thread_queues_at_its_end_stands_before_what_its_joiner_logs() {
    assert_ended_threads_in_order(|| vec![AnyLogger::queued()]);
}

#[test]
fn what_threads_log_at_their_end_is_in_order_whatever_the_logger() {
    assert_ended_threads_in_order(|| vec![AnyLogger::sync(), AnyLogger::queued(), AnyLogger::performance()]);
}

/// What a scenario has written, and how it ended.
fn outcome(scenario: &str) -> (Vec<ArrivedRecord>, EndedChild) {
    let folder = TestFolder::new();
    let file = folder.file("log");
    let ended = run(CHILD, [scenario.as_ref(), file.as_os_str()]);
    (text(&read(file)), ended)
}

#[test]
fn ends_of_the_process_write_in_order() {
    for (scenario, code) in [("order_exit", 3), ("order_return", 0), ("order_panic_with_the_token", 101)] {
        for prefix in ["", "async_"] {
            let scenario = format!("{prefix}{scenario}");
            let (entries, ended) = outcome(&scenario);
            assert_eq!(ended.status.code(), Some(code), "{ended:?}");
            assert_whole_in_order(&scenario, 0..1000, &numbers_of(&entries));
        }
    }
}

#[test]
fn parent_and_child_of_a_fork_each_write_their_own_in_order() {
    for scenario in ["order_fork", "async_order_fork"] {
        let (entries, ended) = outcome(scenario);
        assert_eq!(ended.status.code(), Some(0), "{ended:?}");
        assert_whole_in_order(scenario, 0..1000, &numbers_of(&entries));
        assert_each_once_in_order(&entries, 2, 1000);
    }
}

/// What a forked program printed as `name number`.
fn printed(ended: &EndedChild, name: &str) -> Vec<u64> {
    let line = |line: &str| line.strip_prefix(name)?.trim().parse().ok();
    ended.stdout.lines().filter_map(line).collect()
}

#[test]
fn a_record_whose_display_forks_is_written_or_counted_in_both_processes() {
    for scenario in ["fork_in_a_display", "async_fork_in_a_display"] {
        let (entries, ended) = outcome(scenario);
        assert_eq!(ended.status.code(), Some(0), "{ended:?}");
        let of = numbers(&entries);
        assert!(of[&2].iter().copied().eq(0..100), "what was logged before stands once: {of:?}");
        let (parent, child) = (printed(&ended, "parent"), printed(&ended, "child"));
        assert_eq!((parent.len(), child.len()), (1, 1), "{ended:?}");
        let both = entries.iter().filter(|entry| entry.message == "Forked").count() as u64;
        let after: usize = [0, 1].iter().filter_map(|process| of.get(process)).map(Vec::len).sum();
        let arrived = both + after as u64;
        assert_eq!(arrived + parent[0] + child[0], 4, "{scenario}: {arrived} arrived\n{ended:?}");
        assert_eq!(parent[0], 0, "the parent has no reason to drop any");
    }
}

#[test]
fn a_record_of_a_fork_inside_a_sink_is_written_or_counted() {
    let (entries, ended) = outcome("fork_in_a_sink");
    assert_eq!(ended.status.code(), Some(0), "{ended:?}");
    let of = numbers(&entries);
    assert!(of[&2].iter().copied().eq(0..100), "what was logged before stands once");
    for (process, name) in [(0, "parent"), (1, "child")] {
        let arrived = of.get(&process).map_or(0, Vec::len) as u64;
        let dropped = printed(&ended, name);
        assert_eq!(dropped.len(), 1, "{ended:?}");
        assert_eq!(arrived + dropped[0], 2, "{name}: {arrived} arrived\n{ended:?}");
    }
}

/// A second is what a fork waits for a sink that is writing on another thread.
#[test]
fn a_fork_waits_for_nothing_that_its_own_thread_holds() {
    for scenario in ["fork_in_a_display", "fork_in_a_sink"] {
        let took: Vec<u64> = (0..3).flat_map(|_| printed(&outcome(scenario).1, "took")).collect();
        assert!(took.iter().min().is_some_and(|&millis| millis < 800), "{scenario}: {took:?} ms");
    }
}
