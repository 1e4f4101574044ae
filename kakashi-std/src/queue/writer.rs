//! A thread's side of its ring.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use kakashi_core::wire::{RecordIds, put_call, put_record};
use kakashi_core::{LogContext, LogLevel, LogRecord, Output, Site, Timestamp, Value};

use crate::queue::entry::Aside;
use crate::queue::entry::HEAD;
use crate::queue::entry::Head;
use crate::queue::entry::Kind;
use crate::queue::entry::record_head;
use crate::queue::interner;
use crate::queue::interner::SiteIds;
use crate::queue::ring::Ring;
use crate::queue::ring::WriteEnd;
use crate::sync::wake_state::Answer;
use crate::queue::Queued;
use crate::queue::worker_control::Line;
use crate::queue::overflow::OverflowPolicy;
use crate::dispatch::thread_dispatch::Roads;
use crate::submit::orphaned;
use crate::threads::worker;
use crate::queue::workers;

/// Room for a record at first; it grows with what is logged.
const SCRATCH_BYTES: usize = 1024;
/// A longer one is not kept.
const SCRATCH_KEPT: usize = 64 * 1024;
/// What may lie beside a ring, unless one record alone is more.
const ASIDE_BYTES: usize = 4 << 20;

/// What became of a record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Put {
    /// It is with the worker, or dropped and counted.
    Done,
    /// It is not taken: there is no worker.
    Closed,
    /// It is in the ring, but the worker has just ended.
    Left,
}

/// The writing end of the thread's ring, and what the other end knows.
pub(crate) struct QueueWriter {
    ring: Arc<Ring>,
    /// None only while it is dropped.
    end: Option<WriteEnd>,
    /// A record of plain values needs no look at anything else while these are
    /// the route's generation and the scope's context.
    pub(crate) plain_while: Option<(usize, usize)>,
    sites: SiteIds,
    scratch: Vec<u8>,
    /// Room that only WARNING and above may use.
    reserve: usize,
    /// A longer record goes beside the ring.
    longest: usize,
}

impl QueueWriter {
    /// Takes a ring for this thread, in place of one of the parent's.
    #[cold]
    pub(crate) fn renew<'p>(place: &'p mut Option<Self>, roads: &mut Roads) -> &'p mut Self {
        if let Some(inherited) = place.take_if(|queue| queue.is_inherited()) {
            std::mem::forget(inherited);
        }
        if let Some(retired) = place.take_if(|queue| queue.is_stale()) {
            // What is in there stands before what goes into the next.
            orphaned::wait_for_the_last(&retired.ring.line);
            orphaned::rescue_by(roads);
        }
        place.get_or_insert_with(|| {
            let (ring, end) = Ring::take(workers::line, workers::ring_bytes());
            let capacity = end.bytes.buffer().capacity();
            Self {
                ring,
                end: Some(end),
                plain_while: None,
                sites: SiteIds::new(),
                scratch: vec![0; SCRATCH_BYTES],
                reserve: capacity / 8,
                longest: capacity / 4,
            }
        })
    }

    /// Tells whether the ring was made before a fork and belongs to the parent.
    #[inline]
    pub(crate) fn is_inherited(&self) -> bool {
        self.ring.is_inherited()
    }

    /// Tells whether a worker empties the ring, after starting one if it may.
    pub(crate) fn is_served(&self) -> bool {
        !self.ring.line.doorbell.is_closed() || workers::begin(&self.ring.line)
    }

    /// Returns the line that empties the ring.
    pub(crate) fn line(&self) -> Arc<Line> {
        self.ring.line.clone()
    }

    /// Tells whether the next record is read with this context.
    pub(crate) fn has_context(&self, context: &LogContext) -> bool {
        self.end.as_ref().is_some_and(|end| end.context == context.fields().id)
    }

    /// Tells whether another ring must take its place: it is the parent's, or its
    /// line has ended for good.
    #[inline]
    pub(crate) fn is_stale(&self) -> bool {
        self.is_inherited() || self.ring.line.is_retired()
    }

    /// Publishes the record of a macro call, if its values are plain, it is of
    /// the usual length, and there is room; none if it must go the long way.
    #[inline]
    pub(crate) fn put_plain(
        &mut self,
        queued: &Queued,
        site: Site<'static>,
        values: &[Value<'_>],
        now: Timestamp,
    ) -> Option<Put> {
        let id = self.sites.get(site);
        let mut out = Output::resume(&mut self.scratch, HEAD);
        let plain = put_call(&mut out, now, id, values);
        let len = out.position();
        if !plain || out.overflowed() || len > self.longest {
            return None;
        }
        let level = site.level_number();
        let needed = if level >= LogLevel::Warning.number() { len } else { len + self.reserve };
        let end = self.end.as_mut()?;
        if end.bytes.cached_slots() < needed && end.bytes.slots() < needed {
            return None;
        }
        self.scratch[..HEAD].copy_from_slice(&record_head(level, len - HEAD, queued.id));
        Some(self.publish(len))
    }

    /// Publishes a record that runs no foreign code.
    #[inline]
    pub(crate) fn put(
        &mut self,
        queued: &Queued,
        site: Option<Site<'static>>,
        record: &LogRecord<'_>,
        context: &LogContext,
    ) -> Put {
        if self.is_inherited() || !self.is_served() {
            return Put::Closed;
        }
        if !self.has_context(context) {
            match self.put_context(queued, record.level, context) {
                Room::Found => {}
                Room::Dropped => return Put::Done,
                Room::Closed => return Put::Closed,
            }
        }
        let ids = RecordIds {
            site: site.map(|site| self.sites.get(site)),
            // The logger stands in the head, the context came before.
            logger: None,
            context: None,
        };
        let mut out = Output::resume(&mut self.scratch, HEAD);
        put_record(&mut out, record, ids);
        let len = out.position();
        if out.overflowed() || len > self.longest {
            return self.put_long(queued, record, ids, len);
        }
        self.put_head(queued, record.level, len);
        if !self.has_room(record.level, len) {
            match self.find_room(queued, record.level, len, false) {
                Room::Found => {}
                Room::Dropped => return Put::Done,
                Room::Closed => return Put::Closed,
            }
        }
        self.publish(len)
    }

    fn put_head(&mut self, queued: &Queued, level: LogLevel, len: usize) {
        self.scratch[..HEAD].copy_from_slice(&record_head(level.number(), len - HEAD, queued.id));
    }

    /// Copies the scratch's first bytes into the ring, where there is room.
    #[inline]
    fn publish(&mut self, len: usize) -> Put {
        let pushed =
            self.end.as_mut().is_some_and(|end| end.bytes.push_entire_slice(&self.scratch[..len]).is_ok());
        debug_assert!(pushed, "room was found");
        self.ring_bell()
    }

    #[inline]
    fn ring_bell(&self) -> Put {
        match self.ring.line.doorbell.ring() {
            Answer::Heard => Put::Done,
            Answer::Wake => {
                self.ring.line.wake();
                Put::Done
            }
            Answer::Closed => Put::Left,
        }
    }

    /// Tells whether so many bytes fit; looks at the worker's side only if it must.
    #[inline]
    fn has_room(&self, level: LogLevel, len: usize) -> bool {
        let needed = if level >= LogLevel::Warning { len } else { len + self.reserve };
        self.end.as_ref().is_some_and(|end| end.bytes.cached_slots() >= needed || end.bytes.slots() >= needed)
    }

    fn has_room_beside(&self, level: LogLevel, bytes: usize) -> bool {
        let lying = self.ring.aside_bytes.load(Ordering::Acquire);
        let few = lying == 0 || lying + bytes <= ASIDE_BYTES;
        few && self.has_room(level, HEAD) && self.end.as_ref().is_some_and(|end| !end.asides.is_full())
    }

    /// Makes room, waits for it, or drops and counts: as the policy says.
    #[cold]
    fn find_room(&mut self, queued: &Queued, level: LogLevel, len: usize, beside: bool) -> Room {
        let policy = queued.policy.unwrap_or_else(workers::overflow_policy);
        loop {
            let has_room = |writer: &Self| {
                if beside { writer.has_room_beside(level, len) } else { writer.has_room(level, len) }
            };
            if has_room(self) {
                return Room::Found;
            }
            if self.ring.line.doorbell.is_closed() {
                return Room::Closed;
            }
            let made = match policy {
                // The worker would wait for itself.
                OverflowPolicy::Block if !worker::is_this_thread() => {
                    self.ring.wait_for_room(|| has_room(self));
                    true
                }
                // With nothing left to evict, the worker may just have taken it.
                OverflowPolicy::DropOldest => self.evict(level) || has_room(self),
                OverflowPolicy::Block | OverflowPolicy::DropNewest => false,
            };
            if !made {
                self.ring.line.wake();
                self.ring.count_dropped(level);
                queued.known.count_dropped(level);
                return Room::Dropped;
            }
        }
    }

    /// Takes the oldest item out; not if that is evidence and the newcomer is none.
    fn evict(&self, newcomer: LogLevel) -> bool {
        let mut read = self.ring.read();
        let Some(head) = read.peek() else { return false };
        if let Kind::Record(level) | Kind::RecordAside(level) = head.kind {
            if level >= LogLevel::Warning && newcomer < LogLevel::Warning {
                return false;
            }
            self.ring.count_dropped(level);
            interner::count_dropped(head.logger, level);
        }
        if let Some(Aside::Record(body)) = read.evict(head) {
            self.ring.aside_bytes.fetch_sub(body.len(), Ordering::AcqRel);
        }
        true
    }

    /// Tells the worker of another context.
    #[cold]
    fn put_context(&mut self, queued: &Queued, level: LogLevel, context: &LogContext) -> Room {
        let room = self.find_room(queued, level, 0, true);
        if room == Room::Found {
            self.push_aside(queued, Aside::Context(context.clone()), Kind::Context);
        }
        room
    }

    /// Puts a thing beside the ring and its mark into it, where there is room for both.
    fn push_aside(&mut self, queued: &Queued, aside: Aside, kind: Kind) {
        let head = Head { kind, len: 0, logger: queued.id };
        if let Some(end) = &mut self.end {
            if let Aside::Context(context) = &aside {
                end.context = context.fields().id;
            }
            let beside = end.asides.push(aside).is_ok();
            let marked = end.bytes.push_entire_slice(&head.to_bytes()).is_ok();
            debug_assert!(beside && marked, "room was found");
        }
    }

    /// Puts a record beside the ring, or in it with a longer scratch.
    #[cold]
    fn put_long(&mut self, queued: &Queued, record: &LogRecord<'_>, ids: RecordIds, len: usize) -> Put {
        if len <= self.longest {
            self.scratch.resize(len.next_power_of_two(), 0);
            let mut out = Output::resume(&mut self.scratch, HEAD);
            put_record(&mut out, record, ids);
            self.put_head(queued, record.level, len);
            return match self.find_room(queued, record.level, len, false) {
                Room::Found => self.publish(len),
                Room::Dropped => Put::Done,
                Room::Closed => Put::Closed,
            };
        }
        match self.find_room(queued, record.level, len, true) {
            Room::Found => {}
            Room::Dropped => return Put::Done,
            Room::Closed => return Put::Closed,
        }
        let mut body = vec![0; len - HEAD];
        put_record(&mut Output::new(&mut body), record, ids);
        self.ring.aside_bytes.fetch_add(body.len(), Ordering::AcqRel);
        self.push_aside(queued, Aside::Record(body), Kind::RecordAside(record.level));
        self.scratch.truncate(SCRATCH_KEPT);
        self.ring_bell()
    }
}

/// What came of looking for room.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Room {
    Found,
    /// None: the record is dropped and counted.
    Dropped,
    /// None, and nobody who would make some.
    Closed,
}

impl Drop for QueueWriter {
    fn drop(&mut self) {
        if let Some(end) = self.end.take() {
            self.ring.give_back(end);
        }
    }
}
