//! Bringing to the disk what is written, for destinations that want it.
//!
//! A record of such a destination is done when it is synced. Whoever writes does it once for
//! all that it has written; meanwhile others append, and the first of them writes and syncs
//! for them all: one call of the disk for as many callers as wait.
//!
//! A system that could not put pages on the disk forgets that it could not: another attempt
//! would succeed with nothing done. So a failure is told to all callers that wait for it, and
//! what it was about is never said to be synced.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use kakashi_core::{LogLevel, SinkError};

use super::super::not_kept::NotKept;
use super::super::report;
use super::super::sink_writer::SinkWriter;
use super::{MOMENT, SinkQueue};
use crate::reentrancy::is_in_sink;
use crate::sync::timed_lock::lock_until;

/// How long a change of the settings waits to learn whether a sink has a disk.
const CHECKED_WITHIN: Duration = Duration::from_secs(1);

/// What tells whether something went wrong meanwhile.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Marks {
    dropped: usize,
    sync_failures: usize,
}

impl SinkQueue {
    /// Tells whether what is written must be synced.
    pub(super) fn is_synced(&self) -> bool {
        self.synced.load(Ordering::Relaxed) > 0
    }

    /// Has it synced until [`release_synced`](Self::release_synced) is called as often.
    pub(crate) fn hold_synced(&self) {
        self.synced.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn release_synced(&self) {
        self.synced.fetch_sub(1, Ordering::Relaxed);
    }

    /// Tells the operator at once if the sink has no disk to put anything on; the sink learns
    /// that it will be asked.
    pub(crate) fn check_sync(&self) {
        if is_in_sink() {
            return;
        }
        if let Some(mut writer) = lock_until(&self.writer, Instant::now() + CHECKED_WITHIN) {
            self.sync(&mut writer);
        }
    }

    /// Syncs what is written and is not synced, if there is anything.
    pub(super) fn sync_written(&self, writer: &mut SinkWriter) {
        if !self.backlog().is_unsynced() {
            return;
        }
        self.sync(writer);
        self.backlog().finish_sync();
        self.changed.notify_all();
    }

    /// Syncs what is written; the sink may be a new one that must learn that it will be asked.
    pub(super) fn sync(&self, writer: &mut SinkWriter) {
        match writer.sync() {
            Ok(()) => self.failing_sync.store(false, Ordering::Relaxed),
            Err(error) => self.fail_sync(error),
        }
    }

    #[cold]
    fn fail_sync(&self, error: SinkError) {
        self.counters.add_failure();
        self.sync_failures.fetch_add(1, Ordering::Relaxed);
        if !self.failing_sync.swap(true, Ordering::Relaxed) {
            report::sync_failed(&self.name, error);
        }
    }

    /// Waits a moment, unless nobody writes: of those that wait for a sync the first writes
    /// when it is done.
    pub(super) fn wait_for_writer(&self, left: Duration, until: (u64, u64)) {
        let backlog = self.backlog();
        if left.is_zero() || backlog.has_passed(until.0, until.1) || self.try_writer().is_some() {
            return;
        }
        drop(self.changed.wait_timeout(backlog, left.min(MOMENT)).unwrap_or_else(PoisonError::into_inner));
    }

    /// Wakes those that wait for the writer, which is free now.
    pub(super) fn pass_writer_on(&self) {
        if self.is_synced() {
            // One that is about to wait has found it taken while it held this lock.
            drop(self.backlog());
            self.changed.notify_all();
        }
    }

    /// Returns what [`outcome_since`](Self::outcome_since) compares with.
    pub(crate) fn marks(&self, level: LogLevel) -> Marks {
        Marks {
            dropped: self.counters.own.snapshot().dropped.of_level(level),
            sync_failures: self.sync_failures.load(Ordering::Relaxed),
        }
    }

    /// Tells whether a record of this level is kept that was logged after these marks.
    pub(crate) fn outcome_since(
        &self,
        before: Marks,
        level: LogLevel,
        is_written: bool,
    ) -> Result<(), NotKept> {
        let destination = || self.name.clone();
        let now = self.marks(level);
        match () {
            () if now.dropped != before.dropped => Err(NotKept::Dropped { destination: destination() }),
            () if !is_written => Err(NotKept::Waiting { destination: destination() }),
            () if now.sync_failures != before.sync_failures => {
                Err(NotKept::NotSynced { destination: destination() })
            }
            () => Ok(()),
        }
    }
}
