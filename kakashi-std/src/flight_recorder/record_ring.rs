//! Records of which the oldest go first: of one thread, or of one scope.
//!
//! It lies on the heap or, with a black box, in memory that outlives the process; then what its records name lies there, too.
//!
//! An entry is a head and the body of a RECORD of the [`wire`](kakashi_core::wire), whose site has the id
//! that [`interner`](crate::queue::interner) gave it. Loggers and contexts lie beside the bytes,
//! each once, as long as an entry has them.

use std::sync::{Arc, Weak};

use kakashi_core::{Field, LogContext, LogLevel, LoggerEntry, Value};

use super::byte_ring::ByteRing;
use super::memory::MEMORY;
use super::outliving::{self, places_of};
use super::shared_table::SharedTable;
use crate::dispatch::Dispatch;
use crate::dispatch::logger_core::LoggerCore;
use crate::segment::kept_entry::{HEAD, KeptHead, LONGEST, MARK};
use crate::segment::live::{MappedItem, MappedRing, RecorderMemory};

/// Bytes of a ring at first.
const FIRST_BYTES: usize = 1024;
/// What a context occupies beside its fields.
const CONTEXT_BYTES: usize = 128;

/// Whose record it is.
#[derive(Debug)]
pub(super) struct KeptLogger {
    pub(super) entry: Arc<LoggerEntry>,
    /// None: the root's. A custom logger's is gone with its last handle.
    pub(super) dispatch: Option<Weak<Dispatch>>,
    /// Says so where it outlives the process.
    pub(super) item: Option<MappedItem>,
}

/// The context of a record.
#[derive(Debug)]
pub(super) struct KeptContext {
    pub(super) context: LogContext,
    pub(super) item: Option<MappedItem>,
}

/// Where a ring lies that outlives the process, and its number there.
type RingHome<'a> = (&'a Arc<RecorderMemory>, u64);

impl KeptLogger {
    fn of(core: &LoggerCore) -> Self {
        let dispatch = core.dispatch.as_ref().map(Arc::downgrade);
        Self { entry: core.entry.clone(), dispatch, item: None }
    }

    /// Puts it where it outlives the process; false if there is no room.
    fn map(&mut self, (memory, owner): RingHome<'_>, index: u32) -> bool {
        let dispatch = self.dispatch.as_ref().map(|dispatch| dispatch.upgrade().unwrap_or_default());
        let places = dispatch.map(|dispatch| places_of(&dispatch));
        self.item = MappedItem::logger(memory, owner, index, self.entry.name().text(), places.as_deref());
        self.item.is_some()
    }
}

impl KeptContext {
    /// Puts it where it outlives the process; false if there is no room.
    fn map(&mut self, (memory, owner): RingHome<'_>, index: u32) -> bool {
        let marked = marked(&self.context);
        self.item = MappedItem::context(memory, owner, index, marked.fields().pairs);
        self.item.is_some()
    }
}

/// Returns a context as a replayed record has it.
pub(super) fn marked(context: &LogContext) -> LogContext {
    context.with_custom(&[Field { key: MARK, value: Value::Bool(true) }])
}

/// Tells whether memory may grow by enough to copy everything for it: the bound moves a little with each context.
#[inline]
fn is_worth_growing(capacity: usize, most: usize) -> bool {
    most - capacity.min(most) > capacity / 8
}

/// A ring of records.
#[derive(Debug, Default)]
pub(super) struct RecordRing {
    bytes: ByteRing,
    loggers: SharedTable<KeptLogger>,
    contexts: SharedTable<KeptContext>,
    /// What the contexts occupy.
    context_bytes: usize,
    records: usize,
    /// Since it was emptied.
    overwritten: usize,
}

/// What was in a ring.
#[derive(Debug)]
pub(super) struct KeptRecords {
    pub(super) bytes: Vec<u8>,
    pub(super) loggers: Vec<Option<KeptLogger>>,
    pub(super) contexts: Vec<Option<KeptContext>>,
    pub(super) overwritten: usize,
    /// What outlives the process of it.
    pub(super) mapped: Option<MappedRing>,
}

impl RecordRing {
    pub(super) fn has_records(&self) -> bool {
        self.records > 0
    }

    /// Appends a record of at most so many bytes in all; the oldest go for it, and it goes itself
    /// if there is no room for it. The first [`HEAD`] bytes of `entry` are free.
    #[inline]
    pub(super) fn push(
        &mut self,
        core: &LoggerCore,
        context: &LogContext,
        level: LogLevel,
        tick: u64,
        entry: &mut [u8],
        most_bytes: usize,
    ) {
        let len = entry.len() - HEAD;
        // For what never has room nothing goes.
        if len >= LONGEST || entry.len() > most_bytes {
            self.overwritten += 1;
            return;
        }
        if self.bytes.capacity() == 0 {
            self.begin(most_bytes);
        }
        let Self { bytes, loggers, contexts, .. } = self;
        let mut has_all = true;
        let (logger, _) = loggers.acquire(core.entry.id(), |index| {
            let mut logger = KeptLogger::of(core);
            has_all &= bytes.mapped().is_none_or(|home| logger.map(home, index));
            logger
        });
        let (kept_context, is_new) = contexts.acquire(context.fields().id, |index| {
            let mut context = KeptContext { context: context.clone(), item: None };
            has_all &= bytes.mapped().is_none_or(|home| context.map(home, index));
            context
        });
        if is_new {
            self.take_context(context);
        }
        if !has_all {
            self.unmap();
        }
        let head = KeptHead { tick, level, len, logger, context: kept_context };
        let most = most_bytes.saturating_sub(self.context_bytes);
        if self.has_room(entry.len(), most) || self.make_room(entry.len(), most_bytes) {
            entry[..HEAD].copy_from_slice(&head.to_bytes());
            self.bytes.push(entry);
            self.records += 1;
        } else {
            self.release(head);
        }
    }

    /// Begins with memory that outlives the process, if it is to be in such.
    #[cold]
    fn begin(&mut self, most_bytes: usize) {
        let first = FIRST_BYTES.min(most_bytes);
        if let Some(memory) = outliving::memory()
            && MEMORY.take(first)
            && !self.bytes.map(&memory, first)
        {
            MEMORY.give_back(first);
        }
    }

    /// Moves it into this memory, which outlives the process, or, without one or where there is no room, to the heap.
    pub(super) fn move_to(&mut self, memory: Option<&Arc<RecorderMemory>>) {
        let is_there = match (self.bytes.mapped(), memory) {
            (Some((own, _)), Some(memory)) => Arc::ptr_eq(own, memory),
            (own, memory) => own.is_none() && memory.is_none(),
        };
        if is_there || self.bytes.capacity() == 0 {
            return;
        }
        self.unmap();
        if let Some(memory) = memory
            && self.bytes.map(memory, 0)
        {
            let Self { bytes, loggers, contexts, .. } = self;
            let mut has_all = true;
            if let Some(home) = bytes.mapped() {
                loggers.each(|index, logger| has_all &= logger.map(home, index));
                contexts.each(|index, context| has_all &= context.map(home, index));
            }
            self.bytes.set_overwritten(self.overwritten);
            if !has_all {
                self.unmap();
            }
        }
    }

    /// Moves it to the heap.
    #[cold]
    fn unmap(&mut self) {
        if self.bytes.mapped().is_some() {
            self.bytes.unmap();
        }
        self.loggers.each(|_, logger| logger.item = None);
        self.contexts.each(|_, context| context.item = None);
    }

    #[cold]
    fn take_context(&mut self, context: &LogContext) {
        self.context_bytes += CONTEXT_BYTES + context.fields().pairs.len();
    }

    /// Tells whether there is room in memory of at most so many bytes; one that has grown to its bound lets the
    /// oldest go for it.
    #[inline]
    fn has_room(&mut self, len: usize, most: usize) -> bool {
        let capacity = self.bytes.capacity();
        if capacity > most {
            return false;
        }
        if !is_worth_growing(capacity, most) && len <= capacity {
            while self.bytes.free() < len && self.evict() {}
        }
        self.bytes.free() >= len
    }

    /// Makes room by growing or by letting the oldest go; false if there is none.
    #[inline(never)]
    fn make_room(&mut self, len: usize, most_bytes: usize) -> bool {
        loop {
            let most = most_bytes.saturating_sub(self.context_bytes);
            if self.bytes.free() >= len && self.bytes.capacity() <= most {
                return true;
            }
            let capacity = self.bytes.capacity();
            let wanted = (2 * capacity).max(FIRST_BYTES).max(len.next_power_of_two()).min(most);
            let is_larger = wanted > capacity && (is_worth_growing(capacity, wanted) || len > capacity);
            if is_larger && wanted >= len && MEMORY.take(wanted - capacity) {
                self.bytes.resize(wanted);
            } else if self.bytes.free() >= len && capacity > most && self.fits_in(most) {
                self.bytes.resize(most);
                MEMORY.give_back(capacity - most);
            } else if (wanted >= len && len > capacity) || !self.evict() {
                return false;
            }
        }
    }

    /// Tells whether what is in it has room in less memory, with as much free as now.
    fn fits_in(&self, most: usize) -> bool {
        self.bytes.capacity() - self.bytes.free() <= most / 2
    }

    /// Lets the oldest record go; false if there is none.
    #[inline]
    fn evict(&mut self) -> bool {
        let Some(head) = self.bytes.front().as_ref().and_then(KeptHead::of_bytes) else { return false };
        self.bytes.pop(HEAD + head.len);
        self.records -= 1;
        self.release(head);
        true
    }

    /// Counts a record that goes.
    #[inline]
    fn release(&mut self, head: KeptHead) {
        self.overwritten += 1;
        self.bytes.set_overwritten(self.overwritten);
        let (is_last_of_logger, is_last_of_context) =
            (self.loggers.release(head.logger), self.contexts.release(head.context));
        if is_last_of_logger || is_last_of_context {
            self.forget_unused(head);
        }
    }

    /// Frees what a record had alone that has gone.
    #[cold]
    fn forget_unused(&mut self, head: KeptHead) {
        drop(self.loggers.take_unused(head.logger));
        if let Some(KeptContext { context, .. }) = self.contexts.take_unused(head.context) {
            self.context_bytes -= CONTEXT_BYTES + context.fields().pairs.len();
        }
    }

    /// Empties it, and gives its memory away.
    pub(super) fn take(&mut self) -> KeptRecords {
        MEMORY.give_back(self.bytes.capacity());
        let Self { mut bytes, mut loggers, mut contexts, overwritten, .. } = std::mem::take(self);
        let (bytes, mapped) = bytes.take();
        KeptRecords { bytes, loggers: loggers.take(), contexts: contexts.take(), overwritten, mapped }
    }
}
