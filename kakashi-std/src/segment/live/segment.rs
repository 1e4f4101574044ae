//! A chunk's memory in a file of its own.

use std::ops::Range;
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use kakashi_core::FileEnd;

use super::live_box::LiveBox;
use super::mapped_file::MappedFile;
use super::slot::BoxSlot;
use crate::segment::layout::{
    ENTRIES_AT, IN_FLIGHT_AT, PUBLISHED_AT, Replaced, SETTLED_AT, SegmentHeader, THREAD_AT,
};

/// The memory of a chunk in a mapped file, which is removed with this.
#[derive(Debug)]
pub(crate) struct Segment {
    file: MappedFile,
    header: SegmentHeader,
    slot: Arc<BoxSlot>,
    live: Arc<LiveBox>,
}

impl Segment {
    /// Makes one; none if there is no room.
    pub(super) fn make(live: Arc<LiveBox>, slot: Arc<BoxSlot>, mut header: SegmentHeader) -> Option<Self> {
        let file = live.create(&mut header)?;
        let mut bytes = [0; PUBLISHED_AT];
        header.encode(&mut bytes);
        file.copy(0, &bytes);
        Some(Self { file, header, slot, live })
    }

    /// Returns where its entries begin.
    pub(crate) fn entries(&self) -> NonNull<u8> {
        self.file.pointer(ENTRIES_AT)
    }

    /// Returns where the bytes of its records begin.
    pub(crate) fn bytes(&self) -> NonNull<u8> {
        self.file.pointer(self.header.bytes_at())
    }

    /// Returns the number of published records.
    pub(crate) fn published(&self) -> &AtomicUsize {
        self.file.word(PUBLISHED_AT)
    }

    /// Returns up to where its records are settled.
    pub(crate) fn settled(&self) -> usize {
        self.file.word(SETTLED_AT).load(Ordering::Acquire)
    }

    /// Says up to where its records are settled.
    pub(crate) fn settle(&self, records: usize) {
        self.file.word(SETTLED_AT).fetch_max(records, Ordering::AcqRel);
    }

    /// Says up to where its records are being written.
    pub(crate) fn begin_write(&self, records: usize) {
        self.file.word(IN_FLIGHT_AT).fetch_max(records, Ordering::AcqRel);
    }

    /// Notes where its destination's file ends before it is written to.
    pub(crate) fn note_write(&self, end: Option<FileEnd>) {
        self.slot.note_write(end);
    }

    /// Says which thread publishes there.
    pub(crate) fn set_thread(&self, thread: u64) {
        self.file.word(THREAD_AT).store(thread as usize, Ordering::Release);
    }

    /// Forgets its records, for those of another thread.
    pub(crate) fn reset(&self) {
        // First: without it the others say nothing.
        for at in [PUBLISHED_AT, IN_FLIGHT_AT, SETTLED_AT] {
            self.file.word(at).store(0, Ordering::Release);
        }
    }

    /// Looks whether who recovers would find it.
    pub(crate) fn is_lost(&self) -> bool {
        self.live.is_lost()
    }

    /// Tells whether it was seen that nobody would.
    pub(crate) fn was_lost(&self) -> bool {
        self.live.was_lost()
    }

    /// Tells whether it belongs to a process that this one was forked from.
    pub(crate) fn is_inherited(&self) -> bool {
        self.live.is_inherited()
    }

    /// Makes one for the same destination in which stands what is left of some of its records;
    /// it holds as soon as a record is published there.
    pub(crate) fn replace(
        &self,
        records: Range<usize>,
        capacity: usize,
        entry_capacity: usize,
    ) -> Option<Self> {
        let number = |number: usize| u32::try_from(number).ok();
        let replaced = number(records.start)?..number(records.end)?;
        let header = SegmentHeader {
            capacity: number(capacity)?,
            entry_capacity: number(entry_capacity)?,
            replaces: Some(Replaced { segment: self.header.number, records: replaced }),
            ..self.header.clone()
        };
        Self::make(self.live.clone(), self.slot.clone(), header)
    }
}

impl Drop for Segment {
    fn drop(&mut self) {
        self.live.remove(&self.header);
    }
}
