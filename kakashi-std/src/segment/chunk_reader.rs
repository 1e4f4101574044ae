//! Takes what one thread has published, chunk after chunk.
//!
//! It never waits for the thread, and looks at nothing that is not published. There is one for each writer.

use super::chunk::{ChunkRef, ChunkWriter};
use super::chunk_slice::ChunkSlice;
use crate::sync::Ordering;

/// The one that takes what has been published in a chunk and those after it.
#[derive(Debug)]
pub(crate) struct ChunkReader {
    chunk: ChunkRef,
    taken: usize,
}

impl ChunkReader {
    /// Begins with an empty chunk; returns who writes and who reads.
    pub(crate) fn new(chunk: ChunkRef) -> (ChunkWriter, Self) {
        (ChunkWriter::new(chunk.clone()), Self { chunk, taken: 0 })
    }

    /// Tells whether a record has been published and not taken.
    pub(crate) fn has_records(&self) -> bool {
        self.chunk.published() > self.taken || self.chunk.next.get().is_some()
    }

    /// Tells whether all has been taken and nothing more is published.
    pub(crate) fn is_at_end(&self) -> bool {
        self.chunk.ended.load(Ordering::Acquire) && self.chunk.published() == self.taken
    }

    /// Takes the records up to a tick, or only those in full chunks; hands over a slice for
    /// each chunk.
    pub(crate) fn take(&mut self, until: u64, only_full: bool, mut take: impl FnMut(ChunkSlice)) {
        loop {
            let next = self.chunk.next.get().cloned();
            if only_full && next.is_none() {
                return;
            }
            let published = self.chunk.published();
            let entries = self.chunk.entries(self.taken..published);
            // Mostly all of them.
            let count = match entries.last() {
                Some(last) if last.tick > until => entries.partition_point(|entry| entry.tick <= until),
                _ => entries.len(),
            };
            if count > 0 {
                let records = self.taken..self.taken + count;
                self.taken = records.end;
                self.chunk.taken.store(self.taken, Ordering::Relaxed);
                take(ChunkSlice::new(self.chunk.clone(), records));
            }
            match next {
                Some(next) if self.taken == published => (self.chunk, self.taken) = (next, 0),
                _ => return,
            }
        }
    }

    /// Counts the records that are published and not taken, in this chunk.
    pub(crate) fn waiting(&self) -> usize {
        self.chunk.published() - self.taken
    }
}
