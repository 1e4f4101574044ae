//! The memory of rings that outlives the process, with a black box, and what all of them name there: call sites, and where
//! records of loggers without destinations of their own go.

use std::mem;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use kakashi_core::LevelFilter;

use crate::dispatch::Dispatch;
use crate::dispatch::root::root_if_made;
use crate::queue::interner;
use crate::reentrancy::{HeldLock, hold};
use crate::segment::live::{self, BoxPlace, MappedItem, RecorderMemory};

/// What is kept is to come out when the process has died, if there is a black box.
static IS_WANTED: AtomicBool = AtomicBool::new(false);
/// Sites with this id and those after it are not there yet; the largest number where nothing is.
static NOTED_SITES: AtomicU32 = AtomicU32::new(u32::MAX);
static STATE: Mutex<OutlivingState> = Mutex::new(OutlivingState::NONE);

/// The memory, and the items that belong to no ring.
pub(crate) struct OutlivingState {
    memory: Option<Arc<RecorderMemory>>,
    sites: Vec<MappedItem>,
    root: Option<MappedItem>,
    roots: u64,
}

impl OutlivingState {
    const NONE: Self = Self { memory: None, sites: Vec::new(), root: None, roots: 0 };

    /// Forgets, in the child of a fork, what the parent has.
    #[cfg(unix)]
    pub(super) fn abandon(&mut self) {
        NOTED_SITES.store(u32::MAX, Ordering::Relaxed);
        mem::forget(mem::replace(self, Self::NONE));
    }

    fn note_root(&mut self, root: Option<&Dispatch>) {
        let (Some(memory), Some(root)) = (&self.memory, root) else { return };
        self.roots += 1;
        let item = MappedItem::root(memory, self.roots, &places_of(root), root.base.fields().pairs);
        // After the new one is there: of two the later one holds.
        self.root = item;
    }

    fn note_sites(&mut self, snapshot: &interner::InternerSnapshot) {
        let Some(memory) = &self.memory else { return };
        let noted = NOTED_SITES.load(Ordering::Relaxed);
        for (id, body) in snapshot.site_bodies().skip(noted as usize) {
            // Where there is no room its records can't be read after the end, which is said.
            self.sites.extend(MappedItem::site(memory, id, body));
        }
        NOTED_SITES.store(noted.max(snapshot.site_bodies().len() as u32), Ordering::Relaxed);
    }
}

/// Locks the state for a fork.
#[cfg(unix)]
pub(super) fn lock_for_fork() -> HeldLock<'static, OutlivingState> {
    hold(&STATE)
}

/// Says whether what is kept is to outlive the process, if there is a black box.
pub(super) fn set_wanted(is_wanted: bool) {
    IS_WANTED.store(is_wanted, Ordering::Relaxed);
}

/// Returns the memory for rings; none if they are to lie on the heap, or there is none.
pub(super) fn memory() -> Option<Arc<RecorderMemory>> {
    if !IS_WANTED.load(Ordering::Relaxed) || !live::is_on() {
        return None;
    }
    if let Some(memory) = &hold(&STATE).memory
        && !memory.is_inherited()
    {
        return Some(memory.clone());
    }
    follow_settings()
}

/// Follows a change of the settings or of the destinations; returns the memory that rings are to lie in.
pub(super) fn follow_settings() -> Option<Arc<RecorderMemory>> {
    // Before the lock: a fork takes these locks before it.
    let (root, snapshot) = (root_if_made(), interner::snapshot());
    let is_wanted = IS_WANTED.load(Ordering::Relaxed) && live::is_on();
    let mut state = hold(&STATE);
    let is_inherited = state.memory.as_ref().is_some_and(|memory| memory.is_inherited());
    if is_inherited || !is_wanted {
        let old = mem::replace(&mut *state, OutlivingState::NONE);
        NOTED_SITES.store(u32::MAX, Ordering::Relaxed);
        if is_inherited {
            mem::forget(old);
        }
    }
    if !is_wanted {
        return None;
    }
    if state.memory.is_none() {
        state.memory = live::recorder_memory();
        let noted = if state.memory.is_some() { 0 } else { u32::MAX };
        NOTED_SITES.store(noted, Ordering::Relaxed);
    }
    state.note_root(root.as_deref());
    state.note_sites(&snapshot);
    state.memory.clone()
}

/// Has a site be where rings are, before a record of it is.
#[inline]
pub(super) fn note_site(id: u32) {
    if id >= NOTED_SITES.load(Ordering::Relaxed) {
        note_sites();
    }
}

#[cold]
fn note_sites() {
    let snapshot = interner::snapshot();
    hold(&STATE).note_sites(&snapshot);
}

/// Returns where records of a dispatch go that come out after the end, each place with its threshold. What a
/// destination's filter would say only the process knew: it gets none.
pub(super) fn places_of(dispatch: &Dispatch) -> Vec<(BoxPlace, LevelFilter)> {
    let endpoints = dispatch.endpoints.iter().filter(|endpoint| endpoint.filter.is_none());
    endpoints.filter_map(|endpoint| Some((endpoint.pool.place()?.clone(), endpoint.threshold))).collect()
}
