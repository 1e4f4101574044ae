//! A thread's side of its ring.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use kakashi_core::wire::{RecordIds, put_call, put_record};
use kakashi_core::{LogContext, LogLevel, LogRecord, Output, Site, Value};

use super::entry::{EntryHead, EntryKind, HEAD, SideEntry, record_head};
use super::interner::{self, SiteIds};
use super::overflow::OverflowPolicy;
use super::queued::Queued;
use super::ring::{ThreadRing, WriteEnd};
use super::ring_source::RingSource;
use super::workers;
use crate::clock::Moment;
use crate::delivery::collect;
use crate::dispatch::flush_signal;
use crate::reentrancy::is_worker;
use crate::sync::wake_state::Notified;

/// Bytes for a record at first; the scratch grows with what is logged.
const SCRATCH_BYTES: usize = 1024;
/// A longer one is not kept.
const SCRATCH_KEPT: usize = 64 * 1024;
/// Bytes of side records, unless one record alone is larger.
const SIDE_BYTES: usize = 4 << 20;

/// What became of a record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Put {
    /// It is in the ring, or a filter has taken it.
    Done,
    /// It is in the ring, and more waits for a destination than may.
    HandOver,
    /// It is in the ring, and its call waits until it is written.
    WriteThrough,
    /// The queue was full: it is dropped and counted.
    Dropped,
    /// It is not taken: there is no worker.
    Closed,
}

/// The writing end of the thread's ring, and what the reading end has been sent.
pub(crate) struct QueueWriter {
    ring: Arc<ThreadRing>,
    /// None only while it is dropped.
    end: Option<WriteEnd>,
    /// While these are the root dispatch's generation and the context's id, a record of
    /// plain values may take [`put_plain`](Self::put_plain).
    pub(crate) fast_path_key: Option<(usize, usize)>,
    sites: SiteIds,
    scratch: Vec<u8>,
    /// Bytes that only WARNING and above may use, less what the ring may still grow by.
    reserve: usize,
    /// A longer record becomes a side entry.
    longest: usize,
}

impl QueueWriter {
    /// Takes a ring for this thread.
    /// None inside of a collection.
    pub(crate) fn new() -> Option<Self> {
        let (ring, end, is_new) = ThreadRing::take(workers::assign, workers::ring_bytes());
        if is_new && !collect::register(Box::new(RingSource::new(ring.clone()))) {
            ring.forget();
            return None;
        }
        let longest = end.most_bytes / 4;
        let mut writer = Self {
            ring,
            end: Some(end),
            fast_path_key: None,
            sites: SiteIds::new(),
            scratch: vec![0; SCRATCH_BYTES],
            reserve: 0,
            longest,
        };
        writer.set_reserve();
        Some(writer)
    }

    /// Sets what of the ring is reserved, at its present size. What fits beside that would
    /// also fit beside the reserve of the ring at its full size.
    fn set_reserve(&mut self) {
        if let Some(end) = &self.end {
            self.reserve = (end.most_bytes / 8).saturating_sub(end.growth());
        }
    }

    /// Tells whether the ring was made before a fork and belongs to the parent.
    #[inline]
    pub(crate) fn is_inherited(&self) -> bool {
        self.ring.is_inherited()
    }

    /// Tells whether a record is in the ring.
    pub(crate) fn has_records(&self) -> bool {
        self.end.as_ref().is_some_and(|end| end.bytes.slots() < end.bytes.buffer().capacity())
    }

    /// Returns the bytes of memory that it occupies with its ring.
    pub(crate) fn memory(&self) -> usize {
        let ring = self.end.as_ref().map_or(0, WriteEnd::memory);
        size_of::<ThreadRing>() + ring + self.sites.memory() + self.scratch.capacity()
    }

    /// Tells whether a worker empties the ring, after starting one if it may.
    pub(crate) fn is_served(&self) -> bool {
        !self.ring.worker.wake_state().is_closed() || workers::start(&self.ring.worker)
    }

    /// Tells whether the next record is read with this context.
    pub(crate) fn has_context(&self, context: &LogContext) -> bool {
        self.end.as_ref().is_some_and(|end| end.context == context.fields().id)
    }

    /// Tells whether the thread needs another ring: this one is the parent's, or its worker
    /// has ended for good.
    #[inline]
    pub(crate) fn is_stale(&self) -> bool {
        self.is_inherited() || self.ring.worker.is_retired()
    }

    /// Publishes the record of a macro call, if its values are plain, it is of the usual
    /// length, and there is room; otherwise none: [`put`](Self::put) must take it.
    #[inline]
    pub(crate) fn put_plain(
        &mut self,
        queued: &Queued,
        site: Site<'static>,
        values: &[Value<'_>],
        now: Moment,
    ) -> Option<Put> {
        let id = self.sites.get(site);
        let mut out = Output::resume(&mut self.scratch, HEAD);
        let plain = put_call(&mut out, now.time, id, values);
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
        self.scratch[..HEAD].copy_from_slice(&record_head(level, len - HEAD, queued.id, now.tick));
        Some(self.publish(len))
    }

    /// Publishes a record that runs no foreign code.
    #[inline]
    pub(crate) fn put(
        &mut self,
        queued: &Queued,
        site: Option<Site<'static>>,
        record: &LogRecord<'_>,
        tick: u64,
        context: &LogContext,
    ) -> Put {
        if self.is_inherited() || !self.is_served() {
            return Put::Closed;
        }
        if !self.has_context(context) {
            match self.put_context(queued, record.level, tick, context) {
                Room::Found => {}
                Room::Dropped => return Put::Dropped,
                Room::Closed => return Put::Closed,
            }
        }
        let ids = RecordIds {
            site: site.map(|site| self.sites.get(site)),
            // The logger's id is in the head, the context was sent before.
            logger: None,
            context: None,
        };
        let mut out = Output::resume(&mut self.scratch, HEAD);
        put_record(&mut out, record, ids);
        let len = out.position();
        if out.overflowed() || len > self.longest {
            return self.put_long(queued, record, tick, ids, len);
        }
        self.put_head(queued, record.level, tick, len);
        if !self.has_room(record.level, len) {
            match self.find_room(queued, record.level, len, false) {
                Room::Found => {}
                Room::Dropped => return Put::Dropped,
                Room::Closed => return Put::Closed,
            }
        }
        self.publish(len)
    }

    fn put_head(&mut self, queued: &Queued, level: LogLevel, tick: u64, len: usize) {
        self.scratch[..HEAD].copy_from_slice(&record_head(level.number(), len - HEAD, queued.id, tick));
    }

    /// Copies the scratch's first bytes into the ring, where there is room.
    #[inline]
    fn publish(&mut self, len: usize) -> Put {
        let pushed =
            self.end.as_mut().is_some_and(|end| end.bytes.push_entire_slice(&self.scratch[..len]).is_ok());
        debug_assert!(pushed, "room was found");
        self.notify()
    }

    #[inline]
    fn notify(&self) -> Put {
        match self.ring.worker.wake_state().notify() {
            Notified::Awake => Put::Done,
            Notified::MustWake => {
                self.ring.worker.wake();
                Put::Done
            }
            Notified::Closed => {
                // The worker has just ended: the flusher collects.
                flush_signal::wake_to_sweep();
                Put::Done
            }
        }
    }

    /// Tells whether so many bytes fit; reads the worker's position only if it must.
    #[inline]
    fn has_room(&self, level: LogLevel, len: usize) -> bool {
        let needed = if level >= LogLevel::Warning { len } else { len + self.reserve };
        self.end.as_ref().is_some_and(|end| end.bytes.cached_slots() >= needed || end.bytes.slots() >= needed)
    }

    fn has_side_room(&self, level: LogLevel, bytes: usize) -> bool {
        let used = self.ring.side_bytes.load(Ordering::Acquire);
        let fits = used == 0 || used + bytes <= SIDE_BYTES;
        fits && self.has_room(level, HEAD) && self.end.as_ref().is_some_and(|end| !end.is_side_full())
    }

    /// Makes room, waits for it, or drops and counts: as the policy says.
    #[cold]
    fn find_room(&mut self, queued: &Queued, level: LogLevel, len: usize, side: bool) -> Room {
        let policy = queued.policy();
        loop {
            let has_room = |writer: &Self| {
                if side { writer.has_side_room(level, len) } else { writer.has_room(level, len) }
            };
            if has_room(self) {
                return Room::Found;
            }
            if self.grow(level, if side { HEAD } else { len }, side) {
                continue;
            }
            if self.ring.worker.wake_state().is_closed() {
                return Room::Closed;
            }
            let made = match policy {
                // The worker would wait for itself.
                OverflowPolicy::Block if !is_worker() => {
                    self.ring.wait_for_room(|| has_room(self));
                    true
                }
                // With nothing left to evict, the worker may just have taken it.
                OverflowPolicy::DropOldest => self.evict(level, has_room) || has_room(self),
                OverflowPolicy::Block | OverflowPolicy::DropNewest => false,
            };
            if !made {
                self.ring.worker.wake();
                self.ring.count_dropped(level);
                queued.slot.count_dropped(level);
                return Room::Dropped;
            }
        }
    }

    /// Makes the ring larger, if that helps and it may be.
    fn grow(&mut self, level: LogLevel, len: usize, side: bool) -> bool {
        let for_bytes = !self.has_room(level, len);
        let Some(end) = &mut self.end else { return false };
        let grown =
            for_bytes && end.grow(&self.ring) || side && end.is_side_full() && end.grow_side(&self.ring);
        self.set_reserve();
        grown
    }

    /// Takes the oldest entry out, unless there is room by now; not one of WARNING or above for a
    /// newcomer below.
    fn evict(&self, newcomer: LogLevel, has_room: impl FnOnce(&Self) -> bool) -> bool {
        let mut read = self.ring.read();
        // A collection may have held the lock, which has left the youngest only: it stays.
        if has_room(self) {
            return true;
        }
        let Some(head) = read.peek() else { return false };
        if let EntryKind::Record(level) | EntryKind::SideRecord(level) = head.kind {
            if level >= LogLevel::Warning && newcomer < LogLevel::Warning {
                return false;
            }
            self.ring.count_dropped(level);
            interner::count_dropped(head.logger, level);
        }
        if let Some(SideEntry::Record(body)) = read.evict(head) {
            self.ring.side_bytes.fetch_sub(body.len(), Ordering::AcqRel);
        }
        true
    }

    /// Sends the worker another context.
    #[cold]
    fn put_context(&mut self, queued: &Queued, level: LogLevel, tick: u64, context: &LogContext) -> Room {
        let room = self.find_room(queued, level, 0, true);
        if room == Room::Found {
            self.push_side_entry(queued, SideEntry::Context(context.clone()), EntryKind::Context, tick);
        }
        room
    }

    /// Pushes a side entry and the ring's entry that refers to it, which both have room.
    fn push_side_entry(&mut self, queued: &Queued, entry: SideEntry, kind: EntryKind, tick: u64) {
        let head = EntryHead { kind, len: 0, logger: queued.id, tick };
        if let Some(end) = &mut self.end {
            if let SideEntry::Context(context) = &entry {
                end.context = context.fields().id;
            }
            let pushed = end.side_entries.push(entry).is_ok();
            let referred = end.bytes.push_entire_slice(&head.to_bytes()).is_ok();
            debug_assert!(pushed && referred, "room was found");
        }
    }

    /// Puts a record that the scratch is too short for: into the ring, or as a side entry.
    #[cold]
    fn put_long(
        &mut self,
        queued: &Queued,
        record: &LogRecord<'_>,
        tick: u64,
        ids: RecordIds,
        len: usize,
    ) -> Put {
        if len <= self.longest {
            self.scratch.resize(len.next_power_of_two(), 0);
            let mut out = Output::resume(&mut self.scratch, HEAD);
            put_record(&mut out, record, ids);
            self.put_head(queued, record.level, tick, len);
            return match self.find_room(queued, record.level, len, false) {
                Room::Found => self.publish(len),
                Room::Dropped => Put::Dropped,
                Room::Closed => Put::Closed,
            };
        }
        match self.find_room(queued, record.level, len, true) {
            Room::Found => {}
            Room::Dropped => return Put::Dropped,
            Room::Closed => return Put::Closed,
        }
        let mut body = vec![0; len - HEAD];
        put_record(&mut Output::new(&mut body), record, ids);
        self.ring.side_bytes.fetch_add(body.len(), Ordering::AcqRel);
        self.push_side_entry(queued, SideEntry::Record(body), EntryKind::SideRecord(record.level), tick);
        self.scratch.truncate(SCRATCH_KEPT);
        self.notify()
    }
}

/// What came of looking for room.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Room {
    Found,
    /// None: the record is dropped and counted.
    Dropped,
    /// None, and no worker that would make some.
    Closed,
}

impl Drop for QueueWriter {
    fn drop(&mut self) {
        if let Some(end) = self.end.take() {
            self.ring.give_back(end);
            // A sweep writes what is in it and, if no other thread takes it, frees it.
            flush_signal::wake_to_sweep();
        }
    }
}
