//! What waits for a sink, collection by collection, and the drops to announce.
//!
//! It is bounded: what is below WARNING gives room first, the youngest of it first.
//!
//! What allocates does so under the queue's lock, and so in a critical section.

use std::collections::VecDeque;
use std::sync::Arc;

use kakashi_core::wire::{Item, Reader};
use kakashi_core::{BatchBuilder, DropReason, Dropped, LogLevel, Wire};

use super::counters::DestinationCounters;
use super::run::{Records, Run};
use super::wire_blocks::whole_blocks;
use crate::reentrancy::CriticalSection;
use crate::segment::chunk::ChunkEntry;
use crate::segment::chunk_slice::ChunkSlice;

/// What is at or above it is dropped last.
const KEPT_LEVEL: LogLevel = LogLevel::Warning;
/// With so many bytes waiting, a run that keeps more memory than it needs is copied.
const SMALL_BYTES: usize = 1 << 20;

/// What waits for a sink, beside what its writer has taken.
#[derive(Default)]
pub(super) struct Backlog {
    /// Each with the number of its collection, in order.
    runs: VecDeque<(u64, Run)>,
    /// Memory of `runs`.
    bytes: usize,
    /// How many of the first runs may still have records below `KEPT_LEVEL`.
    unfiltered: usize,
    /// Drops that the stream does not announce yet.
    unannounced: Dropped,
    counters: Arc<DestinationCounters>,
    /// The last collection that was appended.
    appended: u64,
    /// The last that the writer has taken, the last that the sink has, and the last that is as
    /// far as it must be: on the disk, where that is wanted.
    begun: u64,
    written: u64,
    done: u64,
    /// The first of those that are written and not done.
    undone: u64,
    /// How often the sink was to be flushed, and how often that has been done.
    pub(super) flushes_wanted: u64,
    pub(super) flushes_done: u64,
    /// How many callers wait for a flush: while one does, a sink that fails is tried more often.
    pub(super) flushes_awaited: usize,
}

impl Backlog {
    /// Begins with nothing; drops are counted there.
    pub(super) fn new(counters: Arc<DestinationCounters>) -> Self {
        Self { counters, ..Self::default() }
    }

    /// Returns how many bytes of memory wait.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Returns how many records wait.
    pub(super) fn records(&self) -> usize {
        self.runs.iter().map(|(_, run)| run.records()).sum()
    }

    /// Returns the number of the last collection that has records here.
    pub(super) fn appended(&self) -> u64 {
        self.appended
    }

    /// Tells whether a collection has been written, and all before it.
    pub(super) fn is_done(&self, collection: u64) -> bool {
        let waits = self.runs.front().is_some_and(|(first, _)| *first <= collection);
        let in_flight = self.written < self.begun && self.begun <= collection;
        let unsynced = self.done < self.written && self.undone <= collection;
        !waits && !in_flight && !unsynced
    }

    /// Tells whether a collection has been written and the sink flushed so many times.
    pub(super) fn has_passed(&self, collection: u64, flushes: u64) -> bool {
        self.is_done(collection) && self.flushes_done >= flushes
    }

    /// Returns how often the sink was to be flushed, and the last collection that must be
    /// written before.
    pub(super) fn flush_wanted(&self) -> (u64, u64) {
        (self.flushes_wanted, self.appended)
    }

    /// Says that the collection that the writer has taken last is written, and that this is
    /// all, unless it must be synced too.
    pub(super) fn finish(&mut self, is_synced: bool) {
        if self.done == self.written {
            self.undone = self.begun;
        }
        self.written = self.begun;
        if !is_synced {
            self.done = self.written;
        }
    }

    /// Tells whether something is written and not synced.
    pub(super) fn is_unsynced(&self) -> bool {
        self.done < self.written
    }

    /// Says that what is written is synced, as far as that could be had.
    pub(super) fn finish_sync(&mut self) {
        self.done = self.written;
    }

    /// Tells whether there is anything to write: records, or drops to announce.
    pub(super) fn has_work(&self) -> bool {
        !self.runs.is_empty() || self.has_unannounced()
    }

    /// Tells whether there are drops to announce.
    pub(super) fn has_unannounced(&self) -> bool {
        self.unannounced.total() > 0
    }

    /// Takes the drops to announce.
    pub(super) fn take_unannounced(&mut self) -> Dropped {
        std::mem::take(&mut self.unannounced)
    }

    /// Appends a run of a collection.
    pub(super) fn push(&mut self, collection: u64, mut run: Run) {
        let _section = CriticalSection::begin();
        if self.bytes > SMALL_BYTES
            && let Records::Encoded(slice) = &mut run.records
            && slice.wastes_memory()
            // Of a black box it is full that must not be, and then the heap is used.
            && !slice.is_mapped()
            && !run.encoder.is_wire()
        {
            *slice = ChunkSlice::of_records(slice.records());
        }
        self.bytes += run.memory();
        if self.unfiltered == self.runs.len() {
            self.unfiltered += 1;
        }
        self.runs.push_back((collection, run));
        self.appended = collection;
    }

    /// Takes the runs of the oldest collection; returns its number.
    pub(super) fn pop(&mut self, runs: &mut Vec<Run>) -> Option<u64> {
        let _section = CriticalSection::begin();
        let collection = self.runs.front()?.0;
        while self.runs.front().is_some_and(|(other, _)| *other == collection)
            && let Some((_, run)) = self.runs.pop_front()
        {
            self.bytes -= run.memory();
            self.unfiltered = self.unfiltered.saturating_sub(1);
            runs.push(run);
        }
        self.begun = collection;
        Some(collection)
    }

    /// Counts dropped records, to be announced.
    pub(super) fn drop_many(&mut self, level: LogLevel, reason: DropReason, records: usize) {
        self.unannounced.add(level, reason, records);
        self.counters.add_dropped(level, reason, records);
    }

    /// Has drops announced that are counted.
    pub(super) fn announce(&mut self, dropped: &Dropped) {
        self.unannounced.merge(dropped);
    }

    /// Drops records until no more than so many bytes wait.
    pub(super) fn shed(&mut self, bytes: usize, reason: DropReason) {
        let _section = CriticalSection::begin();
        // What came since the last time.
        let mut at = self.runs.len();
        while self.bytes > bytes && at > self.unfiltered {
            at -= 1;
            self.filter(at, Some(KEPT_LEVEL), reason);
        }
        while self.bytes > bytes && self.unfiltered > 0 {
            self.unfiltered -= 1;
            self.filter(self.unfiltered, Some(KEPT_LEVEL), reason);
        }
        while self.bytes > bytes
            && let Some((_, run)) = self.runs.back()
        {
            let memory = run.memory();
            let last = self.runs.len() - 1;
            self.filter(last, None, reason);
            if self.runs.len() > last {
                self.runs.pop_back();
                self.bytes -= memory.min(self.bytes);
            }
        }
        self.unfiltered = self.unfiltered.min(self.runs.len());
    }

    /// Drops the records of a run below a level, or all.
    fn filter(&mut self, at: usize, level: Option<LogLevel>, reason: DropReason) {
        let Self { runs, unannounced, counters, .. } = self;
        let Some((_, run)) = runs.get_mut(at) else { return };
        let before = run.memory();
        let mut dropped = |level| {
            unannounced.add(level, reason, 1);
            counters.add_dropped(level, reason, 1);
        };
        match &mut run.records {
            Records::Queued(queued) => queued.keep_from(level, &mut dropped),
            Records::Encoded(slice) => {
                let is_kept = |entry: &ChunkEntry| level.is_some_and(|level| entry.level >= level);
                let entries = slice.entries().iter();
                entries.filter(|entry| !is_kept(entry)).for_each(|entry| dropped(entry.level));
                *slice = if run.encoder.is_wire() {
                    wire_of_kept(slice, is_kept)
                } else {
                    slice.replaced_by(slice.records().filter(|(entry, _)| is_kept(entry)))
                };
            }
        }
        let is_empty = run.records() == 0;
        self.bytes = self.bytes + run.memory() - before;
        if is_empty && let Some((_, run)) = runs.remove(at) {
            self.bytes -= run.memory();
            if at < self.unfiltered {
                self.unfiltered -= 1;
            }
        }
    }

    /// Forgets everything, in the child of a fork: the parent writes it.
    #[cfg(unix)]
    pub(super) fn abandon(&mut self) {
        self.runs.drain(..).for_each(std::mem::forget);
        self.bytes = 0;
        self.unfiltered = 0;
        self.unannounced = Dropped::default();
        (self.written, self.done) = (self.begun, self.begun);
        self.flushes_done = self.flushes_wanted;
        self.flushes_awaited = 0;
    }
}

/// Encodes the chosen records of the wire anew, as one block.
fn wire_of_kept(slice: &ChunkSlice, is_kept: impl Fn(&ChunkEntry) -> bool) -> ChunkSlice {
    let mut kept = Vec::new();
    let mut batch = BatchBuilder::new(Arc::new(Wire), 1024);
    let whole = whole_blocks(slice);
    let records = Reader::new(&whole).filter_map(|item| match item {
        Item::Record(record) => Some(record),
        _ => None,
    });
    for (record, entry) in records.zip(slice.entries()) {
        let len = batch.closed().bytes().len();
        if is_kept(entry) && batch.put(&record).is_ok() {
            kept.push((ChunkEntry { begins_block: kept.is_empty(), ..*entry }, len));
        }
    }
    let bytes = batch.closed().bytes();
    let ends = kept.iter().skip(1).map(|(_, begin)| *begin).chain([bytes.len()]);
    slice.replaced_by(kept.iter().zip(ends).map(|((entry, begin), end)| (*entry, &bytes[*begin..end])))
}

#[cfg(test)]
mod tests {
    use kakashi_core::{Encoder, Text};

    use super::*;

    fn run(levels: &[LogLevel], tick: u64) -> Run {
        let encoder: Arc<dyn Encoder> = Arc::new(Text);
        let line = "x".repeat(100);
        let records = levels.iter().zip(tick..).map(|(level, tick)| {
            let entry = ChunkEntry::new(tick, *level, false);
            (entry, line.as_bytes())
        });
        Run { encoder, ordered: None, records: Records::Encoded(ChunkSlice::of_records(records)), held: None }
    }

    #[test]
    fn what_is_below_warning_gives_room_first() {
        let mut backlog = Backlog::default();
        let (mut sent, mut dropped) = ([0_usize; 2], Dropped::default());
        for collection in 1..200 {
            let levels: Vec<_> =
                (0..100).map(|n| if n % 50 == 0 { LogLevel::Warning } else { LogLevel::Debug }).collect();
            sent[0] += 98;
            sent[1] += 2;
            backlog.push(collection, run(&levels, 100 * collection));
            if backlog.bytes() > 100_000 {
                backlog.shed(75_000, DropReason::SinkFailed);
            }
            assert!(backlog.bytes() <= 100_000);
        }
        dropped.merge(&backlog.take_unannounced());
        assert_eq!(dropped.of_level(LogLevel::Warning), 0);
        assert_eq!(backlog.records() + dropped.total(), sent[0] + sent[1]);
        let mut runs = Vec::new();
        let mut last = 0;
        while let Some(collection) = backlog.pop(&mut runs) {
            assert!(collection > last, "in order");
            last = collection;
        }
        assert_eq!(backlog.bytes(), 0);
        // More than fits: the youngest go.
        for collection in 200..300 {
            backlog.push(collection, run(&[LogLevel::Error; 100], 100 * collection));
            backlog.shed(75_000, DropReason::SinkFailed);
        }
        assert!(backlog.bytes() <= 75_000 && backlog.records() > 300);
        assert_eq!(backlog.pop(&mut runs), Some(200));
    }
}
