//! The rings of all threads and scopes, and what holds for them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, Weak};
use std::time::Instant;

use super::dump_limit::DumpLimit;
use super::kept_ring::KeptRing;
use super::memory::MEMORY;
#[cfg(unix)]
use super::outliving;
#[cfg(unix)]
use super::outliving::OutlivingState;
use super::record_ring::KeptRecords;
use super::scope_ring::ScopeRing;
use super::settings::{FlightRecorder, Trigger};
use crate::reentrancy::{HeldLock, hold};
use crate::segment::live::RecorderMemory;

static STATE: Mutex<RecorderState> =
    Mutex::new(RecorderState { recorder: None, limit: None, threads: Vec::new(), scopes: BTreeMap::new() });

/// The recorder that is on, and its rings.
pub(crate) struct RecorderState {
    recorder: Option<FlightRecorder>,
    limit: Option<DumpLimit>,
    threads: Vec<Arc<KeptRing>>,
    /// Open scopes that have kept something.
    scopes: BTreeMap<u64, Weak<ScopeRing>>,
}

fn lock() -> HeldLock<'static, RecorderState> {
    hold(&STATE)
}

/// The rings, locked for a fork, and the memory that they lie in.
#[cfg(unix)]
pub(crate) struct LockedRecorder {
    rings: HeldLock<'static, RecorderState>,
    outliving: HeldLock<'static, OutlivingState>,
}

/// Locks the rings for a fork.
#[cfg(unix)]
pub(crate) fn lock_for_fork() -> LockedRecorder {
    LockedRecorder { rings: lock(), outliving: outliving::lock_for_fork() }
}

#[cfg(unix)]
impl LockedRecorder {
    /// Forgets, in the child of a fork, what the parent has kept.
    pub(crate) fn abandon(&mut self) {
        // Not dropped: another thread of the parent may have held a lock inside.
        self.rings.threads.drain(..).for_each(std::mem::forget);
        self.rings.scopes.clear();
        self.outliving.abandon();
        MEMORY.forget();
    }
}

/// Sets what holds from now on.
pub(super) fn set(recorder: Option<FlightRecorder>) {
    let mut state = lock();
    state.limit = recorder.as_ref().map(|recorder| DumpLimit::new(recorder.most_dumps(), Instant::now()));
    state.recorder = recorder;
}

/// Forgets all that is kept.
pub(super) fn clear() {
    let (threads, scopes) = rings();
    threads.iter().for_each(|ring| drop(ring.take()));
    scopes.iter().for_each(|ring| drop(ring.take()));
}

/// Moves all rings into memory that outlives the process, or to the heap.
pub(super) fn move_to(memory: Option<&Arc<RecorderMemory>>) {
    let (threads, scopes) = rings();
    threads.iter().for_each(|ring| ring.lock().move_to(memory));
    scopes.iter().for_each(|ring| ring.move_to(memory));
}

/// Finds a ring without a thread, or makes one.
pub(super) fn take_ring() -> Arc<KeptRing> {
    let mut state = lock();
    let free = state.threads.iter().find(|ring| ring.take_over());
    if let Some(ring) = free {
        return ring.clone();
    }
    let ring = Arc::new(KeptRing::default());
    ring.take_over();
    state.threads.push(ring.clone());
    ring
}

pub(super) fn list_scope(number: u64, ring: Weak<ScopeRing>) {
    lock().scopes.insert(number, ring);
}

pub(super) fn unlist_scope(number: u64) {
    lock().scopes.remove(&number);
}

fn rings() -> (Vec<Arc<KeptRing>>, Vec<Arc<ScopeRing>>) {
    let state = lock();
    // Of a scope that ends meanwhile this may be the last reference: it is dropped outside.
    (state.threads.clone(), state.scopes.values().filter_map(Weak::upgrade).collect())
}

/// Tells whether a trigger is one now.
pub(super) fn is_trigger(trigger: Trigger) -> bool {
    lock().recorder.as_ref().is_some_and(|recorder| recorder.is_on(trigger))
}

/// Tells whether a trigger may have records written now.
pub(super) fn admits_dump() -> bool {
    lock().limit.as_mut().is_some_and(|limit| limit.admits(Instant::now()))
}

/// Takes the number of triggers that were ignored since the last dump.
pub(super) fn take_ignored() -> usize {
    lock().limit.as_mut().map_or(0, DumpLimit::take_ignored)
}

/// Takes what threads have kept, and if it is asked for, scopes; nothing if there is none or
/// `admits` says no.
pub(super) fn take_all(with_scopes: bool, admits: impl FnOnce() -> bool) -> Vec<KeptRecords> {
    let (threads, mut scopes) = rings();
    scopes.retain(|ring| with_scopes && ring.has_records());
    if !threads.iter().any(|ring| ring.has_records()) && scopes.is_empty() || !admits() {
        return Vec::new();
    }
    // One without records may have let all of them go.
    threads.iter().map(|ring| ring.take()).chain(scopes.iter().map(|ring| ring.take())).collect()
}
