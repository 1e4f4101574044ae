//! The records of one segment that a dead process has left. Any bytes at all are safe to read.

use std::collections::HashMap;
use std::ops::Range;

use kakashi_core::LogLevel;
use kakashi_core::wire::{BLOCK_OVERHEAD, Item, MAX_ITEMS_LEN, Reader, finish_block};

use super::block_matcher::block_of;
use super::damage::Damage;
use super::left_record::{LeftRecord, RecordBody, RecordPlace};
use crate::segment::layout::{
    Replaced, SegmentEntry, SegmentForm, SegmentHeader, SegmentMarks, TAIL, WrittenForm,
};

/// A segment whose header is whole.
#[derive(Debug)]
pub(crate) struct SegmentRecords<'a> {
    pub(crate) header: SegmentHeader,
    /// Those that are neither written nor dropped.
    pub(crate) records: Vec<LeftRecord<'a>>,
    /// The records of another segment in whose place this one's stand.
    pub(crate) replaces: Option<ReplacedRecords>,
}

/// Records whose segment has others in their place: not those that the other segment has got since.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ReplacedRecords {
    segment: u64,
    records: Range<usize>,
    /// The last tick that was kept of them. The segment may have been used again since, for
    /// records with later ones.
    until: u64,
}

impl ReplacedRecords {
    /// Tells whether a record is one of them.
    pub(crate) fn has(&self, place: &RecordPlace) -> bool {
        place.segment == self.segment && self.records.contains(&place.index) && place.tick <= self.until
    }
}

/// An entry, and where its record's bytes begin.
struct ReadEntry {
    tick: u64,
    level: LogLevel,
    begins_block: bool,
    bytes: Range<usize>,
}

impl<'a> SegmentRecords<'a> {
    /// Reads the file of a segment with this number, of a process with this nonce if it is known;
    /// counts what can't be read. Returns nothing where there is no record.
    pub(crate) fn read(file: &'a [u8], number: u64, nonce: Option<u64>, damage: &mut Damage) -> Option<Self> {
        let marks = SegmentMarks::decode(file);
        let Some(header) = SegmentHeader::decode(file) else {
            // One that was about to be made has no record.
            damage.segments += usize::from(marks.is_some_and(|marks| marks.published > 0));
            return None;
        };
        if header.number != number || nonce.is_some_and(|nonce| nonce != header.nonce) {
            damage.segments += 1;
            return None;
        }
        let marks = marks?;
        if marks.published == 0 {
            return None;
        }
        let unsettled = marks.unsettled(&header);
        let most = header.entry_capacity as usize;
        // Without marks: what is there, and any of it may be written.
        let (left, in_flight) = unsettled.clone().unwrap_or((0..most, most));
        let entries = read_entries(file, &header, left.end);
        if unsettled.is_some() {
            damage.records += left.end - entries.len().max(left.start);
        } else {
            damage.marks += 1;
        }
        let replaces = header.replaces.as_ref().and_then(|replaced| replaced_records(replaced, &entries));
        let mut segment = Self { header, records: Vec::new(), replaces };
        let left = left.start.min(entries.len())..entries.len();
        let place = |index: usize| RecordPlace {
            tick: entries[index].tick,
            thread: marks.thread,
            segment: number,
            index,
        };
        let form = segment.header.written_form;
        let mut put = |index: usize, body| {
            let (place, level) = (place(index), entries[index].level);
            let is_in_flight = index < in_flight;
            segment.records.push(LeftRecord { place, level, is_in_flight, is_kept: false, form, body });
        };
        match segment.header.form {
            SegmentForm::Whole => {
                for index in left {
                    let bytes = &file[entries[index].bytes.clone()];
                    if is_possible(bytes, form) {
                        put(index, RecordBody::Whole(bytes));
                    } else {
                        damage.records += 1;
                    }
                }
            }
            SegmentForm::Wire => {
                let count = left.len();
                let mut read = 0;
                for_each_record(file, &entries, left, |index, block| {
                    read += 1;
                    put(index, RecordBody::Block(block));
                });
                damage.records += count - read;
            }
        }
        Some(segment)
    }
}

/// Reads entries up to the first that makes no sense.
fn read_entries(file: &[u8], header: &SegmentHeader, count: usize) -> Vec<ReadEntry> {
    let begin = header.bytes_at();
    let mut entries = Vec::new();
    let mut from = 0;
    for index in 0..count {
        let Some(entry) = SegmentEntry::decode(file, index) else { break };
        let end = entry.end as usize;
        if end <= from || end > header.capacity as usize || begin + end > file.len() {
            break;
        }
        let SegmentEntry { tick, level, begins_block, .. } = entry;
        entries.push(ReadEntry { tick, level, begins_block, bytes: begin + from..begin + end });
        from = end;
    }
    entries
}

fn replaced_records(replaced: &Replaced, entries: &[ReadEntry]) -> Option<ReplacedRecords> {
    let until = entries.iter().map(|entry| entry.tick).max()?;
    let records = replaced.records.start as usize..replaced.records.end as usize;
    Some(ReplacedRecords { segment: replaced.segment, records, until })
}

/// Tells whether these may be a record's bytes: a flipped bit must not make two lines of one, nor
/// control a terminal.
fn is_possible(bytes: &[u8], form: WrittenForm) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return form == WrittenForm::Foreign };
    match form {
        WrittenForm::Lines => text.ends_with('\n'),
        WrittenForm::Wire => false,
        WrittenForm::Foreign => true,
        _ => text.strip_suffix('\n').is_some_and(|line| !line.contains(char::is_control)),
    }
}

/// Hands over records of blocks that their thread may have left open, each as a block of its own.
fn for_each_record(
    file: &[u8],
    entries: &[ReadEntry],
    left: Range<usize>,
    mut each: impl FnMut(usize, Vec<u8>),
) {
    let before = entries.get(..=left.start).unwrap_or_default();
    let mut begin = before.iter().rposition(|entry| entry.begins_block).unwrap_or(0);
    while begin < entries.len() {
        let next = entries[begin + 1..].iter().position(|entry| entry.begins_block);
        let end = next.map_or(entries.len(), |next| begin + 1 + next);
        let start = entries[begin].bytes.start;
        let block = whole_block(&file[start..entries[end - 1].bytes.end]);
        let by_end: HashMap<usize, usize> =
            (begin..end).map(|index| (entries[index].bytes.end - start, index)).collect();
        let mut reader = Reader::new(&block);
        while let Some(item) = reader.next() {
            if let Item::Record(record) = item
                && let Some(&index) = by_end.get(&reader.position())
                && left.contains(&index)
            {
                each(index, block_of(&record));
            }
        }
        begin = end;
    }
}

/// Ends an open block; of what can't be one nothing is read.
fn whole_block(open: &[u8]) -> Vec<u8> {
    let mut block = [open, &[0; TAIL]].concat();
    if (BLOCK_OVERHEAD..=BLOCK_OVERHEAD + MAX_ITEMS_LEN).contains(&block.len()) {
        finish_block(&mut block);
    }
    block
}
