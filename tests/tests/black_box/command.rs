//! The command `kakashi recover`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use kakashi_tests::harness::process::{
    EndedChild, TestFolder, build, read, send_signal, spawn, start_command,
};
use kakashi_tests::harness::wait::eventually;

fn kakashi(arguments: &[&Path]) -> Command {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    let binary = BINARY.get_or_init(|| {
        build(env!("CARGO_TARGET_TMPDIR"), &["-p", "kakashi-std", "--features", "cli", "--bin", "kakashi"])
    });
    let mut command = Command::new(binary);
    command.arg("recover").args(arguments);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn recover(arguments: &[&Path]) -> EndedChild {
    start_command(kakashi(arguments)).ends()
}

/// Has a program log to a folder, and kills it.
fn leave_records(folder: &Path) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_child"));
    command.arg("black_box_kill").arg(folder).env("KAKASHI_ABORT_AFTER", "500");
    let status = spawn(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()))
        .wait()
        .expect("it ends");
    assert!(!status.success());
}

/// How many records of thread 0 stand in a log: it has logged 500.
fn logged(log: &Path) -> usize {
    let text = String::from_utf8(read(log)).expect("text");
    text.lines().filter_map(|line| line.split_once(" n=")).filter(|(_, rest)| number(rest) < 1 << 32).count()
}

fn number(text: &str) -> u64 {
    text.split(' ').next().and_then(|digits| digits.parse().ok()).expect("a number")
}

#[test]
fn what_was_left_is_brought_to_its_files_and_said() {
    let folder = TestFolder::in_memory();
    leave_records(&folder.file(""));
    let ended = recover(&[&folder.file("box")]);
    assert_eq!((ended.status.code(), ended.stdout.as_str()), (Some(0), ""), "{}", ended.stderr);
    assert!(ended.stderr.starts_with("kakashi: child (process "), "{}", ended.stderr);
    assert!(ended.stderr.contains(" records to ") && ended.stderr.contains("log.txt"), "{}", ended.stderr);
    assert_eq!(logged(&folder.file("log.txt")), 500);
    let ended = recover(&[&folder.file("box")]);
    assert_eq!((ended.status.code(), ended.stderr.as_str()), (Some(0), ""), "nothing is left");
}

#[test]
fn all_goes_to_a_file_that_is_named() {
    let folder = TestFolder::in_memory();
    leave_records(&folder.file(""));
    for log in ["log.txt", "log.json", "log.klog"] {
        fs::remove_file(folder.file(log)).expect("it is there");
    }
    let named = folder.file("named.log");
    let ended = recover(&[Path::new("--to"), &named, &folder.file("box")]);
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    let text = String::from_utf8(read(&named)).expect("text");
    assert_eq!(text.matches("kakashi Recovered from a process").count(), 2, "of text and of the wire");
    assert!(!folder.file("log.txt").exists() && logged(&named) > 0);
}

#[test]
fn what_is_wrong_is_said_with_what_would_be_right() {
    let folder = TestFolder::in_memory();
    let ended = recover(&[&folder.file("none")]);
    assert_eq!(ended.status.code(), Some(1));
    assert!(ended.stderr.contains("none can't be read: No such file"), "{}", ended.stderr);
    let ended = recover(&[Path::new("--any-user"), &folder.file("none")]);
    assert_eq!(ended.status.code(), Some(2));
    assert!(ended.stderr.contains("--to <FILE>"), "{}", ended.stderr);
}

#[test]
fn a_program_that_dies_is_recovered_while_the_directory_is_watched() {
    let folder = TestFolder::in_memory();
    // Before there is a directory.
    let watching = start_command(kakashi(&[Path::new("--watch"), &folder.file("box")]));
    for round in 1..=2 {
        leave_records(&folder.file(""));
        let log = folder.file("log.txt");
        assert!(eventually(|| {
            std::thread::sleep(Duration::from_millis(10));
            logged(&log) == 500 * round && fs::read_dir(folder.file("box")).expect("the box").count() == 0
        }));
    }
    send_signal(&watching.child, "TERM");
    let ended = watching.ends();
    assert_eq!(ended.status.code(), None, "the signal has ended it");
    assert_eq!(ended.stderr.lines().count(), 2, "{}", ended.stderr);
}
