//! The thresholds of loggers that have none of their own, by prefixes of their names.

use alloc::{boxed::Box, vec::Vec};

use crate::level::LevelFilter;

/// Holds the threshold of each logger that has none of its own: the one of
/// the longest prefix of its name, or the global one.
#[derive(Clone, Debug, Default)]
pub struct Levels {
    global: LevelFilter,
    /// Longest first.
    prefixes: Vec<(Box<str>, LevelFilter)>,
}

impl Levels {
    /// Sets the threshold of loggers without a prefix.
    pub fn set_global(&mut self, level: impl Into<LevelFilter>) {
        self.global = level.into();
    }

    /// Sets the threshold of a logger and of those below it: `app::db` holds
    /// for `app::db`, `app::db::pool` and `app::db.pool`, not for `app::dbx`.
    pub fn set_prefix(&mut self, prefix: &str, level: impl Into<LevelFilter>) {
        self.remove_prefix(prefix);
        self.prefixes.push((prefix.into(), level.into()));
        self.prefixes.sort_by_key(|(prefix, _)| core::cmp::Reverse(prefix.len()));
    }

    /// Forgets a prefix's threshold.
    pub fn remove_prefix(&mut self, prefix: &str) {
        self.prefixes.retain(|(candidate, _)| **candidate != *prefix);
    }

    /// Forgets all prefixes.
    pub fn clear_prefixes(&mut self) {
        self.prefixes.clear();
    }

    /// Returns the lowest threshold of any name.
    pub fn lowest(&self) -> LevelFilter {
        self.prefixes.iter().fold(self.global, |lowest, (_, level)| lowest.min(*level))
    }

    /// Returns the threshold for a logger's name.
    pub fn of(&self, name: &str) -> LevelFilter {
        let below = |prefix: &str| {
            name.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '.', '/']))
        };
        let found = self.prefixes.iter().find(|(prefix, _)| below(prefix));
        found.map_or(self.global, |(_, level)| *level)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::LogLevel;

    #[test]
    fn the_longest_prefix_counts_and_ends_where_a_part_ends() {
        let mut levels = Levels::default();
        levels.set_prefix("app", LogLevel::Warning);
        levels.set_prefix("app::db", LogLevel::Trace);
        for (name, level) in [
            ("app", LogLevel::Warning),
            ("app::http", LogLevel::Warning),
            ("app::db", LogLevel::Trace),
            ("app::db.pool", LogLevel::Trace),
            ("app::dbx", LogLevel::Warning),
            ("application", LogLevel::Info),
        ] {
            assert_eq!(levels.of(name), level.into(), "{name}");
        }
    }
}
