//! Processes that end or are killed, and others beside them.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use kakashi_tests::harness::process::{TestFolder, read, spawn};
use kakashi_tests::harness::wait::eventually;

use super::{files, waits_on_disk};

const CHILD: &str = env!("CARGO_BIN_EXE_child");
const KILLS: u64 = 60;

fn start(scenario: &str, folder: &TestFolder, line: &str) -> Child {
    let mut command = Command::new(CHILD);
    command.arg(scenario).arg(folder.file("")).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = spawn(command.stderr(Stdio::null()));
    writeln!(child.stdin.as_mut().unwrap(), "{line}").unwrap();
    child
}

fn run(scenario: &str, folder: &TestFolder, line: &str) -> String {
    let output = start(scenario, folder, line).wait_with_output().unwrap();
    assert!(output.status.success(), "{scenario}: {:?}", output.status);
    String::from_utf8(output.stdout).unwrap()
}

fn set_alive(folder: &TestFolder, alive: bool) {
    let path = folder.file("alive");
    if alive {
        fs::write(path, "").unwrap();
    } else {
        let _ = fs::remove_file(path);
    }
}

fn received(folder: &TestFolder) -> Vec<u64> {
    let text = String::from_utf8(read(folder.file("received"))).unwrap();
    text.lines().map(|line| line.parse().unwrap()).collect()
}

#[test]
fn what_a_process_leaves_is_sent_by_the_next_one_before_its_own() {
    let folder = TestFolder::new();
    run("disk_buffer", &folder, "0 1000");
    run("disk_buffer", &folder, "1000 2000");
    assert_eq!(received(&folder), [0_u64; 0]);
    set_alive(&folder, true);
    run("disk_buffer", &folder, "2000 2010");
    let rest = run("disk_buffer_rest", &folder, "");
    assert_eq!(received(&folder), (0..2010).collect::<Vec<_>>(), "{rest}");
    assert!(waits_on_disk(&folder).is_empty());
}

#[test]
fn a_program_that_runs_for_a_moment_gets_rid_of_what_was_left() {
    let folder = TestFolder::new();
    run("disk_buffer", &folder, "0 100");
    set_alive(&folder, true);
    run("disk_buffer", &folder, "100 101");
    assert_eq!(received(&folder), (0..101).collect::<Vec<_>>());
    assert!(waits_on_disk(&folder).is_empty());
}

#[test]
fn a_kill_at_any_moment_loses_no_record_that_was_safe() {
    let folder = TestFolder::new();
    let mut safe = Vec::new();
    let mut first = 0;
    for round in 0..KILLS {
        // Now it is there, now it is not.
        set_alive(&folder, round % 3 == 1);
        let mut child = start("disk_buffer_kill", &folder, &first.to_string());
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut printed = String::new();
        // Some are killed while they open the directory.
        if round % 4 != 0 {
            output.read_line(&mut printed).unwrap();
        }
        std::thread::sleep(Duration::from_micros(round * 7919 % 12_000));
        set_alive(&folder, round % 5 < 2);
        child.kill().unwrap();
        child.wait().unwrap();
        output.read_to_string(&mut printed).unwrap();
        let whole = printed.rfind('\n').map_or("", |end| &printed[..end]);
        safe.extend(whole.lines().map(|line| line.parse::<u64>().unwrap()));
        // The one after the last may be safe, too.
        first = safe.last().map_or(first, |last| first.max(*last)) + 2;
    }
    set_alive(&folder, true);
    run("disk_buffer_rest", &folder, "");
    let mut counts = BTreeMap::<u64, u64>::new();
    received(&folder).into_iter().for_each(|n| *counts.entry(n).or_default() += 1);
    let lost: Vec<_> = safe.iter().filter(|n| !counts.contains_key(n)).collect();
    assert!(lost.is_empty(), "{lost:?}");
    assert!(safe.len() > 100);
    // A kill between an answer and its mark has one run sent twice.
    let most = counts.values().max();
    assert!(most.is_some_and(|most| *most <= KILLS), "{most:?}");
    let folder = folder.file("buffer");
    assert!(files(&folder, ".klog").is_empty() && files(&folder, ".unread").is_empty());
}

#[test]
fn two_living_processes_send_each_its_own_and_none_twice() {
    let folder = TestFolder::new();
    let mut processes: Vec<Child> = (0..2)
        .map(|n| start("disk_buffer_stay", &folder, &format!("{} {}", 1000 * n, 1000 * (n + 1))))
        .collect();
    for process in &mut processes {
        let mut line = String::new();
        BufReader::new(process.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line, "logged\n");
    }
    assert!(!waits_on_disk(&folder).is_empty());
    set_alive(&folder, true);
    assert!(eventually(|| waits_on_disk(&folder).is_empty()));
    let mut numbers = received(&folder);
    for n in 0..2 {
        let own = numbers.iter().filter(|number| **number / 1000 == n);
        assert!(own.is_sorted(), "in order");
    }
    numbers.sort_unstable();
    assert_eq!(numbers, (0..2000).collect::<Vec<_>>());
    for mut process in processes {
        drop(process.stdin.take());
        assert!(process.wait().unwrap().success());
    }
}

#[test]
fn parent_and_child_of_a_fork_have_files_of_their_own() {
    let folder = TestFolder::new();
    run("disk_buffer_fork", &folder, "");
    assert!(eventually(|| waits_on_disk(&folder).len() >= 2));
    set_alive(&folder, true);
    assert!(eventually(|| {
        run("disk_buffer_rest", &folder, "");
        received(&folder).len() >= 300
    }));
    let mut numbers = received(&folder);
    numbers.sort_unstable();
    assert_eq!(numbers, (0..300).collect::<Vec<_>>());
}
