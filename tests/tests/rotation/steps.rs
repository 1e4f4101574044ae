//! A process that is killed at each step that it takes beside writing: before its n-th system
//! call of each kind, on whatever thread. strace does it. And what a program that syncs has
//! asked of the system when it says that a record is kept.

#![cfg(target_os = "linux")]
#![forbid(unsafe_code)]

use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::{Command, Stdio};

use kakashi_tests::harness::process::{TestFolder, spawn};
use kakashi_tests::harness::rotated_files::assert_each_written_once;

/// Kinds of calls, and how many of each are tried. (A `?` is for a call that not each processor has.)
const STEPS: [(&str, u64); 8] = [
    ("flock", 2),
    ("write", 60),
    ("openat", 60),
    ("?symlink,symlinkat", 5),
    ("?rename,?renameat,renameat2", 8),
    ("fsync", 6),
    ("?unlink,unlinkat", 8),
    ("?fchmod,utimensat", 6),
];

#[test]
fn a_kill_at_each_step_loses_and_doubles_no_record_that_was_written() {
    let folder = TestFolder::new();
    let mut written = BTreeSet::new();
    let (mut first, mut kills) = (0, 0);
    for (calls, count) in STEPS {
        let mut killed = 0;
        for at in 1..=count {
            let mut command = Command::new("strace");
            command.args(["-f", "-qq", "-o", "/dev/null", "-e", &format!("trace={calls}")]);
            command.args(["-e", &format!("inject={calls}:signal=KILL:when={at}")]);
            command.args([env!("CARGO_BIN_EXE_child"), "rotation_kill"]).arg(folder.file("shop.log"));
            let mut child = spawn(command.stdin(Stdio::piped()).stdout(Stdio::piped()));
            // It may be killed before it reads.
            let _ = writeln!(child.stdin.take().unwrap(), "{first} 500");
            let ended = child.wait_with_output().unwrap();
            killed += u64::from(!ended.status.success());
            let printed = String::from_utf8(ended.stdout).unwrap();
            let whole = printed.rfind('\n').map_or("", |end| &printed[..end]);
            written.extend(whole.lines().map(|line| line.parse::<u64>().unwrap()));
            // The one after the last may be written, too.
            first = written.last().map_or(first, |last| first.max(*last)) + 2;
        }
        assert!(killed > 0, "{calls} killed nobody: is strace as it was?");
        println!("{calls}: {killed} kills");
        kills += killed;
    }
    assert!(kills >= 100, "{kills} kills");
    assert_each_written_once(&folder.file(""), &written, kills);
}

/// Follows which files have bytes that are not on the disk.
#[test]
fn what_is_said_to_be_kept_is_on_the_disk_with_its_file_and_name() {
    let folder = TestFolder::new();
    let trace = folder.file("trace");
    let mut command = Command::new("strace");
    // With -y each descriptor has its file's path.
    command.args(["-f", "-qq", "-y", "-e", "trace=write,fdatasync,fsync,openat"]).arg("-o").arg(&trace);
    command.args([env!("CARGO_BIN_EXE_child"), "durability"]).arg(folder.file("trail.log"));
    let ended = spawn(command.stdin(Stdio::null()).stdout(Stdio::piped())).wait_with_output().unwrap();
    assert!(ended.status.success());
    assert_eq!(String::from_utf8(ended.stdout).unwrap().lines().count(), 40);
    let trace = std::fs::read_to_string(trace).unwrap();
    let (mut unsynced, mut unnamed) = (BTreeSet::new(), false);
    let (mut kept, mut files) = (0, BTreeSet::new());
    for line in trace.lines() {
        let Some((call, rest)) = line.split_once('(') else { continue };
        let call = call.rsplit(' ').next().unwrap();
        let path =
            rest.split_once('<').and_then(|(_, rest)| rest.split_once('>')).map_or("", |(path, _)| path);
        match call {
            "openat" if rest.contains("O_CREAT") && rest.contains(".log") => unnamed = true,
            "write" if rest.contains("kept") => {
                assert!(unsynced.is_empty(), "said before {unsynced:?} was synced");
                assert!(!unnamed, "said before the name of a new file was on the disk");
                kept += 1;
            }
            "write" if path.contains(".log") && !path.contains("lock") => {
                files.insert(path.to_owned());
                unsynced.insert(path.to_owned());
            }
            "fdatasync" => _ = unsynced.remove(path),
            "fsync" if !path.contains(".log") => unnamed = false,
            _ => {}
        }
    }
    assert_eq!(kept, 40);
    assert!(files.len() > 4, "{files:?}");
}
