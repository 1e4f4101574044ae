//! A process that is killed at each step that it takes beside writing: before its n-th system
//! call of each kind, on whatever thread. strace does it.

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
