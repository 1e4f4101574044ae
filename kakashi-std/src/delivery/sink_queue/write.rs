//! Writing what waits for a destination.

use std::sync::atomic::Ordering;
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use kakashi_core::{
    BatchBuilder, CatchPanic, Clock as _, Dropped, Guard as _, Readiness, SinkError, SinkErrorKind,
};

use super::super::run::Run;
use super::super::sink_writer::SinkWriter;
use super::super::{limits, report};
use super::{MOMENT, SinkQueue};
use crate::clock::SystemClock;
use crate::reentrancy::{in_sink, is_in_sink};
use crate::sync::fork_epoch::is_fork_waiting;
use crate::sync::timed_lock::lock_until;

/// Rounds of writing that may come after what waited at first: of collections that join it.
const SPARE_ROUNDS: usize = 64;
/// As many while a flush waits for the end of it: an announcement of drops, at most.
const SPARE_ROUNDS_BEFORE_FLUSH: usize = 2;
/// With more full batches waiting than this, a caller writes where it can't block.
const FEW_BATCHES: usize = 4;
/// Bytes for an announcement of drops at first.
const ANNOUNCEMENT_BYTES: usize = 1024;
/// How long a flush waits before it tries a failed sink again.
pub(super) const RETRY_AFTER: Duration = Duration::from_millis(20);

impl SinkQueue {
    /// Writes what waits where that can't block, or has the destination's thread do it;
    /// false if something is left that nobody has begun to write.
    ///
    /// Called from inside a sink it does nothing: the lock may be this thread's.
    pub(crate) fn drain(self: &Arc<Self>) -> bool {
        if is_in_sink() {
            return false;
        }
        if self.lock_lost.load(Ordering::Relaxed) || !self.has_work() {
            return true;
        }
        if !self.direct.load(Ordering::Relaxed) {
            return self.thread.wake(self, Self::write_on_its_thread);
        }
        self.try_writer().is_some_and(|writer| self.write_directly(writer))
    }

    /// As [`drain`](Self::drain), where it can't block, after waiting for the thread that
    /// writes.
    fn drain_until(self: &Arc<Self>, deadline: Instant) -> bool {
        if is_in_sink() || self.lock_lost.load(Ordering::Relaxed) || !self.is_direct() {
            return false;
        }
        lock_until(&self.writer, deadline).is_some_and(|writer| self.write_directly(writer))
    }

    /// Writes what waits, unless the sink failed a moment ago; false if something is left.
    fn write_directly(self: &Arc<Self>, mut writer: MutexGuard<'_, SinkWriter>) -> bool {
        if writer.readiness(Duration::ZERO) != Readiness::Always {
            // The descriptor is another file's by now.
            drop(writer);
            self.direct.store(false, Ordering::Relaxed);
            return self.thread.wake(self, Self::write_on_its_thread);
        }
        let whole = !writer.is_backing_off()
            && self.write_and_flush(&mut writer, usize::MAX).is_ok_and(|whole| whole);
        drop(writer);
        self.pass_writer_on();
        whole
    }

    /// As [`drain`](Self::drain), where a caller has just appended: it writes itself only
    /// what is much. False if another thread should write.
    pub(crate) fn begin_write(self: &Arc<Self>) -> bool {
        let waiting = self.waiting_bytes.load(Ordering::Relaxed);
        let batch = self.batch_bytes.load(Ordering::Relaxed);
        if !self.is_direct() {
            return self.drain();
        }
        if waiting > (FEW_BATCHES - 1) * batch {
            // Another thread may be writing; much must not wait for long.
            return self.drain() || self.drain_until(Instant::now() + limits::stall_timeout());
        }
        // Waking a thread costs more than it gains for a single batch.
        waiting < 2 * batch
    }

    /// Writes what waits, on the destination's own thread: as long as it takes. Returns after
    /// which pause to call it again, if something is left.
    pub(super) fn write_on_its_thread(&self) -> Option<Duration> {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let readiness = writer.readiness(Duration::ZERO);
        self.direct.store(readiness == Readiness::Always, Ordering::Relaxed);
        let pause = |writer: &SinkWriter| match self.is_flush_awaited() {
            true => writer.pause_within(RETRY_AFTER),
            false => writer.pause(),
        };
        let result = if pause(&writer).is_zero() {
            self.write_and_flush(&mut writer, usize::MAX).map(drop)
        } else {
            Err(SinkError::new(SinkErrorKind::Failed))
        };
        match result {
            Ok(()) => {
                drop(writer);
                let more = self.is_flush_wanted() || self.backlog().has_work();
                if !more || self.lock_lost.load(Ordering::Relaxed) {
                    return None;
                }
                Some(if is_fork_waiting() { Duration::from_millis(1) } else { Duration::ZERO })
            }
            Err(error) if !error.is_failure() && !writer.is_idle() => match writer.readiness(MOMENT) {
                Readiness::Unknown => Some(Duration::from_millis(1)),
                _ => Some(Duration::ZERO),
            },
            Err(_) => Some(pause(&writer).max(Duration::from_millis(1))),
        }
    }

    /// Writes what waits now, as [`write_most`](Self::write_most) does; then, if that was
    /// asked for before, has the sink pass on what it buffers itself. Whoever writes does so:
    /// a flush that waits may never get the writer between two that write.
    pub(super) fn write_and_flush(&self, writer: &mut SinkWriter, most: usize) -> Result<bool, SinkError> {
        let (flushes, appended) = self.backlog().flush_wanted();
        let mut whole = self.write_most(writer, most)?;
        if self.is_holding() && writer.is_idle() {
            let all = self.backlog().flushes_done < flushes;
            let lets_go = self.let_go(writer, all);
            // What it leaves out is announced.
            if lets_go || self.backlog().has_unannounced() {
                whole &= self.write_most(writer, most)?;
            }
        }
        let backlog = self.backlog();
        if backlog.flushes_done >= flushes || !backlog.is_done(appended) || writer.lets_go() {
            return Ok(whole);
        }
        drop(backlog);
        writer.flush().inspect_err(|&error| self.fail(writer, error))?;
        self.backlog().flushes_done = flushes;
        self.changed.notify_all();
        Ok(whole)
    }

    /// Puts in flight what was held back for too long, or all; false if there is nothing.
    #[cold]
    pub(super) fn let_go(&self, writer: &mut SinkWriter, all: bool) -> bool {
        let lets_go = writer.let_go(all, &mut |level, reason| self.count_dropped(level, reason));
        self.in_flight.store(writer.records_left(), Ordering::Relaxed);
        self.held.store(writer.held(), Ordering::Relaxed);
        lets_go
    }

    /// Tells whether a caller waits for a flush; one that has given up does not.
    fn is_flush_awaited(&self) -> bool {
        self.backlog().flushes_awaited > 0
    }

    fn is_flush_wanted(&self) -> bool {
        let backlog = self.backlog();
        backlog.flushes_done < backlog.flushes_wanted
    }

    /// Writes what waits now, at most so many bytes at a time that the sink takes at once, and
    /// syncs it where that is wanted; false if something is left.
    pub(super) fn write_most(&self, writer: &mut SinkWriter, most: usize) -> Result<bool, SinkError> {
        let result = self.write_rounds(writer, most);
        self.sync_written(writer);
        result
    }

    fn write_rounds(&self, writer: &mut SinkWriter, mut most: usize) -> Result<bool, SinkError> {
        // A sink that logs what it writes must not keep this going for ever: drops are
        // announced once, and as much is written as waits now.
        let mut may_announce = true;
        let mut spare_rounds = 0;
        let until = self.backlog().appended();
        loop {
            if is_fork_waiting() {
                return Ok(false);
            }
            if writer.is_idle() {
                if self.has_newer.load(Ordering::Relaxed)
                    && self.has_newer.swap(false, Ordering::Acquire)
                    && let Some(sink) = self.newer.lock().unwrap_or_else(PoisonError::into_inner).take()
                {
                    in_sink(|| writer.replace_sink(sink));
                    if self.is_synced() {
                        self.sync(writer);
                    }
                }
                if writer.collection() >= until {
                    spare_rounds += 1;
                    let most = if self.is_flush_wanted() { SPARE_ROUNDS_BEFORE_FLUSH } else { SPARE_ROUNDS };
                    if spare_rounds >= most {
                        return Ok(false);
                    }
                }
                if !self.begin_next(writer, &mut may_announce) {
                    return Ok(true);
                }
                if writer.is_idle() {
                    // Nothing came of it.
                    self.finish_collection(writer);
                    continue;
                }
            }
            self.in_flight.store(writer.records_left(), Ordering::Relaxed);
            // Of an announcement nothing is counted: it does not say that all is well again.
            let announces = writer.is_announcing();
            let mut refused = false;
            let result = writer.write_current(most, |rejected, cause| {
                refused = true;
                self.count_rejected(rejected, cause);
            });
            if !refused && !announces && result.is_ok() && !writer.has_stored() {
                self.accept();
            }
            self.in_flight.store(writer.records_left(), Ordering::Relaxed);
            match result {
                Ok(()) => self.recover(writer),
                Err(error) => {
                    self.fail(writer, error);
                    return Err(error);
                }
            }
            if writer.is_idle() {
                self.finish_collection(writer);
            }
            if most != usize::MAX {
                // It may take less by now.
                match writer.readiness(Duration::ZERO) {
                    Readiness::Bytes(bytes) => most = bytes,
                    Readiness::Always => most = usize::MAX,
                    _ => return Ok(false),
                }
            }
        }
    }

    /// Puts the next collection in flight, or an announcement; false if there is none.
    fn begin_next(&self, writer: &mut SinkWriter, may_announce: &mut bool) -> bool {
        let mut backlog = self.backlog();
        if backlog.has_unannounced() && std::mem::take(may_announce) {
            let dropped = backlog.take_unannounced();
            drop(backlog);
            if let Some(batch) = self.announcement(&dropped) {
                writer.begin_announcement(batch);
                return true;
            }
            backlog = self.backlog();
        }
        let Some(collection) = backlog.pop(&mut writer.runs) else { return false };
        self.waiting_bytes.store(backlog.bytes(), Ordering::Relaxed);
        let records = writer.runs.iter().map(Run::records).sum();
        self.in_flight.store(records, Ordering::Relaxed);
        drop(backlog);
        let batch_bytes = self.batch_bytes.load(Ordering::Relaxed);
        writer.begin(collection, batch_bytes, &mut |level, reason| self.count_dropped(level, reason));
        self.held.store(writer.held(), Ordering::Relaxed);
        true
    }

    /// Encodes an announcement of drops.
    fn announcement(&self, dropped: &Dropped) -> Option<BatchBuilder> {
        let encoder = self.encoder.lock().unwrap_or_else(PoisonError::into_inner).clone()?;
        let mut batch = BatchBuilder::new(encoder, ANNOUNCEMENT_BYTES);
        // A foreign encoder may panic or log.
        let encoded = in_sink(|| {
            CatchPanic.run(&mut || {
                batch.add_all_dropped(dropped);
                batch.announce(SystemClock.now());
                batch.close();
            })
        });
        if !encoded || batch.is_empty() {
            report::print(format_args!(
                "{} records were dropped; the encoder could not say so",
                dropped.total()
            ));
            return None;
        }
        Some(batch)
    }

    fn finish_collection(&self, writer: &mut SinkWriter) {
        writer.settle();
        self.in_flight.store(0, Ordering::Relaxed);
        self.backlog().finish(self.is_synced());
        self.changed.notify_all();
    }

    pub(super) fn note_progress(&self) {
        let nanos = u64::try_from(self.start.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.progress.store(nanos, Ordering::Relaxed);
    }

    fn recover(&self, writer: &mut SinkWriter) {
        writer.reset_backoff();
        self.note_progress();
        if self.failing.load(Ordering::Relaxed) {
            self.failing.store(false, Ordering::Relaxed);
            self.gone.store(false, Ordering::Relaxed);
        }
        if self.stalled.load(Ordering::Relaxed) {
            self.stalled.store(false, Ordering::Relaxed);
        }
    }

    /// Notes that the receiver has refused nothing of a batch.
    pub(super) fn accept(&self) {
        if self.rejecting.load(Ordering::Relaxed) {
            self.rejecting.store(false, Ordering::Relaxed);
        }
    }

    /// Counts what the sink's receiver refused, to be announced; says so once to the operator.
    #[cold]
    pub(super) fn count_rejected(&self, rejected: &Dropped, cause: Option<&'static str>) {
        let mut backlog = self.backlog();
        rejected.iter().for_each(|(level, reason, records)| backlog.drop_many(level, reason, records));
        drop(backlog);
        if !self.rejecting.swap(true, Ordering::Relaxed) {
            let records = rejected.total();
            report::print(format_args!(
                "{} refuses records{}{}: {records} of a batch are dropped, and what it refuses from now on",
                self.name,
                if cause.is_some() { ": " } else { "" },
                cause.unwrap_or_default(),
            ));
        }
    }

    #[cold]
    fn fail(&self, writer: &mut SinkWriter, error: SinkError) {
        self.counters.add_failure();
        if !error.is_failure() {
            if error.accepted_bytes() > 0 {
                self.recover(writer);
            }
            return;
        }
        writer.back_off(error.pause());
        self.gone.store(error.kind() == SinkErrorKind::Closed && writer.is_stream(), Ordering::Relaxed);
        if !self.failing.swap(true, Ordering::Relaxed) {
            report::sink_failed(&self.name, error, limits::backlog_bytes());
        }
        self.changed.notify_all();
    }
}
