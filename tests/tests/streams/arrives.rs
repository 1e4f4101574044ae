//! Records are counted as written when the operating system has taken them.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use kakashi_tests::harness::process::{TestFolder, read, start_command};
use kakashi_tests::harness::read_back::{
    assert_each_once_in_order, of_text, text, text_to_the_last_whole_line,
};

use crate::{CHILD, Counts, run};

#[test]
fn what_a_stdout_that_says_not_now_took_is_what_is_written() {
    let folder = TestFolder::new();
    let report = folder.file("report");
    let (mut reader, writer) = io::pipe().unwrap();
    let mut command = Command::new(CHILD);
    command.arg("nonblocking_stdout").arg(&report).stdin(Stdio::null()).stdout(writer).stderr(Stdio::piped());
    let child = start_command(command);
    // Nobody reads before it has ended: the pipe is full.
    let ended = child.ends();
    assert_eq!((ended.status.code(), ended.stderr.as_str()), (Some(0), ""), "{ended:?}");
    let mut arrived = Vec::new();
    reader.read_to_end(&mut arrived).unwrap();
    let counts = Counts::of(&report);
    let arrived = text_to_the_last_whole_line(&arrived);
    assert_each_once_in_order(&arrived, 1, counts.written as u64);
    assert!(counts.written > 0 && counts.left > 0, "{counts:?}");
    assert_eq!(counts.written + counts.left + counts.dropped, 3000, "{counts:?}");
}

#[test]
fn lines_of_two_loggers_with_destinations_of_their_own_for_one_pipe_are_never_torn() {
    let (reader, writer) = io::pipe().unwrap();
    let mut command = Command::new(CHILD);
    command.args(["soak", "1"]).stdin(Stdio::null()).stdout(writer).stderr(Stdio::piped());
    let child = start_command(command);
    let mut threads = BTreeSet::new();
    for (n, line) in BufReader::new(reader).lines().enumerate() {
        threads.extend(of_text(&format!("{}\n", line.unwrap())).number("thread"));
        if n % 500 == 0 {
            // The pipe fills up meanwhile: it takes parts of batches.
            thread::sleep(Duration::from_millis(5));
        }
    }
    assert!(child.ends().status.success());
    assert_eq!(threads.len(), 4);
}

#[test]
fn a_stdout_that_is_a_file_at_its_size_limit_fails_and_what_it_took_is_written() {
    let folder = TestFolder::new();
    let (report, log) = (folder.file("report"), folder.file("log"));
    let mut command = Command::new(CHILD);
    command.arg("limited_stdout").arg(&report).stdin(Stdio::null()).stderr(Stdio::piped());
    command.stdout(File::create(&log).unwrap());
    let ended = start_command(command).ends();
    assert_eq!(ended.stderr.matches("kakashi: stdout failed: File too large").count(), 1, "{ended:?}");
    let arrived = read(&log);
    assert_eq!(arrived.len(), 100_000);
    let counts = Counts::of(&report);
    assert_each_once_in_order(&text_to_the_last_whole_line(&arrived), 1, counts.written as u64);
    assert!(counts.written > 0 && counts.failures > 0, "{counts:?}");
    assert_eq!(counts.written + counts.left + counts.dropped, 3000, "{counts:?}");
}

#[test]
fn a_closed_stream_is_a_failure_and_records_wait_until_it_is_open_again() {
    for scenario in ["close_stdout", "close_stderr"] {
        let folder = TestFolder::new();
        let report = folder.file("report");
        let ended = run(scenario, &report);
        assert_eq!(ended.status.code(), Some(0), "{ended:?}");
        let told = usize::from(scenario == "close_stdout");
        assert_eq!(ended.stderr.matches("kakashi: stdout failed: Bad file descriptor").count(), told);
        let counts = Counts::of(&report);
        assert_eq!((counts.written, counts.left, counts.dropped), (0, 101, 0), "{scenario}");
        assert!(counts.failures > 0);
        assert_each_once_in_order(&text(&read(report.with_extension("log"))), 1, 101);
        assert_eq!(Counts::of(&report.with_extension("after")).written, 101, "{scenario}");
    }
}

#[test]
fn a_redirected_stream_is_followed_and_its_old_pipe_closes() {
    let folder = TestFolder::new();
    let log = folder.file("log");
    let (mut out, out_writer) = io::pipe().unwrap();
    let (mut err, err_writer) = io::pipe().unwrap();
    let mut command = Command::new(CHILD);
    command.arg("redirect").arg(&log).stdin(Stdio::piped()).stdout(out_writer).stderr(err_writer);
    let mut child = start_command(command);
    // Both end while the child lives and has more to say.
    for pipe in [&mut out, &mut err] {
        let mut arrived = Vec::new();
        pipe.read_to_end(&mut arrived).unwrap();
        assert_each_once_in_order(&text(&arrived), 1, 1);
    }
    child.child.stdin.take().unwrap().write_all(b"\n").unwrap();
    assert_eq!(child.ends().status.code(), Some(0));
    let arrived = text(&read(&log));
    assert_eq!(arrived.iter().map(|entry| entry.get("thread")).collect::<Vec<_>>(), [Some("1"); 2]);
}

#[test]
fn a_message_of_kakashis_shows_names_without_their_escape_codes() {
    let folder = TestFolder::new();
    let ended = run("hostile_name", &folder.file("-"));
    assert!(
        ended.stderr.starts_with("kakashi: file \\u001b[2Ja\\nb\\u202e.log failed: No space left"),
        "{ended:?}"
    );
    assert!(ended.stderr.chars().all(|character| character == '\n' || !character.is_control()), "{ended:?}");
}

#[test]
fn a_message_to_a_stderr_that_nobody_reads_holds_up_nothing() {
    let folder = TestFolder::new();
    let log = folder.file("log");
    let ended = run("full_stderr", &log);
    assert_eq!(ended.status.code(), Some(0), "{ended:?}");
    assert_eq!(text(&read(&log)).len(), 1);
}
