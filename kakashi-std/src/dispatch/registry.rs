//! All threads' buffers and all sinks' queues of the process.
//!
//! Whoever makes one registers it here, so that the flusher, a flush and the end of
//! the process reach what other threads have buffered.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Instant;

use super::thread_buffer::ThreadBuffer;
use kakashi_core::RetryMode;

use crate::delivery::sink_queue::SinkQueue;
use crate::sync::timed_lock::lock_until;

static BUFFERS: Mutex<Vec<Arc<ThreadBuffer>>> = Mutex::new(Vec::new());
static SINK_QUEUES: Mutex<Vec<Weak<SinkQueue>>> = Mutex::new(Vec::new());

fn lock<T>(mutex: &'static Mutex<T>) -> MutexGuard<'static, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) fn register_sink_queue(queue: &Arc<SinkQueue>) {
    let mut queues = lock(&SINK_QUEUES);
    queues.retain(|queue| queue.strong_count() > 0);
    queues.push(Arc::downgrade(queue));
}

pub(crate) fn register_buffer(buffer: &Arc<ThreadBuffer>) {
    lock(&BUFFERS).push(buffer.clone());
}

pub(crate) fn forget_buffer(buffer: &ThreadBuffer) {
    lock(&BUFFERS).retain(|other| !std::ptr::eq(&**other, buffer));
}

/// Returns all sinks' queues that are in use.
pub(crate) fn sink_queues() -> Vec<Arc<SinkQueue>> {
    lock(&SINK_QUEUES).iter().filter_map(Weak::upgrade).collect()
}

/// Appends the chosen threads' buffers to their sinks' queues.
pub(crate) fn flush_buffers(choose: impl Fn(&ThreadBuffer) -> bool) {
    let buffers = lock(&BUFFERS).clone();
    buffers.iter().filter(|buffer| choose(buffer)).for_each(|buffer| buffer.flush());
}

/// As [`flush_buffers`], and closes the buffers.
pub(crate) fn close_buffers(choose: impl Fn(&ThreadBuffer) -> bool) {
    let buffers = lock(&BUFFERS).clone();
    buffers.iter().filter(|buffer| choose(buffer)).for_each(|buffer| buffer.close());
}

/// Appends the buffers that have held records since before `round`'s predecessor to
/// their sinks' queues, and writes; false if something is left.
pub(crate) fn sweep(round: usize) -> bool {
    let buffers = lock(&BUFFERS).clone();
    let mut clean = true;
    for buffer in &buffers {
        clean &= buffer.flush_old(round.saturating_sub(1));
    }
    drain_sink_queues(RetryMode::Backoff) && clean
}

/// Writes what waits for all sinks; false if something is left.
pub(crate) fn drain_sink_queues(mode: RetryMode) -> bool {
    // All of them, also after one that fails.
    let failed = sink_queues().iter().filter(|queue| queue.has_work() && !queue.drain(mode)).count();
    failed == 0
}

/// Returns how many records wait in buffers and for their sinks, as far as it can be
/// counted without waiting.
pub(crate) fn waiting() -> usize {
    let buffers = lock_until(&BUFFERS, Instant::now()).map(|buffers| buffers.clone());
    let buffered: usize = buffers.iter().flatten().map(|buffer| buffer.waiting()).sum();
    buffered + sink_queues().iter().map(|queue| queue.waiting()).sum::<usize>()
}

/// Writes all that the process has buffered, up to a deadline. Returns how many
/// records are left, as far as they can be counted.
pub(crate) fn flush_all_until(deadline: Instant) -> usize {
    let Some(buffers) = lock_until(&BUFFERS, deadline).map(|buffers| buffers.clone()) else {
        return 0;
    };
    let missed = buffers.iter().filter(|buffer| !buffer.flush_until(deadline)).count();
    let Some(queues) = lock_until(&SINK_QUEUES, deadline)
        .map(|queues| queues.iter().filter_map(Weak::upgrade).collect::<Vec<_>>())
    else {
        return missed;
    };
    missed + queues.iter().map(|queue| queue.flush_until(deadline)).sum::<usize>()
}

/// Both lists, locked for a fork.
#[cfg(unix)]
pub(crate) struct LockedRegistry {
    buffers: MutexGuard<'static, Vec<Arc<ThreadBuffer>>>,
    _queues: MutexGuard<'static, Vec<Weak<SinkQueue>>>,
}

/// Locks both lists for a fork; none if they are not free in time.
#[cfg(unix)]
pub(crate) fn lock_for_fork(deadline: Instant) -> Option<LockedRegistry> {
    Some(LockedRegistry {
        buffers: lock_until(&BUFFERS, deadline)?,
        _queues: lock_until(&SINK_QUEUES, deadline)?,
    })
}

#[cfg(unix)]
impl LockedRegistry {
    /// Forgets, in the child of a fork, the buffers of the parent's threads.
    pub(crate) fn abandon(&mut self) {
        // Not dropped: another thread of the parent may have held a lock inside.
        self.buffers.drain(..).for_each(std::mem::forget);
    }
}
