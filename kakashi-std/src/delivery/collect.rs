//! Collections: what all threads have published up to a tick, in one order.
//!
//! A call reads its tick when it begins and publishes its record before it returns. A
//! collection reads the tick T first, then visits every source and takes what has a tick
//! up to T. If call A returned before call B began, A was published before B's tick: so a
//! collection that takes B has taken A, or an earlier one has. Destinations get the
//! collections one after the other, and write the records of each in the order of ticks.
//! No call pays for that.
//!
//! An unfenced tick may be read ahead of the loads before it, so T lies in the past by
//! longer than that ([`clock::slack_of`]); who must have the youngest records waits it out.
//! Where only the collecting thread has published anything there is nothing to miss: what
//! happened before its own records is visible to it.
//!
//! Under the lock of the sources no sink, no encoder and no user's code runs. That the
//! counters of two cores agree is the hardware's promise, see [`clock`].

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::run::{Records, Run};
use super::sink_queue::SinkQueue;
use crate::clock;
use crate::reentrancy::CriticalSection;
use crate::sync::timed_lock::lock_until;

#[cfg(all(test, loom))]
mod loom_tests;

/// Something that one thread publishes records to.
pub(crate) trait RecordSource: Send {
    /// Tells whether it has records that were not taken.
    fn has_records(&mut self) -> bool;

    /// Tells whether this thread is the one that publishes to it.
    fn is_own(&self) -> bool;

    /// Returns the queue that all its records go to, if it keeps them in chunks for one.
    fn queue(&self) -> Option<&Arc<SinkQueue>>;

    /// Takes the records up to a tick, for the queues that they go to; perhaps only those in
    /// full chunks, if it has chunks.
    fn take(&mut self, until: u64, only_full: bool, take: &mut dyn FnMut(&Arc<SinkQueue>, Run));

    /// Tells whether nothing more will come and all has been taken.
    fn is_at_end(&mut self) -> bool;

    /// Counts the records that were not taken, as far as can be seen at once.
    fn waiting(&mut self) -> usize;
}

/// All sources of the process.
#[derive(Default)]
pub(crate) struct RecordSources {
    all: Vec<Box<dyn RecordSource>>,
    /// The number of the last collection.
    collection: u64,
    /// Kept from one collection to the next.
    taken: Vec<(Arc<SinkQueue>, Run)>,
    /// Those that are at their end.
    ended: Vec<Box<dyn RecordSource>>,
}

static SOURCES: Mutex<RecordSources> =
    Mutex::new(RecordSources { all: Vec::new(), collection: 0, taken: Vec::new(), ended: Vec::new() });
/// How many collections have begun that take other threads' records.
static COLLECTIONS: AtomicUsize = AtomicUsize::new(0);
/// RecordSources whose threads have ended and that no collection has emptied yet.
static ENDED: AtomicUsize = AtomicUsize::new(0);
/// So many of them are worth a collection.
const MANY_ENDED: usize = 64;

thread_local! {
    /// This thread holds the lock: nothing that it calls may wait for it.
    static HOLDS_LOCK: Cell<bool> = const { Cell::new(false) };
}

/// The sources, locked by this thread, which logs nothing meanwhile.
struct LockedSources {
    sources: MutexGuard<'static, RecordSources>,
    _section: CriticalSection,
}

impl LockedSources {
    /// Locks the sources; none if they are not free in time, or this thread has them.
    fn until(deadline: Option<Instant>) -> Option<Self> {
        if HOLDS_LOCK.get() {
            return None;
        }
        let section = CriticalSection::begin();
        let sources = match deadline {
            None => SOURCES.lock().unwrap_or_else(PoisonError::into_inner),
            Some(deadline) => lock_until(&SOURCES, deadline)?,
        };
        HOLDS_LOCK.set(true);
        Some(Self { sources, _section: section })
    }
}

impl Drop for LockedSources {
    fn drop(&mut self) {
        HOLDS_LOCK.set(false);
    }
}

/// Registers a source; false if this thread is inside of a collection, so that its records
/// would reach nobody.
pub(crate) fn register(source: Box<dyn RecordSource>) -> bool {
    let Some(mut locked) = LockedSources::until(None) else { return false };
    locked.sources.all.push(source);
    true
}

/// Says that the thread of a source has ended; tells whether so many have that someone
/// should collect.
pub(crate) fn note_end() -> bool {
    ENDED.fetch_add(1, Ordering::Relaxed) + 1 >= MANY_ENDED
}

/// What a collection must have.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Until {
    /// What is old enough to be taken at once.
    Slack,
    /// Everything that was published before the call: it waits for that, some microseconds.
    Now,
}

/// Returns a number that each collection changes just before it reads the tick up to which it
/// takes other threads' records. A thread that ends its block of the wire there has it taken
/// as a whole; one that sees it late costs the collection a block that must be encoded anew.
#[inline]
pub(crate) fn collections() -> usize {
    COLLECTIONS.load(Ordering::Relaxed)
}

/// How many records a collection took, counted once for each destination.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Collected {
    pub(crate) records: usize,
    /// Those of async loggers.
    pub(crate) queued: usize,
}

/// Takes what all threads have published and appends it to its queues; then calls
/// `touched` for each queue that got something. Nothing if this thread is inside of a
/// collection, or the sources are not free by the deadline.
pub(crate) fn collect(
    until: Until,
    deadline: Option<Instant>,
    touched: &mut Vec<Arc<SinkQueue>>,
) -> Option<Collected> {
    let begun = clock::fenced_tick();
    let mut locked = LockedSources::until(deadline)?;
    let mut now = clock::fenced_tick();
    if until == Until::Now {
        // Who holds the lock next has waited already.
        while now.saturating_sub(begun) < clock::slack_of(now) {
            std::hint::spin_loop();
            now = clock::fenced_tick();
        }
    }
    let waited_until = now.saturating_sub(clock::slack_of(now));
    let until_now = || {
        COLLECTIONS.fetch_add(1, Ordering::Relaxed);
        let now = clock::fenced_tick();
        now.saturating_sub(clock::slack_of(now)).max(waited_until)
    };
    let count = locked.sources.collect(until_now, until == Until::Slack);
    for (queue, _) in &locked.sources.taken {
        if !touched.iter().any(|other| Arc::ptr_eq(other, queue)) {
            touched.push(queue.clone());
        }
    }
    locked.sources.append();
    // A queue's last reference may be among them, and then its sink runs.
    let ended = std::mem::take(&mut locked.sources.ended);
    drop(locked);
    drop(ended);
    Some(count)
}

impl RecordSources {
    /// Takes what has a tick up to `until`, which is called before anything is taken; if all
    /// is this thread's own, everything, or only what is full.
    fn collect(&mut self, until: impl FnOnce() -> u64, only_full: bool) -> Collected {
        let Self { all, taken, collection, ended } = self;
        debug_assert!(taken.is_empty());
        *collection += 1;
        let others = all.iter_mut().any(|source| !source.is_own() && source.has_records());
        let only_full = only_full && !others && is_one_each(all);
        let until = if others { until() } else { u64::MAX };
        let mut count = Collected::default();
        ended.extend(all.extract_if(.., |source| {
            if (others || source.is_own()) && source.has_records() {
                source.take(until, only_full, &mut |queue, run| {
                    count.records += run.records();
                    count.queued += if matches!(run.records, Records::Queued(_)) { run.records() } else { 0 };
                    taken.push((queue.clone(), run));
                });
            }
            source.is_at_end()
        }));
        if !ended.is_empty() {
            ENDED.store(0, Ordering::Relaxed);
            if all.capacity() > 64 && all.len() < all.capacity() / 4 {
                all.shrink_to(2 * all.len());
            }
        }
        count
    }

    /// Appends what was taken to the queues, each queue's part at once: its writer must
    /// not begin with a half.
    fn append(&mut self) {
        let Self { taken, collection, .. } = self;
        taken.sort_unstable_by_key(|(queue, _)| Arc::as_ptr(queue).addr());
        while let Some((queue, _)) = taken.last() {
            let queue = queue.clone();
            let from =
                taken.iter().rposition(|(other, _)| !Arc::ptr_eq(other, &queue)).map_or(0, |at| at + 1);
            queue.append(*collection, taken.drain(from..).map(|(_, run)| run));
        }
    }
}

/// Tells whether each queue has at most one source with records: then what is full may go on
/// alone, since nothing else must stand before it.
fn is_one_each(sources: &mut [Box<dyn RecordSource>]) -> bool {
    for at in 0..sources.len() {
        let (before, rest) = sources.split_at_mut(at);
        let Some(source) = rest.first_mut() else { break };
        if !source.has_records() {
            continue;
        }
        let Some(queue) = source.queue() else { return false };
        let shares = |other: &mut Box<dyn RecordSource>| {
            other.has_records() && other.queue().is_none_or(|other| Arc::ptr_eq(other, queue))
        };
        if before.iter_mut().any(shares) {
            return false;
        }
    }
    true
}

/// Tells whether a record is published that no collection has taken.
pub(crate) fn has_records() -> bool {
    let locked = LockedSources::until(None);
    locked.is_none_or(|mut locked| locked.sources.all.iter_mut().any(|source| source.has_records()))
}

/// Counts the records that no collection has taken; none if that can't be seen in time.
pub(crate) fn waiting_until(deadline: Instant) -> Option<usize> {
    let mut locked = LockedSources::until(Some(deadline))?;
    Some(locked.sources.all.iter_mut().map(|source| source.waiting()).sum())
}

/// The sources, locked for a fork.
#[cfg(unix)]
pub(crate) struct SourcesForFork(Option<MutexGuard<'static, RecordSources>>);

/// Locks the sources for a fork, unless they are not free in time or this thread has them.
#[cfg(unix)]
pub(crate) fn lock_for_fork(deadline: Instant) -> SourcesForFork {
    let free = !HOLDS_LOCK.get();
    SourcesForFork(if free { lock_until(&SOURCES, deadline) } else { None })
}

#[cfg(unix)]
impl SourcesForFork {
    /// Forgets, in the child of a fork, what the parent will write.
    pub(crate) fn abandon(&mut self) {
        if let Some(sources) = &mut self.0 {
            // Not dropped: another thread of the parent may have held a lock inside.
            sources.all.drain(..).for_each(std::mem::forget);
        }
    }
}
