//! What becomes of entries while the journal takes nothing, or is not there: each comes once
//! and in order, or is counted.

use std::fs;
use std::process::Command;
use std::thread;
use std::time::Duration;

use kakashi_std::sinks::{Journald, JournaldError};
use kakashi_std::{
    DestinationStats, FunctionalLogger, LoggerConfig, configure, create_custom_logger, error, flush,
    flush_timeout, info, stats_by_destination,
};
use kakashi_tests::harness::global_state::alone;
use kakashi_tests::harness::process::{TestFolder, start_command};
use kakashi_tests::harness::wait::in_time;

use crate::entry::JournalEntry;
use crate::receiver::Receiver;

fn logger(receiver: &Receiver, name: &str) -> FunctionalLogger {
    create_custom_logger(name, LoggerConfig::new().destination(receiver.destination().named(name)))
}

fn stats(name: &str) -> DestinationStats {
    let stats = stats_by_destination().into_iter().find(|stats| &*stats.name == name);
    stats.expect("it is in use")
}

fn log(logger: &FunctionalLogger, numbers: std::ops::Range<u64>) {
    for n in numbers {
        info!(logger, "Counted", n);
    }
}

fn number(entry: &JournalEntry) -> u64 {
    entry.text("N").expect("it has a number").parse().unwrap()
}

#[test]
fn a_full_socket_is_waited_for_and_each_entry_comes_once_and_in_order() {
    let _alone = alone();
    configure().reset().apply();
    let folder = TestFolder::new();
    let receiver = Receiver::at(folder.file("socket"));
    let logger = logger(&receiver, "full");
    log(&logger, 0..5000);
    assert!(!flush_timeout(Duration::from_millis(50)).is_complete());
    let before = stats("full");
    assert!(before.waiting > 0 && before.written < 5000, "{before}");
    assert_eq!((before.written + before.waiting, before.dropped.total()), (5000, 0));
    let reader = thread::spawn(move || (0..5000).map(|_| number(&receiver.take())).collect::<Vec<_>>());
    assert!(flush().is_complete());
    assert!(reader.join().unwrap().into_iter().eq(0..5000));
    let after = stats("full");
    assert_eq!((after.written, after.waiting, after.dropped.total()), (5000, 0, 0));
}

#[test]
fn a_dead_journal_holds_up_no_caller_and_what_is_dropped_is_counted_and_announced() {
    let _alone = alone();
    let folder = TestFolder::new();
    let receiver = Receiver::at(folder.file("socket"));
    configure().reset().backlog_bytes(16 << 10).stall_timeout(Duration::ZERO).apply();
    let logger = logger(&receiver, "dead");
    let logger = in_time(move || {
        log(&logger, 0..20_000);
        logger
    });
    let _ = flush_timeout(Duration::from_millis(50));
    let before = stats("dead");
    assert_eq!(before.written + before.waiting + before.dropped.total(), 20_000, "{before}");
    assert!(before.dropped.total() > 0, "{before}");
    let reader = thread::spawn(move || {
        let (mut numbers, mut announced) = (Vec::new(), 0);
        loop {
            let entry = receiver.take();
            match entry.text("LOGGER") {
                Some("kakashi") => announced += entry.text("DROPPED").unwrap().parse::<usize>().unwrap(),
                _ if entry.text("MESSAGE") == Some("The end") => break,
                _ => numbers.push(number(&entry)),
            }
        }
        (numbers, announced)
    });
    assert!(flush().is_complete());
    info!(logger, "The end");
    assert!(flush().is_complete());
    let (numbers, announced) = reader.join().unwrap();
    let after = stats("dead");
    assert_eq!((numbers.len() + after.dropped.total(), after.waiting), (20_000, 0));
    assert!(numbers.is_sorted_by(|before, after| before < after), "once and in order");
    assert_eq!(announced, after.dropped.total());
    configure().reset().apply();
}

#[test]
fn a_journal_that_goes_and_comes_back_gets_each_entry_once_and_in_order() {
    let _alone = alone();
    configure().reset().apply();
    let folder = TestFolder::new();
    let path = folder.file("socket");
    let mut receiver = Receiver::at(path.clone());
    let logger = logger(&receiver, "back");
    for (round, leaves_the_path) in [(0, true), (1, false), (2, true)] {
        let from = round * 20;
        log(&logger, from..from + 10);
        assert!(flush().is_complete());
        (from..from + 10).for_each(|n| assert_eq!(number(&receiver.take()), n));
        drop(receiver);
        if !leaves_the_path {
            fs::remove_file(&path).unwrap();
        }
        log(&logger, from + 10..from + 20);
        assert!(!flush_timeout(Duration::from_millis(50)).is_complete());
        let stats = stats("back");
        assert_eq!((stats.waiting, stats.dropped.total()), (10, 0));
        receiver = Receiver::at(path.clone());
        // Ten entries are the shortest queue that a system has.
        let reader = thread::spawn(move || {
            (from + 10..from + 20).for_each(|n| assert_eq!(number(&receiver.take()), n));
            receiver
        });
        assert!(flush().is_complete());
        receiver = reader.join().unwrap();
    }
    assert!(receiver.is_empty());
    assert_eq!(stats("back").written, 60);
}

#[test]
fn an_error_is_there_when_its_call_returns() {
    let folder = TestFolder::new();
    let receiver = Receiver::at(folder.file("socket"));
    let logger = logger(&receiver, "errors");
    error!(logger, "Failed");
    assert_eq!(receiver.take_now().expect("it is there").text("PRIORITY"), Some("3"));
    assert!(receiver.is_empty());
}

#[test]
fn an_entry_that_can_be_sent_in_no_way_is_rejected_and_holds_up_no_other() {
    let _alone = alone();
    let folder = TestFolder::new();
    let receiver = Receiver::at(folder.file("socket"));
    // Files may have 2 MiB there, those of memory too.
    let mut command = Command::new("sh");
    command
        .args(["-c", "trap '' XFSZ; ulimit -f 4096; exec \"$@\"", "sh", env!("CARGO_BIN_EXE_child")])
        .arg("journal_refused")
        .arg(receiver.path())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    let ended = start_command(command).ends();
    assert!(ended.status.success(), "{ended:?}");
    assert_eq!(ended.stdout, "2 written, 1 rejected\n");
    assert!(ended.stderr.starts_with("kakashi: journald refuses records: 1 of a batch"), "{}", ended.stderr);
    // The announcement comes before what still waited.
    let entries = [(); 3].map(|()| receiver.take());
    let messages = entries.each_ref().map(|entry| entry.text("MESSAGE").unwrap());
    assert_eq!(messages, ["Before", "Records were dropped", "After"]);
    assert_eq!(entries[1].text("REASONS"), Some(r#"{"rejected":1}"#));
    assert!(receiver.is_empty());
}

#[test]
fn what_makes_no_sense_is_an_error_that_says_what_would() {
    let folder = TestFolder::new();
    let path = folder.file("socket");
    let error = Journald::new().socket(&path).identifier("till").open().unwrap_err();
    assert!(matches!(error, JournaldError::NoJournal { .. }));
    let text = error.to_string();
    let beginning = format!("there is no journal at {}: No such file or directory", path.display());
    assert!(text.starts_with(&beginning) && text.contains("sinks::stderr()"), "{text}");
    for identifier in ["", "a\nb"] {
        let error = Journald::new().socket(&path).identifier(identifier).open().unwrap_err();
        assert!(matches!(error, JournaldError::Setting(_)));
        assert!(error.to_string().contains(&format!("{identifier:?}: give a name")), "{error}");
    }
}
