//! Records of one chunk, as a collection has taken them, and how far they have come.
//!
//! A slice shares the chunk with others and with the thread that goes on in it: it reads its own
//! records only, and writes where the last block of a chunk ends that nobody else uses. What stands in a black
//! box has a mark, which outlives the slice.

#![allow(unsafe_code, reason = "the end of a block is written where it lies")]

use std::ops::Range;
use std::slice;

use kakashi_core::FileEnd;

use super::chunk::{BYTES_PER_ENTRY, Chunk, ChunkEntry, ChunkRef, ChunkWriter, TAIL, entries_for};
use super::live::Segment;

/// Records of one chunk, in the order of their ticks.
#[derive(Debug)]
pub(crate) struct ChunkSlice {
    chunk: ChunkRef,
    records: Range<usize>,
    /// What it has taken the place of, if that must still be told when it is written.
    origin: Option<Box<SliceMark>>,
}

impl ChunkSlice {
    /// Makes a slice of published records that no other slice has.
    pub(super) fn new(chunk: ChunkRef, records: Range<usize>) -> Self {
        Self { chunk, records, origin: None }
    }

    /// Makes a slice of records of its own, with no more memory than they need.
    pub(crate) fn of_records<'a>(records: impl Iterator<Item = (ChunkEntry, &'a [u8])> + Clone) -> Self {
        let capacity = capacity_for(records.clone());
        Self::copied(records, Chunk::new(capacity, None))
    }

    /// Copies records into a chunk that has room for them.
    fn copied<'a>(records: impl Iterator<Item = (ChunkEntry, &'a [u8])>, chunk: Chunk) -> Self {
        let chunk = ChunkRef::new(chunk);
        let mut writer = ChunkWriter::new(chunk.clone());
        for (entry, bytes) in records {
            writer.room()[..bytes.len()].copy_from_slice(bytes);
            writer.append(bytes.len(), entry);
        }
        // At once, so that a segment takes the place of another's records in one step.
        writer.publish_appended();
        Self::new(chunk, 0..writer.count())
    }

    /// Makes a slice of what is left of it, as it is or encoded anew, with no more memory than that
    /// needs. In a black box that takes its place there.
    pub(crate) fn replaced_by<'a>(
        &self,
        records: impl Iterator<Item = (ChunkEntry, &'a [u8])> + Clone,
    ) -> Self {
        let Some(mark) = self.mark() else { return Self::of_records(records) };
        let capacity = capacity_for(records.clone());
        let is_empty = records.clone().next().is_none();
        let segment = self.chunk.segment.as_ref().filter(|_| !is_empty);
        let segment = segment
            .and_then(|segment| segment.replace(self.records.clone(), capacity, entries_for(capacity)));
        let is_mapped = segment.is_some();
        let chunk = match segment {
            Some(segment) => Chunk::in_segment(segment, capacity, None),
            None => Chunk::new(capacity, None),
        };
        let mut copy = Self::copied(records, chunk);
        // Only what nothing unsettled stands before can be settled at once.
        let is_settled = (is_mapped || is_empty) && mark.settle_if_next();
        copy.origin = (!is_settled && !is_empty).then(|| Box::new(mark));
        copy
    }

    /// Returns what says how far its records have come; none if nothing outlives the process.
    pub(crate) fn mark(&self) -> Option<SliceMark> {
        if !self.is_marked() {
            return None;
        }
        let origin = self.origin.as_ref().map(|origin| Box::new(SliceMark::clone(origin)));
        Some(SliceMark { chunk: self.chunk.clone(), records: self.records.clone(), origin })
    }

    /// Tells whether it has a mark.
    #[inline]
    pub(crate) fn is_marked(&self) -> bool {
        self.is_mapped() || self.origin.is_some()
    }

    /// Tells whether its memory is a file's.
    #[inline]
    pub(crate) fn is_mapped(&self) -> bool {
        self.chunk.segment.is_some()
    }

    /// Tells whether its memory outlives the process, as far as was seen.
    pub(crate) fn is_kept(&self) -> bool {
        self.chunk.segment.as_ref().is_some_and(|segment| !segment.was_lost())
    }

    /// Returns the records.
    pub(crate) fn entries(&self) -> &[ChunkEntry] {
        self.chunk.entries(self.records.clone())
    }

    /// Returns their bytes.
    pub(crate) fn bytes(&self) -> &[u8] {
        self.chunk.bytes(self.records.clone())
    }

    /// As [`bytes`](Self::bytes), and so many of the tail that `block_memory` lends.
    pub(crate) fn bytes_with_tail(&self, tail: usize) -> &[u8] {
        assert!(tail <= TAIL && (tail == 0 || self.is_last()));
        let (from, len) = (self.offset(), self.bytes().len());
        // SAFETY: the tail lies in the chunk and is initialised. Its writer has left the
        // chunk, and `block_memory` would need this slice exclusively.
        unsafe { slice::from_raw_parts(self.chunk.memory.bytes.as_ptr().add(from), len + tail) }
    }

    /// Tells whether nothing comes behind the slice in its chunk.
    fn is_last(&self) -> bool {
        self.chunk.is_closed() && self.chunk.published() == self.records.end
    }

    /// Returns the offset of the slice's first byte, from which the ends of its entries count.
    pub(crate) fn offset(&self) -> usize {
        self.chunk.start_of(self.records.start)
    }

    /// Returns each record with its bytes.
    pub(crate) fn records(&self) -> impl Iterator<Item = (ChunkEntry, &[u8])> + Clone {
        let (bytes, mut from) = (self.bytes(), self.offset());
        let offset = from;
        self.entries().iter().map(move |entry| {
            let record = &bytes[from - offset..entry.end as usize - offset];
            from = entry.end as usize;
            (*entry, record)
        })
    }

    /// Returns the bytes of memory that are kept for it.
    pub(crate) fn memory(&self) -> usize {
        self.bytes().len() + size_of_val(self.entries())
    }

    /// Tells whether the chunk is much larger than the slice, which keeps all of it.
    pub(crate) fn wastes_memory(&self) -> bool {
        self.chunk.memory() > 2 * self.memory() + 1024
    }

    /// Yields the blocks of the wire that the slice has records of: of each the bytes that
    /// stand before the slice, and those within it.
    pub(crate) fn blocks(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let chunk = &*self.chunk;
        let all = chunk.entries(0..self.records.end);
        let before = all[..=self.records.start].iter().rposition(|entry| entry.begins_block).unwrap_or(0);
        let mut from = before;
        std::iter::from_fn(move || {
            if from >= all.len() {
                return None;
            }
            let begin = from;
            let length = all[begin + 1..].iter().position(|entry| entry.begins_block);
            from = length.map_or(all.len(), |length| begin + 1 + length);
            let own = begin.max(self.records.start);
            Some((chunk.bytes(begin..own), chunk.bytes(own..from)))
        })
    }

    /// Returns the slice's memory and the tail behind it, if it is the whole last block of
    /// a chunk that nobody writes to: then the block can be ended where it lies.
    pub(crate) fn block_memory(&mut self) -> Option<&mut [u8]> {
        let entries = self.entries();
        let is_block = entries.first().is_some_and(|first| first.begins_block)
            && entries[1..].iter().all(|entry| !entry.begins_block);
        if !self.is_last() || !is_block {
            return None;
        }
        let (from, len) = (self.offset(), self.bytes().len());
        // SAFETY: the writer has left the chunk, so nobody writes behind the last record.
        // Only this slice has these records, and other slices read no further than their
        // own: those that look back for their block's beginning stand after it, and none
        // stands after this.
        unsafe { Some(slice::from_raw_parts_mut(self.chunk.memory.bytes.as_ptr().add(from), len + TAIL)) }
    }
}

/// Returns the bytes of a chunk with room for some records.
fn capacity_for<'a>(records: impl Iterator<Item = (ChunkEntry, &'a [u8])>) -> usize {
    let (count, bytes) = records.fold((0, 0), |(n, sum), (_, bytes)| (n + 1, sum + bytes.len()));
    bytes.max(count * BYTES_PER_ENTRY)
}

/// Says how far the records of a slice have come, for who reads them when this process is dead. It
/// never reads them.
#[derive(Clone, Debug)]
pub(crate) struct SliceMark {
    chunk: ChunkRef,
    records: Range<usize>,
    /// What the slice has taken the place of.
    origin: Option<Box<SliceMark>>,
}

impl SliceMark {
    /// Notes where their destination's file ends before they are written.
    pub(crate) fn note_write(&self, end: Option<FileEnd>) {
        self.each(&mut |segment, _| segment.note_write(end));
    }

    /// Says that they are being written.
    pub(crate) fn begin_write(&self) {
        self.each(&mut |segment, records| segment.begin_write(records.end));
    }

    /// Says that they are written or dropped, and those before them in their chunk.
    pub(crate) fn settle(&self) {
        self.each(&mut |segment, records| segment.settle(records.end));
    }

    /// As [`settle`](Self::settle), if all before them are settled; tells whether they were.
    fn settle_if_next(&self) -> bool {
        let mut is_next = true;
        self.each(&mut |segment, records| is_next &= segment.settled() >= records.start);
        if is_next {
            self.settle();
        }
        is_next
    }

    fn each(&self, run: &mut dyn FnMut(&Segment, &Range<usize>)) {
        if let Some(segment) = &self.chunk.segment {
            run(segment, &self.records);
        }
        if let Some(origin) = &self.origin {
            origin.each(run);
        }
    }
}
