//! What is read of the files of a flight recorder, whole and damaged.

use std::collections::BTreeMap;

use kakashi_core::wire::{RecordIds, put_record};
use kakashi_core::{Field, LogContext, LogLevel, Output, Value};

use super::damage::Damage;
use super::kept_records::{KeptFile, read_kept};
use super::left_record::RecordBody;
use super::test_files::{NONCE, record};
use crate::segment::kept_entry::{HEAD, KeptHead};
use crate::segment::layout::WrittenForm;
use crate::segment::layout::kept::{
    KeptFileHeader, KeptItem, KeptKind, LoggerPlace, LoggerPlaces, PLACE_BYTES, RING_BEGUN_AT,
    RING_CURRENT_AT, RING_OVERWRITTEN_AT, RING_PLACES_AT, RING_PUBLISHED, RING_STATE_AT, RING_WRITTEN_AT,
    RingPlace, TABLE_AT, UNIT, is_kept_file, kept_file_name,
};

const HEADER: KeptFileHeader = KeptFileHeader { nonce: NONCE, number: 0, units: 64 };
/// Where the ring's item and its bytes are.
const RING: usize = 1;
const BYTES: usize = 40;
const CAPACITY: usize = 300;

/// A file with one ring; of its records the ticks and messages.
struct MadeKept(Vec<u8>);

impl MadeKept {
    fn new(records: &[(u64, &str)]) -> Self {
        let mut file = vec![0; HEADER.file_bytes()];
        let header = HEADER.encode();
        file[..header.len()].copy_from_slice(&header);
        let mut made = Self(file);
        let place = |slot, threshold: LogLevel| LoggerPlace {
            slot,
            threshold: threshold.number(),
            form: WrittenForm::Text as u8,
        };
        let root = LoggerPlaces::Own(vec![place(0, LogLevel::Debug), place(1, LogLevel::Info)]);
        let pairs = LogContext::new().with_custom(&[Field { key: "replayed", value: Value::Bool(true) }]);
        made.put(RING, KeptKind::Ring, (7, 0), &[]);
        made.put(3, KeptKind::Logger, (7, 0), &[&LoggerPlaces::Root.encode()[..], b"shop"].concat());
        made.put(5, KeptKind::Context, (7, 2), pairs.fields().pairs);
        made.put(8, KeptKind::Root, (0, 1), &[&root.encode()[..], pairs.fields().pairs].concat());
        let mut bytes = Vec::new();
        for (tick, message) in records {
            let mut room = [0; 200];
            let mut out = Output::new(&mut room);
            let mut record = record(message);
            record.level = LogLevel::Debug;
            put_record(&mut out, &record, RecordIds { site: None, logger: None, context: None });
            let body = out.written();
            let head =
                KeptHead { tick: *tick, level: LogLevel::Debug, len: body.len(), logger: 0, context: 2 };
            bytes.extend_from_slice(&head.to_bytes());
            bytes.extend_from_slice(body);
        }
        // It has gone round once: the bytes do not begin where the memory does.
        let start = 2 * CAPACITY - 50;
        let at = HEADER.memory_at() + BYTES * UNIT;
        for (position, byte) in (start..).zip(&bytes) {
            made.0[at + position % CAPACITY] = *byte;
        }
        let place = RingPlace {
            file: 0,
            unit: BYTES as u32,
            capacity: CAPACITY as u64,
            start: start as u64,
            end: (start + bytes.len()) as u64,
        };
        for (word, number) in place.words().into_iter().enumerate() {
            made.set(RING_PLACES_AT + PLACE_BYTES + 8 * word, number);
        }
        made.set(RING_CURRENT_AT, 1);
        made.set(RING_OVERWRITTEN_AT, 12);
        made
    }

    fn put(&mut self, unit: usize, kind: KeptKind, (owner, id): (u64, u64), contents: &[u8]) {
        let item = KeptItem { kind, owner, id, contents }.encode();
        let at = HEADER.memory_at() + unit * UNIT;
        self.0[at..at + item.len()].copy_from_slice(&item);
        self.0[TABLE_AT + 4 * unit] = kind as u8;
    }

    /// Sets a word of the ring.
    fn set(&mut self, at: usize, number: u64) {
        let at = HEADER.memory_at() + RING * UNIT + at;
        self.0[at..at + 8].copy_from_slice(&number.to_le_bytes());
    }

    /// What is read: of each slot the ticks, and whether they are in flight.
    fn read(&self, has_ended: bool) -> (BTreeMap<u16, Vec<(u64, bool)>>, Damage) {
        let mut damage = Damage::default();
        let kept = read_kept(&[KeptFile { bytes: &self.0 }], Some(NONCE), has_ended, &mut damage);
        let ticks = kept.into_iter().map(|(slot, (records, summary))| {
            assert_eq!(summary.overwritten, 12);
            assert!(records.iter().all(|record| record.is_kept && record.level == LogLevel::Debug));
            assert!(records.iter().all(|record| matches!(record.body, RecordBody::Block(_))));
            (slot, records.iter().map(|record| (record.place.tick, record.is_in_flight)).collect())
        });
        (ticks.collect(), damage)
    }
}

fn slot(number: u16, ticks: &[(u64, bool)]) -> BTreeMap<u16, Vec<(u64, bool)>> {
    BTreeMap::from([(number, ticks.to_vec())])
}

#[test]
fn what_a_ring_had_kept_is_left_for_the_destinations_whose_threshold_admits_it() {
    let made = MadeKept::new(&[(10, "a"), (20, "b"), (30, "c")]);
    let read = made.read(false);
    assert_eq!(read, (slot(0, &[(10, false), (20, false), (30, false)]), Damage::default()));
    assert_eq!(made.read(true), (BTreeMap::new(), Damage::default()), "it has ended by itself");
    assert!(is_kept_file(&kept_file_name(3)) && !is_kept_file("3.kept") && !is_kept_file("lock"));
}

#[test]
fn what_a_trigger_has_written_is_left_until_it_stands_at_its_destination() {
    let mut made = MadeKept::new(&[(10, "a")]);
    made.set(RING_STATE_AT, RING_PUBLISHED);
    assert_eq!(made.read(true).0, slot(0, &[(10, false)]));
    made.set(RING_BEGUN_AT, 0b11);
    assert_eq!(made.read(false).0, slot(0, &[(10, true)]));
    made.set(RING_WRITTEN_AT, 0b10);
    assert_eq!(made.read(false).0, slot(0, &[(10, true)]));
    made.set(RING_WRITTEN_AT, 0b01);
    assert_eq!(made.read(false).0, BTreeMap::new());
}

#[test]
fn damage_costs_what_it_hits_and_is_counted() {
    let made = || MadeKept::new(&[(10, "a"), (20, "b"), (30, "c")]);
    let damaged = |damage: &dyn Fn(&mut MadeKept)| {
        let mut made = made();
        damage(&mut made);
        let (ticks, damage) = made.read(false);
        let ticks: Vec<u64> = ticks.into_values().flatten().map(|(tick, _)| tick).collect();
        (ticks, damage.records, damage.segments)
    };
    let item = |unit: usize| HEADER.memory_at() + unit * UNIT;
    assert_eq!(damaged(&|made| made.0[20] ^= 1), (vec![], 0, 1), "the header");
    assert_eq!(damaged(&|made| made.0[TABLE_AT + 4 * RING] = 9), (vec![], 1, 0), "an entry of the table");
    assert_eq!(damaged(&|made| made.0[item(5) + 40] ^= 1), (vec![], 1 + 3, 0), "the context");
    assert_eq!(damaged(&|made| made.set(RING_CURRENT_AT, 2)), (vec![], 0, 1), "the ring");
    let start = item(BYTES) + CAPACITY - 50;
    assert_eq!(damaged(&|made| made.0[start + HEAD] = 0xff), (vec![20, 30], 1, 0), "a body");
    assert_eq!(damaged(&|made| made.0[start + 10] = 0xff), (vec![], 1, 0), "a length");
    assert_eq!(damaged(&|made| made.0.truncate(item(BYTES))), (vec![], 0, 1), "cut");
    assert_eq!(damaged(&|made| made.0.clear()), (vec![], 0, 0), "one that was about to be made");
}

#[test]
fn whatever_byte_is_flipped_nothing_is_read_that_was_not_kept() {
    let whole = MadeKept::new(&[(10, "a"), (20, "b"), (30, "c")]);
    for at in (0..TABLE_AT + 4 * 64).chain(HEADER.memory_at()..whole.0.len()) {
        let mut made = MadeKept(whole.0.clone());
        made.0[at] ^= 0x41;
        let mut damage = Damage::default();
        let kept = read_kept(&[KeptFile { bytes: &made.0 }], Some(NONCE), false, &mut damage);
        let records: usize = kept.values().map(|(records, _)| records.len()).sum();
        assert!(records <= 2 * 3, "{at}");
    }
}
