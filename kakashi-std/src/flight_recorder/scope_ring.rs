//! The records of one scope, which are forgotten when it ends well.

use std::any::Any;
use std::fmt::{self, Write as _};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Weak};

use kakashi_core::{CatchPanic, Guard as _, LogContext, ScopeRecorder, ScopedRecords};

use super::record_ring::{KeptRecords, RecordRing};
use super::state::BYTES_PER_SCOPE;
use crate::reentrancy::{CriticalSection, hold};
use crate::segment::live::RecorderMemory;
use crate::sync::fork_epoch::ForkEpoch;
use crate::sync::hook::Hook;

/// Puts a scope into the list of those that have kept something.
pub(super) static LIST: Hook<fn(u64, Weak<ScopeRing>)> = Hook::new();
/// Takes a scope out of the list.
pub(super) static UNLIST: Hook<fn(u64)> = Hook::new();
/// Publishes what a scope that has failed has kept.
pub(super) static PUBLISH: Hook<fn(&str, KeptRecords)> = Hook::new();

/// Makes rings for scopes.
pub(super) struct ScopeRings;

impl ScopeRecorder for ScopeRings {
    fn begin(&self) -> Arc<dyn ScopedRecords> {
        static LAST: AtomicU64 = AtomicU64::new(0);
        Arc::new_cyclic(|this| ScopeRing {
            number: LAST.fetch_add(1, Ordering::Relaxed),
            epoch: ForkEpoch::current(),
            has_ended: AtomicBool::new(false),
            state: Mutex::default(),
            this: this.clone(),
        })
    }
}

/// The ring of a scope.
pub(super) struct ScopeRing {
    number: u64,
    epoch: ForkEpoch,
    /// Written under the lock.
    has_ended: AtomicBool,
    state: Mutex<ScopeState>,
    this: Weak<Self>,
}

#[derive(Default)]
struct ScopeState {
    ring: RecordRing,
    /// It is in the list of those with records.
    is_listed: bool,
    /// Why it has failed.
    failure: Option<Box<str>>,
}

impl ScopeRing {
    /// Finds that of a context, while its scope is open.
    #[inline]
    pub(super) fn of(context: &LogContext) -> Option<&Self> {
        let records: &dyn Any = &**context.records()?;
        records.downcast_ref().filter(|ring: &&Self| ring.is_open())
    }

    #[inline]
    fn is_open(&self) -> bool {
        !self.has_ended.load(Ordering::Relaxed) && !self.epoch.is_past()
    }

    /// Keeps a record; a scope that has just ended keeps none.
    #[inline]
    pub(super) fn put(&self, put: impl FnOnce(&mut RecordRing, usize)) {
        let mut state = hold(&self.state);
        if self.has_ended.load(Ordering::Relaxed) {
            return;
        }
        put(&mut state.ring, BYTES_PER_SCOPE.load(Ordering::Relaxed));
        if !state.is_listed {
            state.is_listed = true;
            drop(state);
            if let Some(list) = LIST.get() {
                list(self.number, self.this.clone());
            }
        }
    }

    pub(super) fn has_records(&self) -> bool {
        self.is_open() && hold(&self.state).ring.has_records()
    }

    pub(super) fn take(&self) -> KeptRecords {
        hold(&self.state).ring.take()
    }

    /// Moves it into memory that outlives the process, or to the heap.
    pub(super) fn move_to(&self, memory: Option<&Arc<RecorderMemory>>) {
        hold(&self.state).ring.move_to(memory);
    }
}

impl ScopedRecords for ScopeRing {
    fn fail(&self, reason: &dyn fmt::Display) {
        if !self.is_open() || CriticalSection::is_active() || hold(&self.state).failure.is_some() {
            return;
        }
        // Outside of the lock: what prints it may log.
        let mut text = String::new();
        if !CatchPanic.run(&mut || _ = write!(text, "{reason}")) {
            text = "[panicked while it was formatted]".into();
        }
        hold(&self.state).failure.get_or_insert(text.into());
    }

    fn end(&self, has_panicked: bool) {
        if self.epoch.is_past() {
            return;
        }
        let mut state = hold(&self.state);
        self.has_ended.store(true, Ordering::Relaxed);
        let failure = state.failure.take().or_else(|| has_panicked.then(|| "the scope panicked".into()));
        let kept = state.ring.take();
        drop(state);
        if let Some(reason) = failure
            && let Some(publish) = PUBLISH.get()
        {
            publish(&reason, kept);
        }
    }
}

impl Drop for ScopeRing {
    fn drop(&mut self) {
        let is_listed = self.state.get_mut().is_ok_and(|state| state.is_listed);
        if is_listed
            && !self.epoch.is_past()
            && let Some(unlist) = UNLIST.get()
        {
            unlist(self.number);
        }
    }
}
