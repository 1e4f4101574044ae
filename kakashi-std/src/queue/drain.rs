//! The other side of all rings: takes out what is there, and gives it in the
//! order of time.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use kakashi_core::wire::{read_record, read_record_time};
use kakashi_core::{DropReason, LogContext, LogRecord, Timestamp};

use crate::queue::entry;
use crate::queue::entry::Aside;
use crate::queue::entry::Head;
use crate::queue::entry::Kind;
use crate::queue::interner::KnownHere;
use crate::queue::ring::Ring;
use crate::queue::ring::rings;
use crate::delivery::sink_queue::COUNTERS;

/// Takes records out of rings and hands them on.
///
/// What a ring holds is copied out at once: its thread has room again before
/// any of it is written, and who evicts records never waits for an encoder.
#[derive(Default)]
pub(crate) struct Drain {
    rings: Vec<Arc<Ring>>,
    version: usize,
    known: KnownHere,
    /// What was taken; as long as it ever needed to be.
    taken: Vec<u8>,
    runs: Vec<Run>,
}

/// What was taken from one ring, and not handed on yet.
struct Run {
    ring: Arc<Ring>,
    /// Where in `taken`.
    from: usize,
    end: usize,
    context: LogContext,
    asides: VecDeque<Aside>,
    /// The time of the next record.
    next: i64,
}

impl Drain {
    /// Takes all that is in the rings that `choose` chooses; returns how many
    /// records that is.
    pub(crate) fn take(&mut self, choose: impl Fn(&Ring) -> bool) -> usize {
        debug_assert!(self.runs.is_empty(), "what was taken before has been handed on");
        rings(&mut self.version, &mut self.rings);
        let (mut count, mut used) = (0, 0);
        for ring in self.rings.iter().filter(|ring| choose(ring)) {
            let given_up = ring.is_given_up();
            let mut read = ring.read();
            let slots = read.bytes.slots();
            if slots == 0 {
                if given_up {
                    ring.tell_dropped();
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
            let (records, asides) = entry::count(bytes);
            count += records;
            let context = read.context.clone();
            let asides = (0..asides).map_while(|_| read.pop_aside()).collect();
            drop(read);
            ring.tell_room();
            let mut run = Run { ring: ring.clone(), from: used, end, context, asides, next: i64::MIN };
            run.look(&self.taken);
            self.runs.push(run);
            used = end;
        }
        // After the bytes: whatever they name is known by now.
        self.known.refresh();
        count
    }

    /// Tells whether there is nothing to hand on: no record, no context either.
    pub(crate) fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// Hands on what was taken, the oldest first, each once: if `deliver`
    /// panics, another call goes on behind that record. `left` says how many
    /// there are.
    pub(crate) fn hand_on(&mut self, left: &AtomicUsize, mut deliver: impl FnMut(&LogRecord<'_>)) {
        let Self { known, taken, runs, .. } = self;
        loop {
            match &mut runs[..] {
                [] => return,
                [only] => while only.step(taken, known, left, &mut deliver) {},
                [first, others @ ..] => {
                    let (oldest, until) = oldest(first, others);
                    while oldest.next <= until && oldest.step(taken, known, left, &mut deliver) {
                        oldest.look(taken);
                    }
                }
            }
            runs.retain(|run| run.from < run.end);
        }
    }

    /// Tells whether there is anything to take.
    pub(crate) fn finds_any(&mut self, choose: impl Fn(&Ring) -> bool) -> bool {
        rings(&mut self.version, &mut self.rings);
        self.rings.iter().any(|ring| choose(ring) && !ring.read().bytes.is_empty())
    }

    /// Tells the destinations what rings have dropped.
    pub(crate) fn tell_dropped(&self) {
        self.rings.iter().for_each(|ring| ring.tell_dropped());
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
    /// Looks at the time of the next record; a context stands where it did.
    fn look(&mut self, taken: &[u8]) {
        let Some((head, body, _)) = Head::split(&taken[self.from..self.end]) else { return };
        let body = match (head.kind, self.asides.front()) {
            (Kind::Record(_), _) => body,
            (Kind::RecordAside(_), Some(Aside::Record(body))) => body,
            _ => return,
        };
        match read_record_time(body) {
            Ok(Timestamp::Wall(nanos)) => self.next = nanos,
            Ok(Timestamp::Uptime(nanos)) => self.next = nanos.cast_signed(),
            Err(_) => {}
        }
    }

    /// Hands on the next item; false at the end.
    #[inline]
    fn step(
        &mut self,
        taken: &[u8],
        known: &KnownHere,
        left: &AtomicUsize,
        deliver: &mut impl FnMut(&LogRecord<'_>),
    ) -> bool {
        let Some((head, body, rest)) = Head::split(&taken[self.from..self.end]) else {
            debug_assert!(self.from == self.end, "a ring holds whole items");
            self.from = self.end;
            return false;
        };
        // Before it is handed on: what panics is not handed on again.
        self.from = self.end - rest.len();
        let aside = match head.kind {
            Kind::Record(_) => None,
            Kind::Context | Kind::RecordAside(_) => self.asides.pop_front(),
        };
        let body = match &aside {
            None => Some(body),
            Some(Aside::Record(body)) => Some(body.as_slice()),
            Some(Aside::Context(context)) => {
                self.context = context.clone();
                None
            }
        };
        if let Some(body) = body {
            left.store(left.load(Ordering::Relaxed).wrapping_sub(1), Ordering::Relaxed);
            let mut record = read_record(body, known);
            debug_assert!(record.is_ok(), "a ring holds what this process has written");
            // In its place: it is too large to be moved around.
            if let Ok(record) = &mut record {
                record.logger = known.name(head.logger);
                record.set_context(self.context.fields());
                deliver(record);
            } else if let Kind::Record(level) | Kind::RecordAside(level) = head.kind {
                COUNTERS.add_dropped(level, DropReason::EncoderFailed, 1);
            }
        }
        if let Some(Aside::Record(body)) = aside {
            self.ring.aside_bytes.fetch_sub(body.len(), Ordering::AcqRel);
        }
        self.from < self.end
    }
}
