//! What stdout may be: a pipe that says "not now", a closed descriptor.

use std::fs;
use std::io::{Read as _, pipe};
use std::process::Command;
use std::time::Duration;

use kakashi_tests::harness::process::{TestFolder, start_command};
use kakashi_tests::harness::wait::within;
use rustix::fs::{OFlags, fcntl_setfl};

use crate::common::{assert_ends, binary, kakashi, stream};

#[test]
fn a_stdout_that_says_not_now_gets_every_line() {
    let folder = TestFolder::new();
    let file = folder.file("long.klog");
    let (blocks, lines) = stream(200);
    fs::write(&file, blocks.repeat(20)).unwrap();
    let mut command = kakashi(["decode".as_ref(), file.as_os_str()]);
    let (mut reader, writer) = pipe().unwrap();
    fcntl_setfl(&writer, OFlags::NONBLOCK).unwrap();
    command.stdout(writer);
    let mut child = start_command(command);
    // The pipe is full by then, and it waits.
    let has_ended = || child.child.try_wait().unwrap().is_some();
    assert!(!within(Duration::from_millis(200), has_ended), "it gave up");
    let mut shown = String::new();
    reader.read_to_string(&mut shown).unwrap();
    assert!(shown.len() > 100_000, "more than a pipe holds");
    assert!(shown == lines.repeat(20));
    assert_ends(&child.ends(), 0, "", "");
}

#[test]
fn a_stdout_that_can_only_be_read_is_an_error() {
    let folder = TestFolder::new();
    let file = folder.file("good.klog");
    fs::write(&file, stream(1).0).unwrap();
    let mut command = Command::new("sh");
    // std takes a descriptor that refuses writes for one that takes everything.
    command.args(["-c", "exec \"$0\" decode \"$1\" 1</dev/null"]).arg(binary()).arg(&file);
    command.stderr(std::process::Stdio::piped());
    let report = "kakashi: the output can't be written: Bad file descriptor (os error 9)\n";
    assert_ends(&start_command(command).ends(), 1, "", report);
}

#[test]
fn a_name_with_escape_codes_is_shown_without_them() {
    let ended = start_command(kakashi(["decode", "no\u{1b}[2J\nsuch"])).ends();
    assert!(ended.stderr.starts_with("kakashi: no\\u001b[2J\\nsuch: "), "{ended:?}");
    assert_eq!(ended.stderr.lines().count(), 1, "{ended:?}");
}
