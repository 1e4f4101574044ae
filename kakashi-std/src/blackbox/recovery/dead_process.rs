//! What a dead process has left: of each of its destinations the records that are neither written
//! nor dropped, in order. It knows no files, and any bytes at all are safe to read: what is damaged
//! is counted.

use std::collections::BTreeMap;

use super::damage::Damage;
use super::kept_records::{KeptFile, KeptSummary, read_kept};
use super::left_record::LeftRecord;
use super::segment_records::SegmentRecords;
use super::slot_state::SlotState;
use crate::segment::layout::{DestinationSlot, ProcessHeader, SLOTS, WriteUnderWay};

/// Who a process was, and what it has left.
#[derive(Debug)]
pub(crate) struct DeadProcess<'a> {
    /// None where its file is damaged.
    pub(crate) header: Option<ProcessHeader>,
    /// It has ended by itself, and could not write everything.
    pub(crate) is_closed: bool,
    /// Those that records were left for.
    pub(crate) destinations: Vec<LeftDestination<'a>>,
    pub(crate) damage: Damage,
}

/// A destination that a dead process has left records for.
#[derive(Debug)]
pub(crate) struct LeftDestination<'a> {
    /// The number of its slot.
    pub(crate) number: u16,
    /// None where that is damaged.
    pub(crate) slot: Option<DestinationSlot>,
    /// Where its file ended before what is in flight was written; none where it has no position.
    pub(crate) write: Option<WriteUnderWay>,
    /// How far a recovery has come.
    pub(crate) state: SlotState,
    /// In the order of their calls; behind them those that the flight recorder had kept.
    pub(crate) records: Vec<LeftRecord<'a>>,
    /// What is said of these, if there are any.
    pub(crate) kept: Option<KeptSummary>,
}

/// The bytes of a segment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SegmentFile<'a> {
    /// That of its name.
    pub(crate) number: u64,
    pub(crate) bytes: &'a [u8],
}

impl<'a> DeadProcess<'a> {
    /// Reads the process's file, its segments, and what its flight recorder had kept.
    pub(crate) fn read(process: &[u8], segments: &[SegmentFile<'a>], kept: &[KeptFile<'_>]) -> Self {
        let header = ProcessHeader::decode(process);
        // A process that was killed before it had written its file has no segments.
        let process_file = header.is_none() && !segments.is_empty();
        let mut damage = Damage { process_file, ..Damage::default() };
        let nonce = header.as_ref().map(|header| header.nonce);
        let segments: Vec<_> = segments
            .iter()
            .filter_map(|file| SegmentRecords::read(file.bytes, file.number, nonce, &mut damage))
            .collect();
        let replaced: Vec<_> = segments.iter().filter_map(|segment| segment.replaces.clone()).collect();
        let mut by_slot: BTreeMap<u16, Vec<LeftRecord<'a>>> = BTreeMap::new();
        for segment in segments {
            let of_slot = by_slot.entry(segment.header.slot).or_default();
            let records = segment.records.into_iter();
            of_slot.extend(records.filter(|record| !replaced.iter().any(|other| other.has(&record.place))));
        }
        let is_closed = ProcessHeader::is_closed(process);
        let mut kept = read_kept(kept, nonce, is_closed, &mut damage);
        kept.keys().for_each(|slot| _ = by_slot.entry(*slot).or_default());
        by_slot.retain(|slot, records| !records.is_empty() || kept.contains_key(slot));
        let destinations = by_slot.into_iter().map(|(number, mut records)| {
            records.sort_by_key(|record| record.place);
            let kept = kept.remove(&number).map(|(kept, summary)| {
                records.extend(kept);
                summary
            });
            let bytes = slot_bytes(process, number);
            LeftDestination {
                number,
                slot: DestinationSlot::decode(bytes),
                write: WriteUnderWay::decode(bytes),
                state: SlotState::decode(bytes),
                records,
                kept,
            }
        });
        let destinations: Vec<_> =
            destinations.filter(|destination| destination.state != SlotState::Done).collect();
        damage.process_file |= destinations.iter().any(|destination| destination.slot.is_none());
        Self { header, is_closed, destinations, damage }
    }
}

impl LeftDestination<'_> {
    /// Returns the path of its file.
    pub(crate) fn path(&self) -> Option<&[u8]> {
        self.slot.as_ref()?.path.as_deref()
    }

    /// Returns its name, for messages.
    pub(crate) fn name(&self) -> &str {
        self.slot.as_ref().map_or("a destination that is not known any more", |slot| &slot.name)
    }
}

/// Returns the bytes of a slot; none where the file is too short, or has no such slot.
fn slot_bytes(process: &[u8], number: u16) -> &[u8] {
    let number = usize::from(number);
    if number < SLOTS { process.get(DestinationSlot::at(number)..).unwrap_or_default() } else { &[] }
}
