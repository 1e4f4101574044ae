//! The thread that writes what async loggers have queued.
//!
//! A worker takes what all of its rings hold, encodes it, has it written, and looks
//! again. With little to do it naps between two looks: waking a thread that sleeps
//! costs a caller microseconds, so only a worker that found nothing for a while, and
//! has announced so in its wake state, is woken. It waits for no sink while there is an
//! empty buffer: the flusher writes the full ones.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use kakashi_core::{DropReason, LogLevel};

use crate::delivery::counters::COUNTERS;
use crate::dispatch::thread_dispatch::WriteOn;
use crate::queue::drain::Drain;
use crate::queue::ring::ThreadRing;
use crate::queue::worker_control::WorkerControl;
use crate::queue::workers;
use crate::reentrancy::set_worker;
use crate::submit::{deferred, replay, with_dispatches};

/// A pass of so many records is followed by the next one at once.
const BUSY_RECORDS: usize = 64;
/// What has been forwarded is written after so long, busy or not.
const WRITE_AFTER: Duration = Duration::from_millis(2);

/// Works until a stop is requested, and then to the end of what the rings hold.
pub(crate) fn run(control: &Arc<WorkerControl>) {
    set_worker(true);
    control.set_thread(thread::current());
    let drain = Drain::default();
    let mut worker = Worker { control, drain, forwarded_at: None, idle_since: None, acked: 0 };
    // A panic in there is a fault of ours: foreign code has guards of its own. Later
    // records must still be written, and the loop must not spin.
    let look = |worker: &mut Worker<'_>| {
        catch_unwind(AssertUnwindSafe(|| worker.look())).unwrap_or_else(|_| {
            thread::park_timeout(WRITE_AFTER);
            true
        })
    };
    while look(&mut worker) {}
    control.wake_state().close();
    // What was published before other threads could see that.
    worker.take_and_forward();
    worker.write(true);
    control.end();
}

struct Worker<'c> {
    control: &'c Arc<WorkerControl>,
    drain: Drain,
    /// When the oldest record that is not written yet was forwarded.
    forwarded_at: Option<Instant>,
    /// Since when the rings were empty.
    idle_since: Option<Instant>,
    /// The last flush request that is done.
    acked: usize,
}

impl Worker<'_> {
    /// Looks once for records and for requests; false at the end.
    fn look(&mut self) -> bool {
        let requested = self.control.flush_seq();
        let stop = self.control.is_stop_requested();
        let count = self.take_and_forward();
        if count > 0 {
            self.idle_since = None;
            self.forwarded_at.get_or_insert_with(Instant::now);
        }
        if requested != self.acked {
            // The requesting thread drains the sinks' queues: here they are only filled.
            with_dispatches(|dispatches| dispatches.hand_over_forwarded());
            self.acked = requested;
            self.control.ack_flush(requested);
        }
        if stop {
            return false;
        }
        let late = self.forwarded_at.is_some_and(|at| at.elapsed() >= WRITE_AFTER);
        if late || count == 0 {
            self.write(false);
        }
        if count < BUSY_RECORDS {
            self.rest(count);
        }
        true
    }

    /// Takes what the rings hold and puts it into this thread's buffers; returns how many
    /// records that was.
    fn take_and_forward(&mut self) -> usize {
        let control = self.control;
        let count = self.drain.take(|ring: &ThreadRing| Arc::ptr_eq(&ring.worker, control));
        control.in_flight().store(count, Ordering::Relaxed);
        let level = Cell::new(LogLevel::Info);
        loop {
            let whole = catch_unwind(AssertUnwindSafe(|| {
                with_dispatches(|dispatches| {
                    if !self.drain.is_empty() {
                        dispatches.forward(WriteOn::ThisThread, |deliver| {
                            self.drain.deliver(control.in_flight(), |record| {
                                level.set(record.level);
                                deliver(record);
                            });
                        });
                    }
                });
            }));
            if whole.is_ok() {
                break;
            }
            COUNTERS.add_dropped(level.get(), DropReason::EncoderFailed, 1);
        }
        self.drain.pass_on_drops();
        if deferred::is_pending() {
            replay();
        }
        count
    }

    /// Writes what has been forwarded, if anything has, or in any case.
    fn write(&mut self, always: bool) {
        if self.forwarded_at.take().is_some() || always {
            with_dispatches(|dispatches| dispatches.write_forwarded());
            // The flusher writes what sinks log meanwhile: were it written here, a sink
            // that logs what it writes would keep the worker busy for ever.
            if deferred::is_pending() {
                replay();
            }
        }
    }

    /// Naps, or sleeps until a caller wakes it.
    fn rest(&mut self, count: usize) {
        let nap = workers::nap();
        let park_after = workers::park_after();
        let idle = count == 0 && self.forwarded_at.is_none();
        if !idle || self.idle_since.get_or_insert_with(Instant::now).elapsed() < park_after {
            return thread::park_timeout(nap);
        }
        let control = self.control;
        let may_sleep = control.wake_state().begin_sleep();
        let requested = control.flush_seq() != self.acked || control.is_stop_requested();
        if may_sleep && !requested && !self.drain.finds_any(|ring| Arc::ptr_eq(&ring.worker, control)) {
            thread::park();
            self.idle_since = None;
        }
        control.wake_state().end_sleep();
        if !may_sleep {
            thread::park_timeout(nap);
        }
    }
}
