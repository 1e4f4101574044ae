//! Four threads of all kinds of loggers, and a reader that stalls at random: what was sent is
//! written or counted, level by level, in memory that does not grow.
//!
//! `KAKASHI_SOAK_SECONDS=20 cargo test --release -p kakashi-tests --test order_soak` looks for
//! less than its ten minutes.

#![cfg(unix)]

use std::collections::BTreeMap;
use std::env;
use std::hash::{BuildHasher as _, RandomState};
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use kakashi_tests::harness::process::spawn;
use kakashi_tests::harness::read_back::of_text;

const CHILD: &str = env!("CARGO_BIN_EXE_child");

/// What may wait for a destination, the threads' buffers and rings, and the program.
const MOST_KIB: u64 = 40 * 1024;

#[test]
fn a_reader_that_stalls_at_random_gets_all_that_is_not_counted_as_dropped() {
    let seconds = env::var("KAKASHI_SOAK_SECONDS").unwrap_or_else(|_| "600".into());
    let mut command = Command::new(CHILD);
    command.args(["soak", &seconds]).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = spawn(&mut command);
    let said = BufReader::new(child.stderr.take().expect("a pipe"));
    let said = thread::spawn(move || said.lines().map_while(Result::ok).collect::<Vec<_>>());
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe"));
    // Its keys are random.
    let random = |of: u64| RandomState::new().hash_one(of);
    let mut arrived: BTreeMap<String, u64> = BTreeMap::new();
    let mut last: BTreeMap<u64, u64> = BTreeMap::new();
    let (mut announced, mut line, mut until_a_stall) = (0, String::new(), 0_u64);
    while lines.read_line(&mut line).expect("lines in UTF-8") > 0 {
        let entry = of_text(&line);
        announced += entry.dropped();
        if let (Some(thread), Some(n)) = (entry.number("thread"), entry.number("n")) {
            let before = last.insert(thread, n);
            assert!(before < Some(n), "record {n} of thread {thread} stands after {before:?}");
            *arrived.entry(entry.level).or_default() += 1;
        }
        line.clear();
        until_a_stall = until_a_stall.checked_sub(1).unwrap_or_else(|| {
            // Mostly for moments, at times for longer than callers wait.
            let stall = match random(announced) % 40 {
                0 => 7000,
                of => of * 5,
            };
            thread::sleep(Duration::from_millis(stall));
            random(announced) % 50_000
        });
    }
    let status = child.wait().expect("it ends");
    let said = said.join().expect("it is read");
    println!("{said:#?}\n{arrived:#?}");
    assert!(status.success(), "{status}: {said:#?}");
    let mut dropped_in_all = 0;
    for level in ["DEBUG", "INFO", "WARNING", "ERROR"] {
        let counts = said.iter().find_map(|line| line.strip_prefix(level)).expect("it is said");
        let counts: Vec<u64> = counts.split_whitespace().filter_map(|part| part.parse().ok()).collect();
        let [sent, dropped] = counts[..] else { panic!("{said:#?}") };
        let arrived = arrived.get(level).copied().unwrap_or(0);
        assert_eq!(arrived + dropped, sent, "{level}: {arrived} arrived and {dropped} dropped");
        dropped_in_all += dropped;
    }
    assert_eq!(announced, dropped_in_all, "what is dropped is announced in the stream");
    let end = said.last().expect("it says more");
    let end: Vec<u64> = end.split(' ').filter_map(|part| part.parse().ok()).collect();
    assert!(matches!(end[..], [0, peak] if peak < MOST_KIB), "left, and peak in KiB: {end:?}");
}
