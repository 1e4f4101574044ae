//! What is left for destinations that fail, hold records back, are too many, or belong to loggers of their own.

use std::fs::{self, File};
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::Path;
use std::process::{Command, Stdio};

use kakashi_std::__segment_layout as layout;
use kakashi_std::{RecoveredProcess, Recovery};
use kakashi_tests::harness::process::{EndedChild, TestFolder, read, run, spawn};

use crate::logged::{numbers, numbers_in};

fn run_child(scenario: &str, folder: &TestFolder) -> EndedChild {
    run(env!("CARGO_BIN_EXE_child"), [format!("boxed_{scenario}"), folder.file("").display().to_string()])
}

fn recovery(folder: &TestFolder) -> Recovery {
    Recovery::new(folder.file("box"))
}

/// Recovers the processes of a box, wholly.
fn recovered(recovery: &Recovery) -> Vec<RecoveredProcess> {
    let recovered = recovery.run().expect("the box can be read");
    for process in &recovered {
        assert!(process.problem.is_none() && process.damage.is_none(), "{process}");
    }
    recovered
}

#[test]
fn what_a_failing_destination_has_not_dropped_is_recovered_once_and_in_order() {
    for scenario in ["shed", "shed_wire"] {
        let folder = TestFolder::in_memory();
        let ended = run_child(scenario, &folder);
        let dropped: usize = ended.stdout.trim().parse().expect("a number");
        assert!(dropped > 5000, "{scenario}: {ended:?}");
        recovered(&recovery(&folder).to(folder.file("all.txt")));
        let numbers = numbers_in(&read(folder.file("all.txt")));
        // Some of those that were dropped may be there.
        assert!(numbers.len() >= 10_000 - dropped, "{scenario}: {} of {dropped} dropped", numbers.len());
        let mut sorted = numbers.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(sorted.len(), numbers.len(), "{scenario}: each comes once");
        for thread in [0, 1] {
            assert!(numbers.iter().filter(|n| *n % 2 == thread).is_sorted(), "{scenario}: in order");
        }
        let warnings = numbers.iter().filter(|n| *n % 50 == 0).count();
        assert_eq!(warnings, 200, "{scenario}: what is below them gave room");
    }
}

#[test]
fn what_is_held_back_and_not_decided_is_recovered() {
    let folder = TestFolder::in_memory();
    run_child("held", &folder);
    recovered(&recovery(&folder));
    for log in ["folded.txt", "traces.txt"] {
        let text = read(folder.file(log));
        let mut numbers = numbers_in(&text);
        numbers.sort_unstable();
        assert_eq!(numbers, (0..100).collect::<Vec<_>>(), "{log}");
        let same = String::from_utf8(text).expect("text").matches(" Same").count();
        assert!((100..=500).contains(&same), "{log}: {same}");
    }
}

#[test]
fn destinations_beyond_those_that_the_box_has_room_for_lie_on_the_heap_which_is_said_once() {
    let folder = TestFolder::in_memory();
    let ended = run_child("many", &folder);
    assert_eq!(ended.stderr.matches("has room for 64 destinations").count(), 1, "{}", ended.stderr);
    recovered(&recovery(&folder));
    let logged = (0..70).filter(|n| numbers_in(&read(folder.file(&format!("{n}.txt")))) == [1]).count();
    assert_eq!(logged, 64);
}

#[test]
fn what_a_process_could_not_write_until_its_end_stays_and_says_how_it_ended() {
    let folder = TestFolder::in_memory();
    let ended = run_child("refused", &folder);
    assert!(ended.status.success(), "{ended:?}");
    assert_eq!(
        ended.stderr.matches("what could not be written stays in the black box, in ").count(),
        1,
        "{}",
        ended.stderr
    );
    let problem = recovery(&folder).run().expect("the box can be read").remove(0).problem;
    assert!(problem.is_some_and(|problem| problem.contains("say with --to FILE")));
    recovered(&recovery(&folder).to(folder.file("log.txt")));
    let text = String::from_utf8(read(folder.file("log.txt"))).expect("text");
    assert!(text.contains("ended=\"by itself, and could not write them\" records=100"), "{text}");
    assert_eq!(numbers(&folder), (0..100).collect::<Vec<_>>());
}

#[test]
fn a_custom_logger_that_is_older_than_the_box_moves_into_it() {
    let folder = TestFolder::in_memory();
    run_child("custom", &folder);
    // Some may have been written when the old buffer was left.
    assert!(recovered(&recovery(&folder))[0].records() > 0);
    assert_eq!(numbers(&folder), (0..1000).collect::<Vec<_>>());
}

#[test]
fn a_value_that_forks_while_it_is_shown_writes_nothing_to_its_parents_memory() {
    let folder = TestFolder::in_memory();
    run_child("fork_in_a_display", &folder);
    let records: usize = recovered(&recovery(&folder)).iter().map(RecoveredProcess::records).sum();
    assert_eq!(records, 5);
    let mut numbers = numbers(&folder);
    numbers.sort_unstable();
    assert_eq!(numbers, [0, 1, 1, 2, 102], "each has its own");
    let text = String::from_utf8(read(folder.file("log.txt"))).expect("text");
    assert_eq!(text.matches("Shown value=shown n=1\n").count(), 2, "{text}");
}

/// Runs a program whose stdout is a file that it appends to.
fn append_to(log: &Path, arguments: [&str; 2]) {
    let file = File::options().append(true).create(true).open(log).expect("a file");
    let mut command = Command::new(env!("CARGO_BIN_EXE_child"));
    command.args(arguments).stdin(Stdio::null()).stdout(file).stderr(Stdio::null());
    spawn(&mut command).wait().expect("it ends");
}

/// Has a process that is dead be one that was writing its first records: they stand in its file.
fn let_be_in_flight(process: &Path, log: &Path, records: usize) {
    let position = fs::metadata(log).expect("the log").len();
    let found = fs::read_dir(process).expect("the process's folder").filter_map(|entry| {
        let path = entry.expect("an entry").path();
        layout::number_of_segment(path.file_name()?.to_str()?).map(|_| path)
    });
    let [segment] = &found.collect::<Vec<_>>()[..] else { panic!("one segment") };
    let bytes = fs::read(segment).expect("a segment");
    let header = layout::SegmentHeader::decode(&bytes).expect("a header");
    let end = layout::SegmentEntry::decode(&bytes, records - 1).expect("an entry").end as usize;
    let file = File::options().append(true).open(log).expect("the log");
    std::io::Write::write_all(&mut &file, &bytes[header.bytes_at()..][..end]).expect("it is appended");
    let segment = File::options().write(true).open(segment).expect("a segment");
    segment.write_all_at(&(records as u64).to_le_bytes(), layout::IN_FLIGHT_AT as u64).expect("a mark");
    let found = file.metadata().expect("the log");
    let write = [found.dev(), found.ino(), position].map(u64::to_le_bytes).concat();
    let process = File::options().write(true).open(process.join(layout::PROCESS_FILE)).expect("a file");
    let at = layout::DestinationSlot::at(usize::from(header.slot)) + layout::SLOT_WRITE_AT;
    process.write_all_at(&write, at as u64).expect("a position");
}

#[test]
fn what_was_being_written_to_a_stdout_that_is_a_file_comes_once() {
    let folder = TestFolder::in_memory();
    let (log, path) = (folder.file("log.txt"), folder.file(""));
    fs::write(&log, "earlier\n").expect("the log");
    append_to(&log, ["boxed_stdout", path.to_str().expect("text")]);
    let directory = folder.file("box");
    let process =
        fs::read_dir(&directory).expect("the box").next().expect("a process").expect("an entry").path();
    let_be_in_flight(&process, &log, 4);
    append_to(&log, ["black_box_recover", directory.to_str().expect("text")]);
    let text = String::from_utf8(read(&log)).expect("text");
    assert_eq!(numbers(&folder), (0..10).collect::<Vec<_>>(), "{text}");
    assert!(text.contains(" records=6\n") && !text.contains("may_be_repeated"), "{text}");
}
