//! The thread that collects what async loggers have queued.
//!
//! A worker collects, has it written, and looks again. With little to do it naps between
//! two looks: waking a thread that sleeps costs a caller microseconds, so only a worker
//! that found nothing for a while, and has announced so in its wake state, is woken. It
//! waits for a destination only where a caller would: when more waits for it than may.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use crate::delivery::collect::{Until, collect};
use crate::delivery::sink_queue::SinkQueue;
use crate::dispatch::flush_signal;
use crate::queue::worker_control::WorkerControl;
use crate::queue::{ring, workers};
use crate::reentrancy::set_worker;

/// A look that took so many records is followed by the next one at once.
const BUSY_RECORDS: usize = 64;
/// What has been collected is written after so long, busy or not.
const WRITE_AFTER: Duration = Duration::from_millis(2);

/// Works until a stop is requested, and then to the end of what the rings hold.
pub(crate) fn run(control: &Arc<WorkerControl>) {
    set_worker(true);
    control.set_thread(thread::current());
    let mut worker = Worker { control, queues: Vec::new(), collected_at: None, idle_since: None };
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
    worker.collect(Until::Now);
    worker.write();
    control.end();
}

struct Worker<'c> {
    control: &'c Arc<WorkerControl>,
    /// The queues that the last collection has touched.
    queues: Vec<Arc<SinkQueue>>,
    /// When the oldest record that is not written yet was collected.
    collected_at: Option<Instant>,
    /// Since when the rings were empty.
    idle_since: Option<Instant>,
}

impl Worker<'_> {
    /// Looks once for records and for requests; false at the end.
    fn look(&mut self) -> bool {
        let stop = self.control.is_stop_requested();
        let count = self.collect(Until::Slack);
        if count > 0 {
            self.idle_since = None;
            self.collected_at.get_or_insert_with(Instant::now);
        }
        if stop {
            return false;
        }
        let late = self.collected_at.is_some_and(|at| at.elapsed() >= WRITE_AFTER);
        if late || count == 0 {
            self.write();
        }
        if count < BUSY_RECORDS {
            self.rest(count);
        }
        true
    }

    /// Collects; returns how many records that were.
    fn collect(&mut self, until: Until) -> usize {
        let collected = collect(until, None, &mut self.queues).unwrap_or_default();
        if collected.queued > 0 {
            for queue in &self.queues {
                if !queue.begin_write() {
                    queue.drain();
                }
            }
        } else if collected.records > 0 {
            // Sync loggers' records wait for the flusher. Were they written here, a sink that
            // logs what it writes would keep the worker busy for ever.
            flush_signal::arm();
        }
        for queue in &self.queues {
            queue.make_room(true);
        }
        if collected.queued == 0 && self.collected_at.is_none() {
            self.queues.clear();
        }
        ring::pass_on_drops();
        collected.queued
    }

    /// Writes what has been collected, or has it written.
    fn write(&mut self) {
        self.collected_at = None;
        for queue in self.queues.drain(..) {
            if queue.has_work() && (!queue.drain() || queue.is_holding()) {
                flush_signal::arm_again();
            }
        }
    }

    /// Naps, or sleeps until a caller wakes it.
    fn rest(&mut self, count: usize) {
        if count == 0 {
            // What threads keep that are idle now goes back in a sweep.
            flush_signal::arm();
        }
        let nap = workers::nap();
        let park_after = workers::park_after();
        let idle = count == 0 && self.collected_at.is_none();
        if !idle || self.idle_since.get_or_insert_with(Instant::now).elapsed() < park_after {
            return thread::park_timeout(nap);
        }
        let control = self.control;
        let may_sleep = control.wake_state().begin_sleep();
        if may_sleep && !control.is_stop_requested() && !ring::has_records(control) {
            thread::park();
            self.idle_since = None;
        }
        control.wake_state().end_sleep();
        if !may_sleep {
            thread::park_timeout(nap);
        }
    }
}
