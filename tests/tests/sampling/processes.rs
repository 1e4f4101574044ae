//! Processes that leave records out on purpose, and end or fork.

#![cfg(unix)]
#![forbid(unsafe_code)]

use kakashi_tests::harness::process::{TestFolder, read, run};
use kakashi_tests::harness::read_back::text;

const CHILD: &str = env!("CARGO_BIN_EXE_child");

/// Returns how many records a scenario wrote, and the counts that it announced.
fn written_and_announced(scenario: &str) -> (usize, Vec<u64>) {
    let folder = TestFolder::new();
    let file = folder.file("log");
    let ended = run(CHILD, [scenario.as_ref(), file.as_os_str()]);
    assert!(ended.status.success(), "{}", ended.stderr);
    let (notices, records): (Vec<_>, Vec<_>) =
        text(&read(&file)).into_iter().partition(|record| record.logger == "kakashi");
    let mut announced: Vec<_> = notices.iter().filter_map(|notice| notice.number("left_out")).collect();
    announced.sort_unstable();
    (records.len(), announced)
}

#[test]
fn what_was_left_out_is_announced_when_the_process_ends() {
    for scenario in ["sampled", "async_sampled"] {
        assert_eq!(written_and_announced(scenario), (10, vec![990]), "{scenario}");
    }
}

#[test]
fn a_child_announces_its_own_and_the_parent_all_that_was_left_out_before() {
    for scenario in ["sampled_fork", "async_sampled_fork"] {
        assert_eq!(written_and_announced(scenario), (20, vec![90, 90, 1000]), "{scenario}");
    }
}

#[test]
fn repetitions_are_told_when_a_process_ends_by_each_process_its_own() {
    let folder = TestFolder::new();
    let file = folder.file("log");
    let ended = run(CHILD, ["repeats".as_ref(), file.as_os_str()]);
    assert!(ended.status.success(), "{}", ended.stderr);
    let records = text(&read(&file));
    let all: u64 = records.iter().map(|record| record.number("repeated").unwrap_or(1)).sum();
    assert_eq!((all, records.len()), (1500, 4));
}
