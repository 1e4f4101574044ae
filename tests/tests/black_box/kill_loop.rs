//! Kills at random instants: every record whose call had returned stands in each of its
//! destinations once.
//!
//! `KAKASHI_KILLS` says how many, 300 by default; `KAKASHI_SEED` from which on; `KAKASHI_KILLS_AT_ONCE` how many
//! at the same time, 4 by default: most of a kill is waiting.

use std::collections::HashMap;
use std::fs;
use std::io::Read;
use std::os::unix::process::ExitStatusExt as _;
use std::panic;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use kakashi_std::wire::{Item, Reader};
use kakashi_std::{Recovery, Value};
use kakashi_tests::harness::process::{TestFolder, spawn};

const CHILD: &str = env!("CARGO_BIN_EXE_child");
/// Its threads.
const THREADS: u64 = 4;

/// Random numbers from a seed (SplitMix64).
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ mixed >> 31) % most
    }
}

pub(super) fn number_from(variable: &str, default: u64) -> u64 {
    std::env::var(variable).ok().and_then(|number| number.parse().ok()).unwrap_or(default)
}

#[test]
fn every_record_whose_call_returned_is_recovered_once() {
    let (first, kills) = (number_from("KAKASHI_SEED", 1), number_from("KAKASHI_KILLS", 300));
    let (next, started) = (&AtomicU64::new(first), Instant::now());
    let kill_some = || {
        let mut returned = 0;
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= first + kills {
                return returned;
            }
            returned += panic::catch_unwind(|| kill_and_recover(seed)).unwrap_or_else(|failed| {
                // The other threads end, too.
                next.store(first + kills, Ordering::Relaxed);
                panic::resume_unwind(failed)
            });
        }
    };
    let returned = thread::scope(|scope| {
        let at_once = number_from("KAKASHI_KILLS_AT_ONCE", 4);
        let threads: Vec<_> = (0..at_once).map(|_| scope.spawn(kill_some)).collect();
        threads.into_iter().map(|thread| thread.join().expect("each record is there once")).sum::<usize>()
    });
    println!("{kills} kills, {returned} calls that had returned, {} s", started.elapsed().as_secs());
    assert!(returned > 1000, "the kills came too early: {returned} calls returned");
}

/// Returns how many calls had returned.
fn kill_and_recover(seed: u64) -> usize {
    let random = &mut Random(seed);
    // In memory, as a black box should be.
    let folder = TestFolder::in_memory();
    let path = folder.file("");
    let returned = run_until_killed(&path, random);
    let directory = path.join("box");
    if directory.exists() {
        // The recovery may be killed, too.
        for _ in 0..random.below(3) {
            kill_a_recovery(&directory, random);
        }
        let recover = || Recovery::new(&directory).run().expect("the box can be read");
        let mut recovered = Vec::new();
        if random.below(4) == 0 {
            thread::scope(|scope| {
                let threads: Vec<_> = (0..2).map(|_| scope.spawn(recover)).collect();
                recovered =
                    threads.into_iter().flat_map(|thread| thread.join().expect("it recovers")).collect();
            });
        }
        recovered.extend(recover());
        for process in recovered {
            assert!(process.problem.is_none() && process.damage.is_none(), "seed {seed}: {process}");
            assert!(
                process.destinations.iter().all(|destination| destination.may_be_repeated == 0),
                "{process}"
            );
        }
        // A directory that was about to be made or removed when its process was killed is removed when it is
        // old enough.
        for process in fs::read_dir(&directory).expect("the box") {
            let path = process.expect("an entry").path();
            let left: Vec<_> =
                fs::read_dir(path).expect("a folder").map(|file| file.expect("a file").file_name()).collect();
            assert!(left.iter().all(|name| name == "lock"), "seed {seed}: {left:?} is left in the box");
        }
    }
    let logs = [
        ("text", numbers_in_lines(&path.join("log.txt"), "n=")),
        ("JSON", numbers_in_lines(&path.join("log.json"), "\"n\":")),
        ("wire", numbers_in_blocks(&path.join("log.klog"))),
    ];
    for (form, counts) in logs {
        let lost: Vec<_> = returned.iter().filter(|number| !counts.contains_key(number)).collect();
        let doubled: Vec<_> = counts.iter().filter(|(_, count)| **count > 1).collect();
        assert!(
            lost.is_empty() && doubled.is_empty(),
            "seed {seed}, {form}: of {} lost {} (as {:x?}), {} doubled (as {:x?})",
            returned.len(),
            lost.len(),
            lost.iter().take(3).collect::<Vec<_>>(),
            doubled.len(),
            doubled.iter().take(3).collect::<Vec<_>>()
        );
    }
    returned.len()
}

/// Starts the program, ends it at a random instant, and returns the numbers of the calls that
/// had returned.
fn run_until_killed(folder: &Path, random: &mut Random) -> Vec<u64> {
    let mut command = Command::new(CHILD);
    command
        .arg("black_box_kill")
        .arg(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let aborts = random.below(3) == 0;
    if aborts {
        command.env("KAKASHI_ABORT_AFTER", random.below(2000).to_string());
    }
    let mut child = spawn(&mut command);
    let mut pipe = child.stdout.take().expect("a pipe");
    let (mut numbers, mut first) = (Vec::new(), [0; 8]);
    // Some are killed before their first call.
    let waits = aborts || random.below(20) > 0;
    if waits && pipe.read_exact(&mut first).is_ok() {
        numbers.extend_from_slice(&first);
    }
    let reader = thread::spawn(move || {
        let _ = pipe.read_to_end(&mut numbers);
        numbers
    });
    if !aborts {
        thread::sleep(Duration::from_micros(random.below(40_000)));
        let _ = child.kill();
    }
    let status = child.wait().expect("a child can be waited for");
    assert!(status.signal().is_some(), "it has ended by itself: {status}");
    let bytes = reader.join().expect("the reader");
    bytes.chunks_exact(8).map(|number| u64::from_le_bytes(number.try_into().expect("eight bytes"))).collect()
}

/// Begins to recover in another process, and kills it.
pub(super) fn kill_a_recovery(directory: &Path, random: &mut Random) {
    let mut command = Command::new(CHILD);
    command.arg("black_box_recover").arg(directory).stdin(Stdio::null()).stdout(Stdio::null());
    let mut child = spawn(&mut command);
    thread::sleep(Duration::from_micros(random.below(8000)));
    let _ = child.kill();
    let _ = child.wait();
}

/// Counts the numbers behind a mark in whole lines.
fn numbers_in_lines(path: &Path, mark: &str) -> HashMap<u64, usize> {
    let text = fs::read_to_string(path).unwrap_or_default();
    let mut counts = HashMap::new();
    for line in text.lines() {
        let Some((_, rest)) = line.split_once(mark) else { continue };
        let digits = rest.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
        count(&mut counts, digits.parse().unwrap_or_else(|_| panic!("no number: {line}")));
    }
    counts
}

fn numbers_in_blocks(path: &Path) -> HashMap<u64, usize> {
    let bytes = fs::read(path).unwrap_or_default();
    let mut counts = HashMap::new();
    for item in Reader::new(&bytes) {
        if let Item::Record(record) = item {
            match record.field("n") {
                Some(Value::U64(number)) => count(&mut counts, number),
                Some(Value::I64(number)) => count(&mut counts, number.unsigned_abs()),
                _ => {}
            }
        }
    }
    counts
}

fn count(counts: &mut HashMap<u64, usize>, number: u64) {
    assert!(number >> 32 < THREADS, "{number:x} was never logged");
    *counts.entry(number).or_default() += 1;
}
