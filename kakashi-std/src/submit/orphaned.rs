//! What becomes of records in rings that no worker empties: after a shutdown, and
//! where no thread is to be had.
//!
//! Order is what is at stake. A worker that ends has earlier records in hand; a
//! thread that takes over a ring has its records, and the ring's own thread may be
//! about to log past both.

use std::sync::Mutex;
#[cfg(unix)]
use std::sync::MutexGuard;
use std::sync::atomic::AtomicUsize;
use std::time::{Duration, Instant};

use crate::queue::worker_control::Line;
use crate::delivery::sink_queue::lock_until;
use crate::queue::drain::Drain;
use crate::dispatch::thread_dispatch::Roads;
use crate::dispatch::thread_dispatch::Writing;
use crate::submit::with_roads;
use crate::threads::flusher;
use crate::threads::worker;

/// Held from the ring to the queues.
static RESCUE: Mutex<()> = Mutex::new(());

/// Keeps others from it over a fork, whose child could find it taken for ever.
#[cfg(unix)]
pub(crate) fn hold(deadline: Instant) -> Option<MutexGuard<'static, ()>> {
    lock_until(&RESCUE, deadline)
}

/// Takes over what is in the rings of lines without a worker, to be written by
/// whoever has time.
///
/// When it returns, what this thread had in its ring is in the destinations'
/// queues, even if another thread has taken it over.
#[cold]
pub(crate) fn rescue() {
    with_roads(rescue_by);
}

/// As [`rescue`], inside of a logging call.
#[cold]
pub(crate) fn rescue_by(roads: &mut Roads) {
    let _one_at_a_time = lock_until(&RESCUE, Instant::now() + PATIENCE);
    let mut drain = Drain::default();
    drain.take(|ring| ring.line.is_forsaken());
    if !drain.is_empty() {
        roads.forward(Writing::ByOthers, |deliver| drain.hand_on(&AtomicUsize::new(0), deliver));
        roads.hand_over_forwarded();
        flusher::wake();
    }
}

/// How long a record waits for those before it that a worker has in hand.
pub(crate) const PATIENCE: Duration = Duration::from_secs(1);

/// Waits until a worker that is about to end has handed on what it holds; not
/// again for one that did not do so in time.
#[cold]
pub(crate) fn wait_for_the_last(line: &Line) {
    if !worker::is_this_thread() {
        line.wait_for_end(Instant::now() + PATIENCE);
    }
}
