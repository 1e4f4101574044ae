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
    Batch, BatchBuilder, CatchPanic, DropReason, Encoder, Guard as _, LogLevel, LogRecord, RecordEnd,
};

use super::run::{QueuedRecords, Records, Run};
use crate::segment::chunk::{ChunkEntry, ChunkSlice, TAIL};

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

/// Merges collections for one destination.
#[derive(Default)]
pub(super) struct Merger {
    /// The next tick of each run.
    heap: BinaryHeap<Reverse<(u64, usize)>>,
    /// Kept for the next collection.
    spare: Option<Box<BatchBuilder>>,
    spare_ends: Vec<RecordEnd>,
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
        if let [_] = runs[..]
            && let Some(run) = runs.pop()
        {
            match self.as_it_is(run) {
                Ok(batch) => return ready.push_back(batch),
                Err(run) => runs.push(run),
            }
        }
        let blocks: Vec<Vec<u8>> = runs.iter().map(whole_blocks).collect();
        let encoders: Vec<Arc<dyn Encoder>> = runs.iter().map(|run| run.encoder.clone()).collect();
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
                    close(full, ready);
                }
                let batch = open.get_or_insert_with(|| self.begin(&encoders[at], batch_bytes));
                cursor.copy(until, batch, batch_bytes, dropped);
            }
            if let Some(tick) = cursor.tick() {
                self.heap.push(Reverse((tick, at)));
            }
        }
        if let Some(last) = open {
            close(last, ready);
        }
        drop(cursors);
        runs.clear();
    }

    /// Makes a batch of a single run without copying it, if it can be written as it is.
    fn as_it_is(&mut self, run: Run) -> Result<Ready, Run> {
        let Run { encoder, records } = run;
        let mut slice = match records {
            Records::Encoded(slice) if encoder.is_wire() || encoder.line_form().is_some() => slice,
            records => return Err(Run { encoder, records }),
        };
        let mut tail = 0;
        if encoder.is_wire() {
            match slice.block_memory() {
                Some(block) => finish_block(block),
                None => return Err(Run { encoder, records: Records::Encoded(slice) }),
            }
            tail = TAIL;
        }
        let mut ends = mem::take(&mut self.spare_ends);
        ends.clear();
        let offset = slice.offset();
        ends.extend(slice.entries().iter().map(|entry| end_of(entry, offset)));
        if let Some(last) = ends.last_mut() {
            last.end += tail;
        }
        Ok(Ready::Slice { slice, ends, tail })
    }

    fn begin(&mut self, encoder: &Arc<dyn Encoder>, batch_bytes: usize) -> Box<BatchBuilder> {
        let spare = self.spare.take_if(|spare| Arc::ptr_eq(spare.encoder(), encoder));
        spare.unwrap_or_else(|| Box::new(BatchBuilder::new(encoder.clone(), batch_bytes)))
    }

    /// Takes a batch back that has been written.
    pub(super) fn recycle(&mut self, batch: Ready) {
        match batch {
            Ready::Slice { ends, .. } => self.spare_ends = ends,
            Ready::Built(mut batch) => {
                batch.clear();
                self.spare = Some(batch);
            }
        }
    }
}

/// Ends a batch, which a foreign encoder may do badly.
pub(super) fn close(mut batch: Box<BatchBuilder>, ready: &mut VecDeque<Ready>) {
    if batch.encoder().line_form().is_some() || batch.encoder().is_wire() {
        batch.close();
    } else {
        CatchPanic.run(&mut || _ = batch.close());
    }
    ready.push_back(Ready::Built(batch));
}

fn same_form(one: &Arc<dyn Encoder>, other: &Arc<dyn Encoder>) -> bool {
    let form = one.line_form();
    Arc::ptr_eq(one, other) || (form.is_some() && form == other.line_form())
}

fn end_of(entry: &ChunkEntry, offset: usize) -> RecordEnd {
    RecordEnd { end: entry.end as usize - offset, level: entry.level }
}

/// Copies the blocks that a run of the wire has records of, and ends each; nothing for
/// other runs.
fn whole_blocks(run: &Run) -> Vec<u8> {
    let mut whole = Vec::new();
    if let Records::Encoded(slice) = &run.records
        && run.encoder.is_wire()
    {
        for (block, _) in slice.blocks() {
            let start = whole.len();
            whole.extend_from_slice(block);
            whole.extend_from_slice(&[0; TAIL]);
            finish_block(&mut whole[start..]);
        }
    }
    whole
}

impl<'r> RunCursor<'r> {
    fn new(run: &'r mut Run, blocks: &'r [u8]) -> Self {
        let is_wire = run.encoder.is_wire();
        let slice: &'r ChunkSlice = match &mut run.records {
            Records::Queued(queued) => return Self::Queued(&mut **queued),
            Records::Encoded(slice) => slice,
        };
        if is_wire {
            let mut reader = Box::new(Reader::new(blocks));
            let before = slice.blocks().next().map_or(0, |(_, before)| before);
            // These stand in another slice.
            (0..before).for_each(|_| _ = next_record(&mut reader));
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
                let level = queued.level();
                let whole = CatchPanic.run(&mut || queued.next(&mut |record| put(batch, record, dropped)));
                if !whole {
                    dropped(level, DropReason::EncoderFailed);
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
