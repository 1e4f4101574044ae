//! The level of a context, where contexts can be current: elsewhere it takes no room.

#[cfg(feature = "std")]
use crate::level::LevelFilter;

/// The threshold that loggers have where a context is current, if theirs is not lower.
#[derive(Clone, Copy, Default)]
pub(super) struct ScopeLevel {
    #[cfg(feature = "std")]
    level: Option<LevelFilter>,
}

impl ScopeLevel {
    pub(super) const NONE: Self = Self {
        #[cfg(feature = "std")]
        level: None,
    };

    #[cfg(feature = "std")]
    pub(super) const fn of(level: LevelFilter) -> Self {
        Self { level: Some(level) }
    }

    #[cfg(feature = "std")]
    pub(super) const fn get(self) -> Option<LevelFilter> {
        self.level
    }

    /// Returns this one, or if there is none, the other.
    pub(super) fn or(self, _other: Self) -> Self {
        Self {
            #[cfg(feature = "std")]
            level: self.level.or(_other.level),
        }
    }
}
