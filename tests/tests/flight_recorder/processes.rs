//! The flight recorder of processes that fork, and get SIGUSR1.

#![cfg(unix)]
#![forbid(unsafe_code)]

use std::process::Command;

use kakashi_tests::harness::process::{TestFolder, read, run, start};
use kakashi_tests::harness::read_back::{ArrivedRecord, text};
use kakashi_tests::harness::wait::eventually;

const CHILD: &str = env!("CARGO_BIN_EXE_child");

fn written(scenario: &str) -> Vec<ArrivedRecord> {
    let folder = TestFolder::new();
    let file = folder.file("log");
    let ended = run(CHILD, [scenario.as_ref(), file.as_os_str()]);
    assert!(ended.status.success(), "{}", ended.stderr);
    text(&read(&file))
}

/// Returns the numbers of what a thread had kept, in the order in which they came out.
fn kept(records: &[ArrivedRecord], thread: u64) -> Vec<u64> {
    let of_thread =
        records.iter().filter(|record| record.message == "Kept" && record.number("thread") == Some(thread));
    of_thread.map(|record| record.number("n").expect("it has one")).collect()
}

#[test]
fn the_child_of_a_fork_begins_with_nothing_and_the_parent_keeps_its_own() {
    let records = written("recorder_fork");
    let ten: Vec<u64> = (0..10).collect();
    assert_eq!(kept(&records, 0), [(0..50).collect::<Vec<_>>(), (0..50).collect()].concat());
    assert_eq!((kept(&records, 1), kept(&records, 2)), (ten.clone(), ten));
    assert_eq!(records.iter().filter(|record| record.message == "Failed").count(), 3);
}

#[test]
fn forks_beside_threads_that_keep_records_stop_nobody() {
    let records = written("recorder_forks_under_load");
    assert!((0..10).all(|thread| kept(&records, thread).iter().copied().eq(0..10)));
}

#[test]
fn at_sigusr1_all_that_threads_and_open_scopes_have_kept_is_written() {
    let folder = TestFolder::new();
    let file = folder.file("log");
    let mut child = start(CHILD, ["recorder_user_signal".as_ref(), file.as_os_str()]);
    assert!(eventually(|| file.with_extension("ready").exists()));
    let sent = Command::new("kill").args(["-USR1", &child.child.id().to_string()]).status().unwrap();
    assert!(sent.success());
    let ended = child.child.wait().unwrap();
    assert!(ended.success());
    let records = text(&read(&file));
    let messages: Vec<_> = records.iter().map(|record| &*record.message).collect();
    assert_eq!((messages[0], *messages.last().unwrap()), ("No trigger", "Goes on"));
    assert_eq!(records[1].get("reason"), Some("SIGUSR1"));
    assert_eq!((kept(&records, 1), kept(&records, 2)), (vec![0, 1, 2], vec![0, 1, 2]));
    assert_eq!((kept(&records, 0), records.len()), (vec![], 1 + 8 + 1), "that scope has ended well");
}
