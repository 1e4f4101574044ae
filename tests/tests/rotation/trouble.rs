//! Folders that go away, can't be written, or have no room.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};

use kakashi_std::sinks::{RotatingFile, reopen_files};
use kakashi_std::{LoggerConfig, Text, create_custom_logger, info};
use kakashi_tests::harness::process::{TestFolder, spawn, start_command};
use kakashi_tests::harness::read_back::{assert_each_once_in_order, text};

use kakashi_tests::harness::rotated_files::{contents, names};

use crate::{CHILD, HandClock, NOON};

#[test]
fn a_folder_that_is_moved_or_removed_is_made_again_and_nothing_is_lost_that_was_not_in_it() {
    let folder = TestFolder::new();
    let path = folder.file("logs/shop.log");
    let clock = HandClock::at(NOON);
    let files = RotatingFile::new(&path).clock(clock.clone());
    let config = LoggerConfig::new().destination(files.destination().unwrap().encoder(Text));
    let logger = create_custom_logger("rotation", config);
    let mut n = 0u64;
    let mut log = || {
        for _ in 0..10 {
            info!(logger, "Counted", thread = 0, n);
            n += 1;
        }
        logger.flush().is_complete()
    };
    assert!(log());
    fs::rename(folder.file("logs"), folder.file("moved")).unwrap();
    // A second later it looks.
    clock.set(NOON + 1);
    assert!(log());
    fs::remove_file(folder.file("logs").join(&names(&folder.file("logs"))[0])).unwrap();
    reopen_files();
    assert!(log());
    // Nothing can be made there: records wait, then go on.
    fs::rename(folder.file("logs"), folder.file("moved again")).unwrap();
    fs::write(folder.file("logs"), "").unwrap();
    reopen_files();
    std::thread::scope(|scope| {
        let waits = scope.spawn(&mut log);
        while !waits.is_finished() && kakashi_std::stats().failures == 0 {
            std::thread::yield_now();
        }
        fs::remove_file(folder.file("logs")).unwrap();
        assert!(waits.join().unwrap());
    });
    let found = ["moved", "moved again", "logs"].map(|name| contents(&folder.file(name)).concat());
    let numbers =
        found.map(|file| text(&file).iter().map(|entry| entry.number("n").unwrap()).collect::<Vec<_>>());
    assert_eq!(numbers[0], (0..10).collect::<Vec<_>>());
    assert_eq!(numbers[1], (20..30).collect::<Vec<_>>());
    assert_eq!(numbers[2], (30..40).collect::<Vec<_>>());
}

#[test]
fn a_file_goes_on_where_no_other_can_be_made_and_it_is_told_once() {
    let folder = TestFolder::new();
    let logs = folder.file("logs");
    fs::create_dir(&logs).unwrap();
    let mut command = Command::new(CHILD);
    command.arg("rotation_read_only").arg(logs.join("shop.log"));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    if fs::metadata(&logs).unwrap().uid() == 0 {
        // Root may write everywhere.
        std::os::unix::fs::chown(&logs, Some(65_534), Some(65_534)).unwrap();
        command.uid(65_534).gid(65_534);
    }
    let mut child = spawn(&mut command);
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut wait = || {
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        assert_eq!(line, "ready\n");
    };
    wait();
    fs::set_permissions(&logs, fs::Permissions::from_mode(0o555)).unwrap();
    stdin.write_all(b"on\n").unwrap();
    wait();
    assert_eq!(names(&logs), ["shop.00000000.log"]);
    assert_each_once_in_order(&text(&contents(&logs).concat()), 1, 50);
    fs::set_permissions(&logs, fs::Permissions::from_mode(0o755)).unwrap();
    stdin.write_all(b"on\n").unwrap();
    let ended = child.wait_with_output().unwrap();
    let stderr = String::from_utf8(ended.stderr).unwrap();
    assert!(ended.status.success(), "{stderr}");
    assert_eq!(stderr.matches("goes on beyond its end: the next file can't be begun").count(), 1, "{stderr}");
    assert_eq!(names(&logs).len(), 2);
    let all = text(&contents(&logs).concat());
    assert_each_once_in_order(&all, 1, all.len() as u64);
}

#[test]
fn a_full_disk_loses_the_oldest_files_where_that_was_chosen() {
    let folder = TestFolder::new();
    let disk = folder.file("disk");
    fs::create_dir(&disk).unwrap();
    let mut command = Command::new("unshare");
    // A disk of its own, which nobody else sees.
    let script = format!(
        "mount -t tmpfs -o size=256k none {0} && {CHILD} rotation_full_disk {0}/shop.log && ls {0} && cat {0}/shop.0*",
        disk.display()
    );
    command.args(["-rm", "sh", "-c", &script]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let ended = start_command(command).ends();
    if ended.stderr.contains("unshare failed") || ended.stderr.contains("permission denied") {
        eprintln!("not tested: no disk can be mounted here: {}", ended.stderr);
        return;
    }
    assert_eq!(
        ended.stderr.matches("the disk is full: the oldest files are removed").count(),
        1,
        "{}",
        ended.stderr
    );
    let mut lines = ended.stdout.lines();
    assert_eq!(lines.next(), Some("10000 0 0"), "{:.500}", ended.stdout);
    let lines: String = lines.filter(|line| line.contains("Counted")).flat_map(|line| [line, "\n"]).collect();
    let numbers: Vec<_> = text(lines.as_bytes()).iter().map(|entry| entry.number("n").unwrap()).collect();
    assert!(numbers.len() > 1000, "{}", numbers.len());
    let first = numbers[0];
    assert_eq!(numbers, (first..10_000).collect::<Vec<_>>());
}
