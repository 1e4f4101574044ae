//! A disk buffer whose process is killed at each of its system calls, or to which the system refuses
//! each; and what one that syncs has asked of the system when a record counts as safe. strace does it.

#![cfg(target_os = "linux")]
#![forbid(unsafe_code)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write as _;
use std::process::{Command, ExitStatus, Stdio};
use std::thread;

use kakashi_tests::harness::process::{TestFolder, spawn};

const CHILD: &str = env!("CARGO_BIN_EXE_child");
/// So many records a process.
const RECORDS: u64 = 24;
/// No process makes more calls of one kind.
const MOST_STEPS: u64 = 400;

/// Kinds of calls that a kill is tried before. (A `?` is for a call that not each processor has.)
const KILLS: [&str; 7] =
    ["write", "openat", "flock", "lseek", "ftruncate", "?unlink,unlinkat", "?mkdir,mkdirat,?chmod,fchmodat"];

/// What the system refuses, and why.
const REFUSALS: [(&str, &str); 8] = [
    ("write", "ENOSPC"),
    ("write,ftruncate", "EIO"),
    ("openat", "EMFILE"),
    ("openat", "ENOSPC"),
    ("read,pread64", "EIO"),
    ("lseek", "EIO"),
    ("flock", "ENOLCK"),
    ("?unlink,unlinkat", "EACCES"),
];

struct Ended {
    status: ExitStatus,
    /// Some call was killed at, or refused.
    is_injected: bool,
    /// What it printed behind a word.
    safe: Vec<u64>,
    dropped: Option<u64>,
    stderr: String,
}

/// Runs a process that something happens to at the n-th call of a kind, of each of its threads.
fn run(folder: &TestFolder, calls: &str, injected: &str, at: u64, first: u64) -> Ended {
    let mut command = Command::new("strace");
    let trace = folder.file("trace");
    command.args(["-f", "-qq", "-e", &format!("trace={calls}"), "-o"]).arg(&trace);
    command.args(["-e", &format!("inject={calls}:{injected}:when={at}")]);
    command.args([CHILD, "disk_buffer_drain"]).arg(folder.file(""));
    let mut child = spawn(command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()));
    // It may be killed before it reads.
    let _ = writeln!(child.stdin.take().unwrap(), "{first} {} 0", first + RECORDS);
    let ended = child.wait_with_output().unwrap();
    let printed = String::from_utf8(ended.stdout).unwrap();
    let whole = printed.rfind('\n').map_or("", |end| &printed[..end]);
    let number = |line: &str, word: &str| line.strip_prefix(word).map(|text| text.parse().unwrap());
    Ended {
        status: ended.status,
        is_injected: String::from_utf8_lossy(&fs::read(trace).unwrap()).contains("(INJECTED)"),
        safe: whole.lines().filter_map(|line| number(line, "safe ")).collect(),
        dropped: whole.lines().find_map(|line| number(line, "dropped ")),
        stderr: String::from_utf8_lossy(&ended.stderr).into_owned(),
    }
}

/// The numbers that were received, in the order in which they came.
fn received(folder: &TestFolder) -> Vec<u64> {
    let text = fs::read_to_string(folder.file("received")).unwrap_or_default();
    text.lines().map(|line| line.parse().unwrap()).collect()
}

/// Sends what is left, by a process to which nothing happens.
fn send_rest(folder: &TestFolder) {
    fs::write(folder.file("alive"), "").unwrap();
    let mut command = Command::new(CHILD);
    let rest = spawn(command.arg("disk_buffer_rest").arg(folder.file("")).stdout(Stdio::null()));
    assert!(rest.wait_with_output().unwrap().status.success());
}

/// Kills processes before the first, the second, … call of a kind, until one ends by itself: one that
/// finds nothing, and one that finds what that has left.
fn kill_at_each(calls: &str) -> u64 {
    for kills in 0..MOST_STEPS {
        let folder = TestFolder::new();
        let processes = [0, RECORDS].map(|first| run(&folder, calls, "signal=KILL", kills + 1, first));
        send_rest(&folder);
        let mut counts = BTreeMap::<u64, usize>::new();
        let received = received(&folder);
        received.iter().for_each(|n| *counts.entry(*n).or_default() += 1);
        let killed = processes.iter().filter(|process| !process.status.success()).count();
        let what = format!("{calls} {}: {received:?}", kills + 1);
        for n in processes.iter().flat_map(|process| &process.safe) {
            assert!(counts.contains_key(n), "{n} is lost by {what}");
        }
        // A kill between an answer and its mark has one run sent again.
        assert!(counts.values().all(|count| *count <= 1 + killed), "{what}");
        for first in [0, RECORDS] {
            let mut once = received.iter().filter(|n| counts[n] == 1 && (first..first + RECORDS).contains(n));
            assert!(once.clone().is_sorted(), "not in order by {what}");
            assert!(killed > 0 || once.by_ref().count() as u64 == RECORDS, "{what}");
        }
        if processes[0].status.success() {
            return kills;
        }
    }
    panic!("{calls}: no end")
}

#[test]
fn a_kill_at_each_step_loses_no_record_that_was_safe() {
    let kills: u64 = thread::scope(|scope| {
        let threads: Vec<_> =
            KILLS.iter().map(|calls| (calls, scope.spawn(|| kill_at_each(calls)))).collect();
        let ended = threads.into_iter().map(|(calls, thread)| {
            let kills = thread.join().unwrap();
            println!("{calls}: {kills} kills");
            assert!(kills > 0, "{calls} killed nobody: is strace as it was?");
            kills
        });
        ended.sum()
    });
    assert!(kills >= 40, "{kills} kills");
}

/// Has the system refuse the first, the second, … call of a kind, until a process makes no more.
fn refuse_each(calls: &str, error: &str) -> u64 {
    for at in 1..MOST_STEPS {
        let folder = TestFolder::new();
        let ended = run(&folder, calls, &format!("error={error}"), at, 0);
        if !ended.is_injected {
            return at - 1;
        }
        let what = format!("{calls} {at} {error}: {}", ended.stderr);
        let Some(dropped) = ended.dropped else {
            // It was refused to open the directory, or the program itself could not begin.
            assert!(ended.safe.is_empty(), "{what}");
            // The least that it asks of a full disk is names.
            assert_ne!((calls, error), ("write", "ENOSPC"), "{what}");
            continue;
        };
        assert!(ended.status.success(), "{what}");
        send_rest(&folder);
        assert_eq!(dropped, 0, "{what}");
        assert_eq!(received(&folder), (0..RECORDS).collect::<Vec<_>>(), "{what}");
    }
    panic!("{calls}: no end")
}

#[test]
fn whatever_the_system_refuses_each_record_is_received_once_and_in_order() {
    thread::scope(|scope| {
        for (calls, error) in REFUSALS {
            scope.spawn(move || {
                let refused = refuse_each(calls, error);
                println!("{calls}: {refused} times {error}");
                assert!(refused > 0, "{calls} was never refused: is strace as it was?");
            });
        }
    });
}

/// Follows which files have bytes that are not on the disk, and which names are not.
#[test]
fn what_is_safe_in_a_buffer_that_syncs_is_on_the_disk_with_its_file_and_name() {
    let folder = TestFolder::new();
    let trace = folder.file("trace");
    let mut command = Command::new("strace");
    // With -y each descriptor has its file's path.
    command.args(["-f", "-qq", "-y", "-e", "trace=write,fdatasync,fsync,openat", "-o"]).arg(&trace);
    command.args([CHILD, "disk_buffer_drain"]).arg(folder.file(""));
    let mut child = spawn(command.stdin(Stdio::piped()).stdout(Stdio::piped()));
    writeln!(child.stdin.take().unwrap(), "0 {RECORDS} 1").unwrap();
    assert!(child.wait_with_output().unwrap().status.success());
    let trace = fs::read_to_string(trace).unwrap();
    let (mut unsynced, mut unnamed) = (BTreeSet::new(), false);
    let (mut safe, mut files) = (0, BTreeSet::new());
    for line in trace.lines() {
        let Some((call, rest)) = line.split_once('(') else { continue };
        let path =
            rest.split_once('<').and_then(|(_, rest)| rest.split_once('>')).map_or("", |(path, _)| path);
        match call.rsplit(' ').next().unwrap() {
            "openat" if rest.contains("O_CREAT") && rest.contains(".klog") => unnamed = true,
            "write" if rest.contains("safe") => {
                assert!(unsynced.is_empty(), "said before {unsynced:?} was synced");
                assert!(!unnamed, "said before the name of a new file was on the disk");
                safe += 1;
            }
            "write" if path.contains(".klog") => {
                files.insert(path.to_owned());
                unsynced.insert(path.to_owned());
            }
            "fdatasync" => _ = unsynced.remove(path),
            "fsync" if path.ends_with("buffer") => unnamed = false,
            _ => {}
        }
    }
    assert_eq!(safe, RECORDS);
    assert!(files.len() > 1, "{files:?}");
}
