//! What the flight recorder of a killed program had kept comes out by the recovery: of its threads and of the
//! scopes that were open, once, each marked as replayed.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::io::Read as _;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use kakashi_std::{Format, RecoveredProcess, Recovery};
use kakashi_tests::harness::flight_recorder::{BEGIN, END};
use kakashi_tests::harness::process::{TestFolder, read, run, spawn};
use kakashi_tests::harness::read_back::{ArrivedRecord, entries};

use super::kill_loop::{Random, kill_a_recovery, number_from};

const CHILD: &str = env!("CARGO_BIN_EXE_child");
/// In a number that a killed program tells: its record was only kept.
const KEPT: u64 = 1 << 31;

fn run_child(scenario: &str, folder: &TestFolder) {
    run(CHILD, [scenario.as_ref(), folder.file("").as_os_str()]);
}

fn recover(folder: &TestFolder) -> Vec<RecoveredProcess> {
    let recovered = Recovery::new(folder.file("box")).run().expect("the box can be read");
    for process in &recovered {
        assert!(process.problem.is_none() && process.damage.is_none(), "{process}");
        assert!(process.destinations.iter().all(|found| found.may_be_repeated == 0), "{process}");
    }
    assert_eq!(fs::read_dir(folder.file("box")).expect("the box").count(), 0);
    recovered
}

fn lines(folder: &TestFolder, name: &str) -> Vec<ArrivedRecord> {
    let format = match name.rsplit('.').next() {
        Some("json") => Format::Json,
        Some("klog") => Format::Wire,
        _ => Format::Text,
    };
    entries(format, &read(folder.file(name)))
}

/// The numbers of those that were kept, in order.
fn kept(lines: &[ArrivedRecord]) -> Vec<u64> {
    let kept = lines.iter().filter(|line| line.message.starts_with("Kept"));
    kept.inspect(|line| assert_eq!((line.get("replayed"), &*line.level), (Some("true"), "DEBUG"), "{line:?}"))
        .map(|line| line.number("n").expect("it has one"))
        .collect()
}

fn tens(begins: &[u64]) -> Vec<u64> {
    begins.iter().flat_map(|begin| *begin..begin + 10).collect()
}

#[test]
fn whatever_ends_a_process_what_threads_and_open_scopes_had_kept_comes_out_once_and_in_order() {
    for how in ["abort", "_exit", "exec", "kill"] {
        let folder = TestFolder::in_memory();
        let scenario = format!("boxed_recorder_{how}");
        if how == "kill" {
            let mut command = Command::new(CHILD);
            command.arg(scenario).arg(folder.file("")).stdin(Stdio::piped()).stdout(Stdio::piped());
            let mut child = spawn(&mut command);
            let stdout = child.stdout.as_mut().expect("it is piped");
            stdout.read_exact(&mut [0; 7]).expect("it says so");
            child.kill().expect("it runs");
            child.wait().expect("it is ours");
        } else {
            run_child(&scenario, &folder);
        }
        let recovered = recover(&folder);
        let replayed: Vec<_> = recovered[0].destinations.iter().map(|found| found.replayed).collect();
        assert_eq!(replayed.iter().sum::<usize>(), 30 + 30 + 10, "{how}: {recovered:?}");
        for name in ["log.txt", "log.json"] {
            let lines = lines(&folder, name);
            assert_eq!(kept(&lines), tens(&[30, 0, 10, 40]), "{how}, {name}");
            let at = |message: &str| lines.iter().rposition(|line| line.message == message).expect(message);
            let (begin, end) = (at(BEGIN), at(END));
            assert_eq!(end - begin, 31);
            assert_eq!(lines[begin].get("reason"), Some("killed, or crashed"));
            assert_eq!(
                (lines[begin].number("records"), lines[begin].number("overwritten")),
                (Some(30), Some(0))
            );
            assert!(lines[begin].get("since").expect("when").starts_with("20"));
            assert_eq!((&*lines[begin].level, lines[begin].get("service_name")), ("DEBUG", Some("shop")));
            assert_eq!(at("End of the recovered records"), end + 1);
            let open = lines.iter().filter(|line| line.get("request_id") == Some("r-4"));
            assert!(open.clone().all(|line| line.number("step") == Some(4)));
            assert_eq!(open.count(), 10);
        }
        let own = lines(&folder, "own.txt");
        assert_eq!((kept(&own), &*own[2].logger), (tens(&[50]), "custom"), "{how}");
        let least = lines(&folder, "log.klog");
        assert!(least.iter().all(|line| line.message != BEGIN), "its threshold is INFO: {least:?}");
    }
}

#[test]
fn a_process_that_ends_by_itself_leaves_nothing_that_was_kept() {
    let folder = TestFolder::in_memory();
    run_child("boxed_recorder_return", &folder);
    assert_eq!(fs::read_dir(folder.file("box")).expect("the box").count(), 0);
    assert_eq!(kept(&lines(&folder, "log.txt")), tens(&[30]));
}

#[test]
fn death_is_no_trigger_where_it_is_not_to_be() {
    let folder = TestFolder::in_memory();
    run_child("boxed_recorder_not_on_death", &folder);
    recover(&folder);
    assert_eq!(kept(&lines(&folder, "log.txt")), tens(&[30]));
}

#[test]
fn what_was_kept_before_there_was_a_black_box_outlives_the_process_too() {
    let folder = TestFolder::in_memory();
    run_child("boxed_recorder_later_box", &folder);
    recover(&folder);
    assert_eq!(kept(&lines(&folder, "log.json")), [tens(&[30]), vec![100], tens(&[0, 10, 40])].concat());
}

#[test]
fn the_child_of_a_fork_leaves_what_it_has_kept_itself() {
    let folder = TestFolder::in_memory();
    run_child("recorder_box_fork", &folder);
    assert_eq!(recover(&folder).len(), 2);
    let mut numbers = kept(&lines(&folder, "log.txt"));
    numbers.sort_unstable();
    assert_eq!(numbers, tens(&[0, 10, 20]));
}

#[test]
fn the_oldest_have_gone_and_how_many_is_said() {
    let folder = TestFolder::in_memory();
    run_child("recorder_box_overwrite", &folder);
    recover(&folder);
    let lines = lines(&folder, "log.txt");
    let numbers = kept(&lines);
    let gone = 5000 - numbers.len() as u64;
    assert!(numbers.len() > 10 && numbers.iter().copied().eq(gone..5000), "{numbers:?}");
    let begin = lines.iter().find(|line| line.message == BEGIN).expect("the line before them");
    assert_eq!(begin.number("overwritten"), Some(gone));
    assert!(
        lines
            .iter()
            .filter(|line| line.message == "Kept")
            .all(|line| line.number("step") == line.number("n").map(|n| n / 7))
    );
}

#[test]
fn each_record_that_was_kept_when_a_program_was_killed_comes_out_once() {
    let first = number_from("KAKASHI_SEED", 1);
    let mut returned = 0;
    for seed in first..first + number_from("KAKASHI_KILLS", 300).div_ceil(6) {
        returned += kill_and_recover(seed);
    }
    assert!(returned > 1000, "the kills came too early: {returned} calls returned");
}

/// Returns how many calls had returned.
fn kill_and_recover(seed: u64) -> usize {
    let random = &mut Random::new(seed);
    let folder = TestFolder::in_memory();
    // Some rings are small: then of each thread the last ones come out, without a gap.
    let ring_bytes = if random.below(3) == 0 { 4096 + random.below(4096) } else { 16 << 20 };
    let returned = run_until_killed(&folder, ring_bytes, random);
    let directory = folder.file("box");
    if directory.exists() {
        for _ in 0..random.below(3) {
            kill_a_recovery(&directory, random);
        }
        for process in Recovery::new(&directory).run().expect("the box can be read") {
            assert!(process.problem.is_none() && process.damage.is_none(), "seed {seed}: {process}");
        }
    }
    for name in ["log.txt", "log.json"] {
        check(seed, &folder, name, &returned, ring_bytes > 1 << 20);
    }
    returned.len()
}

fn check(seed: u64, folder: &TestFolder, name: &str, returned: &[u64], keeps_all: bool) {
    let mut counts: HashMap<u64, usize> = HashMap::new();
    for line in lines(folder, name) {
        let Some(n) = line.number("n") else { continue };
        let is_kept = line.message == "Kept";
        assert_eq!(line.get("replayed"), is_kept.then_some("true"), "seed {seed}: {line:?}");
        *counts.entry(n | if is_kept { KEPT } else { 0 }).or_default() += 1;
    }
    let doubled: Vec<_> = counts.iter().filter(|(_, count)| **count > 1).collect();
    assert!(
        doubled.is_empty(),
        "seed {seed}, {name}: {} doubled: {:x?}",
        doubled.len(),
        &doubled[..doubled.len().min(3)]
    );
    let lost: BTreeSet<u64> = returned.iter().copied().filter(|n| !counts.contains_key(n)).collect();
    let is_missed = |n: &u64| keeps_all || n & KEPT == 0;
    let missed: Vec<_> = lost.iter().filter(|n| is_missed(n)).collect();
    assert!(
        missed.is_empty(),
        "seed {seed}, {name}: of {} lost {} ({:x?} …)",
        returned.len(),
        missed.len(),
        missed[0]
    );
    // The last ones of each thread are there.
    let mut last: BTreeMap<u64, u64> = BTreeMap::new();
    returned.iter().filter(|n| **n & KEPT != 0).for_each(|n| _ = last.insert(n >> 32, *n));
    assert!(last.values().all(|n| counts.contains_key(n)), "seed {seed}, {name}: {last:x?}");
}

/// Starts the program, kills it at a random instant, and returns the numbers of the calls that had returned.
fn run_until_killed(folder: &TestFolder, ring_bytes: u64, random: &mut Random) -> Vec<u64> {
    let mut command = Command::new(CHILD);
    command
        .arg("recorder_box_kill")
        .arg(folder.file(""))
        .env("KAKASHI_RING_BYTES", ring_bytes.to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut child = spawn(&mut command);
    let mut pipe = child.stdout.take().expect("a pipe");
    let mut numbers = vec![0; 8];
    let has_begun = pipe.read_exact(&mut numbers).is_ok();
    assert!(has_begun, "it logs until it is killed");
    let reader = thread::spawn(move || {
        let _ = pipe.read_to_end(&mut numbers);
        numbers
    });
    thread::sleep(Duration::from_micros(random.below(10_000)));
    child.kill().expect("it runs");
    child.wait().expect("it is ours");
    let bytes = reader.join().expect("the reader");
    bytes.chunks_exact(8).map(|number| u64::from_le_bytes(number.try_into().expect("eight bytes"))).collect()
}
