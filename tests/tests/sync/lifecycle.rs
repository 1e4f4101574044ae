//! Every way for a process or a thread to end, and what has arrived then.
//!
//! Each is a child process (`support/bin/child`) that logs to a file.

#![cfg(unix)]

use std::os::unix::process::ExitStatusExt as _;
use std::time::Duration;

use kakashi_tests::harness::process::{EndedChild, TestFolder, read, run, start};
use kakashi_tests::harness::read_back::{
    ArrivedRecord, assert_each_once_in_order, numbers, text, text_to_the_last_whole_line,
};
use kakashi_tests::harness::wait::eventually;

const CHILD: &str = env!("CARGO_BIN_EXE_child");

/// What a scenario has written, and how it ended.
fn outcome(scenario: &str) -> (Vec<ArrivedRecord>, EndedChild) {
    let folder = TestFolder::new();
    let file = folder.file("log");
    let ended = run(CHILD, [scenario.as_ref(), file.as_os_str()]);
    (text(&read(file)), ended)
}

/// Asserts that nothing was said, and that the code is this one.
fn assert_quiet(ended: &EndedChild, code: i32) {
    assert_eq!((ended.status.code(), ended.stderr.as_str()), (Some(code), ""), "{ended:?}");
}

#[test]
fn a_return_from_main_writes_everything() {
    let (entries, ended) = outcome("return");
    assert_quiet(&ended, 0);
    assert_each_once_in_order(&entries, 1, 1000);
}

#[test]
fn a_return_from_main_waits_for_no_thread_that_goes_on_logging() {
    let folder = TestFolder::new();
    let file = folder.file("log");
    let ended = run(CHILD, ["return_under_load".as_ref(), file.as_os_str()]);
    let entries = text_to_the_last_whole_line(&read(file));
    assert_eq!(ended.status.code(), Some(0), "{ended:?}");
    let numbers = numbers(&entries);
    assert!(numbers[&0].iter().copied().eq(0..1000));
    for (thread, numbers) in numbers {
        assert!(numbers.iter().copied().eq(0..numbers.len() as u64), "thread {thread} has a gap");
    }
}

#[test]
fn an_exit_writes_everything() {
    let (entries, ended) = outcome("exit");
    assert_quiet(&ended, 3);
    assert_each_once_in_order(&entries, 1, 1000);
}

#[test]
fn an_exit_on_another_thread_writes_everything() {
    let (entries, ended) = outcome("exit_elsewhere");
    assert_quiet(&ended, 3);
    assert_each_once_in_order(&entries, 2, 1000);
}

#[test]
fn an_exit_inside_a_display_writes_everything_before_it() {
    let (entries, ended) = outcome("exit_in_a_display");
    assert_quiet(&ended, 3);
    assert_each_once_in_order(&entries, 1, 1000);
}

#[test]
fn a_panic_in_main_writes_everything() {
    let (entries, ended) = outcome("panic");
    assert_eq!(ended.status.code(), Some(101), "{ended:?}");
    assert!(ended.stderr.contains("as asked"), "the hook that was there is still called");
    assert_each_once_in_order(&entries, 1, 1000);
}

#[test]
fn a_panic_in_a_thread_writes_everything_whether_it_is_joined_or_not() {
    for scenario in ["panic_and_join", "panic_and_do_not_join"] {
        let (entries, ended) = outcome(scenario);
        assert_eq!(ended.status.code(), Some(0), "{ended:?}");
        assert_each_once_in_order(&entries, 1, 1000);
    }
}

#[test]
fn the_first_record_of_all_may_come_from_a_destructor_in_a_panic() {
    let (entries, ended) = outcome("panic_before_the_first_record");
    assert_eq!(ended.status.code(), Some(0), "{ended:?}");
    assert_each_once_in_order(&entries, 1, 1);
}

#[test]
fn the_first_record_of_all_may_come_from_a_panic_hook() {
    let (entries, ended) = outcome("panic_hook_before_the_first_record");
    assert_eq!(ended.status.code(), Some(0), "{ended:?}");
    assert_each_once_in_order(&entries, 1, 1);
}

#[test]
fn what_a_sink_logs_while_a_panicking_thread_flushes_is_written() {
    let (entries, ended) = outcome("panic_while_a_sink_logs");
    assert_eq!(ended.status.code(), Some(0), "{ended:?}");
    assert_each_once_in_order(&entries, 2, 1);
}

#[test]
fn the_end_of_a_thread_writes_what_it_has_buffered() {
    let folder = TestFolder::new();
    let file = folder.file("log");
    let mut child = start(CHILD, ["thread_end".as_ref(), file.as_os_str()]);
    let arrived = eventually(|| read(&file).iter().filter(|&&byte| byte == b'\n').count() == 100);
    child.kill_all();
    assert!(arrived, "there are {} bytes", read(&file).len());
    assert_each_once_in_order(&text(&read(file)), 1, 100);
}

#[test]
fn ten_thousand_threads_leave_no_memory_behind() {
    let (entries, ended) = outcome("many_threads");
    assert_quiet(&ended, 0);
    assert_each_once_in_order(&entries, 10_000, 2);
    let used: Vec<u64> = ended.stdout.lines().filter_map(|line| line.parse().ok()).collect();
    let [early, late] = used[..] else { panic!("no numbers: {ended:?}") };
    // Spare chunks and rings are kept, 40 and 32 of 64 KiB at most. A buffer left behind by each thread would
    // be 576 MiB.
    assert!(late < early + 6 * 1024, "memory grew from {early} to {late} KiB over 9,000 threads");
}

/// What the child is configured to.
const BATCH_BYTES: usize = 4096;
/// Full batches that a destination may have under way: see the README.
const UNDER_WAY: usize = 4;

#[test]
fn an_abort_loses_at_most_what_is_buffered() {
    let (entries, ended) = outcome("abort");
    assert_eq!(ended.status.signal(), Some(6), "{ended:?}");
    let numbers = numbers(&entries);
    assert_eq!(numbers.len(), 4);
    let mut lost_bytes = 0;
    for (thread, numbers) in numbers {
        let written = numbers.len();
        assert!(numbers.iter().copied().eq(0..written as u64), "thread {thread} has a gap");
        assert!(written > 500, "the ERROR record of thread {thread} and what came before it");
        // `2026-11-22T10:12:00.123456Z INFO child Counted thread=0 n=999` and LF.
        lost_bytes += (1000 - written) * 61;
    }
    assert!(lost_bytes <= (4 + UNDER_WAY) * BATCH_BYTES, "{lost_bytes} bytes are lost");
}

#[test]
fn a_kill_leaves_whole_lines_and_every_error_that_was_reported() {
    let folder = TestFolder::new();
    let file = folder.file("log");
    let mut child = start(CHILD, ["run_until_killed".as_ref(), file.as_os_str()]);
    assert!(eventually(|| read(&file).len() > 200_000));
    child.kill_all();
    let ended = child.ends();
    assert_eq!(ended.status.signal(), Some(9));
    // A kill may come between the lines of one `write`, nowhere else.
    let entries = text(&read(file));
    let printed = ended.stdout.lines().count() as u64;
    assert!(printed > 0);
    let numbers = numbers(&entries);
    for (thread, numbers) in &numbers {
        assert!(numbers.iter().copied().eq(0..numbers.len() as u64), "thread {thread} has a gap");
    }
    let errors = numbers[&1].len() as u64;
    assert!(
        errors == printed || errors == printed + 1,
        "{printed} calls returned, {errors} records are there"
    );
}

#[test]
fn a_fork_writes_nothing_twice_and_loses_nothing() {
    let (entries, ended) = outcome("fork");
    assert_quiet(&ended, 0);
    let numbers = numbers(&entries);
    assert!(numbers[&0].iter().copied().eq(0..200), "the parent's: {:?}", numbers[&0]);
    assert!(numbers[&1].iter().copied().eq(0..100), "the child's: {:?}", numbers[&1]);
}

#[test]
fn a_forked_child_has_its_own_threads_flusher_and_children() {
    let (entries, ended) = outcome("fork_and_stay");
    assert_quiet(&ended, 0);
    assert_each_once_in_order(&entries, 4, 10);
}

#[test]
fn a_fork_while_the_first_logger_is_made_leaves_a_child_that_logs() {
    for _ in 0..20 {
        let (entries, ended) = outcome("fork_beside_the_first_records");
        assert_quiet(&ended, 0);
        assert_each_once_in_order(&entries, 6, 1);
    }
}

fn assert_forks_under_load(scenario: &str) {
    let (entries, ended) = outcome(scenario);
    assert_quiet(&ended, 0);
    let logged: Vec<u64> = ended.stdout.lines().filter_map(|line| line.parse().ok()).collect();
    assert_eq!(logged.len(), 2);
    for (thread, numbers) in numbers(&entries) {
        let count = logged.get(thread as usize).copied().unwrap_or(11);
        assert!(numbers.iter().copied().eq(0..count), "{} of {count} of thread {thread}", numbers.len());
    }
    assert_eq!(numbers(&entries).len(), 52);
}

#[test]
fn fifty_forks_under_full_load_are_exact_on_both_sides() {
    assert_forks_under_load("fork_under_load");
}

#[test]
fn two_threads_may_fork_at_once() {
    assert_forks_under_load("forks_at_once");
}

#[test]
fn a_fork_while_settings_change_leaves_a_child_that_can_change_them() {
    let (entries, ended) = outcome("fork_and_configure");
    assert_quiet(&ended, 0);
    assert_each_once_in_order(&entries, 51, 1);
}

#[test]
fn a_fork_beside_a_stuck_sink_leaves_a_child_that_logs() {
    let folder = TestFolder::new();
    let file = folder.file("log");
    let ended = run(CHILD, ["fork_beside_a_stuck_sink".as_ref(), file.as_os_str()]);
    assert_eq!(ended.status.code(), Some(0), "{ended:?}");
    let other = numbers(&text(&read(folder.file("log.other"))));
    assert!(other[&1].iter().copied().eq(0..11));
    assert_eq!(numbers(&text(&read(file)))[&0], [0]);
}

#[test]
fn programs_started_under_full_load_write_nothing_twice() {
    let (entries, ended) = outcome("spawn_under_load");
    assert_quiet(&ended, 0);
    let numbers = numbers(&entries);
    for (thread, count) in ended.stdout.lines().enumerate() {
        let found = &numbers[&(thread as u64)];
        assert!(found.iter().copied().eq(0..count.parse().unwrap()), "{} of {count}", found.len());
    }
}

/// The exit timeout of a process, and a margin for a busy machine.
const EXIT_WITHIN: Duration = Duration::from_secs(8);

#[test]
fn an_exit_beside_a_stuck_sink_comes_in_time_and_tells_what_was_left() {
    let (entries, ended) = outcome("stuck_sink");
    assert_eq!((ended.status.code(), entries.len()), (Some(0), 0), "{ended:?}");
    assert!(ended.took < EXIT_WITHIN, "{ended:?}");
    let report = "kakashi: 8 records could not be written before the process ended\n";
    assert!(ended.stderr.ends_with(report), "{ended:?}");
}

#[test]
fn an_exit_inside_a_sink_comes_in_time() {
    let (entries, ended) = outcome("exit_in_a_sink");
    assert_eq!(ended.status.code(), Some(3), "{ended:?}");
    assert!(ended.took < EXIT_WITHIN, "{ended:?}");
    assert_each_once_in_order(&entries, 1, 10);
}
