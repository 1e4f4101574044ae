//! All sinks' queues of the process, and what makes records reach them.
//!
//! A logging call, the flusher, a flush and the end of the process all do the same: they
//! [collect](crate::delivery::collect), then write or have written what the queues hold.

#[cfg(unix)]
use std::sync::MutexGuard;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use kakashi_core::Sink;

use super::flush_signal;
use crate::delivery::collect::{self, Until, collect};
use crate::delivery::counters::{self, NamedCounts};
use crate::delivery::destination_stats::DestinationStats;
use crate::delivery::sink_queue::SinkQueue;
use crate::delivery::sink_queue::barrier::Barrier;
use crate::reentrancy::{CriticalSection, HeldLock, hold};
use crate::sync::timed_lock::lock_until;

static SINK_QUEUES: Mutex<Vec<Arc<SinkQueue>>> = Mutex::new(Vec::new());

fn lock() -> HeldLock<'static, Vec<Arc<SinkQueue>>> {
    hold(&SINK_QUEUES)
}

/// Returns all sinks' queues that are in use; none if the list is not free in time.
fn sink_queues_until(deadline: Instant) -> Option<Vec<Arc<SinkQueue>>> {
    let _section = CriticalSection::begin();
    Some(lock_until(&SINK_QUEUES, deadline)?.clone())
}

/// Held while a sink is registered: two for one target must find each other. Foreign sinks
/// run under it, and a fork does not wait for it: so nobody waits for it for long.
static REGISTERING: Mutex<()> = Mutex::new(());
const REGISTERED_WITHIN: Duration = Duration::from_millis(200);

/// Makes the queue of a sink, or gives the sink to the queue that writes to its target.
pub(crate) fn register_sink(name: Box<str>, sink: Box<dyn Sink + Send>) -> Arc<SinkQueue> {
    let _registering = lock_until(&REGISTERING, Instant::now() + REGISTERED_WITHIN);
    let target = sink.target();
    let same = target.and_then(|_| sink_queues().into_iter().find(|queue| queue.target() == target));
    if let Some(queue) = same {
        queue.replace_sink(sink);
        return queue;
    }
    let queue = SinkQueue::new(name, sink);
    lock().push(queue.clone());
    queue
}

/// Forgets the queues that nobody uses and that have nothing to write, or whose sinks
/// fail.
pub(crate) fn forget_unused() {
    let is_unused = |queue: &mut Arc<SinkQueue>| Arc::strong_count(queue) == 1 && queue.may_be_forgotten();
    let unused: Vec<_> = lock().extract_if(.., is_unused).collect();
    // Outside of the lock: a sink may run.
    drop(unused);
}

/// Returns all sinks' queues that are in use.
pub(crate) fn sink_queues() -> Vec<Arc<SinkQueue>> {
    lock().clone()
}

/// Returns what became of the records of each destination in use.
pub(crate) fn stats() -> Vec<DestinationStats> {
    sink_queues().iter().map(|queue| queue.stats()).collect()
}

/// Returns what became of the records of all destinations of each name, and how many wait.
pub(crate) fn counts_by_name() -> Vec<(NamedCounts, usize)> {
    // First what waits: what is written meanwhile is counted twice rather than not at all.
    let waiting: Vec<_> = sink_queues().into_iter().map(|queue| (queue.waiting(), queue)).collect();
    let of_name = |counts: NamedCounts| {
        let queues = waiting.iter().filter(|(_, queue)| queue.is_counted_in(&counts));
        let waiting = queues.map(|(waiting, _)| waiting).sum();
        (counts, waiting)
    };
    counters::by_name().into_iter().map(of_name).collect()
}

/// Collects because a thread's chunk is full, and has written what is much. `queues` is
/// memory to use.
pub(crate) fn hand_over(queues: &mut Vec<Arc<SinkQueue>>, may_wait: bool) {
    queues.clear();
    if collect(Until::Slack, None, queues).is_none() {
        return;
    }
    begin_writing(queues, true, may_wait);
}

/// Has written what was collected for these queues, and makes sure that no more waits than
/// may; `clean` tells whether all else is written.
fn begin_writing(queues: &mut Vec<Arc<SinkQueue>>, mut clean: bool, may_wait: bool) {
    for queue in queues.iter() {
        clean &= queue.begin_write();
    }
    if !clean {
        flush_signal::wake();
    }
    // What is left there waits for a sweep.
    flush_signal::arm();
    for queue in queues.drain(..) {
        queue.make_room(may_wait);
    }
}

/// Collects all that was published before the call, then writes what the chosen queues
/// hold and waits until their sinks have taken it, up to a deadline; has the other queues
/// written. Calls `outcome` for each of the chosen, with whether nothing is left there then;
/// returns for how many something is. `queues` is memory to use.
pub(crate) fn write_through(
    queues: &mut Vec<Arc<SinkQueue>>,
    chosen: impl Iterator<Item = Arc<SinkQueue>>,
    deadline: Instant,
    mut outcome: impl FnMut(&SinkQueue, bool),
) -> usize {
    queues.clear();
    if collect(Until::Now, None, queues).is_none() {
        return chosen.inspect(|queue| outcome(queue, false)).count();
    }
    let is_late = |queue: &Arc<SinkQueue>| {
        let is_written = queue.write_until(deadline, Barrier::Urgent);
        outcome(queue, is_written);
        !is_written
    };
    let late = chosen.filter(is_late).count();
    begin_writing(queues, late == 0, false);
    late
}

/// Collects all that was published before the call; it waits for the flusher. False if this
/// thread is inside of a collection.
pub(crate) fn collect_all() -> bool {
    let collected = collect(Until::Now, None, &mut Vec::new()).is_some();
    if collected {
        flush_signal::arm();
    }
    collected
}

/// Collects, and has written what waits; false if something is left.
pub(crate) fn sweep() -> bool {
    let mut queues = Vec::new();
    let collected = collect(Until::Slack, None, &mut queues).is_some();
    let clean = drain_sink_queues();
    queues.iter().for_each(|queue| queue.make_room(false));
    drop(queues);
    forget_unused();
    collected && clean && !collect::has_records()
}

/// Writes what waits for all sinks, or has it written; false if something is left.
pub(crate) fn drain_sink_queues() -> bool {
    // All of them, also after one that fails.
    let failed = sink_queues()
        .iter()
        .filter(|queue| queue.has_work() && (!queue.drain() || queue.is_holding()))
        .count();
    failed == 0
}

/// Returns how many records wait in buffers and for their sinks, as far as it can be
/// counted without waiting.
pub(crate) fn waiting() -> usize {
    let now = Instant::now();
    let queues = sink_queues_until(now);
    let queued: usize = queues.iter().flatten().filter_map(|queue| queue.waiting_until(now)).sum();
    collect::waiting_until(now).unwrap_or_default() + queued
}

/// What counts for records that could not be counted in time: a flush that has not seen them is
/// not complete.
const UNKNOWN: usize = 1;

/// Returns how many records a flush that could not collect leaves in buffers.
pub(crate) fn uncollected_until(deadline: Instant) -> usize {
    collect::waiting_until(deadline).unwrap_or(UNKNOWN)
}

/// Writes all that was published before the call, up to a deadline. Returns how many
/// records are left, as far as they can be counted.
pub(crate) fn flush_all_until(deadline: Instant) -> usize {
    let mut touched = Vec::new();
    let missed = match collect(Until::Now, Some(deadline), &mut touched) {
        Some(_) => 0,
        None => uncollected_until(deadline),
    };
    drop(touched);
    // Nobody waits for a failed one that has been replaced.
    forget_unused();
    let Some(queues) = sink_queues_until(deadline) else { return missed + UNKNOWN };
    missed + flush_queues(&queues, deadline)
}

/// Writes what waits for some queues, up to a deadline; returns how many records are left.
pub(crate) fn flush_queues(queues: &[Arc<SinkQueue>], deadline: Instant) -> usize {
    queues.iter().for_each(|queue| queue.begin_flush());
    // Those that can't block first: none must wait for another.
    let (direct, others): (Vec<_>, Vec<_>) = queues.iter().partition(|queue| queue.is_direct());
    let mut left = 0;
    for queue in direct.into_iter().chain(others) {
        if !queue.write_until(deadline, Barrier::Flush) {
            // What is written and not synced, or not passed on by its sink, does not wait.
            left += queue.waiting_until(deadline.max(Instant::now())).unwrap_or(UNKNOWN).max(UNKNOWN);
        }
    }
    left
}

/// The list of queues, locked for a fork.
#[cfg(unix)]
pub(crate) struct LockedRegistry {
    _queues: MutexGuard<'static, Vec<Arc<SinkQueue>>>,
}

/// Locks the list for a fork; none if it is not free in time.
#[cfg(unix)]
pub(crate) fn lock_for_fork(deadline: Instant) -> Option<LockedRegistry> {
    Some(LockedRegistry { _queues: lock_until(&SINK_QUEUES, deadline)? })
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_flush_that_could_not_collect_in_time_is_not_complete() {
        let soon = || Instant::now() + Duration::from_millis(10);
        let held = collect::lock_for_fork(Instant::now() + Duration::from_secs(60));
        let left = std::thread::spawn(move || flush_all_until(soon())).join().unwrap();
        drop(held);
        assert_ne!(left, 0, "nobody has looked whether there is something");
        assert_eq!(flush_all_until(Instant::now() + Duration::from_secs(60)), 0);
    }
}
