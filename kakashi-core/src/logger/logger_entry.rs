//! What all handles of one logger share: its name and its threshold.

use alloc::string::String;
use core::sync::atomic::{AtomicBool, Ordering};

#[cfg(feature = "std")]
use crate::context::level_scopes::{current_level, level_floor};
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
    threshold: ScopedThreshold,
    own_level: AtomicBool,
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
        self.threshold.enables(level)
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

    pub(super) fn follow(&self, levels: &Levels) {
        if !self.own_level.load(Ordering::Relaxed) {
            self.threshold.set(levels.of(&self.name));
        }
    }
}

/// A threshold that scopes lower.
#[derive(Debug)]
struct ScopedThreshold {
    /// The threshold, or the level of the lowest scope anywhere: what is below it nothing
    /// enables.
    #[cfg(feature = "std")]
    floor: AtomicLevelFilter,
    level: AtomicLevelFilter,
}

#[cfg(feature = "std")]
impl ScopedThreshold {
    fn new(level: LevelFilter) -> Self {
        let floor = level.min(level_floor());
        Self { floor: AtomicLevelFilter::new(floor), level: AtomicLevelFilter::new(level) }
    }

    #[inline(always)]
    fn enables(&self, level: LogLevel) -> bool {
        self.floor.enables(level) && (self.level.enables(level) || is_enabled_in_scope(level))
    }

    fn in_scope(&self) -> LevelFilter {
        self.level.get().min(current_level())
    }

    fn set(&self, level: LevelFilter) {
        self.level.set(level);
        self.floor.set(level.min(level_floor()));
    }
}

/// Tells whether the current scope lets a level through that the logger does not.
#[cfg(feature = "std")]
#[cold]
#[inline(never)]
fn is_enabled_in_scope(level: LogLevel) -> bool {
    current_level().enables(level)
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
    use core::sync::atomic::AtomicUsize;

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
        assert_eq!(REGISTRY.lowest_level(), LogLevel::Debug.into(), "it never rises");
    }
}
