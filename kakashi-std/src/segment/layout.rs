//! How the files of a black box are laid out, for who writes them and for who reads them after the
//! process is dead.
//!
//! `DIR/<program>-<16 hex digits>/` holds of one process
//!
//! - `lock`, which the process holds with flock(2) as long as it lives, and never maps;
//! - `process`: who it was ([`ProcessHeader`]), then [`SLOTS`] destinations ([`DestinationSlot`]), each
//!   with the write under way ([`WriteUnderWay`]);
//! - `<16 hex digits>.segment`: one chunk of one thread's records for one destination each: a
//!   [`SegmentHeader`], the marks ([`SegmentMarks`]), the entries ([`SegmentEntry`]), the records' bytes
//!   and [`TAIL`] more;
//! - `<16 hex digits>.kept`: what its flight recorder has kept ([`kept`]).
//!
//! All numbers are little-endian. The headers do not change and have a checksum; what changes (marks, states,
//! positions) stands apart from them, in words that one store writes. A file is made before its header is
//! written: one whose `published` is 0 holds nothing, whatever its header looks like.
//!
//! # Marks
//! Of a segment's records `[0, settled)` are written to the destination, or counted as dropped;
//! `[settled, in_flight)` are those that the destination's writer is writing, some of which may stand
//! in the file, from the position in the destination's slot on; `[in_flight, published)` are not written. The
//! writer stores position and file, then `in_flight` in each segment of a collection, then it writes,
//! then it stores `settled`. Of a destination that holds records back, some in flight may have been left
//! out on purpose.
//!
//! A segment that replaces records of another ([`Replaced`]) was made because the destination
//! failed and part of them was dropped: as soon as its `published` is not 0, those of the other do not count, and it
//! has what was kept.
//!
//! Of the bytes of records in wire form each entry with `begins_block` begins a block: its length and
//! checksum are those of the end, and are not set as long as the block is open; a reader that wants records from the
//! middle of a block takes what the block has explained before them.
//!
//! Nothing here touches a file. Any bytes at all are safe to decode.
//!
//! Over 400 lines because the files of one process are one format.

mod bytes;
pub mod kept;
mod written_form;

use std::ops::Range;

use kakashi_core::LogLevel;

pub use self::bytes::VERSION;
use self::bytes::{checksum_holds, cut, is_whole, put, text_at, u16_at, u32_at, u64_at};
pub use self::written_form::WrittenForm;

/// The first bytes of the process's file.
const PROCESS_MAGIC: [u8; 8] = *b"kkbox001";
/// The first bytes of a segment.
const SEGMENT_MAGIC: [u8; 8] = *b"kkseg001";

/// The name of the file that the process locks.
pub const LOCK_FILE: &str = "lock";
/// The name of the file that says who the process is.
pub const PROCESS_FILE: &str = "process";
/// What the names of segments end with.
pub const SEGMENT_SUFFIX: &str = ".segment";

/// Where the process's slots begin.
pub const SLOTS_AT: usize = 4096;
/// How many destinations a process has room for.
pub const SLOTS: usize = 64;
/// The bytes of a slot.
pub const SLOT_BYTES: usize = 4608;
/// The bytes of the process's file.
pub const PROCESS_FILE_BYTES: usize = SLOTS_AT + SLOTS * SLOT_BYTES;
/// Where, in the process's file, stands whether the process has ended by itself: a `u32`, 1 if so.
pub const CLOSED_AT: usize = 512;
/// Where those who recover keep their own state, which the process does not touch.
pub const RECOVERY: Range<usize> = 1024..2048;

/// Where a segment's marks stand, each a `u64`.
pub const PUBLISHED_AT: usize = 128;
/// See [`PUBLISHED_AT`].
pub const IN_FLIGHT_AT: usize = 136;
/// See [`PUBLISHED_AT`].
pub const SETTLED_AT: usize = 144;
/// Where the number of the thread stands that publishes there now, a `u64`.
pub const THREAD_AT: usize = 152;
/// Where a segment's entries begin.
pub const ENTRIES_AT: usize = 192;
/// The bytes of an entry.
pub const ENTRY_BYTES: usize = 16;
/// The bytes behind the room for records.
pub const TAIL: usize = 4;

/// Where, in a slot, stands whether it is in use: a `u32`, 1 if so.
pub const SLOT_STATE_AT: usize = 0;
/// Where, in a slot, the write under way stands.
pub const SLOT_WRITE_AT: usize = 8;
/// The bytes, in a slot, that those who recover keep for themselves.
pub const SLOT_RECOVERY: Range<usize> = 40..64;
const SLOT_FIXED_AT: usize = 64;
const SLOT_NAME_AT: usize = 72;
/// The most bytes of a destination's name; longer ones are cut.
const NAME_BYTES: usize = 512;
const SLOT_PATH_AT: usize = SLOT_NAME_AT + NAME_BYTES;
/// The most bytes of a path; longer ones are left out.
const PATH_BYTES: usize = 4000;

const PROCESS_FIXED_BYTES: usize = 512;
const PROGRAM_AT: usize = 48;
const PROGRAM_BYTES: usize = 255;
const SEGMENT_FIXED_BYTES: usize = 128;
/// In the place of a segment's number: it replaces nothing.
const NO_SEGMENT: u64 = u64::MAX;

/// Returns the name of a segment's file.
pub fn segment_file_name(number: u64) -> String {
    format!("{number:016x}{SEGMENT_SUFFIX}")
}

/// Returns the number of a segment's file, if it is one.
pub fn number_of_segment(file_name: &str) -> Option<u64> {
    let digits = file_name.strip_suffix(SEGMENT_SUFFIX)?;
    let is_hex = digits.len() == 16 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    u64::from_str_radix(digits, 16).ok().filter(|_| is_hex)
}

/// Who a process is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProcessHeader {
    /// Random; its segments have it too.
    pub nonce: u64,
    /// Its number while it lived, for people: another process may have it by now.
    pub pid: u32,
    /// The user that it ran as.
    pub uid: u32,
    /// When it began to log here, in nanoseconds since 1970.
    pub started: i64,
    /// The name of its program.
    pub program: String,
}

impl ProcessHeader {
    /// Writes it to the beginning of the process's file.
    ///
    /// # Panics
    /// If there is no room for it.
    pub fn encode(&self, file: &mut [u8]) {
        let file = &mut file[..PROCESS_FIXED_BYTES];
        file.fill(0);
        put(file, 0, &PROCESS_MAGIC);
        put(file, 8, &VERSION.to_le_bytes());
        put(file, 16, &self.nonce.to_le_bytes());
        put(file, 24, &self.started.to_le_bytes());
        put(file, 32, &self.pid.to_le_bytes());
        put(file, 36, &self.uid.to_le_bytes());
        let program = cut(&self.program, PROGRAM_BYTES);
        put(file, 40, &(program.len() as u16).to_le_bytes());
        put(file, PROGRAM_AT, program.as_bytes());
        let sum = crc32fast::hash(file);
        put(file, 12, &sum.to_le_bytes());
    }

    /// Reads it from a process's file; none if it is damaged, or of another version.
    pub fn decode(file: &[u8]) -> Option<Self> {
        let file = file.get(..PROCESS_FIXED_BYTES)?;
        if !is_whole(file, PROCESS_MAGIC) {
            return None;
        }
        Some(Self {
            nonce: u64_at(file, 16)?,
            started: u64_at(file, 24)?.cast_signed(),
            pid: u32_at(file, 32)?,
            uid: u32_at(file, 36)?,
            program: text_at(file, PROGRAM_AT, usize::from(u16_at(file, 40)?), PROGRAM_BYTES)?,
        })
    }

    /// Returns the version that a process's file was written in; none if it is damaged.
    pub fn version(file: &[u8]) -> Option<u32> {
        let file = file.get(..PROCESS_FIXED_BYTES)?;
        checksum_holds(file, PROCESS_MAGIC).then(|| u32_at(file, 8)).flatten()
    }

    /// Tells whether the process has ended by itself, and left what it could not write.
    pub fn is_closed(file: &[u8]) -> bool {
        u32_at(file, CLOSED_AT) == Some(1)
    }
}

/// What kind of destination a slot stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum DestinationKind {
    /// None of the others: records can't be brought there by another process.
    Other = 0,
    /// A file.
    File = 1,
    /// A file that others follow.
    RotatingFile = 2,
    /// Descriptor 1.
    Stdout = 3,
    /// Descriptor 2.
    Stderr = 4,
}

impl DestinationKind {
    /// Returns the form of a number.
    pub fn of(number: u8) -> Self {
        let known = [Self::File, Self::RotatingFile, Self::Stdout, Self::Stderr];
        known.into_iter().find(|kind| *kind as u8 == number).unwrap_or(Self::Other)
    }
}

/// A destination, as the process's file has it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DestinationSlot {
    /// What kind of destination it is.
    pub kind: DestinationKind,
    /// The form of the destination that was set last; segments have their own.
    pub form: WrittenForm,
    /// Its name.
    pub name: String,
    /// Its absolute path, if it is a file; bytes, as Unix has it.
    pub path: Option<Vec<u8>>,
}

impl DestinationSlot {
    /// Writes it to its slot, all but the state, which is set last.
    ///
    /// # Panics
    /// If there is no room for it.
    pub fn encode(&self, slot: &mut [u8]) {
        let slot = &mut slot[..SLOT_BYTES];
        slot[SLOT_FIXED_AT..].fill(0);
        slot[SLOT_FIXED_AT] = self.kind as u8;
        slot[SLOT_FIXED_AT + 1] = self.form as u8;
        let name = cut(&self.name, NAME_BYTES);
        put(slot, SLOT_FIXED_AT + 2, &(name.len() as u16).to_le_bytes());
        put(slot, SLOT_NAME_AT, name.as_bytes());
        if let Some(path) = self.path.as_ref().filter(|path| !path.is_empty() && path.len() <= PATH_BYTES) {
            put(slot, SLOT_FIXED_AT + 4, &(path.len() as u16).to_le_bytes());
            put(slot, SLOT_PATH_AT, path);
        }
        let sum = crc32fast::hash(&slot[SLOT_FIXED_AT..]);
        put(slot, 4, &sum.to_le_bytes());
    }

    /// Reads a slot; none if it is not in use, or damaged.
    pub fn decode(slot: &[u8]) -> Option<Self> {
        let slot = slot.get(..SLOT_BYTES)?;
        let is_whole = u32_at(slot, 4)? == crc32fast::hash(&slot[SLOT_FIXED_AT..]);
        if u32_at(slot, SLOT_STATE_AT)? != 1 || !is_whole {
            return None;
        }
        let path_len = usize::from(u16_at(slot, SLOT_FIXED_AT + 4)?);
        if path_len > PATH_BYTES {
            return None;
        }
        Some(Self {
            kind: DestinationKind::of(slot[SLOT_FIXED_AT]),
            form: WrittenForm::of(slot[SLOT_FIXED_AT + 1]),
            name: text_at(slot, SLOT_NAME_AT, usize::from(u16_at(slot, SLOT_FIXED_AT + 2)?), NAME_BYTES)?,
            path: (path_len > 0).then(|| slot[SLOT_PATH_AT..SLOT_PATH_AT + path_len].to_vec()),
        })
    }

    /// Returns where a slot begins in the process's file.
    pub fn at(number: usize) -> usize {
        SLOTS_AT + number * SLOT_BYTES
    }
}

/// The file of a destination and where it ended, before the oldest of the records in flight was
/// written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WriteUnderWay {
    /// The number of the device.
    pub device: u64,
    /// The file's number on it.
    pub inode: u64,
    /// Where it ended.
    pub position: u64,
}

impl WriteUnderWay {
    /// In the place of a position: nobody knows it.
    pub const UNKNOWN: u64 = u64::MAX;

    /// Reads it from a slot; none where the destination has no position.
    pub fn decode(slot: &[u8]) -> Option<Self> {
        let number = |at: usize| u64_at(slot, SLOT_WRITE_AT + 8 * at);
        let write = Self { device: number(0)?, inode: number(1)?, position: number(2)? };
        (write.position != Self::UNKNOWN).then_some(write)
    }
}

/// What a segment's bytes are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum SegmentForm {
    /// The records as they stand at the destination, each for itself.
    Whole = 1,
    /// Blocks of the wire, of which the last may be open.
    Wire = 2,
}

/// Records of another segment, in whose place this one's stand.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Replaced {
    /// The number of the other.
    pub segment: u64,
    /// Which of its records.
    pub records: Range<u32>,
}

/// What a segment is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SegmentHeader {
    /// That of the process.
    pub nonce: u64,
    /// Its number, which is its name.
    pub number: u64,
    /// The number of its destination's slot.
    pub slot: u16,
    /// What its bytes are.
    pub form: SegmentForm,
    /// What its records look like at the destination.
    pub written_form: WrittenForm,
    /// The most bytes of records.
    pub capacity: u32,
    /// The most records.
    pub entry_capacity: u32,
    /// What it stands in the place of.
    pub replaces: Option<Replaced>,
}

impl SegmentHeader {
    /// Returns the bytes of its file.
    pub fn file_bytes(&self) -> usize {
        self.bytes_at() + self.capacity as usize + TAIL
    }

    /// Returns where the bytes of its records begin.
    pub fn bytes_at(&self) -> usize {
        ENTRIES_AT + self.entry_capacity as usize * ENTRY_BYTES
    }

    /// Writes it to the beginning of a segment.
    ///
    /// # Panics
    /// If there is no room for it.
    pub fn encode(&self, file: &mut [u8]) {
        let file = &mut file[..SEGMENT_FIXED_BYTES];
        file.fill(0);
        put(file, 0, &SEGMENT_MAGIC);
        put(file, 8, &VERSION.to_le_bytes());
        put(file, 16, &self.nonce.to_le_bytes());
        put(file, 24, &self.number.to_le_bytes());
        put(file, 32, &self.slot.to_le_bytes());
        file[34] = self.form as u8;
        file[35] = self.written_form as u8;
        put(file, 40, &self.capacity.to_le_bytes());
        put(file, 44, &self.entry_capacity.to_le_bytes());
        let (segment, records) = match &self.replaces {
            Some(replaced) => (replaced.segment, replaced.records.clone()),
            None => (NO_SEGMENT, 0..0),
        };
        put(file, 48, &segment.to_le_bytes());
        put(file, 56, &records.start.to_le_bytes());
        put(file, 60, &records.end.to_le_bytes());
        let sum = crc32fast::hash(file);
        put(file, 12, &sum.to_le_bytes());
    }

    /// Reads it from a segment; none if it is damaged or of another version.
    pub fn decode(file: &[u8]) -> Option<Self> {
        let file = file.get(..SEGMENT_FIXED_BYTES)?;
        if !is_whole(file, SEGMENT_MAGIC) {
            return None;
        }
        let form = match file[34] {
            1 => SegmentForm::Whole,
            2 => SegmentForm::Wire,
            _ => return None,
        };
        let replaced = Replaced { segment: u64_at(file, 48)?, records: u32_at(file, 56)?..u32_at(file, 60)? };
        Some(Self {
            nonce: u64_at(file, 16)?,
            number: u64_at(file, 24)?,
            slot: u16_at(file, 32)?,
            form,
            written_form: WrittenForm::of(file[35]),
            capacity: u32_at(file, 40)?,
            entry_capacity: u32_at(file, 44)?,
            replaces: (replaced.segment != NO_SEGMENT).then_some(replaced),
        })
    }
}

/// How far a segment's records have come, as numbers that never exceed the segment's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SegmentMarks {
    /// How many records there are.
    pub published: u64,
    /// Up to where the destination's writer has begun.
    pub in_flight: u64,
    /// Up to where all is written or dropped.
    pub settled: u64,
    /// The number of the thread that has published them.
    pub thread: u64,
}

impl SegmentMarks {
    /// Reads the marks of a segment, whatever its header looks like; none if it is too short.
    pub fn decode(file: &[u8]) -> Option<Self> {
        Some(Self {
            published: u64_at(file, PUBLISHED_AT)?,
            in_flight: u64_at(file, IN_FLIGHT_AT)?,
            settled: u64_at(file, SETTLED_AT)?,
            thread: u64_at(file, THREAD_AT)?,
        })
    }

    /// Returns the records that are not settled, of which those before the other number may
    /// stand at the destination; none if the marks contradict one another or the header.
    pub fn unsettled(&self, header: &SegmentHeader) -> Option<(Range<usize>, usize)> {
        let most = u64::from(header.entry_capacity);
        if self.published > most || self.in_flight > most || self.settled > most {
            return None;
        }
        let end = self.published as usize;
        let begin = (self.settled as usize).min(end);
        Some((begin..end, (self.in_flight as usize).clamp(begin, end)))
    }
}

/// One record of a segment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SegmentEntry {
    /// Its place in the order of the process's records.
    pub tick: u64,
    /// The offset after its last byte.
    pub end: u32,
    /// The number under which its logger's records are counted; known to the process alone.
    pub counted_as: u16,
    /// Its level.
    pub level: LogLevel,
    /// It begins a block of the wire.
    pub begins_block: bool,
}

impl SegmentEntry {
    /// Reads the entry of a record; none if it is damaged, or outside of the file.
    pub fn decode(file: &[u8], record: usize) -> Option<Self> {
        let at = record.checked_mul(ENTRY_BYTES)?.checked_add(ENTRIES_AT)?;
        let entry = file.get(at..)?.first_chunk::<ENTRY_BYTES>()?;
        Some(Self {
            tick: u64_at(entry, 0)?,
            end: u32_at(entry, 8)?,
            counted_as: u16_at(entry, 12)?,
            level: LogLevel::from_number(entry[14])?,
            begins_block: match entry[15] {
                0 => false,
                1 => true,
                _ => return None,
            },
        })
    }
}

#[cfg(test)]
mod tests;
