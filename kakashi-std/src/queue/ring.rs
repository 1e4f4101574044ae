//! One thread's ring as both sides and the rest of the process see it.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering, fence};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use kakashi_core::{DropReason, LogContext, LogLevel};
use rtrb::{Consumer, Producer, RingBuffer};

use super::entry::{EntryHead, EntryKind, HEAD, RingFront, SideEntry};
#[cfg(unix)]
use super::interner::{self, InternerTables};
use super::worker_control::WorkerControl;
use crate::dispatch::root::root_if_made;
use crate::reentrancy::{HeldLock, hold, thread_number};
use crate::sync::fork_epoch::ForkEpoch;
use crate::sync::timed_lock::lock_until;

/// Bytes of a ring at first: most threads log little.
const FIRST_BYTES: usize = 2 * 1024;
/// Side entries of a ring at first.
const FIRST_SIDE_ENTRIES: usize = 16;
/// Side entries of a ring at most.
const SIDE_ENTRIES: usize = 512;
/// Rings of threads that have ended, kept for threads to come.
const MOST_IDLE: usize = 32;

/// What a thread and whoever collects share.
pub(crate) struct ThreadRing {
    /// The worker that is woken for it.
    pub(crate) worker: Arc<WorkerControl>,
    /// The number of the thread that writes to it.
    thread: AtomicU64,
    pub(super) read: Mutex<ReadEnd>,
    /// Dropped records of each level that no destination has counted yet.
    dropped: [AtomicUsize; LogLevel::ALL.len()],
    /// Bytes of the side records.
    pub(super) side_bytes: AtomicUsize,
    /// The thread waits for room.
    waiting: AtomicBool,
    room: Mutex<()>,
    room_made: Condvar,
    /// The thread has ended, and no other takes the ring.
    given_up: AtomicBool,
    epoch: ForkEpoch,
}

/// The end that collections read from; a thread that evicts records locks it too.
pub(super) struct ReadEnd {
    pub(super) bytes: Consumer<u8>,
    pub(super) side_entries: Consumer<SideEntry>,
    /// The context of the next record.
    pub(super) context: LogContext,
}

/// The end that a thread writes to.
pub(super) struct WriteEnd {
    pub(super) bytes: Producer<u8>,
    /// How many bytes the ring may grow to.
    pub(super) most_bytes: usize,
    pub(super) side_entries: Producer<SideEntry>,
    /// The id of the context that was put in last.
    pub(super) context: usize,
}

impl WriteEnd {
    /// Returns how many bytes the ring may still grow by.
    pub(super) fn growth(&self) -> usize {
        self.most_bytes.saturating_sub(self.bytes.buffer().capacity())
    }

    /// Tells whether there is no room for a side entry.
    pub(super) fn is_side_full(&self) -> bool {
        self.side_entries.is_full()
    }

    /// Makes the ring twice as large, up to its most; false if it is that already. What is
    /// in it stays.
    pub(super) fn grow(&mut self, ring: &ThreadRing) -> bool {
        let capacity = self.bytes.buffer().capacity();
        if capacity >= self.most_bytes {
            return false;
        }
        // Made first: a collection may wait for the lock.
        let (mut bytes, bytes_read) = RingBuffer::new((2 * capacity).min(self.most_bytes));
        let old = {
            let mut read = ring.read();
            let slots = read.bytes.slots();
            if let Ok(chunk) = read.bytes.read_chunk(slots) {
                let (first, second) = chunk.as_slices();
                let moved = bytes.push_entire_slice(first).and_then(|()| bytes.push_entire_slice(second));
                debug_assert!(moved.is_ok(), "it is larger");
            }
            (std::mem::replace(&mut read.bytes, bytes_read), std::mem::replace(&mut self.bytes, bytes))
        };
        // Outside of the lock: the allocator may log.
        drop(old);
        true
    }

    /// Makes room for twice as many side entries; false if there is for all that may be.
    pub(super) fn grow_side(&mut self, ring: &ThreadRing) -> bool {
        let capacity = self.side_entries.buffer().capacity();
        if capacity >= SIDE_ENTRIES {
            return false;
        }
        let (mut entries, entries_read) = RingBuffer::new((2 * capacity).min(SIDE_ENTRIES));
        let old = {
            let mut read = ring.read();
            while let Ok(entry) = read.side_entries.pop() {
                let moved = entries.push(entry).is_ok();
                debug_assert!(moved, "there is room for more");
            }
            let old_read = std::mem::replace(&mut read.side_entries, entries_read);
            (old_read, std::mem::replace(&mut self.side_entries, entries))
        };
        drop(old);
        true
    }

    /// Returns the bytes of memory that the ring occupies.
    pub(super) fn memory(&self) -> usize {
        self.bytes.buffer().capacity() + self.side_entries.buffer().capacity() * size_of::<SideEntry>()
    }
}

#[derive(Default)]
struct Rings {
    all: Vec<Arc<ThreadRing>>,
    /// Those that no thread writes to.
    idle: Vec<(Arc<ThreadRing>, WriteEnd)>,
}

static RINGS: Mutex<Rings> = Mutex::new(Rings { all: Vec::new(), idle: Vec::new() });

fn lock() -> HeldLock<'static, Rings> {
    hold(&RINGS)
}

impl ThreadRing {
    /// Takes a ring that no thread writes to, or makes one; then the caller must register it
    /// as a source of records.
    pub(super) fn take(
        worker: impl FnOnce() -> Arc<WorkerControl>,
        ring_bytes: usize,
    ) -> (Arc<Self>, WriteEnd, bool) {
        let mut rings = lock();
        while let Some((ring, end)) = rings.idle.pop() {
            if !ring.worker.is_retired() {
                ring.thread.store(thread_number(), Ordering::Relaxed);
                return (ring, end, false);
            }
            ring.give_up();
        }
        drop(rings);
        let (bytes, bytes_read) = RingBuffer::new(FIRST_BYTES.min(ring_bytes));
        let (side_entries, side_entries_read) = RingBuffer::new(FIRST_SIDE_ENTRIES);
        let read = ReadEnd { bytes: bytes_read, side_entries: side_entries_read, context: LogContext::new() };
        let ring = Arc::new(Self {
            worker: worker(),
            thread: AtomicU64::new(thread_number()),
            read: Mutex::new(read),
            dropped: Default::default(),
            side_bytes: AtomicUsize::new(0),
            waiting: AtomicBool::new(false),
            room: Mutex::new(()),
            room_made: Condvar::new(),
            given_up: AtomicBool::new(false),
            epoch: ForkEpoch::current(),
        });
        lock().all.push(ring.clone());
        (ring, WriteEnd { bytes, most_bytes: ring_bytes, side_entries, context: 0 }, true)
    }

    /// Takes a ring back from a thread that ends; what is in it is written.
    pub(super) fn give_back(self: &Arc<Self>, end: WriteEnd) {
        let mut rings = lock();
        if rings.idle.len() < MOST_IDLE && !self.worker.is_retired() {
            rings.idle.push((self.clone(), end));
        } else {
            self.give_up();
        }
    }

    /// Says that no record will ever be put into it: it is forgotten once it is empty.
    fn give_up(&self) {
        self.given_up.store(true, Ordering::Release);
    }

    /// Tells whether no record will ever be put into it; read before it is emptied for the
    /// last time.
    pub(super) fn is_given_up(&self) -> bool {
        self.given_up.load(Ordering::Acquire)
    }

    /// Forgets a ring that was given up and is empty.
    pub(super) fn forget(self: &Arc<Self>) {
        lock().all.retain(|other| !Arc::ptr_eq(other, self));
    }

    /// Tells whether this thread writes to it.
    pub(super) fn is_own(&self) -> bool {
        self.thread.load(Ordering::Relaxed) == thread_number()
    }

    /// Tells whether the ring was made before a fork and belongs to the parent.
    #[inline]
    pub(super) fn is_inherited(&self) -> bool {
        self.epoch.is_past()
    }

    /// Counts a record that found no room.
    pub(super) fn count_dropped(&self, level: LogLevel) {
        self.dropped[level.index()].fetch_add(1, Ordering::Relaxed);
    }

    /// Passes the counts of dropped records to the destinations that would have taken
    /// them: they are counted there, and announced in their streams.
    pub(super) fn pass_on_drops(&self) {
        if self.dropped.iter().all(|count| count.load(Ordering::Relaxed) == 0) {
            return;
        }
        // There is one: a record has been through its pipeline.
        let Some(root) = root_if_made() else { return };
        for level in LogLevel::ALL {
            let count = self.dropped[level.index()].swap(0, Ordering::Relaxed);
            if count == 0 {
                continue;
            }
            for endpoint in root.endpoints.iter().filter(|endpoint| endpoint.threshold.enables(level)) {
                endpoint.queue.count_dropped_many(level, DropReason::QueueFull, count);
            }
        }
    }

    pub(super) fn read(&self) -> MutexGuard<'_, ReadEnd> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits a moment for room; the caller checks `has_room` again afterwards.
    pub(super) fn wait_for_room(&self, mut has_room: impl FnMut() -> bool) {
        let guard = self.room.lock().unwrap_or_else(PoisonError::into_inner);
        self.waiting.store(true, Ordering::SeqCst);
        fence(Ordering::SeqCst);
        if !has_room() {
            self.worker.wake();
            // Bounded: the worker may have ended meanwhile.
            let moment = Duration::from_millis(2);
            drop(self.room_made.wait_timeout(guard, moment).unwrap_or_else(PoisonError::into_inner));
        }
        self.waiting.store(false, Ordering::Relaxed);
    }

    /// Wakes the thread that waits for room; called after making some.
    pub(super) fn notify_room(&self) {
        fence(Ordering::SeqCst);
        if self.waiting.load(Ordering::Relaxed) {
            drop(self.room.lock().unwrap_or_else(PoisonError::into_inner));
            self.room_made.notify_one();
        }
    }

    /// Counts the records in the ring; none if its lock is not free at once.
    pub(super) fn waiting(&self) -> usize {
        let Some(mut read) = lock_until(&self.read, Instant::now()) else { return 0 };
        let slots = read.bytes.slots();
        let Ok(chunk) = read.bytes.read_chunk(slots) else { return 0 };
        let (first, second) = chunk.as_slices();
        RingFront::until(u64::MAX, &[first, second].concat(), |_, _| {}).records.iter().sum()
    }
}

impl ReadEnd {
    /// Reads the head of the oldest entry.
    pub(super) fn peek(&mut self) -> Option<EntryHead> {
        let mut head = [0; HEAD];
        let chunk = self.bytes.read_chunk(HEAD).ok()?;
        let (first, second) = chunk.as_slices();
        head[..first.len()].copy_from_slice(first);
        head[first.len()..].copy_from_slice(second);
        EntryHead::of_bytes(head)
    }

    /// Takes the oldest entry out, and its side entry.
    pub(super) fn evict(&mut self, head: EntryHead) -> Option<SideEntry> {
        if let Ok(chunk) = self.bytes.read_chunk(HEAD + head.len) {
            chunk.commit_all();
        }
        match head.kind {
            EntryKind::Record(_) => None,
            EntryKind::Context | EntryKind::SideRecord(_) => self.pop_side_entry(),
        }
    }

    /// Takes the next side entry.
    pub(super) fn pop_side_entry(&mut self) -> Option<SideEntry> {
        let entry = self.side_entries.pop().ok()?;
        if let SideEntry::Context(context) = &entry {
            self.context = context.clone();
        }
        Some(entry)
    }
}

/// Passes the counts of what all rings have dropped to the destinations.
pub(crate) fn pass_on_drops() {
    let rings = lock().all.clone();
    rings.iter().for_each(|ring| ring.pass_on_drops());
}

/// Tells whether a worker's rings hold anything.
pub(crate) fn has_records(worker: &Arc<WorkerControl>) -> bool {
    let rings = lock().all.clone();
    rings.iter().any(|ring| Arc::ptr_eq(&ring.worker, worker) && !ring.read().bytes.is_empty())
}

/// The list of rings and the ids in them, locked for a fork.
#[cfg(unix)]
pub(crate) struct LockedRings {
    rings: HeldLock<'static, Rings>,
    _tables: HeldLock<'static, Option<InternerTables>>,
}

/// Locks the rings for a fork.
#[cfg(unix)]
pub(crate) fn lock_for_fork() -> LockedRings {
    // In this order everywhere.
    LockedRings { rings: lock(), _tables: interner::lock_for_fork() }
}

#[cfg(unix)]
impl LockedRings {
    /// Forgets, in the child of a fork, the parent's rings: the parent's worker writes them.
    pub(crate) fn abandon(&mut self) {
        self.rings.all.drain(..).for_each(std::mem::forget);
        self.rings.idle.drain(..).for_each(std::mem::forget);
    }
}
