//! Loggers by name, and the levels that hold for them.

use alloc::{
    string::String,
    sync::{Arc, Weak},
    vec::Vec,
};
use core::sync::atomic::{AtomicBool, Ordering};

use hashbrown::HashMap;
use spin::Mutex;

use crate::level::{AtomicLevelFilter, LevelFilter, LogLevel};
use crate::logger::levels::Levels;
use crate::record::Name;

/// Tells loggers of one name apart.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum LoggerKind {
    /// Writes through the caller's buffer.
    Sync,
    /// Writes through a worker.
    Async,
    /// Writes through a worker and never waits for it.
    Performance,
}

/// What all handles of one logger share.
#[derive(Debug)]
pub struct LoggerEntry {
    name: String,
    plain: bool,
    id: usize,
    level: AtomicLevelFilter,
    own_level: AtomicBool,
}

impl LoggerEntry {
    /// Makes an entry outside any registry.
    pub fn new(name: &str, level: LevelFilter) -> Self {
        Self {
            name: name.into(),
            plain: Name::new(name).is_plain(),
            id: crate::context::next_id(),
            level: AtomicLevelFilter::new(level),
            own_level: AtomicBool::new(false),
        }
    }

    /// Returns the name.
    #[inline]
    pub fn name(&self) -> Name<'_> {
        Name::judged(&self.name, self.plain, self.id)
    }

    /// Tells whether a record of this level is written.
    #[inline(always)]
    pub fn enables(&self, level: LogLevel) -> bool {
        self.level.enables(level)
    }

    /// Returns the effective threshold.
    pub fn level(&self) -> LevelFilter {
        self.level.get()
    }

    /// Gives the logger a threshold of its own, which global ones do not change.
    pub fn set_own_level(&self, level: LevelFilter) {
        self.own_level.store(true, Ordering::Relaxed);
        self.level.set(level);
    }

    fn follow(&self, levels: &Levels) {
        if !self.own_level.load(Ordering::Relaxed) {
            self.level.set(levels.of(&self.name));
        }
    }
}

/// Keeps the loggers of a program, and the levels that they follow.
///
/// Every method takes a lock that spins and is held for a look-up, or, for
/// [`change_levels`](Self::change_levels), as long as the closure runs: call none from
/// an interrupt, nor from that closure.
///
/// ```
/// use kakashi_core::{LogLevel, LoggerKind, Registry};
///
/// let registry = Registry::new();
/// let orders = registry.get(LoggerKind::Sync, "shop::orders", None);
/// let noise = registry.get(LoggerKind::Sync, "shop::noise", Some(LogLevel::Error.into()));
/// registry.change_levels(|levels| levels.set_prefix("shop", LogLevel::Debug));
/// assert_eq!(orders.level(), LogLevel::Debug.into());
/// assert_eq!(noise.level(), LogLevel::Error.into(), "it has a level of its own");
/// ```
#[derive(Debug, Default)]
pub struct Registry {
    state: Mutex<State>,
}

/// A [`Registry`] whose lock is held.
#[derive(Debug)]
pub struct HeldRegistry<'a> {
    _state: spin::MutexGuard<'a, State>,
}

#[derive(Debug, Default)]
struct State {
    levels: Levels,
    loggers: HashMap<(LoggerKind, String), Arc<LoggerEntry>>,
    /// Forgotten, but still in somebody's hands.
    forgotten: Vec<Weak<LoggerEntry>>,
}

impl Registry {
    /// Makes an empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes the entry of a custom logger: with a level of its own, or one that follows the
    /// registry's.
    pub fn custom(&self, name: &str, level: Option<LevelFilter>) -> Arc<LoggerEntry> {
        let entry = Arc::new(LoggerEntry::new(name, LevelFilter::default()));
        match level {
            Some(level) => entry.set_own_level(level),
            None => self.adopt(&entry),
        }
        entry
    }

    /// Finds or makes the logger of this kind and name; a level becomes its
    /// own, for all handles.
    pub fn get(&self, kind: LoggerKind, name: &str, level: Option<LevelFilter>) -> Arc<LoggerEntry> {
        let mut state = self.state.lock();
        let entry = match state.loggers.get(&(kind, String::from(name))) {
            Some(entry) => entry.clone(),
            None => {
                let entry = Arc::new(LoggerEntry::new(name, state.levels.of(name)));
                state.loggers.insert((kind, name.into()), entry.clone());
                entry
            }
        };
        if let Some(level) = level {
            entry.set_own_level(level);
        }
        entry
    }

    /// Returns the levels.
    pub fn levels(&self) -> Levels {
        self.state.lock().levels.clone()
    }

    /// Changes the levels, and pushes them to every logger without its own.
    pub fn change_levels(&self, change: impl FnOnce(&mut Levels)) {
        let state = &mut *self.state.lock();
        change(&mut state.levels);
        state.loggers.values().for_each(|entry| entry.follow(&state.levels));
        state.forgotten.retain(|entry| match entry.upgrade() {
            Some(entry) => {
                entry.follow(&state.levels);
                true
            }
            None => false,
        });
    }

    /// Makes a logger outside the names follow the levels.
    pub fn adopt(&self, entry: &Arc<LoggerEntry>) {
        let mut state = self.state.lock();
        entry.follow(&state.levels);
        state.forgotten.retain(|entry| entry.strong_count() > 0);
        state.forgotten.push(Arc::downgrade(entry));
    }

    /// Keeps everybody out until the returned value is dropped: over a fork, whose
    /// child could otherwise find the lock taken for ever.
    pub fn hold(&self) -> HeldRegistry<'_> {
        HeldRegistry { _state: self.state.lock() }
    }

    /// Forgets all names; handles that exist follow the levels on.
    pub fn clear(&self) {
        let state = &mut *self.state.lock();
        let forgotten = state.loggers.drain().map(|(_, entry)| Arc::downgrade(&entry));
        state.forgotten.extend(forgotten);
        state.forgotten.retain(|entry| entry.strong_count() > 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_reach_loggers_without_their_own() {
        let registry = Registry::new();
        let free = registry.get(LoggerKind::Sync, "a", None);
        let own = registry.get(LoggerKind::Sync, "b", Some(LogLevel::Error.into()));
        registry.change_levels(|levels| levels.set_global(LogLevel::Debug));
        assert_eq!(free.level(), LogLevel::Debug.into());
        assert_eq!(own.level(), LogLevel::Error.into());
        registry.get(LoggerKind::Sync, "b", Some(LogLevel::Trace.into()));
        assert_eq!(own.level(), LogLevel::Trace.into());
    }

    #[test]
    fn a_kind_and_a_name_make_one_logger() {
        let registry = Registry::new();
        let first = registry.get(LoggerKind::Sync, "a", None);
        assert!(Arc::ptr_eq(&first, &registry.get(LoggerKind::Sync, "a", None)));
        assert!(!Arc::ptr_eq(&first, &registry.get(LoggerKind::Async, "a", None)));
    }

    #[test]
    fn forgotten_handles_follow_levels() {
        let registry = Registry::new();
        let old = registry.get(LoggerKind::Sync, "a", None);
        registry.clear();
        let new = registry.get(LoggerKind::Sync, "a", None);
        assert!(!Arc::ptr_eq(&old, &new));
        registry.change_levels(|levels| levels.set_global(LogLevel::Critical));
        assert_eq!((old.level(), new.level()), (LogLevel::Critical.into(), LogLevel::Critical.into()));
    }
}
