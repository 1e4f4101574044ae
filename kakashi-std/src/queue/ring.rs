//! One thread's ring as both sides and the rest of the process see it.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering, fence};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use kakashi_core::{DropReason, LogContext, LogLevel};
use rtrb::{Consumer, Producer, RingBuffer};

use crate::queue::entry;
use crate::queue::entry::Aside;
use crate::queue::entry::HEAD;
use crate::queue::entry::Head;
use crate::queue::entry::Kind;
#[cfg(unix)]
use crate::queue::interner;
use crate::queue::worker_control::Line;
use crate::dispatch::thread_buffer::FORKS;
use crate::dispatch;

/// How many things may lie beside a ring.
const ASIDES: usize = 512;
/// Rings of threads that have ended, kept for threads to come.
const MOST_IDLE: usize = 32;

/// What a thread and the worker share.
pub(crate) struct Ring {
    /// Who empties it.
    pub(crate) line: Arc<Line>,
    pub(super) read: Mutex<ReadEnd>,
    /// Records of each level that were dropped and not told of yet.
    dropped: [AtomicUsize; LogLevel::ALL.len()],
    /// Bytes of the records beside the ring.
    pub(super) aside_bytes: AtomicUsize,
    /// The thread waits for room.
    waiting: AtomicBool,
    room: Mutex<()>,
    room_bell: Condvar,
    /// The thread has ended, and no other takes the ring.
    given_up: AtomicBool,
    forks: usize,
}

/// The end that the worker reads from. Who evicts records takes it too.
pub(super) struct ReadEnd {
    pub(super) bytes: Consumer<u8>,
    pub(super) asides: Consumer<Aside>,
    /// The context of the next record.
    pub(super) context: LogContext,
}

/// The end that a thread writes to.
pub(super) struct WriteEnd {
    pub(super) bytes: Producer<u8>,
    pub(super) asides: Producer<Aside>,
    /// The id of the context that was put in last.
    pub(super) context: usize,
}

#[derive(Default)]
struct Rings {
    all: Vec<Arc<Ring>>,
    /// Those that no thread writes to.
    idle: Vec<(Arc<Ring>, WriteEnd)>,
}

static RINGS: Mutex<Rings> = Mutex::new(Rings { all: Vec::new(), idle: Vec::new() });
/// Grows with each ring that comes or goes.
static VERSION: AtomicUsize = AtomicUsize::new(0);

fn lock() -> MutexGuard<'static, Rings> {
    RINGS.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Rings {
    fn forget(&mut self, ring: &Arc<Ring>) {
        self.all.retain(|other| !Arc::ptr_eq(other, ring));
        VERSION.fetch_add(1, Ordering::Release);
    }
}

/// Copies the list of all rings if it is not the one of `version`.
pub(super) fn rings(version: &mut usize, rings: &mut Vec<Arc<Ring>>) {
    let latest = VERSION.load(Ordering::Acquire);
    if *version != latest {
        *version = latest;
        rings.clone_from(&lock().all);
    }
}

impl Ring {
    /// Takes a ring that no thread writes to, or makes one.
    pub(super) fn take(line: impl FnOnce() -> Arc<Line>, ring_bytes: usize) -> (Arc<Self>, WriteEnd) {
        let mut rings = lock();
        while let Some((ring, end)) = rings.idle.pop() {
            if !ring.line.is_retired() {
                return (ring, end);
            }
            ring.give_up();
        }
        drop(rings);
        let (bytes, bytes_read) = RingBuffer::new(ring_bytes);
        let (asides, asides_read) = RingBuffer::new(ASIDES);
        let read = ReadEnd { bytes: bytes_read, asides: asides_read, context: LogContext::new() };
        let ring = Arc::new(Self {
            line: line(),
            read: Mutex::new(read),
            dropped: Default::default(),
            aside_bytes: AtomicUsize::new(0),
            waiting: AtomicBool::new(false),
            room: Mutex::new(()),
            room_bell: Condvar::new(),
            given_up: AtomicBool::new(false),
            forks: FORKS.load(Ordering::Relaxed),
        });
        rings = lock();
        rings.all.push(ring.clone());
        VERSION.fetch_add(1, Ordering::Release);
        (ring, WriteEnd { bytes, asides, context: 0 })
    }

    /// Takes a ring back from a thread that ends; what is in it is written.
    pub(super) fn give_back(self: &Arc<Self>, end: WriteEnd) {
        let mut rings = lock();
        if rings.idle.len() < MOST_IDLE && !self.line.is_retired() {
            rings.idle.push((self.clone(), end));
        } else {
            self.give_up();
        }
    }

    /// Says that nothing will ever come again: whoever finds it empty forgets it.
    fn give_up(&self) {
        self.given_up.store(true, Ordering::Release);
    }

    /// Tells whether nothing will ever come again; asked before the last look.
    pub(super) fn is_given_up(&self) -> bool {
        self.given_up.load(Ordering::Acquire)
    }

    /// Forgets a ring that was given up and is empty.
    pub(super) fn forget(self: &Arc<Self>) {
        lock().forget(self);
    }

    /// Tells whether the ring was made before a fork and belongs to the parent.
    #[inline]
    pub(super) fn is_inherited(&self) -> bool {
        self.forks != FORKS.load(Ordering::Relaxed)
    }

    /// Counts a record that found no room.
    pub(super) fn count_dropped(&self, level: LogLevel) {
        self.dropped[level.index()].fetch_add(1, Ordering::Relaxed);
    }

    /// Hands the counts of dropped records to the destinations that would have
    /// taken them: counted there, and told in their streams.
    pub(super) fn tell_dropped(&self) {
        for level in LogLevel::ALL {
            let count = &self.dropped[level.index()];
            if count.load(Ordering::Relaxed) == 0 {
                continue;
            }
            let count = count.swap(0, Ordering::Relaxed);
            let route = dispatch::root();
            for driver in route.drivers.iter().filter(|driver| driver.threshold.enables(level)) {
                driver.outlet.count_dropped_many(level, DropReason::QueueFull, count);
            }
        }
    }

    pub(super) fn read(&self) -> MutexGuard<'_, ReadEnd> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits a moment for room; `has_room` is asked again after.
    pub(super) fn wait_for_room(&self, mut has_room: impl FnMut() -> bool) {
        let guard = self.room.lock().unwrap_or_else(PoisonError::into_inner);
        self.waiting.store(true, Ordering::SeqCst);
        fence(Ordering::SeqCst);
        if !has_room() {
            self.line.wake();
            // Not for ever: the worker may have ended meanwhile.
            let moment = Duration::from_millis(2);
            drop(self.room_bell.wait_timeout(guard, moment).unwrap_or_else(PoisonError::into_inner));
        }
        self.waiting.store(false, Ordering::Relaxed);
    }

    /// Says that there is room; called after making some.
    pub(super) fn tell_room(&self) {
        fence(Ordering::SeqCst);
        if self.waiting.load(Ordering::Relaxed) {
            drop(self.room.lock().unwrap_or_else(PoisonError::into_inner));
            self.room_bell.notify_one();
        }
    }

    /// Counts the records in the ring; none if its lock is not free in time.
    fn waiting_until(&self, deadline: Instant) -> usize {
        let Some(mut read) = crate::delivery::sink_queue::lock_until(&self.read, deadline) else { return 0 };
        let slots = read.bytes.slots();
        let Ok(chunk) = read.bytes.read_chunk(slots) else { return 0 };
        let (first, second) = chunk.as_slices();
        entry::count(&[first, second].concat()).0
    }
}

impl ReadEnd {
    /// Reads the head of the oldest item.
    pub(super) fn peek(&mut self) -> Option<Head> {
        let mut head = [0; HEAD];
        let chunk = self.bytes.read_chunk(HEAD).ok()?;
        let (first, second) = chunk.as_slices();
        head[..first.len()].copy_from_slice(first);
        head[first.len()..].copy_from_slice(second);
        Head::of_bytes(head)
    }

    /// Takes the oldest item out, and what lies beside it.
    pub(super) fn evict(&mut self, head: Head) -> Option<Aside> {
        if let Ok(chunk) = self.bytes.read_chunk(HEAD + head.len) {
            chunk.commit_all();
        }
        match head.kind {
            Kind::Record(_) => None,
            Kind::Context | Kind::RecordAside(_) => self.pop_aside(),
        }
    }

    /// Takes the next of the things beside the ring.
    pub(super) fn pop_aside(&mut self) -> Option<Aside> {
        let aside = self.asides.pop().ok()?;
        if let Aside::Context(context) = &aside {
            self.context = context.clone();
        }
        Some(aside)
    }
}

/// Counts all that rings have dropped where it is told.
pub(crate) fn tell_dropped() {
    let rings = lock().all.clone();
    rings.iter().for_each(|ring| ring.tell_dropped());
}

/// Counts the records in all rings, up to a deadline.
pub(crate) fn waiting_until(deadline: Instant) -> usize {
    let rings = lock().all.clone();
    rings.iter().map(|ring| ring.waiting_until(deadline)).sum()
}

/// The list of rings, held over a fork.
#[cfg(unix)]
pub(crate) struct HeldRings {
    rings: MutexGuard<'static, Rings>,
    _tables: MutexGuard<'static, Option<interner::Tables>>,
}

#[cfg(unix)]
pub(crate) fn hold_rings() -> HeldRings {
    // In this order everywhere.
    HeldRings { rings: lock(), _tables: interner::hold_tables() }
}

#[cfg(unix)]
impl HeldRings {
    /// Forgets, in the child, the parent's rings: the parent's worker writes them.
    pub(crate) fn abandon(&mut self) {
        self.rings.all.drain(..).for_each(std::mem::forget);
        self.rings.idle.drain(..).for_each(std::mem::forget);
        VERSION.fetch_add(1, Ordering::Release);
    }
}
