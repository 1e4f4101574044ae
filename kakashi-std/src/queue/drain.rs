//! The reader of all rings: takes records out and delivers them in the order of time.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use kakashi_core::wire::{read_record, read_record_time};
use kakashi_core::{DropReason, LogContext, LogRecord, Timestamp};

use super::entry::{self, EntryHead, EntryKind, SideEntry};
use super::interner::InternerSnapshot;
use super::ring::{ThreadRing, rings};
use crate::delivery::counters::COUNTERS;

/// Takes records out of rings and delivers them.
///
/// What a ring holds is copied out at once: its thread has room again before any of it
/// is written, and a thread that evicts records never waits for an encoder.
#[derive(Default)]
pub(crate) struct Drain {
    rings: Vec<Arc<ThreadRing>>,
    version: usize,
    interner: InternerSnapshot,
    /// The bytes of all rings; it never shrinks.
    taken: Vec<u8>,
    runs: Vec<Run>,
}

/// What was taken from one ring, and not delivered yet.
struct Run {
    ring: Arc<ThreadRing>,
    /// Where in `taken`.
    from: usize,
    end: usize,
    context: LogContext,
    side_entries: VecDeque<SideEntry>,
    /// The time of the next record.
    next: i64,
}

impl Drain {
    /// Takes all that is in the rings that `choose` chooses; returns how many
    /// records that is.
    pub(crate) fn take(&mut self, choose: impl Fn(&ThreadRing) -> bool) -> usize {
        debug_assert!(self.runs.is_empty(), "what was taken before has been delivered");
        rings(&mut self.version, &mut self.rings);
        let (mut count, mut used) = (0, 0);
        for ring in self.rings.iter().filter(|ring| choose(ring)) {
            let given_up = ring.is_given_up();
            let mut read = ring.read();
            let slots = read.bytes.slots();
            if slots == 0 {
                if given_up {
                    ring.pass_on_drops();
                    ring.forget();
                }
                continue;
            }
            // Its worker may have begun since: what can be seen now is the worker's.
            if !choose(ring) {
                continue;
            }
            if self.taken.len() < used + slots {
                self.taken.resize(used + slots, 0);
            }
            let (bytes, _) = read.bytes.pop_partial_slice(&mut self.taken[used..used + slots]);
            let end = used + bytes.len();
            let (records, side_entries) = entry::count(bytes);
            count += records;
            let context = read.context.clone();
            let side_entries = (0..side_entries).map_while(|_| read.pop_side_entry()).collect();
            drop(read);
            ring.notify_room();
            let mut run = Run { ring: ring.clone(), from: used, end, context, side_entries, next: i64::MIN };
            run.look(&self.taken);
            self.runs.push(run);
            used = end;
        }
        // After the bytes: each id in them has its entry by now.
        self.interner.refresh();
        count
    }

    /// Tells whether there is nothing to deliver: no record, no context either.
    pub(crate) fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// Delivers what was taken, the oldest first, each once: if `deliver` panics, another
    /// call goes on behind that record. `left` counts down the records.
    pub(crate) fn deliver(&mut self, left: &AtomicUsize, mut deliver: impl FnMut(&LogRecord<'_>)) {
        let Self { interner, taken, runs, .. } = self;
        loop {
            match &mut runs[..] {
                [] => return,
                [only] => while only.step(taken, interner, left, &mut deliver) {},
                [first, others @ ..] => {
                    let (oldest, until) = oldest(first, others);
                    while oldest.next <= until && oldest.step(taken, interner, left, &mut deliver) {
                        oldest.look(taken);
                    }
                }
            }
            runs.retain(|run| run.from < run.end);
        }
    }

    /// Tells whether there is anything to take.
    pub(crate) fn finds_any(&mut self, choose: impl Fn(&ThreadRing) -> bool) -> bool {
        rings(&mut self.version, &mut self.rings);
        self.rings.iter().any(|ring| choose(ring) && !ring.read().bytes.is_empty())
    }

    /// Passes the counts of what rings have dropped to the destinations.
    pub(crate) fn pass_on_drops(&self) {
        self.rings.iter().for_each(|ring| ring.pass_on_drops());
    }
}

/// Finds the run whose next record is the oldest, and the time of the oldest
/// of the others'.
fn oldest<'r>(first: &'r mut Run, others: &'r mut [Run]) -> (&'r mut Run, i64) {
    let mut oldest = first;
    let mut until = i64::MAX;
    for run in others {
        if run.next < oldest.next {
            until = oldest.next;
            oldest = run;
        } else {
            until = until.min(run.next);
        }
    }
    (oldest, until)
}

impl Run {
    /// Reads the time of the next record; before a context it stays as it is.
    fn look(&mut self, taken: &[u8]) {
        let Some((head, body, _)) = EntryHead::split(&taken[self.from..self.end]) else { return };
        let body = match (head.kind, self.side_entries.front()) {
            (EntryKind::Record(_), _) => body,
            (EntryKind::SideRecord(_), Some(SideEntry::Record(body))) => body,
            _ => return,
        };
        match read_record_time(body) {
            Ok(Timestamp::Wall(nanos)) => self.next = nanos,
            Ok(Timestamp::Uptime(nanos)) => self.next = nanos.cast_signed(),
            Err(_) => {}
        }
    }

    /// Delivers the next entry; false at the end.
    #[inline]
    fn step(
        &mut self,
        taken: &[u8],
        interner: &InternerSnapshot,
        left: &AtomicUsize,
        deliver: &mut impl FnMut(&LogRecord<'_>),
    ) -> bool {
        let Some((head, body, rest)) = EntryHead::split(&taken[self.from..self.end]) else {
            debug_assert!(self.from == self.end, "a ring holds whole entries");
            self.from = self.end;
            return false;
        };
        // Before it is delivered: a record that panics is not delivered again.
        self.from = self.end - rest.len();
        let side_entry = match head.kind {
            EntryKind::Record(_) => None,
            EntryKind::Context | EntryKind::SideRecord(_) => self.side_entries.pop_front(),
        };
        let body = match &side_entry {
            None => Some(body),
            Some(SideEntry::Record(body)) => Some(body.as_slice()),
            Some(SideEntry::Context(context)) => {
                self.context = context.clone();
                None
            }
        };
        if let Some(body) = body {
            left.store(left.load(Ordering::Relaxed).wrapping_sub(1), Ordering::Relaxed);
            let mut record = read_record(body, interner);
            debug_assert!(record.is_ok(), "a ring holds what this process has written");
            // Changed in place: it is too large to be moved.
            if let Ok(record) = &mut record {
                record.logger = interner.name(head.logger);
                record.set_context(self.context.fields());
                deliver(record);
            } else if let EntryKind::Record(level) | EntryKind::SideRecord(level) = head.kind {
                COUNTERS.add_dropped(level, DropReason::EncoderFailed, 1);
            }
        }
        if let Some(SideEntry::Record(body)) = side_entry {
            self.ring.side_bytes.fetch_sub(body.len(), Ordering::AcqRel);
        }
        self.from < self.end
    }
}
