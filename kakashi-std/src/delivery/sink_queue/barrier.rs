//! Waiting until a destination has taken what waits for it.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use kakashi_core::Readiness;

use super::write::RETRY_AFTER;
use super::{MOMENT, SinkQueue};
use crate::reentrancy::is_in_sink;
use crate::sync::fork_epoch::is_fork_waiting;

/// Why a caller waits for a destination.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Barrier {
    /// A record of ERROR or above: it does not wait for a sink that fails.
    Urgent,
    /// A flush or an end: everything must be written, and what the sink buffers too. For a
    /// stream whose reader has gone one attempt is made: only the program can give it another.
    Flush,
}

/// What came of an attempt to write.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Attempt {
    Again,
    GiveUp,
}

impl SinkQueue {
    /// Writes what waits now and waits until the sink has taken it, up to a deadline;
    /// false if something is left then.
    pub(crate) fn write_until(self: &Arc<Self>, deadline: Instant, barrier: Barrier) -> bool {
        if is_in_sink() {
            return false;
        }
        if self.lock_lost.load(Ordering::Relaxed) {
            return true;
        }
        let (collection, flush) = self.begin_barrier(barrier);
        let is_done = self.wait_until(deadline, barrier, (collection, flush));
        if barrier == Barrier::Flush {
            let mut backlog = self.backlog();
            // In the child of a fork there are none.
            backlog.flushes_awaited = backlog.flushes_awaited.saturating_sub(1);
        }
        is_done
    }

    fn wait_until(
        self: &Arc<Self>,
        mut deadline: Instant,
        barrier: Barrier,
        (collection, flush): (u64, u64),
    ) -> bool {
        if barrier == Barrier::Urgent && self.stalled.load(Ordering::Relaxed) {
            // Others have waited in vain: one attempt.
            deadline = Instant::now();
        }
        self.gone.store(false, Ordering::Relaxed);
        loop {
            if self.is_barrier_done(collection, flush) {
                return true;
            }
            match self.attempt(barrier, deadline, (collection, flush)) {
                Attempt::Again if !self.gone.load(Ordering::Relaxed) && Instant::now() < deadline => {}
                Attempt::Again | Attempt::GiveUp => {
                    let done = self.is_barrier_done(collection, flush);
                    if !done && !self.failing.load(Ordering::Relaxed) && barrier == Barrier::Urgent {
                        self.stall();
                    }
                    return done;
                }
            }
        }
    }

    /// Has the destination's thread begin to write, if a caller can't; for callers that
    /// wait for several destinations.
    pub(crate) fn begin_flush(self: &Arc<Self>) {
        if !self.direct.load(Ordering::Relaxed) && !is_in_sink() && self.has_work() {
            self.thread.wake(self, Self::write_on_its_thread);
        }
    }

    fn begin_barrier(&self, barrier: Barrier) -> (u64, u64) {
        let mut backlog = self.backlog();
        if barrier == Barrier::Flush {
            backlog.flushes_wanted += 1;
            backlog.flushes_awaited += 1;
            return (backlog.appended(), backlog.flushes_wanted);
        }
        (backlog.appended(), 0)
    }

    fn is_barrier_done(&self, collection: u64, flush: u64) -> bool {
        self.backlog().has_passed(collection, flush)
    }

    /// Writes, or waits for the thread that does, for a moment.
    fn attempt(self: &Arc<Self>, barrier: Barrier, deadline: Instant, until: (u64, u64)) -> Attempt {
        let left = deadline.saturating_duration_since(Instant::now());
        if is_fork_waiting() {
            return self.wait_for_change(left.min(Duration::from_millis(1)), until);
        }
        let Some(mut writer) = self.try_writer() else {
            if barrier == Barrier::Urgent && self.failing.load(Ordering::Relaxed) {
                return Attempt::GiveUp;
            }
            if self.is_synced() {
                self.wait_for_writer(left, until);
                return Attempt::Again;
            }
            return self.wait_for_change(left, until);
        };
        if barrier == Barrier::Urgent && writer.is_backing_off() {
            return Attempt::GiveUp;
        }
        if !writer.asked_pause().is_zero() {
            let pause = writer.asked_pause().min(left);
            drop(writer);
            return self.wait_for_change(pause, until);
        }
        let mut readiness = writer.readiness(Duration::ZERO);
        self.direct.store(readiness == Readiness::Always, Ordering::Relaxed);
        if readiness == Readiness::NotNow {
            readiness = writer.readiness(left.min(MOMENT));
        }
        let most = match readiness {
            Readiness::Always => usize::MAX,
            Readiness::Bytes(bytes) => bytes,
            Readiness::NotNow => return Attempt::Again,
            _ => {
                drop(writer);
                if self.thread.wake(self, Self::write_on_its_thread) {
                    return self.wait_for_change(left, until);
                }
                // No thread can be had: as long as it takes.
                let Some(again) = self.try_writer() else { return Attempt::Again };
                writer = again;
                usize::MAX
            }
        };
        match self.write_and_flush(&mut writer, most) {
            Ok(_) => {
                drop(writer);
                self.pass_writer_on();
                Attempt::Again
            }
            Err(error) if !error.is_failure() && !writer.is_idle() => {
                writer.readiness(left.min(MOMENT));
                Attempt::Again
            }
            Err(_) if barrier == Barrier::Urgent => Attempt::GiveUp,
            Err(_) => {
                drop(writer);
                std::thread::sleep(left.min(RETRY_AFTER));
                Attempt::Again
            }
        }
    }

    fn wait_for_change(&self, left: Duration, until: (u64, u64)) -> Attempt {
        let backlog = self.backlog();
        if !left.is_zero() && !backlog.has_passed(until.0, until.1) {
            drop(self.changed.wait_timeout(backlog, left.min(MOMENT)));
        }
        Attempt::Again
    }
}
