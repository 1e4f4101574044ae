//! Reads the ring and fills batches.

use std::sync::Arc;

use kakashi_core::codec::{Cursor, Malformed};
use kakashi_core::wire::read_record;
use kakashi_core::{
    BatchBuilder, DropReason, Encoder, Guard, LevelFilter, LogContext, LogLevel, LogRecord, Pipeline,
    Redaction, Scratch, Timestamp,
};

use super::id_tables::{IdTables, TableResolver, made_at};

/// The kinds of items, as the wire numbers them.
const SITE: u8 = 1;
const NAME: u8 = 2;
const CONTEXT: u8 = 3;
const RECORD: u8 = 4;

/// The state behind all functions that JavaScript calls.
pub(super) struct Engine {
    ring: Vec<u8>,
    tables: IdTables,
    /// The tables have the ring's items before this offset.
    learnt: usize,
    dispatches: Vec<EngineDispatch>,
    scratch: Scratch,
    sequence: u64,
    /// The last batch's ends: offset and level.
    ends: Vec<u32>,
    pub(super) reply: [u32; 8],
    pub(super) dropped: [[u32; DropReason::ALL.len()]; LogLevel::ALL.len()],
    pub(super) input: Vec<u8>,
}

/// Where a logger's records go.
#[derive(Default)]
pub(super) struct EngineDispatch {
    pipeline: Pipeline,
    /// Redacted contexts, by their ids.
    redacted: Vec<Option<LogContext>>,
    destinations: Vec<EngineDestination>,
}

struct EngineDestination {
    threshold: LevelFilter,
    batch: BatchBuilder,
    /// JavaScript has the batch.
    lent: bool,
}

/// No foreign code runs here: JavaScript has run its own before it wrote.
struct Unguarded;

impl Guard for Unguarded {
    fn run(&self, code: &mut dyn FnMut()) -> bool {
        code();
        true
    }
}

impl EngineDispatch {
    pub(super) fn set_redaction(&mut self, redaction: Redaction) {
        self.pipeline.redaction = redaction;
        self.redacted.clear();
    }

    fn is_full(&self) -> bool {
        self.destinations.iter().any(|destination| destination.batch.is_full())
    }
}

impl Engine {
    pub(super) const fn new() -> Self {
        Self {
            ring: Vec::new(),
            tables: IdTables::new(),
            learnt: 0,
            dispatches: Vec::new(),
            scratch: Scratch::new(),
            sequence: 0,
            ends: Vec::new(),
            reply: [0; 8],
            dropped: [[0; DropReason::ALL.len()]; LogLevel::ALL.len()],
            input: Vec::new(),
        }
    }

    pub(super) fn make_ring(&mut self, bytes: usize) -> usize {
        // Frees the old one first: there may be no memory for both.
        self.ring = Vec::new();
        self.ring = vec![0; bytes];
        self.ring.as_ptr() as usize
    }

    #[cfg(test)]
    pub(super) fn ring_mut(&mut self) -> &mut [u8] {
        &mut self.ring
    }

    /// What `lend` lends out, copied.
    #[cfg(test)]
    pub(super) fn lent(&mut self, dispatch: usize, at: usize) -> Option<Vec<u8>> {
        let len = self.lend(dispatch, at);
        let batch = self.dispatches.get_mut(dispatch)?.destinations.get_mut(at)?.batch.close();
        (len > 0).then(|| batch.bytes().to_vec())
    }

    pub(super) fn dispatch(&mut self, dispatch: usize) -> &mut EngineDispatch {
        made_at(&mut self.dispatches, dispatch, EngineDispatch::default)
    }

    pub(super) fn reset_dispatch(&mut self, dispatch: usize) {
        *self.dispatch(dispatch) = EngineDispatch::default();
    }

    pub(super) fn add_destination(
        &mut self,
        dispatch: usize,
        threshold: LevelFilter,
        encoder: Arc<dyn Encoder>,
        batch_bytes: usize,
    ) {
        let batch = BatchBuilder::new(encoder, batch_bytes);
        self.dispatch(dispatch).destinations.push(EngineDestination { threshold, batch, lent: false });
    }

    /// Reads the `text`s at the ring's front.
    pub(super) fn texts(&self, len: usize) -> impl Iterator<Item = &str> {
        let mut texts = Cursor::new(self.ring.get(..len).unwrap_or_default());
        std::iter::from_fn(move || texts.text().ok())
    }

    pub(super) fn add_dropped(
        &mut self,
        dispatch: usize,
        at: usize,
        level: LogLevel,
        reason: DropReason,
        records: usize,
    ) {
        if let Some(destination) = self.dispatch(dispatch).destinations.get_mut(at) {
            destination.batch.add_dropped(level, reason, records);
        }
    }

    pub(super) fn announce(&mut self, dispatch: usize, timestamp: Timestamp) {
        self.end_loans();
        for destination in &mut self.dispatch(dispatch).destinations {
            destination.batch.announce(timestamp);
        }
    }

    pub(super) fn forget(&mut self) {
        self.tables.clear();
        self.dispatches.iter_mut().for_each(|dispatch| dispatch.redacted.clear());
    }

    fn end_loans(&mut self) {
        for destination in self.dispatches.iter_mut().flat_map(|dispatch| &mut dispatch.destinations) {
            if core::mem::take(&mut destination.lent) {
                destination.batch.clear();
            }
        }
    }

    /// Puts the SITE, NAME and CONTEXT items into the tables: before any record is read,
    /// for reading records borrows the tables.
    fn learn(&mut self, from: usize, end: usize) {
        self.learnt = if from == 0 { 0 } else { self.learnt };
        let mut items = Cursor::new(self.ring.get(self.learnt.max(from)..end).unwrap_or_default());
        while let Ok((kind, body)) = next_item(&mut items) {
            let _ = match kind {
                SITE => self.tables.add_site(body),
                NAME => self.tables.add_logger(body),
                CONTEXT => self.tables.add_context(body),
                _ => Ok(()),
            };
        }
        self.learnt = end;
    }

    pub(super) fn take(&mut self, from: usize, end: usize) -> usize {
        self.end_loans();
        self.learn(from, end);
        self.dropped.iter_mut().for_each(|row| row.fill(0));
        let Self { ring, tables, dispatches, scratch, sequence, dropped, reply, .. } = self;
        reply[0] = 0;
        let mut drop_record = |level: LogLevel, reason: DropReason| {
            dropped[level.index()][reason.index()] += 1;
            reply[0] += 1;
        };
        let view = TableResolver::new(tables);
        let mut items = Cursor::new(ring.get(from..end).unwrap_or_default());
        while let Ok((kind, body)) = next_item(&mut items) {
            if kind != RECORD {
                continue;
            }
            let Ok(mut record) = read_record(body.rest(), &view) else {
                // A fault of the writer's, counted and announced as every drop.
                drop_record(LogLevel::Error, DropReason::EncoderFailed);
                continue;
            };
            *sequence += 1;
            record.sequence = Some(*sequence);
            let (dispatch, context) = view.last();
            let Some(dispatch) = dispatches.get_mut(dispatch) else { continue };
            dispatch.send(
                record,
                context.and_then(|id| Some((id, tables.context(id)?))),
                scratch,
                &mut drop_record,
            );
            if dispatch.is_full() {
                return end - items.rest().len();
            }
        }
        end
    }

    pub(super) fn lend(&mut self, dispatch: usize, at: usize) -> usize {
        let Some(destination) =
            self.dispatches.get_mut(dispatch).and_then(|dispatch| dispatch.destinations.get_mut(at))
        else {
            return 0;
        };
        if destination.lent || destination.batch.is_empty() {
            return 0;
        }
        destination.lent = true;
        let records = destination.batch.record_count();
        let batch = destination.batch.close();
        self.ends.clear();
        let mut highest = 0;
        for end in batch.ends() {
            let level = u32::from(end.level.number());
            self.ends.push(end.end as u32);
            self.ends.push(level);
            highest = level.max(highest);
        }
        self.reply = [
            batch.bytes().as_ptr() as u32,
            self.ends.as_ptr() as u32,
            batch.ends().len() as u32,
            records as u32,
            batch.dropped() as u32,
            highest,
            0,
            0,
        ];
        batch.bytes().len()
    }
}

impl EngineDispatch {
    fn send(
        &mut self,
        record: LogRecord<'_>,
        context: Option<(usize, &LogContext)>,
        scratch: &mut Scratch,
        drop_record: &mut impl FnMut(LogLevel, DropReason),
    ) {
        let mut record = record;
        if let Some((id, context)) = context.filter(|_| !self.pipeline.redaction.is_empty()) {
            // Redacted once.
            let redacted = made_at(&mut self.redacted, id, || None)
                .get_or_insert_with(|| self.pipeline.redaction.context(context));
            record.set_context(redacted.fields());
        }
        let destinations = &mut self.destinations;
        self.pipeline.run(&record, scratch, &Unguarded, |record| {
            for EngineDestination { threshold, batch, .. } in destinations {
                if threshold.enables(record.level)
                    && let Err(reason) = batch.put(record)
                {
                    drop_record(record.level, reason);
                    batch.add_dropped(record.level, reason, 1);
                }
            }
        });
    }
}

/// Reads one item: its kind and its body.
fn next_item<'a>(items: &mut Cursor<'a>) -> Result<(u8, Cursor<'a>), Malformed> {
    let kind = items.byte()?;
    let len = items.len()?;
    Ok((kind, Cursor::new(items.bytes(len)?)))
}
