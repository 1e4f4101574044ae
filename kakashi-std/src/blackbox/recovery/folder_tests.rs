//! Recovery with real files: directories made by hand, as processes leave them.

use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::thread;

use kakashi_core::wire::{Item, Reader};
use rustix::fs::{FlockOperation, flock};

use super::recover::Recovery;
use super::recovery_error::RecoveryError;
use super::slot_state::SlotState;
use super::test_box::TestBox;
use super::test_files::{Made, line};
use crate::segment::layout::{
    DestinationKind, DestinationSlot, LOCK_FILE, PROCESS_FILE, SLOT_RECOVERY, SegmentForm, WriteUnderWay,
    WrittenForm,
};

/// The lines of a log that are no recovery's own.
fn logged(text: &str) -> Vec<&str> {
    text.lines().filter(|line| !line.contains(" kakashi ")).collect()
}

fn ticks(ticks: impl IntoIterator<Item = u64>) -> Vec<String> {
    ticks.into_iter().map(|tick| line(tick).trim_end().into()).collect()
}

#[test]
fn records_come_between_two_lines_that_say_whose_they_are() {
    let made =
        TestBox::new(vec![Made::of(1, [2, 0, 0]).lines(&[10, 30]), Made::of(2, [1, 0, 0]).lines(&[20])]);
    fs::write(made.log("0.log"), "before\ntorn").unwrap();
    made.leave();
    let recovered = made.recover();
    assert_eq!((recovered.program.as_str(), recovered.pid, recovered.records()), ("shop", 4711, 3));
    let text = made.read("0.log");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[..2], ["before", "torn"]);
    assert!(lines[2].contains("WARNING kakashi Recovered from a process"), "{text}");
    assert!(lines[2].contains("program=shop pid=4711") && lines[2].ends_with("records=3"), "{text}");
    assert_eq!(lines[3..6], ["10 line", "20 line", "30 line"]);
    assert!(lines[6].contains("INFO kakashi End of the recovered records"), "{text}");
    assert!(made.recovery().run().unwrap().is_empty(), "there is nothing left");
}

#[test]
fn what_was_being_written_is_looked_for_from_its_place_on() {
    let mut made = TestBox::new(vec![Made::of(1, [4, 3, 0]).lines(&[10, 20, 30, 40])]);
    // The first stands there twice: before the write, where it is another's, and since.
    fs::write(made.log("0.log"), "20 line\n10 line\nothers\n").unwrap();
    made.set_write(0, "0.log", 8);
    made.leave();
    made.recover();
    assert_eq!(logged(&made.read("0.log"))[..3], ["20 line", "10 line", "others"]);
    assert_eq!(logged(&made.read("0.log"))[3..], ticks([20, 30, 40]));
}

#[test]
fn a_record_that_the_file_ends_within_gets_its_rest() {
    let mut made = TestBox::new(vec![Made::of(1, [3, 3, 0]).lines(&[10, 20, 30])]);
    fs::write(made.log("0.log"), "10 line\n20 li").unwrap();
    made.set_write(0, "0.log", 0);
    made.leave();
    assert_eq!(made.recover().records(), 2);
    assert_eq!(logged(&made.read("0.log")), ticks([10, 20, 30]));
}

#[test]
fn the_file_is_found_where_it_was_renamed_to_and_where_it_went_on() {
    let mut made = TestBox::new(vec![Made::of(1, [4, 4, 0]).lines(&[10, 20, 30, 40])]);
    fs::write(made.log("0.log.1"), "old\n10 line\n").unwrap();
    fs::write(made.log("0.log"), "20 line\n").unwrap();
    made.set_write(0, "0.log.1", 4);
    made.leave();
    assert_eq!(made.recover().destinations[0].may_be_repeated, 0);
    assert_eq!(made.read("0.log.1"), "old\n10 line\n");
    assert_eq!(logged(&made.read("0.log")), ticks([20, 30, 40]));
}

#[test]
fn of_rotated_files_those_that_followed_are_read_and_the_newest_is_written() {
    let mut made = TestBox::new(vec![Made::of(1, [5, 5, 0]).lines(&[10, 20, 30, 40, 50])]);
    made.set_slot(0, DestinationKind::RotatingFile, WrittenForm::Text, &made.log("app.log"));
    for (name, text) in [
        ("app.2026-11-29.000000.log", "10 line\n"),
        ("app.2026-11-30.000000.log", "20 line\n"),
        ("app.2026-11-30.000001.log", "30 line\n"),
        ("app.2026-11-30.000002.log", "40 line\n"),
    ] {
        fs::write(made.log(name), text).unwrap();
    }
    made.set_write(0, "app.2026-11-30.000000.log", 0);
    made.leave();
    assert_eq!(made.recover().destinations[0].may_be_repeated, 0);
    assert_eq!(logged(&made.read("app.2026-11-30.000002.log")), ticks([40, 10, 50]));
}

#[test]
fn where_the_file_is_gone_what_was_being_written_comes_again_and_says_so() {
    let mut made = TestBox::new(vec![Made::of(1, [3, 2, 0]).lines(&[10, 20, 30])]);
    fs::write(made.log("0.log"), "10 line\n").unwrap();
    made.set_write(0, "0.log", 0);
    fs::rename(made.log("0.log"), made.all.join("elsewhere")).unwrap();
    fs::remove_dir(made.log("")).unwrap();
    made.leave();
    assert_eq!(made.recover().destinations[0].may_be_repeated, 2);
    let text = made.read("0.log");
    assert!(text.lines().next().unwrap().ends_with("records=3 may_be_repeated=2"), "{text}");
    assert_eq!(logged(&text), ticks([10, 20, 30]));
}

/// Returns the messages of a file of the wire, but for a recovery's own.
fn messages(bytes: &[u8]) -> Vec<String> {
    let records = Reader::new(bytes).filter_map(|item| match item {
        Item::Record(record) if record.logger.text() != "kakashi" => Some(record.rendered_message()),
        _ => None,
    });
    records.collect()
}

#[test]
fn records_of_the_wire_are_found_in_their_blocks_and_come_as_the_wire() {
    let segment = Made::of(1, [5, 4, 0]).blocks(&["a", "b"], &["c", "d", "e"]);
    // What the process has written, by a recovery of the first two.
    let written = TestBox::new(vec![Made::of(1, [2, 0, 0]).blocks(&["a", "b"], &[])]);
    written.leave();
    written.recover();
    let bytes = fs::read(written.log("1.log")).unwrap();
    let mut made = TestBox::new(vec![segment]);
    fs::write(made.log("1.log"), &bytes).unwrap();
    made.set_write(1, "1.log", 0);
    made.leave();
    assert_eq!(made.recover().records(), 3);
    assert_eq!(messages(&fs::read(made.log("1.log")).unwrap()), ["a", "b", "c", "d", "e"]);
}

#[test]
fn all_goes_to_a_file_that_is_named_as_lines() {
    let made = TestBox::new(vec![
        Made::of(1, [2, 0, 0]).lines(&[10, 20]),
        Made::of(2, [2, 0, 0]).blocks(&["a", "b"], &[]),
    ]);
    made.leave();
    let recovered = made.recovery().to(made.log("all.log")).run().unwrap();
    assert_eq!(recovered[0].destinations.len(), 2);
    let text = made.read("all.log");
    assert_eq!(text.lines().count(), 2 + 2 + 4);
    assert!(text.contains("\n10 line\n20 line\n") && text.contains("Z INFO shop a\n"), "{text}");
    assert!(!made.log("0.log").exists() && !made.process_folder().exists());
}

/// A recovery may be killed after any byte that it writes; the next one may write elsewhere.
#[test]
fn a_recovery_that_was_killed_is_gone_on_with_by_the_next() {
    let segments = || {
        vec![
            Made::of(1, [3, 2, 0]).lines(&[10, 20, 40]),
            Made::of(2, [2, 0, 0]).lines(&[30, 50]),
            Made::of(3, [3, 1, 0]).blocks(&["a", "b", "c"], &[]),
        ]
    };
    let begun = "old\n10 line\n";
    let (whole, blocks) = {
        let mut made = TestBox::new(segments());
        fs::write(made.log("0.log"), begun).unwrap();
        made.set_write(0, "0.log", 4);
        made.leave();
        made.recover();
        (made.read("0.log"), fs::read(made.log("1.log")).unwrap())
    };
    let state = |made: &mut TestBox, slot: usize, name: &str, position| {
        let found = fs::metadata(made.log(name)).unwrap();
        let write = WriteUnderWay { device: found.dev(), inode: found.ino(), position };
        let at = DestinationSlot::at(slot) + SLOT_RECOVERY.start;
        let bytes = SlotState::UnderWay(Some(write)).encode();
        made.process[at..at + bytes.len()].copy_from_slice(&bytes);
    };
    for cut in (begun.len()..=whole.len()).step_by(7) {
        let mut made = TestBox::new(segments());
        fs::write(made.log("0.log"), &whole[..cut]).unwrap();
        made.set_write(0, "0.log", 4);
        state(&mut made, 0, "0.log", begun.len() as u64);
        let block = cut % (blocks.len() + 1);
        fs::write(made.log("1.log"), &blocks[..block]).unwrap();
        state(&mut made, 1, "1.log", 0);
        made.leave();
        let elsewhere = cut % 3 == 0;
        let recovery = if elsewhere { made.recovery().to(made.log("all.log")) } else { made.recovery() };
        assert!(recovery.run().unwrap()[0].problem.is_none());
        // What one file ends within comes whole in the other.
        let text = made.read("0.log") + " torn\n" + &made.read("all.log");
        let mut found = [10, 20, 30, 40, 50]
            .map(|tick| text.lines().filter(|text| *text == line(tick).trim_end()).count());
        assert_eq!(found, [1; 5], "{cut}: {text}");
        let in_blocks = messages(&fs::read(made.log("1.log")).unwrap());
        for (count, message) in found.iter_mut().zip(["a", "b", "c"]) {
            *count = in_blocks.iter().filter(|other| *other == message).count()
                + text.lines().filter(|line| line.ends_with(&format!(" INFO shop {message}"))).count();
        }
        assert_eq!(found[..3], [1; 3], "{cut}: {text}");
    }
}

#[test]
fn of_two_recoveries_at_once_one_takes_the_process() {
    for _ in 0..20 {
        let lines: Vec<u64> = (1..=100).collect();
        let made = TestBox::new(vec![Made::of(1, [100, 0, 0]).lines(&lines)]);
        made.leave();
        let recoveries: Vec<_> = thread::scope(|scope| {
            let threads: Vec<_> =
                (0..4).map(|_| scope.spawn(|| made.recovery().run().unwrap().len())).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(recoveries.iter().sum::<usize>(), 1);
        assert_eq!(logged(&made.read("0.log")), ticks(lines));
    }
}

#[test]
fn a_process_that_holds_its_lock_is_left_alone() {
    let made = TestBox::new(vec![Made::of(1, [1, 0, 0]).lines(&[10])]);
    made.leave();
    let lock = File::open(made.process_folder().join(LOCK_FILE)).unwrap();
    flock(&lock, FlockOperation::LockExclusive).unwrap();
    assert!(made.recovery().run().unwrap().is_empty());
    assert!(made.process_folder().join(PROCESS_FILE).exists() && !made.log("0.log").exists());
    drop(lock);
    assert_eq!(made.recover().records(), 1);
}

#[test]
fn a_directory_that_is_about_to_be_made_or_is_none_is_left_alone() {
    let made = TestBox::new(vec![]);
    fs::create_dir(made.process_folder()).unwrap();
    fs::create_dir(made.all.join("box/other")).unwrap();
    fs::write(made.all.join("box/file-0123456789abcdef"), "").unwrap();
    std::os::unix::fs::symlink(&made.all, made.all.join("box/link-0123456789abcdef")).unwrap();
    assert!(made.recovery().run().unwrap().is_empty());
    assert!(made.process_folder().exists());
}

#[test]
fn what_can_not_be_written_stays_for_the_next_recovery() {
    let made = TestBox::new(vec![Made::of(1, [2, 0, 0]).lines(&[10, 20])]);
    fs::create_dir(made.log("0.log")).unwrap();
    made.leave();
    let problem = made.recover().problem.unwrap();
    assert!(problem.contains("0.log"), "{problem}");
    fs::remove_dir(made.log("0.log")).unwrap();
    assert_eq!(made.recover().records(), 2);
    assert_eq!(logged(&made.read("0.log")), ticks([10, 20]));
}

#[test]
fn the_two_lines_have_the_form_of_their_destination() {
    for (form, begin) in [
        (WrittenForm::Logfmt, "ts="),
        (WrittenForm::Ecs, "{\"@timestamp\":"),
        (WrittenForm::Gcp, "{\"time\":"),
        (WrittenForm::Pino, "{\"time\":"),
    ] {
        let mut made = TestBox::new(vec![Made::of(1, [1, 0, 0]).lines(&[10])]);
        made.set_slot(0, DestinationKind::File, form, &made.log("0.log"));
        made.leave();
        made.recover();
        let text = made.read("0.log");
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!((lines.len(), lines[1]), (3, "10 line"), "{text}");
        assert!(lines[0].starts_with(begin) && lines[2].starts_with(begin), "{text}");
        assert!(lines[0].contains("kakashi") && lines[0].contains("4711"), "{text}");
    }
}

#[test]
fn records_for_no_file_need_one_that_is_named() {
    let mut made = TestBox::new(vec![Made::of(1, [1, 0, 0]).lines(&[10])]);
    made.set_slot(0, DestinationKind::Other, WrittenForm::Text, Path::new(""));
    made.leave();
    let problem = made.recover().problem.unwrap();
    assert!(problem.contains("the log can't be reached by another process: say with --to FILE"), "{problem}");
    made.recovery().to(made.log("named.log")).run().unwrap();
    assert_eq!(logged(&made.read("named.log")), ticks([10]));
}

#[test]
fn records_for_no_file_go_where_this_process_says() {
    let mut made = TestBox::new(vec![
        Made::of(1, [1, 0, 0]).with(SegmentForm::Whole, &[(5, false, b"a line\n".to_vec())]),
        Made::of(2, [2, 0, 0]).blocks(&["a", "b"], &[]),
    ]);
    for slot in [0, 1] {
        made.set_slot(slot, DestinationKind::Other, WrittenForm::Text, Path::new(""));
    }
    made.leave();
    let mut taken = Vec::new();
    let mut take = |record: &kakashi_core::LogRecord<'_>| {
        let text = match record.field("line") {
            Some(kakashi_core::Value::Str(line)) => line.to_string(),
            _ => record.rendered_message(),
        };
        taken.push(text);
    };
    assert_eq!(made.recovery().run_with(Some(&mut take)).unwrap()[0].records(), 3);
    let own: Vec<&str> = taken.iter().map(|text| &**text).filter(|text| !text.contains("ecovered")).collect();
    assert_eq!((own, taken.len()), (vec!["a line", "a", "b"], 7));
}

#[test]
fn damage_is_said_and_costs_nothing_else() {
    let mut made =
        TestBox::new(vec![Made::of(1, [2, 0, 0]).lines(&[10, 20]), Made::of(2, [1, 0, 0]).lines(&[30])]);
    made.segments[1].1[20] ^= 1;
    made.leave();
    assert_eq!(made.recover().damage.as_deref(), Some("1 segment can't be read"));
    let text = made.read("0.log");
    assert!(text.trim_end().ends_with("damaged=\"1 segment can't be read\""), "{text}");
    assert_eq!(logged(&text), ticks([10, 20]));
}

#[test]
fn another_layout_is_left_to_who_knows_it() {
    let mut made = TestBox::new(vec![Made::of(1, [1, 0, 0]).lines(&[10])]);
    made.process[8] = 2;
    made.process[12..16].fill(0);
    let sum = crc32fast::hash(&made.process[..512]);
    made.process[12..16].copy_from_slice(&sum.to_le_bytes());
    made.leave();
    let problem = made.recover().problem.unwrap();
    assert!(problem.contains("in the version 2 of the layout, and this is 1"), "{problem}");
    assert!(made.process_folder().exists());
}

#[test]
fn a_directory_that_others_can_write_to_is_refused() {
    let made = TestBox::new(vec![]);
    for mode in [0o770, 0o707] {
        fs::set_permissions(made.all.join("box"), fs::Permissions::from_mode(mode)).unwrap();
        let error = made.recovery().run().unwrap_err();
        assert!(matches!(error, RecoveryError::Writable { .. }), "{error}");
        assert!(error.to_string().contains(&format!("(mode {mode:03o})")), "{error}");
    }
    assert!(matches!(Recovery::new(made.all.join("none")).run(), Err(RecoveryError::Io { .. })));
}

/// Only root can give a directory to another user.
#[test]
fn another_users_directory_is_refused_to_root_too_unless_told() {
    let made = TestBox::new(vec![Made::of(1, [1, 0, 0]).lines(&[10])]);
    made.leave();
    for path in [made.all.join("box"), made.process_folder()] {
        if std::os::unix::fs::chown(path, Some(12_345), None).is_err() {
            return;
        }
    }
    let error = made.recovery().run().unwrap_err();
    assert!(error.to_string().contains("belongs to the user 12345"), "{error}");
    let error = made.recovery().any_user(true).run().unwrap_err();
    assert!(error.to_string().contains("say with --to FILE"), "{error}");
    let recovered = made.recovery().any_user(true).to(made.log("named.log")).run().unwrap();
    assert_eq!(recovered[0].records(), 1);
    assert_eq!(logged(&made.read("named.log")), ticks([10]));
}
