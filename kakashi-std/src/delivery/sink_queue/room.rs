//! No more waits for a destination than may.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use kakashi_core::DropReason;

use super::super::{limits, report};
use super::{MOMENT, SinkQueue};
use crate::reentrancy::is_in_sink;

impl SinkQueue {
    /// Makes sure that no more waits than may. While the sink only takes nothing, a caller
    /// that may wait does so, up to a limit; then, and at once where the sink fails, records
    /// are dropped by level.
    pub(crate) fn make_room(self: &Arc<Self>, may_wait: bool) {
        if !self.is_over_limit() {
            return;
        }
        if may_wait && !is_in_sink() && !self.is_hopeless() {
            self.drain();
            let mut backlog = self.backlog();
            while self.is_over_limit() && !self.is_hopeless() {
                let left = self.patience();
                if left.is_zero() {
                    break;
                }
                let waited = self.changed.wait_timeout(backlog, left.min(MOMENT));
                backlog = waited.unwrap_or_else(PoisonError::into_inner).0;
            }
        }
        if self.is_over_limit() && !self.is_hopeless() && self.patience().is_zero() {
            self.stall();
        }
        let limit = limits::backlog_bytes();
        if self.is_hopeless() && self.is_over_limit() {
            let mut backlog = self.backlog();
            // A quarter more than must be, or each collection would look through it again.
            backlog.shed(limit - limit / 4, DropReason::SinkFailed);
            self.waiting_bytes.store(backlog.bytes(), Ordering::Relaxed);
        }
    }

    /// Tells whether nobody waits for the sink.
    fn is_hopeless(&self) -> bool {
        self.failing.load(Ordering::Relaxed) || self.stalled.load(Ordering::Relaxed)
    }

    /// Returns how much longer a sink that takes nothing is waited for.
    fn patience(&self) -> Duration {
        let progress = Duration::from_nanos(self.progress.load(Ordering::Relaxed));
        limits::stall_timeout().saturating_sub(self.start.elapsed().saturating_sub(progress))
    }

    /// Says that nobody waits for it any more, until it takes something.
    pub(super) fn stall(&self) {
        if !self.stalled.swap(true, Ordering::Relaxed) {
            report::print(format_args!(
                "{} takes nothing: nobody waits for it until it does; what exceeds {} MiB is dropped",
                self.name,
                limits::backlog_bytes() >> 20
            ));
        }
    }
}
