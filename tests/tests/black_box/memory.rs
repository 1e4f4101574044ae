//! A black box in a memory of its own that is full, read-only or taken away; and a system that has none left.
//!
//! Each memory is mounted in a namespace that nobody else sees. Where that is not permitted the tests say so.

use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use kakashi_std::Recovery;
use kakashi_tests::harness::process::{EndedChild, TestFolder, read, start_command};

use crate::logged::{numbers, numbers_in};

const CHILD: &str = env!("CARGO_BIN_EXE_child");
/// What is said, whatever the reason.
const NOT_KEPT: &str = "would not outlive the process";

/// Runs a program that does as it is told, with a tmpfs for its black box, then recovers what it has left
/// there; none where nothing can be mounted.
fn with_memory(folder: &TestFolder, options: &str, told: &str) -> Option<EndedChild> {
    let path = folder.file("");
    fs::create_dir(folder.file("box")).expect("the box's place");
    fs::write(folder.file("told"), told.replace("BOX", &folder.file("box").display().to_string()))
        .expect("a file");
    let script = "mount -t tmpfs -o mode=0700,$1 none \"$2/box\" || exit 99
        \"$3\" boxed_told \"$2\" <\"$2/told\"; echo ended by $?
        \"$3\" black_box_recover \"$2/box\"";
    let mut command = Command::new("unshare");
    command.args(["-rm", "sh", "-c", script, "sh", options]).arg(path).arg(CHILD);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let ended = start_command(command).ends();
    if ended.stderr.contains("unshare failed") || ended.status.code() == Some(99) {
        eprintln!("not tested: no memory can be mounted here: {}", ended.stderr);
        return None;
    }
    Some(ended)
}

fn said(ended: &EndedChild) -> usize {
    ended.stderr.matches(NOT_KEPT).count()
}

#[test]
fn a_record_with_room_in_the_box_is_safe_when_the_memory_is_full_later() {
    let folder = TestFolder::new();
    // Of the record's pages none may be missing: storing to it would be a SIGBUS.
    let told = "log 1\nfill\nlog 499\nabort\n";
    let Some(ended) = with_memory(&folder, "size=1m", told) else { return };
    assert!(ended.stdout.contains("ended by 134\n"), "{ended:?}");
    assert_eq!(numbers(&folder), (0..500).collect::<Vec<_>>(), "{ended:?}");
    assert_eq!(said(&ended), 0, "{}", ended.stderr);
}

#[test]
fn what_has_no_room_in_a_full_memory_lies_on_the_heap_which_is_said_once_and_in_the_stats() {
    let folder = TestFolder::new();
    let told = "log 1\nfill\nspread 8\nflush\nstats\nspread 4\n";
    let Some(ended) = with_memory(&folder, "size=1m", told) else { return };
    assert!(ended.stdout.contains("ended by 0\n"), "{ended:?}");
    assert!(ended.stdout.contains("a directory: 9 records written"), "{ended:?}");
    assert!(ended.stdout.contains(", 8 not in the black box\n"), "{ended:?}");
    assert_eq!(said(&ended), 1, "{}", ended.stderr);
    assert_eq!(numbers(&folder), (0..13).collect::<Vec<_>>());
}

#[test]
fn where_not_even_a_directory_has_room_nothing_is_left_there() {
    let folder = TestFolder::new();
    let told = "log 100\nsh ls -A BOX\nflush\nstats\n";
    let Some(ended) = with_memory(&folder, "size=64k", told) else { return };
    assert!(ended.stdout.starts_with("none: 100 records written"), "{ended:?}");
    assert!(ended.stdout.contains(", 100 not in the black box\nended by 0\n"), "{ended:?}");
    assert_eq!(said(&ended), 1, "{}", ended.stderr);
    assert!(ended.stderr.contains("No space left"), "{}", ended.stderr);
    assert_eq!(numbers(&folder), (0..100).collect::<Vec<_>>());
}

#[test]
fn in_a_read_only_memory_all_lies_on_the_heap_which_is_said_once_and_in_the_stats() {
    let folder = TestFolder::new();
    let Some(ended) = with_memory(&folder, "ro", "log 100\nspread 3\nflush\nstats\n") else { return };
    assert!(ended.stdout.starts_with("none: 103 records written"), "{ended:?}");
    assert!(ended.stdout.contains(", 103 not in the black box\nended by 0\n"), "{ended:?}");
    assert_eq!(said(&ended), 1, "{}", ended.stderr);
    assert!(ended.stderr.contains("Read-only file system"), "{}", ended.stderr);
    assert_eq!(numbers(&folder), (0..103).collect::<Vec<_>>());
}

/// More records than a thread's buffer has room for: it begins another.
const MORE: u64 = 3000;

#[test]
fn when_the_memory_is_taken_away_a_new_directory_is_begun_with_and_it_is_said_once() {
    for removes in ["umount -l BOX", "rm -rf BOX/*"] {
        let folder = TestFolder::new();
        let told = format!("log 10\nsh {removes}\nlog {MORE}\nstats\nabort\n");
        let Some(ended) = with_memory(&folder, "size=8m", &told) else { return };
        assert!(ended.stdout.starts_with("a directory: "), "{removes}: {ended:?}");
        assert!(ended.stdout.contains("ended by 134\n"), "{removes}: {ended:?}");
        assert_eq!(said(&ended), 1, "{removes}: {}", ended.stderr);
        assert!(ended.stderr.contains("was removed"), "{removes}: {}", ended.stderr);
        // Those that were in the old one are gone; all in the new one are there.
        let numbers = numbers(&folder);
        let last = 10 + MORE;
        assert!(numbers.len() > 1000, "{removes}: {ended:?}");
        assert_eq!(numbers, (last - numbers.len() as u64..last).collect::<Vec<_>>(), "{removes}");
    }
}

#[test]
fn when_another_memory_is_in_its_place_that_takes_nothing_the_heap_is_used() {
    let folder = TestFolder::new();
    let told = format!("log 10\nsh mount -t tmpfs -o ro none BOX\nlog {MORE}\nflush\nstats\n");
    let Some(ended) = with_memory(&folder, "size=8m", &told) else { return };
    assert!(ended.stdout.starts_with(&format!("none: {} records written", 10 + MORE)), "{ended:?}");
    assert!(ended.stdout.contains(" not in the black box\nended by 0\n"), "{ended:?}");
    assert_eq!(said(&ended), 1, "{}", ended.stderr);
    assert_eq!(numbers(&folder), (0..10 + MORE).collect::<Vec<_>>());
}

/// A group of processes that may take little memory.
struct MemoryLimit(PathBuf);

impl MemoryLimit {
    /// Makes one by either version of Linux's cgroups; none where that is not permitted.
    fn begin(bytes: usize) -> Option<Self> {
        for (root, limits) in [
            ("/sys/fs/cgroup/memory", &["memory.limit_in_bytes", "memory.memsw.limit_in_bytes"][..]),
            ("/sys/fs/cgroup", &["memory.max", "memory.swap.max"]),
        ] {
            let made = Self(Path::new(root).join(format!("kakashi-{}", std::process::id())));
            if fs::create_dir(&made.0).is_ok() && fs::write(made.0.join(limits[0]), bytes.to_string()).is_ok()
            {
                // Not everywhere is swapping counted.
                let _ = fs::write(
                    made.0.join(limits[1]),
                    if root.ends_with("memory") { bytes.to_string() } else { "0".into() },
                );
                return Some(made);
            }
        }
        None
    }
}

impl Drop for MemoryLimit {
    fn drop(&mut self) {
        let _ = fs::remove_dir(&self.0);
    }
}

#[test]
fn a_process_that_the_system_ends_for_want_of_memory_has_lost_nothing() {
    let Some(limit) = MemoryLimit::begin(48 << 20) else {
        eprintln!("not tested: memory can't be limited here");
        return;
    };
    let folder = TestFolder::in_memory();
    let mut command = Command::new("sh");
    command.args(["-c", "echo $$ >\"$1/cgroup.procs\" && exec \"$2\" boxed_eat \"$3\"", "sh"]);
    command.arg(&limit.0).arg(CHILD).arg(folder.file(""));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let ended = start_command(command).ends();
    assert_eq!(ended.status.signal(), Some(9), "{ended:?}");
    Recovery::new(folder.file("box")).run().expect("the box can be read");
    assert_eq!(numbers_in(&read(folder.file("log.txt"))), (0..1000).collect::<Vec<_>>());
}
