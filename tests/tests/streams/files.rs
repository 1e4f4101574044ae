//! Files: which one is meant, and how a torn one goes on.

use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};

use kakashi_std::{
    Destination, Encoder, Json, LoggerConfig, Sink as _, Text, create_custom_logger, info, sinks,
};
use kakashi_tests::harness::process::{TestFolder, read, start_command};
use kakashi_tests::harness::read_back::{assert_each_once_in_order, of_json, text};
use kakashi_tests::harness::wait::eventually;

use crate::{CHILD, run};

#[test]
fn a_file_opened_anew_is_the_one_that_was_meant_wherever_the_process_is_by_then() {
    let folder = TestFolder::new();
    let ended = run("leave_folder", &folder.file(""));
    assert_eq!(ended.status.code(), Some(0), "{ended:?}");
    for (name, thread) in [("logs/app.log.1", "0"), ("logs/app.log", "1")] {
        let entries = text(&read(folder.file(name)));
        assert_eq!(entries.iter().map(|entry| entry.get("thread")).collect::<Vec<_>>(), [Some(thread)]);
    }
    assert!(!folder.file("elsewhere/logs").exists());
}

fn log_three(destination: Destination) {
    let logger = create_custom_logger("torn", LoggerConfig::new().destination(destination));
    for n in 0..3 {
        info!(logger, "Counted", thread = 0, n);
    }
    assert!(logger.flush().is_complete());
}

#[test]
fn a_torn_line_is_closed_before_the_next_record() {
    fn appended(file: &Path, torn: &str, encoder: impl Encoder + 'static) -> String {
        fs::write(file, torn).unwrap();
        log_three(sinks::file(file).unwrap().encoder(encoder));
        let all = String::from_utf8(read(file)).unwrap();
        all.strip_prefix(torn).expect("what was there stays").to_owned()
    }
    let folder = TestFolder::new();
    let file = folder.file("log");
    for (torn, newline) in [("", ""), ("whole\n", ""), ("{\"torn\":", "\n"), ("\n\nx", "\n")] {
        let lines = appended(&file, torn, Text);
        let lines = lines.strip_prefix(newline).expect("a newline first");
        assert_each_once_in_order(&text(lines.as_bytes()), 1, 3);
        let lines = appended(&file, torn, Json::new());
        let lines = lines.strip_prefix(newline).expect("a newline first");
        assert_eq!(lines.split_inclusive('\n').map(of_json).count(), 3);
    }
}

#[test]
fn a_run_after_a_full_disk_begins_with_a_line_of_its_own() {
    let folder = TestFolder::new();
    let log = folder.file("log");
    assert_eq!(run("torn_line", &log).status.code(), Some(0));
    let torn = String::from_utf8(read(&log)).unwrap();
    assert!(torn.len() == 1000 && !torn.ends_with('\n'), "{torn}");
    let mut command = Command::new(CHILD);
    command.args(["append_to_stdout", "-"]).stdin(Stdio::null()).stderr(Stdio::null());
    command.stdout(File::options().append(true).open(&log).unwrap());
    assert_eq!(start_command(command).ends().status.code(), Some(0));
    let all = String::from_utf8(read(&log)).unwrap();
    let new = all.strip_prefix(&torn).and_then(|new| new.strip_prefix('\n')).expect("a newline first");
    assert_eq!(new.split_inclusive('\n').map(of_json).count(), 3, "{new}");
}

#[test]
fn a_renamed_file_that_is_opened_anew_is_looked_at_again() {
    let folder = TestFolder::new();
    let file = folder.file("log");
    let config = LoggerConfig::new().destination(sinks::file(&file).unwrap().encoder(Text));
    let logger = create_custom_logger("torn", config);
    for n in 0..2 {
        info!(logger, "Counted", thread = 0, n);
        assert!(logger.flush().is_complete());
        fs::rename(&file, folder.file(&format!("log.{n}"))).unwrap();
        fs::write(&file, "torn").unwrap();
        sinks::reopen_files();
    }
    assert_eq!(text(&read(folder.file("log.0"))).len(), 1);
    let second = String::from_utf8(read(folder.file("log.1"))).unwrap();
    assert_eq!(text(second.strip_prefix("torn\n").expect("a newline first").as_bytes()).len(), 1);
}

#[test]
fn a_file_is_one_target_by_whatever_name() {
    let folder = TestFolder::new();
    let (file, link, other) = (folder.file("log"), folder.file("link"), folder.file("other"));
    let opened = sinks::FileSink::open(&file).unwrap();
    symlink(&file, &link).unwrap();
    let name = folder.file("hard");
    fs::hard_link(&file, &name).unwrap();
    assert!(opened.target().is_some());
    for same in [&file, &link, &name] {
        assert_eq!(sinks::FileSink::open(same).unwrap().target(), opened.target());
    }
    assert_ne!(sinks::FileSink::open(other).unwrap().target(), opened.target());
    assert_eq!(sinks::FileSink::open("/dev/null").unwrap().target(), None);
}

#[test]
fn a_file_that_is_removed_is_made_again_with_its_folder() {
    let folder = TestFolder::new();
    let file = folder.file("logs/log");
    let config = LoggerConfig::new().destination(sinks::file(&file).unwrap().encoder(Text));
    let logger = create_custom_logger("removed", config);
    let mut n = 0u64;
    let mut log = || {
        info!(logger, "Counted", thread = 0, n);
        n += 1;
        logger.flush().is_complete()
    };
    assert!(log());
    fs::remove_dir_all(folder.file("logs")).unwrap();
    assert!(eventually(|| log() && file.exists()));
    let found = text(&read(&file));
    let first = found[0].number("n").unwrap();
    assert!(first > 0 && found.len() as u64 == n - first, "{first} {n}");
}
