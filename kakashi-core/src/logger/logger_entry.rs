//! What all handles of one logger share: its name and its threshold.

use alloc::string::String;
use core::sync::atomic::{AtomicBool, Ordering};
#[cfg(feature = "std")]
use core::sync::atomic::{AtomicU16, AtomicUsize, fence};

#[cfg(feature = "std")]
use crate::context::level_scopes::{current_level, level_floor};
use crate::level::{AtomicLevelFilter, LevelFilter, LogLevel};
use crate::logger::levels::Levels;
#[cfg(feature = "std")]
use crate::logger::sampled_loggers::{CallSite, SampledBy, SampledLoggers, admits};
use crate::record::Name;
#[cfg(feature = "std")]
use crate::site::Site;
#[cfg(any(feature = "tracing", all(feature = "log", feature = "std")))]
use crate::site::SourceLocation;

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
    threshold: ScopedThreshold,
    own_level: AtomicBool,
    /// The sampler that is asked about its records.
    #[cfg(feature = "std")]
    sampled_by: AtomicUsize,
    /// Its records are never left out by a sampler.
    #[cfg(feature = "std")]
    is_whole: bool,
    #[cfg(feature = "std")]
    counted_as: AtomicU16,
}

impl LoggerEntry {
    /// Makes an entry outside any registry.
    pub fn new(name: &str, level: LevelFilter) -> Self {
        Self {
            name: name.into(),
            plain: Name::new(name).is_plain(),
            id: crate::context::next_id(),
            threshold: ScopedThreshold::new(level),
            own_level: AtomicBool::new(false),
            #[cfg(feature = "std")]
            sampled_by: AtomicUsize::new(0),
            #[cfg(feature = "std")]
            is_whole: false,
            #[cfg(feature = "std")]
            counted_as: AtomicU16::new(0),
        }
    }

    /// Makes an entry whose records no sampler of the registry leaves out.
    pub(super) fn whole(name: &str) -> Self {
        Self {
            #[cfg(feature = "std")]
            is_whole: true,
            ..Self::new(name, LevelFilter::default())
        }
    }

    /// Returns the name.
    #[inline]
    pub fn name(&self) -> Name<'_> {
        let name = Name::judged(&self.name, self.plain, self.id);
        #[cfg(feature = "std")]
        let name = name.counting_as(self.counted_as.load(Ordering::Relaxed));
        name
    }

    /// Returns a number that no other entry has or had.
    #[cfg(feature = "std")]
    #[doc(hidden)]
    #[inline]
    pub fn id(&self) -> usize {
        self.id
    }

    /// Sets under which number a platform counts its records.
    #[cfg(feature = "std")]
    #[doc(hidden)]
    pub fn count_as(&self, number: u16) {
        self.counted_as.store(number, Ordering::Relaxed);
    }

    /// Tells whether a record of this level is written, or kept by a flight recorder.
    #[inline(always)]
    pub fn enables(&self, level: LogLevel) -> bool {
        self.threshold.enables(level)
    }

    /// As [`enables`](Self::enables), for a record of a macro; a sampler may leave it out, and
    /// has counted it then.
    #[cfg(feature = "std")]
    #[inline(always)]
    pub fn admits_site(&self, level: LogLevel, site: Site<'static>) -> bool {
        self.threshold.enables_unasked(level) && (self.threshold.passes(level) || self.ask_site(level, site))
    }

    /// As [`admits_site`](Self::admits_site), for a record of words.
    #[cfg(feature = "std")]
    #[inline]
    pub fn admits_words(&self, level: LogLevel, words: &str) -> bool {
        self.threshold.enables_unasked(level)
            && (self.threshold.passes(level) || self.ask(level, &CallSite::Words(words)))
    }

    /// As [`admits_site`](Self::admits_site), for a record of another crate's macro.
    #[cfg(any(feature = "tracing", all(feature = "log", feature = "std")))]
    #[inline(always)]
    pub(crate) fn admits_place(&self, level: LogLevel, place: Option<&SourceLocation<'_>>) -> bool {
        self.threshold.enables_unasked(level)
            && (self.threshold.passes(level) || self.ask(level, &CallSite::Place(place)))
    }

    #[cfg(feature = "std")]
    #[cold]
    #[inline(never)]
    fn ask_site(&self, level: LogLevel, site: Site<'static>) -> bool {
        self.ask(level, &CallSite::Macro(site))
    }

    /// Asks for the scope and the sampler.
    #[cfg(feature = "std")]
    #[cold]
    #[inline(never)]
    fn ask(&self, level: LogLevel, site: &CallSite<'_>) -> bool {
        // Who asked for more records of one request wants all of them.
        if current_level().enables(level) {
            return true;
        }
        if !self.threshold.level.enables(level) {
            return self.threshold.is_kept(level);
        }
        let sampler = self.sampled_by.load(Ordering::Relaxed);
        admits(sampler, self.name().text(), level, site)
    }

    /// Tells whether an enabled record of this level goes to destinations; if not, it is only kept.
    #[cfg(feature = "std")]
    #[doc(hidden)]
    #[inline]
    pub fn writes(&self, level: LogLevel) -> bool {
        self.threshold.passes(level) || self.threshold.is_written(level)
    }

    /// Returns the effective threshold; in a scope with a lower one, that.
    pub fn level(&self) -> LevelFilter {
        self.threshold.in_scope()
    }

    /// Returns the threshold outside of scopes with a level.
    pub(super) fn threshold(&self) -> LevelFilter {
        self.threshold.level.get()
    }

    /// Lets through what the lowest scope anywhere does, from where each call asks its own.
    #[cfg(feature = "std")]
    pub(super) fn lower_for_scopes(&self) {
        self.threshold.set(self.threshold());
    }

    /// Gives the logger a threshold of its own, which global ones do not change.
    pub fn set_own_level(&self, level: LevelFilter) {
        self.own_level.store(true, Ordering::Relaxed);
        self.threshold.set(level);
    }

    /// Returns the threshold that global ones do not change.
    pub(super) fn own_level(&self) -> Option<LevelFilter> {
        self.own_level.load(Ordering::Relaxed).then(|| self.threshold())
    }

    /// Has the sampler for its name asked from now on.
    #[cfg(feature = "std")]
    pub(super) fn follow_sampling(&self, sampled: &SampledLoggers) {
        if self.is_whole {
            return;
        }
        let SampledBy { sampler, spared } = sampled.of(&self.name);
        self.sampled_by.store(sampler, Ordering::Relaxed);
        self.threshold.spare(spared);
    }

    /// Has records kept that this threshold lets pass, though the logger's own does not.
    #[cfg(feature = "std")]
    pub(super) fn follow_kept(&self, kept: &Levels) {
        self.threshold.keep_from(kept.of(&self.name));
    }

    pub(super) fn follow(&self, levels: &Levels) {
        if !self.own_level.load(Ordering::Relaxed) {
            self.threshold.set(levels.of(&self.name));
        }
    }
}

/// A threshold that scopes lower, and samplers do not pass by.
#[derive(Debug)]
struct ScopedThreshold {
    /// The threshold, the level of the lowest scope anywhere, or that from which on records are
    /// kept: what is below it nothing enables.
    #[cfg(feature = "std")]
    floor: AtomicLevelFilter,
    /// The threshold, or the level from which on no sampler is asked: what passes it is
    /// written.
    #[cfg(feature = "std")]
    unasked: AtomicLevelFilter,
    /// From this level on no sampler is asked.
    #[cfg(feature = "std")]
    spared: AtomicLevelFilter,
    /// From this level on records are kept that are not written.
    #[cfg(feature = "std")]
    kept: AtomicLevelFilter,
    level: AtomicLevelFilter,
}

#[cfg(feature = "std")]
impl ScopedThreshold {
    fn new(level: LevelFilter) -> Self {
        let floor = level.min(level_floor());
        Self {
            floor: AtomicLevelFilter::new(floor),
            kept: AtomicLevelFilter::new(LevelFilter::OFF),
            unasked: AtomicLevelFilter::new(level),
            spared: AtomicLevelFilter::new(LevelFilter::ALL),
            level: AtomicLevelFilter::new(level),
        }
    }

    #[inline(always)]
    fn enables(&self, level: LogLevel) -> bool {
        self.enables_unasked(level) && (self.passes(level) || self.enables_asked(level))
    }

    /// Tells whether a record of this level may pass, if not by the logger then by a scope.
    #[inline(always)]
    fn enables_unasked(&self, level: LogLevel) -> bool {
        self.floor.enables(level)
    }

    /// Tells whether a record of this level passes without any question.
    #[inline(always)]
    fn passes(&self, level: LogLevel) -> bool {
        self.unasked.enables(level)
    }

    #[cold]
    #[inline(never)]
    fn enables_asked(&self, level: LogLevel) -> bool {
        self.is_written(level) || self.is_kept(level)
    }

    #[inline]
    fn is_written(&self, level: LogLevel) -> bool {
        self.level.enables(level) || current_level().enables(level)
    }

    /// Tells whether a record of this level is kept; whom it lets through sees what was stored before
    /// [`keep_from`](Self::keep_from).
    fn is_kept(&self, level: LogLevel) -> bool {
        let is_kept = self.kept.enables(level);
        fence(Ordering::Acquire);
        is_kept
    }

    fn in_scope(&self) -> LevelFilter {
        self.level.get().min(current_level())
    }

    fn set(&self, level: LevelFilter) {
        self.level.set(level);
        self.unasked.set(level.max(self.spared.get()));
        self.set_floor();
    }

    fn set_floor(&self) {
        self.floor.set(self.level.get().min(level_floor()).min(self.kept.get()));
    }

    /// Sets from which level on records are kept.
    fn keep_from(&self, level: LevelFilter) {
        fence(Ordering::Release);
        self.kept.set(level);
        self.set_floor();
    }

    /// Sets from which level on no sampler is asked.
    fn spare(&self, spared: LevelFilter) {
        self.spared.set(spared);
        self.unasked.set(self.level.get().max(spared));
    }
}

#[cfg(not(feature = "std"))]
impl ScopedThreshold {
    fn new(level: LevelFilter) -> Self {
        Self { level: AtomicLevelFilter::new(level) }
    }

    #[inline(always)]
    fn enables(&self, level: LogLevel) -> bool {
        self.level.enables(level)
    }

    fn in_scope(&self) -> LevelFilter {
        self.level.get()
    }

    fn set(&self, level: LevelFilter) {
        self.level.set(level);
    }
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use super::*;
    use crate::logger::registry::Registry;
    use crate::{LogContext, Scope as _};

    #[test]
    fn a_disabled_call_asks_for_the_scope_only_while_one_with_a_level_is_open() {
        static CHANGES: AtomicUsize = AtomicUsize::new(0);
        static REGISTRY: std::sync::LazyLock<Registry> = std::sync::LazyLock::new(Registry::new);
        REGISTRY.on_level_change(|| {
            CHANGES.fetch_add(1, Ordering::Relaxed);
        });
        let context = LogContext::new().level(LogLevel::Debug);
        REGISTRY.follow_level_scopes();
        let entry = REGISTRY.get(LoggerKind::Sync, "a", None);
        let custom = REGISTRY.custom("b", Some(LogLevel::Critical.into()));
        assert!(!entry.threshold.floor.enables(LogLevel::Debug));
        let (outer, inner) = (context.enter(), context.level(LogLevel::Debug).enter());
        let made_within = REGISTRY.get(LoggerKind::Sync, "c", None);
        drop(outer);
        for entry in [&entry, &custom, &made_within] {
            assert!(entry.threshold.floor.enables(LogLevel::Debug) && entry.enables(LogLevel::Debug));
            assert_eq!(entry.level(), LogLevel::Debug.into());
        }
        std::thread::scope(|scope| {
            scope.spawn(|| {
                assert!(!entry.enables(LogLevel::Debug) && entry.threshold.floor.enables(LogLevel::Debug))
            });
        });
        assert_eq!(REGISTRY.level_of("a"), LogLevel::Info.into(), "that of no scope");
        drop(inner);
        for (entry, level) in [(&entry, LogLevel::Info), (&custom, LogLevel::Critical)] {
            assert_eq!(entry.threshold.floor.get(), level.into());
        }
        let changes = CHANGES.load(Ordering::Relaxed);
        drop(LogContext::new().level(LogLevel::Error).enter());
        assert_eq!(CHANGES.load(Ordering::Relaxed), changes, "bridges hear of lower levels only");
        assert_eq!(custom.threshold.floor.get(), LogLevel::Critical.into());
        assert_eq!(custom.threshold.unasked.get(), LogLevel::Critical.into());
        assert_eq!(REGISTRY.lowest_level(), LogLevel::Debug.into(), "it never rises");
    }
}
