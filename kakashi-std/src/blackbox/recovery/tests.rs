//! What is read of the files that a process has left, whole and damaged.

use super::block_matcher::block_of;
use super::damage::Damage;
use super::dead_process::{DeadProcess, SegmentFile};
use super::left_record::RecordBody;
use super::slot_state::SlotState;
use super::test_files::{Made, line, process_file, record};
use crate::segment::layout::{
    DestinationSlot, ENTRIES_AT, ENTRY_BYTES, PROCESS_FILE_BYTES, PUBLISHED_AT, Replaced, SLOT_RECOVERY,
    WriteUnderWay,
};

/// What of a process is left: of each destination the ticks, and whether they are in flight.
fn left(process: &[u8], segments: &[(u64, Vec<u8>)]) -> (Vec<Vec<(u64, bool)>>, Damage) {
    let files: Vec<_> =
        segments.iter().map(|(number, bytes)| SegmentFile { number: *number, bytes }).collect();
    let dead = DeadProcess::read(process, &files, &[]);
    let ticks = dead.destinations.iter().map(|destination| {
        destination.records.iter().map(|record| (record.place.tick, record.is_in_flight)).collect()
    });
    (ticks.collect(), dead.damage)
}

#[test]
fn what_is_not_settled_is_left_in_order_and_says_what_is_in_flight() {
    let segments = [Made::of(1, [4, 3, 1]).lines(&[10, 20, 40, 60]), Made::of(2, [2, 0, 0]).lines(&[30, 50])];
    let (ticks, damage) = left(&process_file(), &segments);
    assert_eq!(ticks, [[(20, true), (30, false), (40, true), (50, false), (60, false)]]);
    assert_eq!(damage, Damage::default());
    let files: Vec<_> =
        segments.iter().map(|(number, bytes)| SegmentFile { number: *number, bytes }).collect();
    let dead = DeadProcess::read(&process_file(), &files, &[]);
    let destination = &dead.destinations[0];
    assert_eq!(destination.records[1].body, RecordBody::Whole(line(30).as_bytes()));
    assert_eq!(destination.write, Some(WriteUnderWay { device: 8, inode: 9, position: 10 }));
    let path = destination.slot.as_ref().and_then(|slot| slot.path.clone());
    assert_eq!(path.as_deref(), Some(&b"/var/log/0.log"[..]));
    assert_eq!(dead.header.map(|header| (header.pid, header.program)), Some((4711, "shop".into())));
}

#[test]
fn records_of_open_blocks_are_left_each_as_a_block() {
    for settled in 0..5 {
        let (number, bytes) = Made::of(1, [5, 0, settled]).blocks(&["a", "b"], &["c", "d", "e"]);
        let dead = DeadProcess::read(&process_file(), &[SegmentFile { number, bytes: &bytes }], &[]);
        assert_eq!(dead.damage, Damage::default());
        let bodies: Vec<_> = dead.destinations[0].records.iter().map(|record| &record.body).collect();
        let expected: Vec<_> = ["a", "b", "c", "d", "e"][settled as usize..]
            .iter()
            .map(|message| RecordBody::Block(block_of(&record(message))))
            .collect();
        assert_eq!(bodies, expected.iter().collect::<Vec<_>>());
    }
}

#[test]
fn a_segment_stands_in_the_place_of_what_it_replaces() {
    let origin = || Made::of(1, [4, 0, 0]).lines(&[10, 20, 30, 40]);
    let copy = |published| {
        let replaces = Some(Replaced { segment: 1, records: 0..3 });
        Made { replaces, ..Made::of(2, [published, 0, 0]) }.lines(&[10, 30])
    };
    let ticks = |segments: &[_]| left(&process_file(), segments).0.concat();
    let at = |ticks: &[u64]| ticks.iter().map(|tick| (*tick, false)).collect::<Vec<_>>();
    assert_eq!(ticks(&[origin(), copy(2)]), at(&[10, 30, 40]));
    assert_eq!(ticks(&[origin(), copy(0)]), at(&[10, 20, 30, 40]), "it is not valid yet");
    // The segment was used again: these records are others.
    let again = Made::of(1, [2, 0, 0]).lines(&[50, 60]);
    assert_eq!(ticks(&[again, copy(2)]), at(&[10, 30, 50, 60]));
}

#[test]
fn a_destination_that_was_recovered_is_not_left() {
    let mut process = process_file();
    let segments = [Made::of(1, [1, 0, 0]).lines(&[10])];
    assert_eq!(left(&process, &segments).0.len(), 1);
    let at = DestinationSlot::at(0) + SLOT_RECOVERY.start;
    let done = SlotState::Done.encode();
    process[at..at + done.len()].copy_from_slice(&done);
    assert_eq!(left(&process, &segments), (vec![], Damage::default()));
}

#[test]
fn damage_costs_what_it_hits_and_is_counted() {
    let process = process_file();
    let whole = || Made::of(1, [3, 1, 0]).lines(&[10, 20, 30]);
    let damaged = |damage: &dyn Fn(&mut Vec<u8>)| {
        let (number, mut bytes) = whole();
        damage(&mut bytes);
        let (ticks, damage) = left(&process, &[(number, bytes), Made::of(2, [1, 0, 0]).lines(&[40])]);
        (ticks.concat().into_iter().map(|(tick, _)| tick).collect::<Vec<_>>(), damage)
    };
    let bytes_at = ENTRIES_AT + 100 * ENTRY_BYTES;
    let (of_segments, of_records) = (
        |segments| Damage { segments, ..Damage::default() },
        |records| Damage { records, ..Damage::default() },
    );
    // The header.
    assert_eq!(damaged(&|bytes| bytes[20] ^= 1), (vec![40], of_segments(1)));
    // A record's bytes: what could control a terminal, or would be two lines.
    assert_eq!(damaged(&|bytes| bytes[bytes_at + 9] = 0x1b), (vec![10, 30, 40], of_records(1)));
    assert_eq!(damaged(&|bytes| bytes[bytes_at + 1] = b'\n'), (vec![20, 30, 40], of_records(1)));
    // An entry: where the next begins is not known.
    assert_eq!(damaged(&|bytes| bytes[ENTRIES_AT + ENTRY_BYTES + 11] = 9), (vec![10, 40], of_records(2)));
    // Cut.
    assert_eq!(damaged(&|bytes| bytes.truncate(bytes_at + 20)), (vec![10, 20, 40], of_records(1)));
    assert_eq!(damaged(&|bytes| bytes.truncate(140)), (vec![40], Damage::default()));
    // What of it is written is not known: it may be all.
    let marks = Damage { marks: 1, ..Damage::default() };
    assert_eq!(damaged(&|bytes| bytes[PUBLISHED_AT + 3] = 1), (vec![10, 20, 30, 40], marks));
    // Of another process, or under another name.
    let (_, other) = whole();
    let (ticks, damage) = left(&process, &[(9, other)]);
    assert_eq!((ticks.len(), damage), (0, of_segments(1)));
}

#[test]
fn without_the_process_file_the_records_are_still_there() {
    let segments = [Made::of(1, [1, 0, 0]).lines(&[10])];
    for process in [vec![], vec![0xff; PROCESS_FILE_BYTES], process_file()[..5000].to_vec()] {
        let (ticks, damage) = left(&process, &segments);
        assert_eq!(ticks.concat(), [(10, false)]);
        assert!(damage.process_file);
    }
}

#[test]
fn a_process_that_was_killed_while_it_began_has_left_nothing_and_nothing_is_damaged() {
    for written in [0, 8, 40, 511] {
        let mut process = process_file();
        process[written..].fill(0);
        assert_eq!(left(&process, &[]), (vec![], Damage::default()), "{written}");
        assert!(left(&process, &[Made::of(1, [1, 0, 0]).lines(&[10])]).1.process_file);
    }
}

#[test]
fn an_item_that_is_damaged_costs_its_block_at_most() {
    let (number, whole) = Made::of(1, [5, 0, 0]).blocks(&["aaaa", "bbbb"], &["cccc", "dddd", "eeee"]);
    let bytes_at = ENTRIES_AT + 100 * ENTRY_BYTES;
    for at in bytes_at..bytes_at + 300 {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x41;
        let (ticks, damage) = left(&process_file(), &[(number, bytes)]);
        let left = ticks.concat().len();
        assert!(left >= 2, "{at}: {ticks:?}");
        assert_eq!(left + damage.records, 5, "{at}: {damage:?}");
    }
}
