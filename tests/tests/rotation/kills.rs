//! A process that is killed while files follow one another and are compressed.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Command, Stdio};
use std::time::Duration;

use kakashi_tests::harness::process::{TestFolder, spawn};

use kakashi_tests::harness::rotated_files::assert_each_written_once;

use crate::CHILD;

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
        writeln!(child.stdin.take().unwrap(), "{first} {}", u64::MAX).unwrap();
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
        first = written.last().map_or(first, |last| first.max(*last)) + 2;
    }
    assert_each_written_once(&folder.file(""), &written, KILLS);
}
