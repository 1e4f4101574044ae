//! One destination's part of a collection, brought into the order of ticks.
//!
//! Lines are copied as they are. A block of the wire is decoded and its records are
//! encoded into one block again: a reader then finds them in order, wherever a file is
//! cut or a block is lost. What one thread alone has logged is not touched.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::mem;
use std::sync::Arc;

use kakashi_core::wire::{Item, Reader, finish_block};
use kakashi_core::{
    Batch, BatchBuilder, CatchPanic, DropReason, Encoder, Guard as _, LineAbove, LogLevel, LogRecord,
    RecordEnd,
};

use super::run::{QueuedRecords, Records, Run};
use super::wire_blocks::{ends_in_whole_blocks, whole_blocks};
use crate::segment::chunk::{ChunkEntry, TAIL};
use crate::segment::chunk_slice::ChunkSlice;

/// A batch that is about to be written.
pub(super) enum Ready {
    /// The records of one thread where they lie, and their ends from the slice's begin.
    Slice {
        slice: ChunkSlice,
        ends: Vec<RecordEnd>,
        tail: usize,
    },
    Built(Box<BatchBuilder>),
}

impl Ready {
    pub(super) fn batch(&self) -> Batch<'_> {
        match self {
            Self::Slice { slice, ends, tail } => Batch::new(slice.bytes_with_tail(*tail), ends),
            Self::Built(batch) => batch.closed(),
        }
    }
}

/// To copy fewer bytes costs less than another call of a sink.
const WORTH_A_WRITE: usize = 4096;
/// So many batches a collection usually has, of a ring that is full or less.
const MOST_SPARE: usize = 4;

/// Merges collections for one destination.
#[derive(Default)]
pub(super) struct Merger {
    /// The next tick of each run.
    heap: BinaryHeap<Reverse<(u64, usize)>>,
    /// Batches that were written, kept for the next collection.
    spare: Vec<Ready>,
    spare_ends: Vec<RecordEnd>,
    /// What stands above the next record, where the encoder of the last one remembers it.
    above: Option<Box<LineAbove>>,
}

/// Where a merge is in a run.
enum RunCursor<'r> {
    Lines { entries: &'r [ChunkEntry], bytes: &'r [u8], offset: usize, at: usize },
    Blocks { reader: Box<Reader<'r>>, entries: &'r [ChunkEntry] },
    Queued(&'r mut dyn QueuedRecords),
}

impl Merger {
    /// Brings the runs of a collection into order: appends them to `ready` as batches.
    /// Calls `dropped` for a record that can't be encoded.
    pub(super) fn merge(
        &mut self,
        runs: &mut Vec<Run>,
        batch_bytes: usize,
        ready: &mut VecDeque<Ready>,
        dropped: &mut dyn FnMut(LogLevel, DropReason),
    ) {
        if !in_sequence(runs) {
            return self.interleave(runs, batch_bytes, ready, dropped);
        }
        let mut one_by_one = mem::take(runs);
        for Run { encoder, records, .. } in one_by_one.drain(..) {
            // All are.
            if let Records::Encoded(slice) = records {
                ready.push_back(self.as_it_is(&encoder, slice, batch_bytes));
            }
        }
        *runs = one_by_one;
    }

    /// Appends the records of the runs to `ready`, always the one with the lowest tick.
    fn interleave(
        &mut self,
        runs: &mut Vec<Run>,
        batch_bytes: usize,
        ready: &mut VecDeque<Ready>,
        dropped: &mut dyn FnMut(LogLevel, DropReason),
    ) {
        let blocks: Vec<Vec<u8>> = runs
            .iter()
            .map(|run| match &run.records {
                Records::Encoded(slice) if run.encoder.is_wire() => whole_blocks(slice),
                _ => Vec::new(),
            })
            .collect();
        let encoders: Vec<Arc<dyn Encoder>> =
            runs.iter().map(|run| run.ordered.as_ref().unwrap_or(&run.encoder).clone()).collect();
        let mut cursors: Vec<RunCursor<'_>> =
            runs.iter_mut().zip(&blocks).map(|(run, blocks)| RunCursor::new(run, blocks)).collect();
        self.heap.clear();
        let ticks = cursors.iter().enumerate().filter_map(|(at, cursor)| Some((cursor.tick()?, at)));
        self.heap.extend(ticks.map(Reverse));
        let mut open: Option<Box<BatchBuilder>> = None;
        while let Some(Reverse((_, at))) = self.heap.pop() {
            let until = self.heap.peek().map_or(u64::MAX, |Reverse((tick, _))| *tick);
            let cursor = &mut cursors[at];
            while cursor.tick().is_some_and(|tick| tick <= until) {
                let full = open.take_if(|open| open.is_full() || !same_form(open.encoder(), &encoders[at]));
                if let Some(full) = full {
                    self.close(full, ready);
                }
                let batch = open.get_or_insert_with(|| self.begin(&encoders[at], batch_bytes));
                cursor.copy(until, batch, batch_bytes, dropped);
            }
            if let Some(tick) = cursor.tick() {
                self.heap.push(Reverse((tick, at)));
            }
        }
        if let Some(last) = open {
            self.close(last, ready);
        }
        drop(cursors);
        runs.clear();
    }

    /// Makes a batch of records as they are: without copying them unless the memory behind
    /// them, where their block would end, is another record's.
    fn as_it_is(&mut self, encoder: &Arc<dyn Encoder>, mut slice: ChunkSlice, batch_bytes: usize) -> Ready {
        let mut tail = 0;
        self.above = None;
        if encoder.is_wire() {
            let Some(block) = slice.block_memory() else {
                let whole = whole_blocks(&slice);
                let mut batch = self.begin(encoder, batch_bytes);
                batch.put_encoded(&whole, ends_in_whole_blocks(&slice, &whole));
                return Ready::Built(batch);
            };
            finish_block(block);
            tail = TAIL;
        }
        let mut ends = mem::take(&mut self.spare_ends);
        ends.clear();
        let offset = slice.offset();
        ends.extend(slice.entries().iter().map(|entry| end_of(entry, offset)));
        if let Some(last) = ends.last_mut() {
            last.end += tail;
        }
        Ready::Slice { slice, ends, tail }
    }

    fn begin(&mut self, encoder: &Arc<dyn Encoder>, batch_bytes: usize) -> Box<BatchBuilder> {
        let mut batch = match self.spare.pop() {
            Some(Ready::Built(spare)) if Arc::ptr_eq(spare.encoder(), encoder) => spare,
            _ => Box::new(BatchBuilder::new(encoder.clone(), batch_bytes)),
        };
        let above = self.above.take();
        batch.set_above(encoder.follows_order().then(|| above.unwrap_or_default()));
        batch
    }

    /// Ends a batch, which a foreign encoder may do badly; one without records is not written.
    fn close(&mut self, mut batch: Box<BatchBuilder>, ready: &mut VecDeque<Ready>) {
        self.above = batch.take_above();
        if batch.record_count() == 0 {
            return self.recycle(Ready::Built(batch));
        }
        if batch.encoder().line_form().is_some() || batch.encoder().is_wire() {
            batch.close();
        } else {
            CatchPanic.run(&mut || _ = batch.close());
        }
        ready.push_back(Ready::Built(batch));
    }

    /// Takes a batch back that has been written.
    pub(super) fn recycle(&mut self, batch: Ready) {
        match batch {
            Ready::Slice { ends, .. } => self.spare_ends = ends,
            Ready::Built(mut batch) if self.spare.len() < MOST_SPARE => {
                batch.clear();
                self.spare.push(Ready::Built(batch));
            }
            Ready::Built(_) => {}
        }
    }
}

/// Tells whether the runs may be written one after the other, each a batch: encoded by us, in
/// the order of their ticks (one thread has filled them, mostly), and not too short.
fn in_sequence(runs: &[Run]) -> bool {
    let (mut last, mut bytes) = (0, 0);
    let ascend = runs.iter().all(|run| {
        let (Records::Encoded(slice), None) = (&run.records, &run.ordered) else { return false };
        let [first, ..] = slice.entries() else { return false };
        let follows = first.tick >= last;
        last = slice.entries().last().map_or(last, |entry| entry.tick);
        bytes += slice.bytes().len();
        follows && (run.encoder.is_wire() || run.encoder.line_form().is_some())
    });
    ascend && (runs.len() == 1 || bytes >= runs.len() * WORTH_A_WRITE)
}

fn same_form(one: &Arc<dyn Encoder>, other: &Arc<dyn Encoder>) -> bool {
    let form = one.line_form();
    Arc::ptr_eq(one, other) || (form.is_some() && form == other.line_form())
}

fn end_of(entry: &ChunkEntry, offset: usize) -> RecordEnd {
    RecordEnd { end: entry.end as usize - offset, level: entry.level }
}

impl<'r> RunCursor<'r> {
    fn new(run: &'r mut Run, blocks: &'r [u8]) -> Self {
        let is_wire = run.encoder.is_wire();
        let slice: &'r ChunkSlice = match &mut run.records {
            Records::Queued(queued) => return Self::Queued(&mut **queued),
            Records::Encoded(slice) => slice,
        };
        if is_wire {
            let reader = Box::new(Reader::new(blocks));
            return Self::Blocks { reader, entries: slice.entries() };
        }
        let offset = slice.offset();
        Self::Lines { entries: slice.entries(), bytes: slice.bytes(), offset, at: offset }
    }

    fn tick(&self) -> Option<u64> {
        match self {
            Self::Lines { entries, .. } | Self::Blocks { entries, .. } => Some(entries.first()?.tick),
            Self::Queued(queued) => queued.tick(),
        }
    }

    /// Appends the records up to a tick, at most until the batch is full.
    fn copy(
        &mut self,
        until: u64,
        batch: &mut BatchBuilder,
        batch_bytes: usize,
        dropped: &mut dyn FnMut(LogLevel, DropReason),
    ) {
        match self {
            Self::Lines { entries, bytes, offset, at } => {
                let count = entries
                    .iter()
                    .take_while(|entry| entry.tick <= until && entry.end as usize - *at <= batch_bytes);
                // A line that is longer than a batch is a batch.
                let (now, later) = entries.split_at(count.count().max(1));
                let end = now[now.len() - 1].end as usize;
                let lines = &bytes[*at - *offset..end - *offset];
                batch.put_encoded(lines, now.iter().map(|entry| end_of(entry, *at)));
                (*entries, *at) = (later, end);
            }
            Self::Blocks { reader, entries } => {
                let level = entries[0].level;
                *entries = &entries[1..];
                match next_record(reader) {
                    Some(record) => put(batch, &record, dropped),
                    None => {
                        debug_assert!(false, "a block holds the records that its thread has encoded");
                        dropped(level, DropReason::EncoderFailed);
                    }
                }
            }
            Self::Queued(queued) => {
                let whole = CatchPanic.run(&mut || {
                    queued.deliver(until, &mut |record| {
                        put(batch, record, dropped);
                        !batch.is_full()
                    });
                });
                if !whole {
                    dropped(queued.level(), DropReason::EncoderFailed);
                }
            }
        }
    }
}

fn next_record<'r>(reader: &mut Reader<'r>) -> Option<LogRecord<'r>> {
    reader.find_map(|item| match item {
        Item::Record(record) => Some(record),
        _ => None,
    })
}

fn put(batch: &mut BatchBuilder, record: &LogRecord<'_>, dropped: &mut dyn FnMut(LogLevel, DropReason)) {
    if let Err(reason) = batch.put(record) {
        dropped(record.level, reason);
    }
}
