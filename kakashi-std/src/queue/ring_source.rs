//! The reader of a ring: takes records out for a collection, and decodes them where they
//! are written.
//!
//! What a ring holds is copied out at once: its thread has room again before any of it is
//! written, and a thread that evicts records never waits for an encoder. Each destination
//! then reads the same copy.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use kakashi_core::wire::read_record;
use kakashi_core::{DropReason, LogContext, LogLevel, LogRecord};

use super::entry::{EntryHead, EntryKind, RingFront, SideEntry};
use super::interner::{self, InternerSnapshot};
use super::ring::ThreadRing;
use crate::delivery::collect::RecordSource;
use crate::delivery::logger_counts;
use crate::delivery::run::{QueuedRecords, Records, Run};
use crate::delivery::sink_queue::SinkQueue;
use crate::dispatch::endpoint::Endpoint;
use crate::dispatch::root::root_if_made;

/// What a collection sees of a ring.
pub(super) struct RingSource {
    ring: Arc<ThreadRing>,
}

impl RingSource {
    pub(super) fn new(ring: Arc<ThreadRing>) -> Self {
        Self { ring }
    }
}

impl RecordSource for RingSource {
    fn has_records(&mut self) -> bool {
        !self.ring.read().bytes.is_empty()
    }

    fn is_own(&self) -> bool {
        self.ring.is_own()
    }

    fn queue(&self) -> Option<&Arc<SinkQueue>> {
        None
    }

    fn take(&mut self, until: u64, _: bool, take: &mut dyn FnMut(&Arc<SinkQueue>, Run)) {
        let Some((front, taken)) = self.take_front(until) else { return };
        let taken = Arc::new(taken);
        self.ring.pass_on_drops();
        // The records have been through the root's pipeline.
        for endpoint in root_if_made().iter().flat_map(|root| &root.endpoints) {
            let admitted = LogLevel::ALL.iter().filter(|&&level| endpoint.threshold.enables(level));
            let waiting: usize = admitted.map(|level| front.records[level.index()]).sum();
            if waiting > 0 {
                let queued = QueuedRun::new(taken.clone(), endpoint.clone(), waiting);
                let run = Run {
                    encoder: endpoint.encoder.clone(),
                    ordered: None,
                    records: Records::Queued(Box::new(queued)),
                    held: endpoint.held.clone(),
                };
                take(&endpoint.queue, run);
            }
        }
    }

    fn is_at_end(&mut self) -> bool {
        // Read before it is looked at for the last time.
        let at_end = self.ring.is_given_up() && !self.has_records();
        if at_end {
            self.ring.pass_on_drops();
            self.ring.forget();
        }
        at_end
    }

    fn waiting(&mut self) -> usize {
        self.ring.waiting()
    }
}

impl RingSource {
    /// Copies the entries up to a tick out of the ring.
    fn take_front(&self, until: u64) -> Option<(RingFront, Taken)> {
        let mut read = self.ring.read();
        let slots = read.bytes.slots();
        let chunk = read.bytes.read_chunk(slots).ok()?;
        let (first, second) = chunk.as_slices();
        let mut bytes = Vec::with_capacity(slots);
        bytes.extend_from_slice(first);
        bytes.extend_from_slice(second);
        let front = RingFront::until(until, &bytes, logger_counts::count_of_id);
        chunk.commit(front.len);
        if front.len == 0 {
            return None;
        }
        bytes.truncate(front.len);
        let context = read.context.clone();
        let side_entries: Vec<_> = (0..front.side_entries).map_while(|_| read.pop_side_entry()).collect();
        drop(read);
        let side_bytes = side_entries.iter().map(SideEntry::memory).sum();
        self.ring.side_bytes.fetch_sub(side_bytes, Ordering::AcqRel);
        self.ring.notify_room();
        // After the bytes: each id in them has its entry by now.
        let interner = interner::snapshot();
        Some((front, Taken { bytes, context, side_entries, side_bytes, interner }))
    }
}

/// What was taken from a ring at once.
struct Taken {
    bytes: Vec<u8>,
    /// The context of the first record.
    context: LogContext,
    side_entries: Vec<SideEntry>,
    /// Bytes of the side records.
    side_bytes: usize,
    interner: Arc<InternerSnapshot>,
}

impl Taken {
    /// Returns the context whose side entry has this index; without one that of the first
    /// record.
    fn context_at(&self, side_entry: Option<usize>) -> &LogContext {
        match side_entry.and_then(|at| self.side_entries.get(at)) {
            Some(SideEntry::Context(context)) => context,
            _ => &self.context,
        }
    }
}

/// Where one destination is in what was taken.
struct QueuedRun {
    taken: Arc<Taken>,
    endpoint: Arc<Endpoint>,
    /// Where the next entry begins.
    from: usize,
    /// Index of the next side entry.
    side_entry: usize,
    /// Index of the side entry that is the context of the next record.
    context: Option<usize>,
    waiting: usize,
    /// Records below it are left out.
    keep_from: Option<LogLevel>,
    /// The level of the last record.
    level: LogLevel,
}

impl QueuedRun {
    fn new(taken: Arc<Taken>, endpoint: Arc<Endpoint>, waiting: usize) -> Self {
        let (from, side_entry, context, keep_from, level) = (0, 0, None, None, LogLevel::Info);
        Self { taken, endpoint, from, side_entry, context, waiting, keep_from, level }
    }

    fn is_kept(&self, level: LogLevel) -> bool {
        self.endpoint.threshold.enables(level) && self.keep_from.is_none_or(|least| level >= least)
    }
}

impl QueuedRecords for QueuedRun {
    fn tick(&self) -> Option<u64> {
        // A context has the tick of the record after it.
        Some(EntryHead::split(&self.taken.bytes[self.from..])?.0.tick)
    }

    fn deliver(&mut self, until: u64, deliver: &mut dyn FnMut(&LogRecord<'_>) -> bool) {
        let taken = self.taken.clone();
        let mut fields = taken.context_at(self.context).fields();
        while let Some((head, mut body, rest)) = EntryHead::split(&taken.bytes[self.from..])
            && head.tick <= until
        {
            // Before it is delivered: a record that panics is not delivered again.
            self.from = taken.bytes.len() - rest.len();
            let level = match head.kind {
                EntryKind::Record(level) => level,
                EntryKind::Context => {
                    self.context = Some(self.side_entry);
                    self.side_entry += 1;
                    fields = taken.context_at(self.context).fields();
                    continue;
                }
                EntryKind::SideRecord(level) => {
                    if let Some(SideEntry::Record(long)) = taken.side_entries.get(self.side_entry) {
                        body = long;
                    }
                    self.side_entry += 1;
                    level
                }
            };
            if !self.is_kept(level) {
                continue;
            }
            self.level = level;
            self.waiting = self.waiting.saturating_sub(1);
            let mut record = read_record(body, &*taken.interner);
            debug_assert!(record.is_ok(), "a ring holds what this process has written");
            // Changed in place: it is too large to be moved.
            let Ok(record) = &mut record else {
                self.endpoint.queue.count_dropped(level, DropReason::EncoderFailed);
                continue;
            };
            record.logger = taken.interner.name(head.logger);
            record.set_context(fields);
            if self.endpoint.admits(record) && !deliver(record) {
                return;
            }
        }
    }

    fn level(&self) -> LogLevel {
        self.level
    }

    fn waiting(&self) -> usize {
        self.waiting
    }

    fn memory(&self) -> usize {
        self.taken.bytes.len() + self.taken.side_bytes
    }

    fn keep_from(&mut self, least: Option<LogLevel>, dropped: &mut dyn FnMut(LogLevel)) {
        let mut kept = Taken {
            bytes: Vec::new(),
            context: self.taken.context_at(self.context).clone(),
            side_entries: Vec::new(),
            side_bytes: 0,
            interner: self.taken.interner.clone(),
        };
        let mut side_entries = self.taken.side_entries.iter().skip(self.side_entry);
        let mut rest = &self.taken.bytes[self.from..];
        self.waiting = 0;
        while let Some((head, body, after)) = EntryHead::split(rest) {
            let side_entry = match head.kind {
                EntryKind::Record(_) => None,
                EntryKind::Context | EntryKind::SideRecord(_) => side_entries.next(),
            };
            let is_kept = match head.kind {
                EntryKind::Context => least.is_some(),
                EntryKind::Record(level) | EntryKind::SideRecord(level) => {
                    let is_kept = least.is_some_and(|least| level >= least);
                    if self.is_kept(level) {
                        self.waiting += usize::from(is_kept);
                        if !is_kept {
                            dropped(level);
                        }
                    }
                    is_kept && self.endpoint.threshold.enables(level)
                }
            };
            if is_kept {
                kept.bytes.extend_from_slice(&head.to_bytes());
                kept.bytes.extend_from_slice(body);
                kept.side_entries.extend(side_entry.cloned());
            }
            rest = after;
        }
        kept.side_bytes = kept.side_entries.iter().map(SideEntry::memory).sum();
        self.keep_from = least.or(self.keep_from);
        self.taken = Arc::new(kept);
        (self.from, self.side_entry, self.context) = (0, 0, None);
    }
}
