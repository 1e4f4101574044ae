//! Rings that no worker empties: after a shutdown, and where no thread can be started.
//!
//! Order is at stake. A worker that ends has earlier records in flight; a thread that
//! takes over a ring has its records, and the ring's own thread may be about to log
//! past both.

use std::sync::Mutex;
#[cfg(unix)]
use std::sync::MutexGuard;
use std::sync::atomic::AtomicUsize;
use std::time::{Duration, Instant};

use crate::dispatch::flush_signal;
use crate::dispatch::thread_dispatch::{ThreadDispatches, WriteOn};
use crate::queue::drain::Drain;
use crate::queue::worker_control::WorkerControl;
use crate::reentrancy::is_worker;
use crate::sync::timed_lock::lock_until;

/// How long a record waits for those before it that a worker has in flight.
pub(crate) const WORKER_TIMEOUT: Duration = Duration::from_secs(1);

/// Held from the ring to the sinks' queues.
static DRAINING: Mutex<()> = Mutex::new(());

/// Locks it for a fork, whose child could find it locked for ever.
#[cfg(unix)]
pub(crate) fn lock_for_fork(deadline: Instant) -> Option<MutexGuard<'static, ()>> {
    lock_until(&DRAINING, deadline)
}

/// Takes over what is in the rings without a worker, to be written by whichever thread
/// has time.
///
/// When it returns, the records of this thread's ring are in the sinks' queues, even if
/// another thread has taken them over.
#[cold]
pub(crate) fn drain_orphaned(dispatches: &mut ThreadDispatches) {
    let _one_at_a_time = lock_until(&DRAINING, Instant::now() + WORKER_TIMEOUT);
    let mut drain = Drain::default();
    drain.take(|ring| ring.worker.is_orphaned());
    if !drain.is_empty() {
        dispatches.forward(WriteOn::OtherThreads, |deliver| drain.deliver(&AtomicUsize::new(0), deliver));
        dispatches.hand_over_forwarded();
        flush_signal::wake();
    }
}

/// Waits until a worker that is about to end has delivered what it has in flight; not
/// again for one that did not do so in time.
#[cold]
pub(crate) fn wait_for_end(worker: &WorkerControl) {
    if !is_worker() {
        worker.wait_for_end(Instant::now() + WORKER_TIMEOUT);
    }
}
