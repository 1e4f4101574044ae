//! Any bytes are safe as the files that a dead process has left: what is read of them can be
//! written, and no record is read twice.
//!
//!     cargo +nightly fuzz run --fuzz-dir tests/fuzz recovery -- -max_total_time=60
//!
//! The bytes are read three times: as the files themselves, as what stands behind headers that are
//! whole, for nobody guesses a checksum, and as the records of a block that was left open.

#![no_main]

use std::collections::BTreeSet;

use kakashi_core::wire::{Item, Reader};
use libfuzzer_sys::fuzz_target;

use blackbox::recovery::dead_process::{DeadProcess, SegmentFile};
use blackbox::recovery::kept_records::KeptFile;
use blackbox::recovery::left_record::RecordBody;
use segment::layout::kept::{
    KeptFileHeader, KeptItem, KeptKind, LoggerPlace, LoggerPlaces, RING_PLACES_AT, RingPlace, TABLE_AT, UNIT,
};
use segment::layout::{
    DestinationKind, DestinationSlot, ENTRIES_AT, ENTRY_BYTES, IN_FLIGHT_AT, PROCESS_FILE_BYTES,
    PUBLISHED_AT, ProcessHeader, SLOT_STATE_AT, SegmentForm, SegmentHeader, WrittenForm,
};

#[allow(dead_code, reason = "the live side writes what is read here")]
#[path = "../../../kakashi-std/src/segment"]
mod segment {
    pub(crate) mod kept_entry;
    pub(crate) mod layout;
}

#[allow(dead_code, reason = "its files are read by another module")]
#[path = "../../../kakashi-std/src/blackbox"]
mod blackbox {
    pub(crate) mod recovery {
        pub(crate) mod block_matcher;
        pub(crate) mod damage;
        pub(crate) mod dead_process;
        pub(crate) mod kept_records;
        pub(crate) mod left_record;
        pub(crate) mod segment_records;
        pub(crate) mod slot_state;
    }
}

/// How many records a segment here has room for.
const ENTRIES: usize = 16;

fuzz_target!(|bytes: &[u8]| {
    let (process, rest) = bytes.split_at(bytes.len() / 3);
    let (one, other) = rest.split_at(rest.len() / 2);
    check(process, &[one, other], &[process, one]);
    let process = process_file();
    check(&process, &[], &[&kept_noise(one), &kept_ring(other)]);
    for form in [SegmentForm::Whole, SegmentForm::Wire] {
        check(&process, &[&with_header(0, form, one), &with_header(1, form, other)], &[]);
        check(&process, &[&left_open(form, bytes)], &[]);
    }
});

fn check(process: &[u8], segments: &[&[u8]], kept: &[&[u8]]) {
    let segments: Vec<_> = segments
        .iter()
        .enumerate()
        .map(|(number, bytes)| SegmentFile { number: number as u64, bytes })
        .collect();
    let kept: Vec<_> = kept.iter().map(|bytes| KeptFile { bytes }).collect();
    let dead = DeadProcess::read(process, &segments, &kept);
    let _ = dead.damage.to_string();
    let mut places = BTreeSet::new();
    let all = dead
        .destinations
        .iter()
        .flat_map(|destination| destination.records.iter().map(|record| (destination.number, record)));
    for (slot, record) in all {
        // What was kept is for each of its destinations.
        let slot = if record.is_kept { slot } else { 0 };
        assert!(places.insert((slot, record.place.segment, record.place.index)), "it is read twice");
        match &record.body {
            RecordBody::Block(block) => {
                let items: Vec<_> = Reader::new(block).collect();
                assert!(matches!(items[..], [Item::Record(_)]), "{items:?}");
            }
            RecordBody::Whole(bytes) if record.form == WrittenForm::Text => {
                let line = std::str::from_utf8(bytes).expect("text");
                let line = line.strip_suffix('\n').expect("a line");
                assert!(!line.contains(char::is_control), "{line:?}");
            }
            RecordBody::Whole(_) => {}
        }
    }
    for destination in &dead.destinations {
        assert!(destination.records.is_sorted_by_key(|record| (record.is_kept, record.place)));
    }
}

fn process_file() -> Vec<u8> {
    let mut file = vec![0; PROCESS_FILE_BYTES];
    ProcessHeader { nonce: 1, pid: 2, uid: 3, started: 4, program: "fuzz".into() }.encode(&mut file);
    let slot = &mut file[DestinationSlot::at(0)..];
    let name = "file".into();
    DestinationSlot { kind: DestinationKind::File, form: WrittenForm::Text, name, path: None }.encode(slot);
    slot[SLOT_STATE_AT] = 1;
    file
}

fn header(number: u64, form: SegmentForm, capacity: usize) -> SegmentHeader {
    let written_form = if form == SegmentForm::Wire { WrittenForm::Wire } else { WrittenForm::Text };
    let (capacity, entry_capacity) = (capacity as u32, ENTRIES as u32);
    SegmentHeader { nonce: 1, number, slot: 0, form, written_form, capacity, entry_capacity, replaces: None }
}

/// The units of a flight recorder's file here.
const UNITS: u32 = 64;

/// Makes a flight recorder's file of one ring with these bytes.
fn kept_ring(bytes: &[u8]) -> Vec<u8> {
    let mut file = kept_noise(&[]);
    let places = LoggerPlaces::Own(vec![LoggerPlace { slot: 0, threshold: 0, form: 1 }]).encode();
    let site = [&[kakashi_core::LogLevel::Debug.number()], &b"\x0a{a} of {b}\x02\x01a\x01b"[..]].concat();
    let memory_at = KeptFileHeader { nonce: 1, number: 0, units: UNITS }.memory_at();
    let mut put = |unit: usize, kind: KeptKind, (owner, id): (u64, u64), contents: &[u8]| {
        let item = KeptItem { kind, owner, id, contents }.encode();
        file[memory_at + unit * UNIT..][..item.len()].copy_from_slice(&item);
        file[TABLE_AT + 4 * unit] = kind as u8;
    };
    put(0, KeptKind::Ring, (1, 0), &[]);
    put(1, KeptKind::Logger, (1, 0), &[&places[..], b"fuzz"].concat());
    put(2, KeptKind::Context, (1, 0), &[]);
    put(3, KeptKind::Site, (0, 0), &site);
    let bytes = &bytes[..bytes.len().min((UNITS as usize - 4) * UNIT)];
    file[memory_at + 4 * UNIT..][..bytes.len()].copy_from_slice(bytes);
    let len = bytes.len() as u64;
    let place = RingPlace { file: 0, unit: 4, capacity: len.max(1), start: len / 3, end: len / 3 + len };
    for (at, word) in place.words().iter().enumerate() {
        file[memory_at + RING_PLACES_AT + 8 * at..][..8].copy_from_slice(&word.to_le_bytes());
    }
    file
}

/// Puts the header of a flight recorder's file before noise.
fn kept_noise(noise: &[u8]) -> Vec<u8> {
    let header = KeptFileHeader { nonce: 1, number: 0, units: UNITS };
    let mut file = vec![0; header.file_bytes()];
    let (begin, rest) = file.split_at_mut(TABLE_AT);
    begin.copy_from_slice(&header.encode());
    let len = noise.len().min(rest.len());
    rest[..len].copy_from_slice(&noise[..len]);
    file
}

/// Puts a whole header before noise.
fn with_header(number: u64, form: SegmentForm, noise: &[u8]) -> Vec<u8> {
    let mut file = vec![0; PUBLISHED_AT];
    header(number, form, noise.len()).encode(&mut file);
    file.extend_from_slice(noise);
    file
}

/// Makes a segment whose records are pieces of the bytes, each as long as its first byte says.
fn left_open(form: SegmentForm, bytes: &[u8]) -> Vec<u8> {
    let header = header(0, form, bytes.len());
    let mut file = vec![0; header.file_bytes()];
    header.encode(&mut file);
    let at = header.bytes_at();
    file[at..at + bytes.len()].copy_from_slice(bytes);
    let (mut end, mut count) = (0, 0);
    while end < bytes.len() && count < ENTRIES {
        end = (end + 1 + usize::from(bytes[end])).min(bytes.len());
        let entry = &mut file[ENTRIES_AT + count * ENTRY_BYTES..][..ENTRY_BYTES];
        entry[0] = count as u8;
        entry[8..12].copy_from_slice(&(end as u32).to_le_bytes());
        entry[14] = kakashi_core::LogLevel::Info.number();
        entry[15] = (count % 5 == 0).into();
        count += 1;
    }
    file[PUBLISHED_AT..PUBLISHED_AT + 8].copy_from_slice(&(count as u64).to_le_bytes());
    file[IN_FLIGHT_AT] = (count / 2) as u8;
    file
}
