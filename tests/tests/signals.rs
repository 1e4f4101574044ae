//! Programs that a signal ends, with `flush_on_signals`: nothing that was logged before
//! is lost. Each is a child process (`support/bin/child`) that logs to the wire.

#![cfg(unix)]
#![forbid(unsafe_code)]

use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::time::Duration;

use kakashi_core::Format;
use kakashi_tests::harness::process::{RunningChild, TestFolder, read, run, send_signal, start};
use kakashi_tests::harness::read_back::{ArrivedRecord, assert_each_once_in_order, entries, numbers};
use kakashi_tests::harness::wait::eventually;

const CHILD: &str = env!("CARGO_BIN_EXE_child");

/// Starts a child that logs to the wire, and waits until it is to be signalled.
fn start_child(scenario: &str, file: &Path) -> RunningChild {
    let child = start(CHILD, [scenario.as_ref(), file.as_os_str()]);
    let ready = file.with_extension("ready");
    assert!(eventually(|| ready.exists()), "{scenario} does not get ready");
    child
}

/// Reads what a child has stored, all of which must be whole.
fn stored(file: &Path) -> Vec<ArrivedRecord> {
    entries(Format::Wire, &read(file))
}

/// Runs a scenario until a signal ends it; returns what it printed and stored.
fn ended_by(scenario: &str, name: &str, number: i32) -> (String, Vec<ArrivedRecord>) {
    let folder = TestFolder::new();
    let file = folder.file("log.klog");
    let child = start_child(scenario, &file);
    send_signal(&child.child, name);
    let ended = child.ends();
    assert_eq!((ended.status.signal(), ended.stderr.as_str()), (Some(number), ""), "{scenario}");
    (ended.stdout, stored(&file))
}

const SIGNALS: [(&str, i32); 2] = [("TERM", 15), ("INT", 2)];

#[test]
fn a_signal_loses_nothing_that_was_logged_before() {
    for scenario in ["signal", "async_signal"] {
        for (name, number) in SIGNALS {
            assert_each_once_in_order(&ended_by(scenario, name, number).1, 2, 1000);
        }
    }
}

#[test]
fn a_signal_under_load_loses_no_record_whose_call_returned() {
    for (name, number) in SIGNALS {
        let (printed, entries) = ended_by("signal_under_load", name, number);
        for (thread, found) in numbers(&entries) {
            let printed =
                printed.lines().filter(|line| line.starts_with(&format!("thread={thread} "))).count();
            assert!(printed > 100);
            assert!(found.iter().copied().eq(0..found.len() as u64), "thread {thread} has a gap");
            assert!(
                found.len() >= printed,
                "{name}: {printed} calls of thread {thread} returned, {} are there",
                found.len()
            );
        }
    }
}

#[test]
fn a_signal_beside_a_stuck_sink_ends_the_process_in_time_and_tells_what_was_left() {
    let folder = TestFolder::new();
    let file = folder.file("log.klog");
    let child = start_child("signal_beside_a_stuck_sink", &file);
    send_signal(&child.child, "TERM");
    let ended = child.ends();
    assert_eq!(ended.status.signal(), Some(15), "{ended:?}");
    assert!(ended.took < Duration::from_secs(8), "{ended:?}");
    assert_eq!(ended.stderr, "kakashi: 8 records could not be written before a signal ended the process\n");
}

#[test]
fn a_second_signal_does_not_wait_for_a_stuck_sink() {
    let folder = TestFolder::new();
    let file = folder.file("log.klog");
    let mut child = start_child("signal_beside_a_stuck_sink", &file);
    let started = std::time::Instant::now();
    // It is not known when the first has been seen to.
    while child.child.try_wait().unwrap().is_none() {
        send_signal(&child.child, "INT");
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(started.elapsed() < Duration::from_secs(4), "{:?}", started.elapsed());
    assert_eq!(child.ends().status.signal(), Some(2));
}

#[test]
fn a_forked_process_is_ended_by_a_signal_and_flushes_if_it_asks_to() {
    let folder = TestFolder::new();
    let file = folder.file("log.klog");
    for scenario in ["signal_in_a_fork", "async_signal_in_a_fork"] {
        let ended = start(CHILD, [scenario.as_ref(), file.as_os_str()]).ends();
        assert_eq!((ended.status.code(), ended.stderr.as_str()), (Some(0), ""), "{ended:?}");
        assert_each_once_in_order(&stored(&file), 2, 100);
        fs::remove_file(&file).unwrap();
    }
}

#[test]
fn a_signal_that_is_ignored_stays_so() {
    let folder = TestFolder::new();
    let file = folder.file("log.klog");
    let ended = start(CHILD, ["signal_ignored".as_ref(), file.as_os_str()]).ends();
    assert_eq!((ended.status.code(), ended.stderr.as_str()), (Some(0), ""), "{ended:?}");
    assert_each_once_in_order(&stored(&file), 1, 100);
}

#[test]
#[cfg(target_os = "linux")]
fn a_child_gets_signals_although_its_parent_ignores_them() {
    // As in a background job of a script that `nohup` has started.
    let ignores = format!("trap '' HUP INT QUIT TERM; exec {CHILD} starts_children -");
    let ended = run("sh", ["-c", &ignores]);
    assert_eq!(ended.stdout, "HUP 1\nINT 2\nQUIT 3\nTERM 15\nPIPE 13\n", "{ended:?}");
    assert_eq!(ended.status.code(), Some(0), "{ended:?}");
}
