//! A process that is killed while files follow one another and are compressed.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Command, Stdio};
use std::time::Duration;

use kakashi_tests::harness::process::{TestFolder, spawn};
use kakashi_tests::harness::read_back::text;

use crate::{CHILD, contents};

const KILLS: u64 = 120;

#[test]
fn a_kill_at_any_moment_loses_and_doubles_no_record_that_was_written() {
    let folder = TestFolder::new();
    let mut written = BTreeSet::new();
    let mut first = 0;
    for round in 0..KILLS {
        let mut command = Command::new(CHILD);
        command.arg("rotation_kill").arg(folder.file("shop.log"));
        let mut child = spawn(command.stdin(Stdio::piped()).stdout(Stdio::piped()));
        writeln!(child.stdin.take().unwrap(), "{first}").unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut printed = String::new();
        // Some are killed while they open their files.
        if round % 4 != 0 {
            output.read_line(&mut printed).unwrap();
        }
        std::thread::sleep(Duration::from_micros(round * 7919 % 12_000));
        child.kill().unwrap();
        child.wait().unwrap();
        output.read_to_string(&mut printed).unwrap();
        let whole = printed.rfind('\n').map_or("", |end| &printed[..end]);
        written.extend(whole.lines().map(|line| line.parse::<u64>().unwrap()));
        // The one after the last may be written, too.
        first = written.last().map_or(0, |last| last + 1) + 2;
    }
    let files = contents(&folder.file(""));
    let mut lines = Vec::new();
    for file in &files {
        // A kill may tear what was being written, at the end of a file only.
        let whole = file.iter().rposition(|&byte| byte == b'\n').map_or(0, |last| last + 1);
        assert!(!file[..whole].is_empty() || file.is_empty() || whole == 0);
        lines.extend(text(&file[..whole]).iter().map(|entry| entry.number("n").unwrap()));
    }
    assert!(lines.is_sorted_by(|one, next| one < next), "once, in order");
    let found: BTreeSet<u64> = lines.into_iter().collect();
    let lost: Vec<_> = written.difference(&found).collect();
    assert!(lost.is_empty(), "lost: {lost:?}");
    assert!(found.len() as u64 <= written.len() as u64 + KILLS);
    assert!(files.len() > 20, "{} files, {} records", files.len(), written.len());
}
