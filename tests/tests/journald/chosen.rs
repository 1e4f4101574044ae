//! When the journal is chosen by itself, and by a file of settings. Each program is a child process
//! (`support/bin/child`), begun while no other test has a socket: it has a copy until it executes.

use std::fs::{self, File};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use kakashi_tests::harness::global_state::alone;
use kakashi_tests::harness::process::{TestFolder, start_command};

use crate::entry::JournalEntry;
use crate::receiver::Receiver;

/// Runs a program whose stderr is a file, with `JOURNAL_STREAM` naming that file or another;
/// returns what it wrote there.
fn stderr_of(scenario: &str, folder: &TestFolder, socket: &Path, is_stream: bool) -> String {
    let path = folder.file("stderr");
    let file = File::create(&path).unwrap();
    let found = file.metadata().unwrap();
    let inode = if is_stream { found.ino() } else { found.ino() + 1 };
    let mut command = Command::new(env!("CARGO_BIN_EXE_child"));
    command
        .args([scenario, "-"])
        .env("JOURNAL_STREAM", format!("{}:{inode}", found.dev()))
        .env("KAKASHI_JOURNAL_SOCKET", socket)
        .stdout(Stdio::null())
        .stderr(Stdio::from(file));
    let _alone = alone();
    let ended = start_command(command).ends();
    assert!(ended.status.success(), "{ended:?}");
    fs::read_to_string(path).unwrap()
}

fn message(entry: &JournalEntry) -> &str {
    entry.text("MESSAGE").unwrap()
}

#[test]
fn where_stderr_is_the_journal_it_is_the_default_destination() {
    let folder = TestFolder::new();
    let receiver = Receiver::at(folder.file("socket"));
    let stderr = stderr_of("journal_default", &folder, receiver.path(), true);
    assert_eq!(stderr, "");
    let entry = receiver.take();
    assert_eq!((message(&entry), entry.text("SYSLOG_IDENTIFIER")), ("By default", Some("child")));
    assert_eq!(message(&receiver.take()), "By a logger of its own");
    assert!(receiver.is_empty());
}

#[test]
fn where_stderr_is_not_the_journal_it_is_not_written_to() {
    let folder = TestFolder::new();
    let receiver = Receiver::at(folder.file("socket"));
    let stderr = stderr_of("journal_default", &folder, receiver.path(), false);
    assert!(stderr.contains(" By default\n") && stderr.contains(" By a logger of its own\n"), "{stderr}");
    assert!(receiver.is_empty());
}

#[test]
fn what_the_program_chooses_wins() {
    let folder = TestFolder::new();
    let receiver = Receiver::at(folder.file("socket"));
    for scenario in ["journal_json", "journal_stderr"] {
        let stderr = stderr_of(scenario, &folder, receiver.path(), true);
        assert!(stderr.contains("Chosen") && stderr.lines().count() == 1, "{scenario}: {stderr}");
        assert!(receiver.is_empty());
    }
}

#[test]
fn the_default_destination_follows_the_format() {
    let folder = TestFolder::new();
    let receiver = Receiver::at(folder.file("socket"));
    let stderr = stderr_of("journal_format", &folder, receiver.path(), true);
    assert!(stderr.lines().count() == 1 && stderr.contains("\"message\":\"Json\""), "{stderr}");
    for wanted in ["Auto", "Auto again", "Default again"] {
        assert_eq!(message(&receiver.take()), wanted);
    }
    assert!(receiver.is_empty());
}

#[test]
fn a_journal_that_is_not_there_is_reported_once_and_records_go_to_stderr() {
    let folder = TestFolder::new();
    let socket = folder.file("socket");
    let stderr = stderr_of("journal_default", &folder, &socket, true);
    let lines: Vec<_> = stderr.lines().collect();
    let report =
        format!("kakashi: records go to stderr as text: there is no journal at {}: ", socket.display());
    assert!(lines.len() == 3 && lines[0].starts_with(&report), "{stderr}");
    assert!(lines[1].ends_with(" By default") && lines[2].ends_with(" By a logger of its own"), "{stderr}");
}

#[test]
fn a_file_of_settings_has_the_journal_too() {
    let _alone = alone();
    let folder = TestFolder::new();
    let receiver = Receiver::at(folder.file("socket"));
    let config = folder.file("kakashi.toml");
    let run = |destination: &str| {
        let destination = destination.replace("SOCKET", receiver.path().to_str().unwrap());
        fs::write(&config, format!("[[destinations]]\n{destination}\n")).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_child"));
        command.arg("configure_from").arg(&config).env_remove("KAKASHI_LOG").env_remove("RUST_LOG");
        start_command({
            command.stdout(Stdio::piped()).stderr(Stdio::piped());
            command
        })
        .ends()
    };
    let ended = run("journald = { socket = 'SOCKET', identifier = 'shop' }");
    assert_eq!((&*ended.stdout, &*ended.stderr), ("", ""));
    let entry = receiver.take();
    assert_eq!((message(&entry), entry.text("SYSLOG_IDENTIFIER")), ("Served", Some("shop")));
    assert_eq!(message(&receiver.take()), "Slow");
    for (wrong, message) in [
        ("journald = { socket = '/nowhere/socket' }", ":2:12: there is no journal at /nowhere/socket: "),
        ("journald = { identifier = '' }", ":2:12: identifier is \"\": give a name"),
        ("journald = { path = 'x' }", ":2:14: unknown field `path`, expected `identifier` or `socket`"),
        (
            "journald = {}\nformat = 'json'",
            ":1:1: the journal has a form of its own: leave format and pattern out",
        ),
        ("journald = {}\nfile = 'x'", ":1:1: a destination is one of "),
    ] {
        let printed = run(wrong).stdout;
        assert!(printed.contains(message), "{wrong}: {printed}");
    }
    assert!(receiver.is_empty());
}
