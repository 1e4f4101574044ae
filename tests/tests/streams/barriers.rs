//! A barrier waits for a destination that says "not now", and tries one that fails again,
//! until its deadline; destinations for one file are one.

use std::fs;
use std::io::{self, ErrorKind, Read as _};
use std::os::unix::fs::symlink;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use kakashi_std::sinks::{self, WriterSink};
use kakashi_std::{
    Destination, Format, LoggerConfig, Text, configure, create_custom_logger, flush_timeout, info,
};
use kakashi_tests::harness::fake_sinks::{FakeWriter, WriterMode};
use kakashi_tests::harness::global_state::alone;
use kakashi_tests::harness::process::{TestFolder, read, start_command};
use kakashi_tests::harness::read_back::{assert_each_once_in_order, numbers, text};
use kakashi_tests::harness::wait::{TEST_TIMEOUT, eventually, within};

use crate::CHILD;

/// Runs a child whose stdout nobody reads before it has filled the pipe.
fn arrived_from(scenario: &str) -> Vec<u8> {
    let (mut reader, writer) = io::pipe().unwrap();
    let mut command = Command::new(CHILD);
    command.args([scenario, "-"]).stdin(Stdio::null()).stdout(writer).stderr(Stdio::piped());
    let mut child = start_command(command);
    let has_ended = || child.child.try_wait().unwrap().is_some();
    assert!(!within(Duration::from_millis(200), has_ended), "{scenario}: it did not wait");
    let mut arrived = Vec::new();
    reader.read_to_end(&mut arrived).unwrap();
    let ended = child.ends();
    assert_eq!((ended.status.code(), ended.stderr.as_str()), (Some(0), ""), "{scenario}: {ended:?}");
    arrived
}

#[test]
fn the_end_of_a_process_waits_for_a_stdout_that_says_not_now() {
    for scenario in ["nonblocking_return", "nonblocking_exit"] {
        assert_each_once_in_order(&text(&arrived_from(scenario)), 1, 30_000);
    }
}

#[test]
fn a_flush_waits_for_a_stdout_that_says_not_now() {
    assert_each_once_in_order(&text(&arrived_from("nonblocking_flush")), 1, 30_000);
}

#[test]
fn an_error_waits_for_a_stdout_that_says_not_now() {
    assert_each_once_in_order(&text(&arrived_from("nonblocking_error")), 1, 30_001);
}

#[test]
fn a_flush_tries_a_sink_that_fails_until_its_deadline() {
    let _alone = alone();
    let writer = FakeWriter::new(WriterMode::Fail(ErrorKind::StorageFull));
    let destination = Destination::new(WriterSink::new(writer.clone())).named("the writer");
    // An hour: nothing but the flush writes.
    configure().format(Format::Text).flush_after_millis(3_600_000).destination(destination).apply();
    info!("Counted", thread = 0, n = 0);
    thread::scope(|scope| {
        let flushed = scope.spawn(|| flush_timeout(TEST_TIMEOUT));
        assert!(eventually(|| writer.calls() >= 3), "it is tried again");
        writer.set_mode(WriterMode::TakeAll);
        assert!(flushed.join().unwrap().is_complete());
    });
    assert_each_once_in_order(&text(&writer.bytes()), 1, 1);
}

#[test]
fn destinations_for_one_file_by_two_names_keep_one_order() {
    let folder = TestFolder::new();
    let (file, link) = (folder.file("log"), folder.file("link"));
    fs::write(&file, "").unwrap();
    symlink(&file, &link).unwrap();
    let logger_to = |path| {
        create_custom_logger("app", LoggerConfig::new().destination(sinks::file(path).unwrap().encoder(Text)))
    };
    let loggers = [logger_to(&file), logger_to(&link)];
    for n in 0..1000 {
        info!(loggers[n % 2], "Counted", thread = 0, n);
    }
    for logger in &loggers {
        assert!(logger.flush().is_complete());
    }
    let numbers = numbers(&text(&read(&file)));
    assert!(numbers[&0].iter().copied().eq(0..1000), "{numbers:?}");
}
