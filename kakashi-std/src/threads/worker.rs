//! The thread that writes what async loggers have queued.
//!
//! A worker takes what all of its rings hold, encodes it and has it written, and
//! looks again. With little to do it naps between two looks: waking a thread that
//! sleeps costs a caller microseconds, so only one that found nothing for a while,
//! and says so at its doorbell, is woken. It waits for no sink while there is an
//! empty buffer: the flusher writes the full ones.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use kakashi_core::{DropReason, LogLevel};

use crate::queue::worker_control::Line;
use crate::delivery::sink_queue::COUNTERS;
use crate::queue::drain::Drain;
use crate::queue::ring::Ring;
use crate::dispatch::thread_dispatch::Writing;
use crate::submit::with_roads;
use crate::submit::deferred;
use crate::queue::workers;

/// A pass of so many records is followed by the next one at once.
const BUSY_RECORDS: usize = 64;
/// What has been forwarded is written after so long, busy or not.
const WRITE_AFTER: Duration = Duration::from_millis(2);

thread_local! {
    static IS_WORKER: Cell<bool> = const { Cell::new(false) };
}

/// Tells whether this thread is a worker.
pub(crate) fn is_this_thread() -> bool {
    IS_WORKER.try_with(Cell::get).unwrap_or(false)
}

/// Makes this thread none, in the child of a fork.
#[cfg(unix)]
pub(crate) fn forget() {
    let _ = IS_WORKER.try_with(|flag| flag.set(false));
}

/// Works until it is told to stop, and to the end of what there is then.
pub(crate) fn run(line: &Arc<Line>) {
    IS_WORKER.set(true);
    *line.thread.lock().unwrap_or_else(PoisonError::into_inner) = Some(thread::current());
    let drain = Drain::default();
    let mut worker = Worker { line, drain, forwarded_at: None, idle_since: None, answered: 0 };
    // What panics in there is a fault of ours: foreign code has guards of its own.
    // Others' records are not to suffer, nor the processor.
    let look = |worker: &mut Worker<'_>| {
        catch_unwind(AssertUnwindSafe(|| worker.look())).unwrap_or_else(|_| {
            thread::park_timeout(WRITE_AFTER);
            true
        })
    };
    while look(&mut worker) {}
    line.doorbell.close();
    // What was published before somebody could see that.
    worker.take_and_forward();
    worker.write(true);
    line.alive.store(false, Ordering::SeqCst);
    line.answer(line.asked.load(Ordering::SeqCst));
}

struct Worker<'l> {
    line: &'l Arc<Line>,
    drain: Drain,
    /// Since when something waits to be written.
    forwarded_at: Option<Instant>,
    /// Since when there was nothing.
    idle_since: Option<Instant>,
    answered: usize,
}

impl Worker<'_> {
    /// Looks once for records and for what else is to be done; false at the end.
    fn look(&mut self) -> bool {
        let asked = self.line.asked.load(Ordering::SeqCst);
        let stop = self.line.stop.load(Ordering::SeqCst);
        let count = self.take_and_forward();
        if count > 0 {
            self.idle_since = None;
            self.forwarded_at.get_or_insert_with(Instant::now);
        }
        if asked != self.answered {
            // The sinks are with who asked: here it is handed over only.
            with_roads(|roads| roads.hand_over_forwarded());
            self.answered = asked;
            self.line.answer(asked);
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

    /// Takes what there is and puts it into the destinations' buffers; returns
    /// how many records that was.
    fn take_and_forward(&mut self) -> usize {
        let line = self.line;
        let count = self.drain.take(|ring: &Ring| Arc::ptr_eq(&ring.line, line));
        line.left.store(count, Ordering::Relaxed);
        let level = Cell::new(LogLevel::Info);
        loop {
            let whole = catch_unwind(AssertUnwindSafe(|| {
                with_roads(|roads| {
                    if !self.drain.is_empty() {
                        roads.forward(Writing::Here, |deliver| {
                            self.drain.hand_on(&line.left, |record| {
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
        self.drain.tell_dropped();
        if deferred::is_pending() {
            deferred::replay();
        }
        count
    }

    /// Writes what has been forwarded, if anything has, or by all means.
    fn write(&mut self, by_all_means: bool) {
        if self.forwarded_at.take().is_some() || by_all_means {
            with_roads(|roads| roads.write_forwarded());
            // What sinks log meanwhile waits for the flusher: were it written here,
            // a sink that logs what it writes would never let the worker rest.
            if deferred::is_pending() {
                deferred::replay();
            }
        }
    }

    /// Naps, or sleeps until somebody calls.
    fn rest(&mut self, count: usize) {
        let nap = workers::nap();
        let park_after = workers::park_after();
        let idle = count == 0 && self.forwarded_at.is_none();
        if !idle || self.idle_since.get_or_insert_with(Instant::now).elapsed() < park_after {
            return thread::park_timeout(nap);
        }
        let line = self.line;
        let may_sleep = line.doorbell.doze();
        let called = line.asked.load(Ordering::SeqCst) != self.answered || line.stop.load(Ordering::SeqCst);
        if may_sleep && !called && !self.drain.finds_any(|ring| Arc::ptr_eq(&ring.line, line)) {
            thread::park();
            self.idle_since = None;
        }
        line.doorbell.rise();
        if !may_sleep {
            thread::park_timeout(nap);
        }
    }
}
