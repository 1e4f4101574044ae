//! What the sinks of this process for one directory share: the store, the receiver, and the
//! thread that sends.
//!
//! The thread alone calls the receiver. A batch that finds nothing on the disk is handed to it
//! in memory; only if the receiver refuses it just now, or has not answered for a while, it is
//! stored. In the latter case it may still arrive: then it is settled like any stored one. So a
//! receiver that hangs holds up nobody for longer than that while, and one that lives costs a
//! copy and two wake-ups a batch, and no look at the disk.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use kakashi_core::{
    Batch, Dropped, LogLevel, Progress, Sink, SinkError, SinkErrorKind, SinkTarget, StoredRecordCounter,
};

use super::blocks::{BlockRun, RecordsByLevel};
use super::buffer_state::{BoxedReceiver, BufferState};
use super::error::DiskBufferError;
use super::file_set::create_folder;
use super::settings::BufferSettings;
use super::store::{DiskStore, StoreEvent};
use crate::reentrancy::in_sink;
use crate::sinks::notice;
use crate::sync::fork_epoch::ForkEpoch;
use crate::sync::timed_lock::lock_until;

/// How long one that opens a directory waits for another.
const PATIENCE: Duration = Duration::from_secs(5);

/// What this process has open.
static OPEN: Mutex<Vec<Weak<SharedBuffer>>> = Mutex::new(Vec::new());

/// See the module.
pub(super) struct SharedBuffer {
    pub(super) epoch: ForkEpoch,
    pub(super) target: SinkTarget,
    /// None in a child that was forked while its parent was sending.
    pub(super) receiver: Mutex<Option<BoxedReceiver>>,
    state: Mutex<BufferState>,
    pub(super) changed: Condvar,
}

/// What came of one call of the receiver.
pub(super) struct SentRun {
    pub(super) result: Result<(), SinkError>,
    /// Bytes that were taken.
    pub(super) bytes: usize,
    pub(super) rejected: Option<Dropped>,
    /// All records that are settled now.
    pub(super) settled: RecordsByLevel,
}

impl SentRun {
    /// Returns how many records were taken, announcements and refused ones not counted.
    pub(super) fn taken(&self) -> RecordsByLevel {
        let mut taken = self.settled;
        if let Some(rejected) = &self.rejected {
            let levels = taken.iter_mut().zip(LogLevel::ALL);
            levels.for_each(|(count, level)| *count -= rejected.of_level(level).min(*count));
        }
        taken
    }
}

impl SharedBuffer {
    /// Opens a directory, or goes on with it by another receiver of the same name.
    pub(super) fn open(
        settings: BufferSettings,
        label: &str,
        receiver: BoxedReceiver,
    ) -> Result<Arc<Self>, DiskBufferError> {
        let busy = || DiskBufferError::of(&settings.folder)(std::io::ErrorKind::TimedOut.into());
        let mut open = lock_until(&OPEN, Instant::now() + PATIENCE).ok_or_else(busy)?;
        open.retain(|shared| shared.strong_count() > 0);
        create_folder(&settings.folder).map_err(DiskBufferError::of(&settings.folder))?;
        for shared in open.iter().filter_map(Weak::upgrade).filter(|shared| !shared.epoch.is_past()) {
            let mut state = shared.lock();
            let is_same = same_folder(&state.store.settings, &settings);
            if !is_same {
                continue;
            }
            if state.sinks > 0 && state.label != label {
                let receiver = state.label.clone();
                return Err(DiskBufferError::InUse { path: settings.folder, receiver });
            }
            state.sinks += 1;
            label.clone_into(&mut state.label);
            state.store.settings = settings;
            let replaced = state.newer.replace(receiver);
            drop(state);
            // Outside of the lock: it is foreign code.
            drop(replaced);
            return Ok(shared);
        }
        let shared = Self::create(settings, label, Some(receiver))?;
        open.push(Arc::downgrade(&shared));
        Ok(shared)
    }

    fn create(
        settings: BufferSettings,
        label: &str,
        receiver: Option<BoxedReceiver>,
    ) -> Result<Arc<Self>, DiskBufferError> {
        let state = BufferState::new(DiskStore::open(settings)?, label);
        Ok(Arc::new(Self {
            epoch: ForkEpoch::current(),
            target: new_target(),
            receiver: Mutex::new(receiver),
            state: Mutex::new(state),
            changed: Condvar::new(),
        }))
    }

    /// Opens the directory in a forked child, with files of the child's own. Where the parent was
    /// sending, the receiver is the parent's: the child stores, and others send.
    pub(super) fn open_in_child(
        &self,
        settings: BufferSettings,
        label: &str,
    ) -> Result<Arc<Self>, DiskBufferError> {
        let receiver = self.receiver.try_lock().ok().and_then(|mut receiver| receiver.take());
        let shared = Self::create(settings, label, receiver)?;
        if let Some(mut open) = lock_until(&OPEN, Instant::now() + PATIENCE) {
            open.push(Arc::downgrade(&shared));
        }
        Ok(shared)
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, BufferState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets what counts stored records, and begins to send what lies there.
    pub(super) fn set_counter(self: &Arc<Self>, counter: Arc<dyn StoredRecordCounter>) {
        let replaced = self.lock().counter.replace(counter);
        drop(replaced);
        self.wake();
    }

    /// Ends with a sink; the thread ends with the last.
    pub(super) fn leave(&self) {
        if self.epoch.is_past() {
            return;
        }
        self.lock().sinks -= 1;
        self.changed.notify_all();
    }

    /// Counts and says, without the lock, what was noted under it.
    pub(super) fn tell(&self, mut state: MutexGuard<'_, BufferState>) {
        let events = std::mem::take(&mut state.store.events);
        if events.is_empty() {
            return;
        }
        let counter = state.counter.clone();
        drop(state);
        for event in events {
            match (event, &counter) {
                (StoreEvent::Found(records), Some(counter)) => counter.found(records),
                (StoreEvent::Dropped(dropped), Some(counter)) => counter.dropped(&dropped),
                (StoreEvent::Announce(dropped), Some(counter)) => counter.announce(&dropped),
                (StoreEvent::Notice(notice), _) => notice::print(format_args!("disk buffer {notice}")),
                (_, None) => {}
            }
        }
    }

    /// Hands what is left of a run to the receiver.
    pub(super) fn send(&self, run: &BlockRun, progress: &mut Progress) -> SentRun {
        let newer = self.lock().newer.take();
        let mut receiver = self.receiver.lock().unwrap_or_else(PoisonError::into_inner);
        if newer.is_some() {
            let replaced = std::mem::replace(&mut *receiver, newer);
            in_sink(|| drop(replaced));
        }
        let batch = Batch::new(&run.bytes, &run.ends).announcing(run.announcements.len());
        let before = progress.ends();
        let step = progress.advance(&batch, &run.announcements, |rest| match &mut *receiver {
            Some(receiver) => guarded(|| receiver.write(rest)),
            None => Err(SinkError::new(SinkErrorKind::Failed).because("it is the parent process's")),
        });
        SentRun {
            result: step.result,
            bytes: step.bytes,
            rejected: step.rejected,
            settled: run.records(before..progress.ends()),
        }
    }
}

/// Names a buffer as what sinks write to: no file of a disk has such a number.
fn new_target() -> SinkTarget {
    static LAST: AtomicU64 = AtomicU64::new(0);
    SinkTarget { device: u64::MAX - 1, file: LAST.fetch_add(1, Ordering::Relaxed) }
}

fn same_folder(one: &BufferSettings, other: &BufferSettings) -> bool {
    if one.folder == other.folder {
        return true;
    }
    let canonical = |settings: &BufferSettings| std::fs::canonicalize(&settings.folder).ok();
    canonical(one).is_some_and(|one| Some(one) == canonical(other))
}

/// Runs the receiver's code; a panic is a failure like any other.
pub(super) fn guarded(run: impl FnOnce() -> Result<(), SinkError>) -> Result<(), SinkError> {
    let result = in_sink(|| catch_unwind(AssertUnwindSafe(run)));
    result.unwrap_or(Err(SinkError::new(SinkErrorKind::Failed).because("it panicked")))
}

/// The list of what is open, locked for a fork.
#[cfg(unix)]
pub(crate) struct LockedBuffers {
    open: MutexGuard<'static, Vec<Weak<SharedBuffer>>>,
}

/// Locks the list for a fork; none if it is not free in time.
#[cfg(unix)]
pub(crate) fn lock_for_fork(deadline: Instant) -> Option<LockedBuffers> {
    Some(LockedBuffers { open: lock_until(&OPEN, deadline)? })
}

#[cfg(unix)]
impl LockedBuffers {
    /// Closes, in the child of a fork, its copies of the parent's locks: a child that logs
    /// nothing must not hold them when the parent has ended.
    pub(crate) fn abandon(&self) {
        for shared in self.open.iter().filter_map(Weak::upgrade) {
            if let Ok(mut state) = shared.state.try_lock() {
                state.store.abandon();
            }
        }
    }
}
