//! Loggers by name, and the levels that hold for them.

use alloc::{
    string::String,
    sync::{Arc, Weak},
    vec::Vec,
};
use core::sync::atomic::{AtomicUsize, Ordering};

use hashbrown::HashMap;
use spin::Mutex;

#[cfg(feature = "tracing")]
use crate::context::level_scopes::span_levels_changed;
#[cfg(feature = "std")]
use crate::context::level_scopes::{LevelScopeListener, set_level_scope_listener};
use crate::level::LevelFilter;
#[cfg(feature = "tracing")]
use crate::logger::directives::SpanDirective;
use crate::logger::levels::Levels;
use crate::logger::logger_entry::{LoggerEntry, LoggerKind};
#[cfg(feature = "std")]
use crate::logger::sampled_loggers::SampledLoggers;
#[cfg(feature = "tracing")]
use crate::logger::span_rules::SpanRules;

/// Keeps the loggers of a program, and the levels that they follow.
///
/// Every method takes a lock that spins and is held for a look-up, or, for
/// [`change_levels`](Self::change_levels), as long as the closure runs: call none from
/// an interrupt, nor from that closure.
///
/// Bridges to other crates, which keep what they know of the levels, are told of changes:
/// [`on_level_change`](Self::on_level_change), [`lowest_level`](Self::lowest_level),
/// [`version`](Self::version).
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
    /// Grows when a name may mean another logger than before.
    version: AtomicUsize,
    #[cfg(feature = "tracing")]
    spans: SpanRules,
}

/// A [`Registry`] whose lock is held.
#[derive(Debug)]
pub struct HeldRegistry<'a> {
    _state: spin::MutexGuard<'a, State>,
}

#[derive(Debug, Default)]
struct State {
    levels: Levels,
    #[cfg(feature = "std")]
    sampled: SampledLoggers,
    /// From which level on records are kept that are not written, while any are.
    #[cfg(feature = "std")]
    kept: Option<Levels>,
    loggers: HashMap<(LoggerKind, String), Arc<LoggerEntry>>,
    /// Forgotten or never named, but still in somebody's hands.
    forgotten: Vec<Weak<LoggerEntry>>,
    /// So many of these are kept before those that nobody has are removed.
    forgotten_limit: usize,
    hooks: Vec<fn()>,
    /// The lowest level that a scope was ever given.
    lowest_scope: LowestScope,
}

/// A threshold that nothing has at first.
#[derive(Clone, Copy, Debug)]
struct LowestScope(LevelFilter);

impl Default for LowestScope {
    fn default() -> Self {
        Self(LevelFilter::OFF)
    }
}

impl State {
    /// Returns the lowest threshold of any scope or span that there may be.
    fn lowest_scope(&self) -> LevelFilter {
        self.lowest_scope.0.min(self.levels.lowest_of_spans())
    }

    /// Makes a logger follow what holds for its name.
    fn guide(&self, entry: &LoggerEntry) {
        entry.follow(&self.levels);
        #[cfg(feature = "std")]
        entry.follow_sampling(&self.sampled);
        #[cfg(feature = "std")]
        if let Some(kept) = &self.kept {
            entry.follow_kept(kept);
        }
    }

    /// Returns the level from which on records of a logger are kept; OFF while none are.
    fn kept_of(&self, _name: &str) -> LevelFilter {
        #[cfg(feature = "std")]
        if let Some(kept) = &self.kept {
            return kept.of(_name);
        }
        LevelFilter::OFF
    }

    /// Returns the lowest level from which on records of any logger are kept; OFF while none are.
    fn lowest_kept(&self) -> LevelFilter {
        #[cfg(feature = "std")]
        if let Some(kept) = &self.kept {
            return kept.lowest();
        }
        LevelFilter::OFF
    }

    /// Makes a logger outside the names follow the levels.
    fn adopt(&mut self, entry: &Arc<LoggerEntry>) {
        self.guide(entry);
        if self.forgotten.len() >= self.forgotten_limit {
            self.forgotten.retain(|entry| entry.strong_count() > 0);
            self.forgotten_limit = 2 * self.forgotten.len().max(32);
        }
        self.forgotten.push(Arc::downgrade(entry));
    }
}

impl Registry {
    /// Makes an empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes the entry of a custom logger: with a level of its own, or one that follows the
    /// registry's.
    pub fn custom(&self, name: &str, level: Option<LevelFilter>) -> Arc<LoggerEntry> {
        let entry = Arc::new(LoggerEntry::whole(name));
        if let Some(level) = level {
            entry.set_own_level(level);
        }
        self.adopt(&entry);
        entry
    }

    /// Finds or makes the logger of this kind and name; a level becomes its
    /// own, for all handles.
    pub fn get(&self, kind: LoggerKind, name: &str, level: Option<LevelFilter>) -> Arc<LoggerEntry> {
        let mut state = self.state.lock();
        let known = state.loggers.get(&(kind, String::from(name))).cloned();
        let is_new = known.is_none();
        let entry = known.unwrap_or_else(|| {
            let entry = Arc::new(LoggerEntry::new(name, LevelFilter::default()));
            state.guide(&entry);
            state.loggers.insert((kind, name.into()), entry.clone());
            entry
        });
        let changed = level.filter(|level| entry.own_level() != Some(*level));
        if let Some(level) = changed {
            entry.set_own_level(level);
        }
        drop(state);
        if is_new {
            self.version.fetch_add(1, Ordering::Release);
        }
        if changed.is_some() {
            self.announce_levels();
        }
        entry
    }

    /// Finds the sync logger of this name, or makes an entry that follows the levels and is
    /// kept for nobody: other crates' names may be any number.
    pub fn get_unnamed(&self, name: &str) -> Arc<LoggerEntry> {
        let mut state = self.state.lock();
        let known = state.loggers.get(&(LoggerKind::Sync, String::from(name)));
        known.cloned().unwrap_or_else(|| {
            let entry = Arc::new(LoggerEntry::new(name, LevelFilter::default()));
            state.adopt(&entry);
            entry
        })
    }

    /// Returns the levels.
    pub fn levels(&self) -> Levels {
        self.state.lock().levels.clone()
    }

    /// Returns the threshold of the sync logger of this name, whether there is one or not.
    pub fn level_of(&self, name: &str) -> LevelFilter {
        let state = self.state.lock();
        let known = state.loggers.get(&(LoggerKind::Sync, String::from(name)));
        known.map_or_else(|| state.levels.of(name), |entry| entry.threshold())
    }

    /// Returns the level from which on records of the sync logger of this name are enabled: written,
    /// or kept by a flight recorder.
    pub fn enabled_level_of(&self, name: &str) -> LevelFilter {
        let kept = self.state.lock().kept_of(name);
        self.level_of(name).min(kept)
    }

    /// Returns the lowest threshold that a sync logger of any name may have now: what is below
    /// it, nothing enables.
    pub fn lowest_level(&self) -> LevelFilter {
        let state = self.state.lock();
        let sync = state.loggers.iter().filter(|(key, _)| key.0 == LoggerKind::Sync);
        let own = sync.filter_map(|(_, entry)| entry.own_level()).min();
        let lowest = state.levels.lowest().min(state.lowest_scope()).min(state.lowest_kept());
        own.map_or(lowest, |own| own.min(lowest))
    }

    /// Returns the lowest threshold that a scope or a span may have, whatever its logger's is: OFF
    /// while no context was given a level, and no directive is about spans.
    pub fn lowest_scope_level(&self) -> LevelFilter {
        self.state.lock().lowest_scope()
    }

    /// Returns a number that is another one whenever the directives of spans are, and 0 while there
    /// is none: one relaxed load, for those who keep what [`span_directives`](Self::span_directives)
    /// returned.
    #[cfg(feature = "tracing")]
    #[inline]
    pub fn span_version(&self) -> usize {
        self.spans.version()
    }

    /// Returns the directives of spans, and their [`span_version`](Self::span_version).
    #[cfg(feature = "tracing")]
    pub fn span_directives(&self) -> (usize, Arc<[SpanDirective]>) {
        let state = self.state.lock();
        (self.span_version(), state.levels.span_directives().clone())
    }

    /// Returns the threshold of records of spans that close, which is set for the name
    /// `tracing::span`: one relaxed load.
    #[cfg(feature = "tracing")]
    #[inline]
    pub fn closed_spans_level(&self) -> LevelFilter {
        self.spans.closed()
    }

    /// Has these loggers hear of scopes with a level.
    #[cfg(feature = "std")]
    pub fn follow_level_scopes(&'static self) {
        set_level_scope_listener(self);
    }

    /// Returns a number that is another one whenever a name may mean another logger than
    /// before: one relaxed load, for those who keep what [`get_unnamed`](Self::get_unnamed)
    /// returned.
    #[inline]
    pub fn version(&self) -> usize {
        self.version.load(Ordering::Relaxed)
    }

    /// Calls a function after each change of the levels from now on, on the thread that makes
    /// it, without the registry's lock.
    ///
    /// Changes of two threads may be announced in any order: it asks for the levels itself.
    pub fn on_level_change(&self, hook: fn()) {
        self.state.lock().hooks.push(hook);
    }

    /// Calls the functions of [`on_level_change`](Self::on_level_change).
    pub fn announce_levels(&self) {
        let hooks = self.state.lock().hooks.clone();
        hooks.into_iter().for_each(|hook| hook());
    }

    /// Changes the levels, and pushes them to every logger without its own.
    pub fn change_levels(&self, change: impl FnOnce(&mut Levels)) {
        self.push_levels(change);
        // Without the lock: it asks for the level.
        #[cfg(feature = "tracing")]
        span_levels_changed();
        self.announce_levels();
    }

    fn push_levels(&self, change: impl FnOnce(&mut Levels)) {
        let state = &mut *self.state.lock();
        #[cfg(feature = "tracing")]
        let spans = state.levels.span_directives().clone();
        change(&mut state.levels);
        #[cfg(feature = "tracing")]
        self.spans.follow(&state.levels, &spans);
        state.loggers.values().for_each(|entry| entry.follow(&state.levels));
        state.forgotten.retain(|entry| match entry.upgrade() {
            Some(entry) => {
                entry.follow(&state.levels);
                true
            }
            None => false,
        });
    }

    /// Has loggers ask these samplers from now on, but for custom ones.
    #[cfg(feature = "std")]
    pub fn set_sampled(&self, sampled: SampledLoggers) {
        let state = &mut *self.state.lock();
        state.sampled = sampled;
        state.loggers.values().for_each(|entry| entry.follow_sampling(&state.sampled));
        state
            .forgotten
            .iter()
            .filter_map(Weak::upgrade)
            .for_each(|entry| entry.follow_sampling(&state.sampled));
    }

    /// Has records kept from these levels on that are not written, of custom loggers too; or no
    /// longer. The caller announces it.
    #[cfg(feature = "std")]
    #[doc(hidden)]
    pub fn set_kept(&self, kept: Option<Levels>) {
        let state = &mut *self.state.lock();
        state.kept = kept;
        let mut none = Levels::default();
        none.set_global(LevelFilter::OFF);
        let kept = state.kept.as_ref().unwrap_or(&none);
        state.loggers.values().for_each(|entry| entry.follow_kept(kept));
        state.forgotten.iter().filter_map(Weak::upgrade).for_each(|entry| entry.follow_kept(kept));
    }

    /// Makes a logger outside the names follow the levels.
    pub fn adopt(&self, entry: &Arc<LoggerEntry>) {
        self.state.lock().adopt(entry);
    }

    /// Keeps everybody out until the returned value is dropped: over a fork, whose
    /// child could otherwise find the lock taken for ever.
    pub fn hold(&self) -> HeldRegistry<'_> {
        HeldRegistry { _state: self.state.lock() }
    }

    /// Forgets all names; handles that exist follow the levels on.
    pub fn clear(&self) {
        self.forget_names();
        self.version.fetch_add(1, Ordering::Release);
        self.announce_levels();
    }

    fn forget_names(&self) {
        let state = &mut *self.state.lock();
        let forgotten = state.loggers.drain().map(|(_, entry)| Arc::downgrade(&entry));
        state.forgotten.extend(forgotten);
        state.forgotten.retain(|entry| entry.strong_count() > 0);
    }
}

#[cfg(feature = "std")]
impl LevelScopeListener for Registry {
    fn floor_changed(&self) {
        let state = self.state.lock();
        state.loggers.values().for_each(|entry| entry.lower_for_scopes());
        state.forgotten.iter().filter_map(Weak::upgrade).for_each(|entry| entry.lower_for_scopes());
    }

    fn lowest_of_spans(&self) -> LevelFilter {
        self.state.lock().levels.lowest_of_spans()
    }

    fn may_be_lower(&self, level: LevelFilter) {
        {
            let lowest = &mut self.state.lock().lowest_scope.0;
            *lowest = level.min(*lowest);
        }
        self.announce_levels();
    }
}

#[cfg(test)]
mod tests;
