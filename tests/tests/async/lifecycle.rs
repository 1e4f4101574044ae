//! Every way for a process or a thread to end while async loggers are in use.
//!
//! Each is a child process (`support/bin/child`) that logs to a file.

#![cfg(unix)]

use std::os::unix::process::ExitStatusExt as _;
use std::time::Duration;

use kakashi_tests::harness::process::{EndedChild, TestFolder, read, run, start};
use kakashi_tests::harness::read_back::{
    ArrivedRecord, announced, assert_each_once_in_order, numbers, text, text_to_the_last_whole_line,
};
use kakashi_tests::harness::wait::eventually;

const CHILD: &str = env!("CARGO_BIN_EXE_child");

/// The exit timeout of a process, and a margin for a busy machine.
const EXIT_WITHIN: Duration = Duration::from_secs(8);

/// The bytes that a scenario has written, and how it ended.
fn written(scenario: &str) -> (Vec<u8>, EndedChild) {
    let folder = TestFolder::new();
    let file = folder.file("log");
    let ended = run(CHILD, [scenario.as_ref(), file.as_os_str()]);
    (read(file), ended)
}

/// What a scenario has written, and how it ended.
fn outcome(scenario: &str) -> (Vec<ArrivedRecord>, EndedChild) {
    let (bytes, ended) = written(scenario);
    (text(&bytes), ended)
}

/// As [`outcome`], of a process in which threads go on logging while it ends.
fn outcome_under_load(scenario: &str) -> (Vec<ArrivedRecord>, EndedChild) {
    let (bytes, ended) = written(scenario);
    (text_to_the_last_whole_line(&bytes), ended)
}

/// Asserts that nothing was said, and that the code is this one.
fn assert_quiet(ended: &EndedChild, code: i32) {
    assert_eq!((ended.status.code(), ended.stderr.as_str()), (Some(code), ""), "{ended:?}");
}

/// Asserts that each thread's numbers begin with 0 and leave none out.
fn assert_no_gaps(entries: &[ArrivedRecord]) {
    for (thread, numbers) in numbers(entries) {
        let fault = numbers.iter().zip(0..).find(|(n, expected)| *n != expected);
        assert_eq!(fault, None, "thread {thread}");
    }
}

#[test]
fn a_return_from_main_writes_everything() {
    let (entries, ended) = outcome("async_return");
    assert_quiet(&ended, 0);
    assert_each_once_in_order(&entries, 1, 1000);
}

#[test]
fn an_exit_writes_everything_on_whichever_thread() {
    for (scenario, threads) in [("async_exit", 1), ("async_exit_elsewhere", 2)] {
        let (entries, ended) = outcome(scenario);
        assert_quiet(&ended, 3);
        assert_each_once_in_order(&entries, threads, 1000);
    }
}

#[test]
fn an_exit_inside_a_display_writes_everything_before_it() {
    let (entries, ended) = outcome("async_exit_in_a_display");
    assert_quiet(&ended, 3);
    assert_each_once_in_order(&entries, 1, 1000);
}

#[test]
fn a_panic_in_main_writes_everything() {
    let (entries, ended) = outcome("async_panic");
    assert_eq!(ended.status.code(), Some(101), "{ended:?}");
    assert!(ended.stderr.contains("as asked"), "the hook that was there is still called");
    assert_each_once_in_order(&entries, 1, 1000);
}

#[test]
fn a_panic_in_a_thread_writes_everything_whether_it_is_joined_or_not() {
    for scenario in ["async_panic_and_join", "async_panic_and_do_not_join"] {
        let (entries, ended) = outcome(scenario);
        assert_eq!(ended.status.code(), Some(0), "{ended:?}");
        assert_each_once_in_order(&entries, 1, 1000);
    }
}

#[test]
fn the_first_record_of_all_may_come_from_a_panic() {
    for scenario in ["async_panic_before_the_first_record", "async_panic_hook_before_the_first_record"] {
        let (entries, ended) = outcome(scenario);
        assert_eq!(ended.status.code(), Some(0), "{ended:?}");
        assert_each_once_in_order(&entries, 1, 1);
    }
}

#[test]
fn a_return_from_main_waits_for_no_thread_that_goes_on_logging() {
    for scenario in ["async_return_under_load", "async_full_ring"] {
        let (entries, ended) = outcome_under_load(scenario);
        assert_eq!(ended.status.code(), Some(0), "{ended:?}");
        assert_eq!(numbers(&entries)[&0].len(), 1000, "{scenario}");
        assert_no_gaps(&entries);
    }
}

#[test]
fn a_return_after_a_shutdown_writes_what_came_after_it() {
    let (entries, ended) = outcome("async_shutdown");
    assert_quiet(&ended, 0);
    assert_each_once_in_order(&entries, 1, 200);
}

#[test]
fn what_a_threads_last_destructor_logs_is_written_and_last() {
    let (entries, ended) = outcome("async_destructor");
    assert_quiet(&ended, 0);
    assert_each_once_in_order(&entries, 1, 101);
}

#[test]
fn a_performance_logger_writes_or_counts_everything_at_a_return_from_main() {
    let (entries, ended) = outcome("async_performance");
    assert_quiet(&ended, 0);
    let dropped: u64 = ended.stdout.trim().parse().expect("a number");
    let kept = &numbers(&entries)[&0];
    assert!(kept.is_sorted_by(|one, next| one < next));
    assert_eq!(kept.len() as u64 + dropped, 100_000);
    assert_eq!(announced(&entries), dropped);
}

#[test]
fn the_end_of_a_thread_and_the_worker_write_without_anybody_elses_help() {
    for scenario in ["async_thread_end", "async_kill"] {
        let folder = TestFolder::new();
        let file = folder.file("log");
        let mut child = start(CHILD, [scenario.as_ref(), file.as_os_str()]);
        let arrived = eventually(|| read(&file).iter().filter(|&&byte| byte == b'\n').count() == 100);
        child.kill_all();
        assert!(arrived, "{scenario}: there are {} bytes", read(&file).len());
        assert_each_once_in_order(&text(&read(file)), 1, 100);
    }
}

#[test]
fn an_abort_loses_only_what_is_queued() {
    let (entries, ended) = outcome("async_abort_dropping");
    assert_eq!(ended.status.signal(), Some(6), "{ended:?}");
    assert!(numbers(&entries)[&0].len() >= 500);
    assert_no_gaps(&entries);
}

#[test]
fn a_kill_leaves_whole_lines_without_gaps() {
    let folder = TestFolder::new();
    let file = folder.file("log");
    let mut child = start(CHILD, ["async_full_ring".as_ref(), file.as_os_str()]);
    assert!(eventually(|| read(&file).len() > 100_000));
    child.kill_all();
    let mut bytes = read(&file);
    bytes.truncate(bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1));
    assert_no_gaps(&text(&bytes));
}

#[test]
fn ten_thousand_threads_leave_no_memory_behind() {
    let (entries, ended) = outcome("async_many_threads");
    assert_quiet(&ended, 0);
    assert_each_once_in_order(&entries, 10_000, 2);
    let used: Vec<u64> = ended.stdout.lines().filter_map(|line| line.parse().ok()).collect();
    let [early, late] = used[..] else { panic!("no numbers: {ended:?}") };
    // Spare chunks and rings are kept, 40 and 32 of 64 KiB at most. A buffer left behind by each thread would
    // be 576 MiB.
    assert!(late < early + 6 * 1024, "memory grew from {early} to {late} KiB over 9,000 threads");
}

#[test]
fn many_threads_at_once_lose_nothing_when_they_end() {
    let (entries, ended) = outcome("async_many_at_once");
    assert_quiet(&ended, 0);
    assert_each_once_in_order(&entries, 2000, 2);
}

#[test]
fn a_fork_writes_nothing_twice_and_loses_nothing() {
    let (entries, ended) = outcome("async_fork_in_scope");
    assert_quiet(&ended, 0);
    assert_each_once_in_order(&entries, 4, 10);
    for entry in entries {
        let expected = if entry.number("thread") == Some(2) { None } else { Some("acme") };
        assert_eq!(entry.get("tenant"), expected, "{entry:?}");
    }
}

#[test]
fn fifty_forks_under_full_load_are_exact_on_both_sides() {
    let (entries, ended) = outcome("async_fork_load");
    assert_quiet(&ended, 0);
    let logged: Vec<u64> = ended.stdout.lines().filter_map(|line| line.parse().ok()).collect();
    assert_eq!(logged.len(), 2);
    let found = numbers(&entries);
    assert_eq!(found.len(), 102);
    for (thread, numbers) in found {
        let count = match thread {
            0 | 1 => logged[thread as usize],
            100..150 => 11,
            _ => 2,
        };
        assert!(numbers.iter().copied().eq(0..count), "{} of {count} of thread {thread}", numbers.len());
    }
}

#[test]
fn an_exit_beside_a_stuck_worker_comes_in_time_and_tells_what_was_left() {
    let (entries, ended) = outcome("async_stuck_worker");
    assert_eq!((ended.status.code(), entries.len()), (Some(0), 0), "{ended:?}");
    assert!(ended.took < EXIT_WITHIN, "{ended:?}");
    assert_eq!(ended.stderr, "kakashi: 8 records could not be written before the process ended\n");
}

#[test]
fn an_exit_on_the_worker_comes_in_time() {
    let (entries, ended) = outcome("async_worker_exit");
    assert_eq!(ended.status.code(), Some(3), "{ended:?}");
    assert!(ended.took < EXIT_WITHIN, "{ended:?}");
    assert_each_once_in_order(&entries, 1, 1);
}

#[test]
fn a_full_disk_is_reported_once_and_every_record_is_counted() {
    let ended = start(CHILD, ["async_disk", "-"]).ends_within(EXIT_WITHIN);
    assert_eq!(ended.status.code(), Some(0), "{ended:?}");
    assert_eq!(ended.stderr.matches("kakashi: file /dev/full failed: ").count(), 1, "{ended:?}");
    let counts: Vec<usize> = ended.stdout.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    let [written, dropped, left, failures] = counts[..] else { panic!("{ended:?}") };
    assert_eq!((written, dropped + left), (0, 1000));
    assert!(dropped > 0 && left > 0 && failures > 0, "{ended:?}");
    let report = format!("kakashi: {left} records could not be written before the process ended\n");
    assert!(ended.stderr.ends_with(&report), "{ended:?}");
}

#[test]
fn an_exit_beside_an_unread_pipe_comes_in_time_and_reports_what_was_left() {
    use std::process::{Command, Stdio};
    let mut command = Command::new(CHILD);
    command.args(["async_return_with_stdout", "20000"]).stdin(Stdio::null()).stderr(Stdio::piped());
    let (reader, writer) = std::io::pipe().unwrap();
    command.stdout(writer);
    // Nobody reads, so the caller waits in vain for room: a policy, not a fault.
    let mut child = kakashi_tests::harness::process::start_command(command);
    let stuck = !kakashi_tests::harness::wait::within(Duration::from_secs(2), || {
        child.child.try_wait().is_ok_and(|ended| ended.is_some())
    });
    assert!(stuck, "what a pipe and a queue hold is less than this");
    drop(reader);
    let ended = child.ends_within(EXIT_WITHIN);
    assert_eq!(ended.status.code(), Some(0), "{ended:?}");
    assert!(ended.stderr.contains("records could not be written"), "{ended:?}");
}

#[test]
fn a_core_that_there_is_not_is_no_core_to_keep_to() {
    let (entries, ended) = outcome("async_no_core");
    assert_eq!((ended.status.code(), entries.len()), (Some(0), 50), "{ended:?}");
    // One that this machine may have, and four that none has.
    let reports: Vec<&str> = ended.stderr.lines().collect();
    assert!(matches!(reports.len(), 4 | 5), "{ended:?}");
    assert!(
        reports.iter().all(|line| line.starts_with("kakashi: left out of the settings: cpu(")),
        "{ended:?}"
    );
}

#[test]
fn enrichers_and_filters_see_what_is_logged_from_then_on() {
    let (entries, ended) = outcome("async_pipeline");
    assert_quiet(&ended, 0);
    assert_eq!(numbers(&entries)[&0], [0, 1, 2, 4, 5]);
    for entry in entries {
        let expected = if entry.number("n") < Some(2) { None } else { Some("web-1") };
        assert_eq!(entry.get("host"), expected);
    }
}
