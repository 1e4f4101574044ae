//! Which loggers ask a sampler before a record is made, and about which levels.
//!
//! The question hangs on the threshold: a logger whose records are sampled passes by itself only
//! what is never left out, and asks about the rest, as it asks for a scope with a level of its own. So where
//! nothing is sampled a call does not run one instruction for it. Samplers are the platform's
//! ([`CallSampler`]), since they need a clock; here they are numbers.

use alloc::boxed::Box;
use alloc::vec::Vec;
use std::sync::OnceLock;

use crate::level::{LevelFilter, LogLevel};
use crate::logger::prefix::covers;
use crate::site::{Site, SourceLocation};

/// Where a record comes from, by what its call shows before anything is made of it.
#[derive(Clone, Copy, Debug)]
pub enum CallSite<'a> {
    /// A macro's call site.
    Macro(Site<'static>),
    /// The words of a function's call.
    Words(&'a str),
    /// A place in the source, of another crate's macro, if it said one.
    Place(Option<&'a SourceLocation<'a>>),
}

/// Decides which records are written of loggers that ask it.
pub trait CallSampler: Sync {
    /// Tells whether a record is written; counts it if not. It is called on the thread that
    /// logs, before a record is made, and may neither block nor run a program's code.
    fn admits(&self, sampler: usize, logger: &str, level: LogLevel, site: &CallSite<'_>) -> bool;
}

static SAMPLERS: OnceLock<&'static dyn CallSampler> = OnceLock::new();

/// Has loggers that are sampled ask here; the first one counts.
pub fn set_call_sampler(sampler: &'static dyn CallSampler) {
    let _ = SAMPLERS.set(sampler);
}

/// Asks the sampler.
pub(super) fn admits(sampler: usize, logger: &str, level: LogLevel, site: &CallSite<'_>) -> bool {
    SAMPLERS.get().is_none_or(|samplers| samplers.admits(sampler, logger, level, site))
}

/// The sampler that a logger asks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SampledBy {
    /// Its number.
    pub sampler: usize,
    /// From this level on it is not asked.
    pub spared: LevelFilter,
}

impl SampledBy {
    /// Asks nobody.
    pub const NOBODY: Self = Self { sampler: 0, spared: LevelFilter::ALL };
}

/// The samplers of loggers, by prefixes of their names.
#[derive(Clone, Debug, Default)]
pub struct SampledLoggers {
    /// Longest prefix first.
    rules: Vec<(Box<str>, SampledBy)>,
}

impl SampledLoggers {
    /// Sets the sampler of a logger and of those below it; an empty prefix covers all.
    pub fn set(&mut self, prefix: &str, by: SampledBy) {
        self.rules.retain(|(other, _)| **other != *prefix);
        let at = self.rules.partition_point(|(other, _)| other.len() > prefix.len());
        self.rules.insert(at, (prefix.into(), by));
    }

    /// Returns the sampler for a logger's name: that of the longest prefix.
    pub fn of(&self, name: &str) -> SampledBy {
        let found = self.rules.iter().find(|(prefix, _)| covers(prefix, name));
        found.map_or(SampledBy::NOBODY, |(_, by)| *by)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logger::logger_entry::LoggerKind;
    use crate::logger::registry::Registry;
    use crate::{LogContext, Scope as _};

    /// Leaves out what the sampler 1 is asked about.
    struct NotOne;

    impl CallSampler for NotOne {
        fn admits(&self, sampler: usize, _: &str, _: LogLevel, _: &CallSite<'_>) -> bool {
            sampler != 1
        }
    }

    #[test]
    fn a_logger_asks_the_sampler_of_the_longest_prefix_about_levels_that_are_not_spared() {
        set_call_sampler(&NotOne);
        static REGISTRY: std::sync::LazyLock<Registry> = std::sync::LazyLock::new(Registry::new);
        let before = REGISTRY.get(LoggerKind::Sync, "shop::db", None);
        let custom = REGISTRY.custom("shop::db", None);
        let mut sampled = SampledLoggers::default();
        sampled.set("shop", SampledBy { sampler: 1, spared: LogLevel::Error.into() });
        sampled.set("shop::db::pool", SampledBy { sampler: 2, spared: LogLevel::Error.into() });
        REGISTRY.set_sampled(sampled);
        let after = REGISTRY.get(LoggerKind::Async, "shop::db", None);
        let bridged = REGISTRY.get_unnamed("shop.http");
        for entry in [&before, &after, &bridged] {
            assert!(entry.enables(LogLevel::Info) && !entry.admits_words(LogLevel::Info, "a"));
            assert!(entry.admits_words(LogLevel::Error, "a") && !entry.admits_words(LogLevel::Debug, "a"));
            entry.set_own_level(LogLevel::Debug.into());
            assert!(!entry.admits_words(LogLevel::Debug, "a") && entry.enables(LogLevel::Debug));
        }
        assert!(custom.admits_words(LogLevel::Info, "a"), "it has destinations of its own");
        let pool = REGISTRY.get(LoggerKind::Sync, "shop::db::pool", None);
        assert!(pool.admits_words(LogLevel::Info, "a"));
        LogContext::new().level(LogLevel::Info).within(|| {
            assert!(after.admits_words(LogLevel::Info, "a"), "this request is watched");
            assert!(!after.admits_words(LogLevel::Debug, "a"));
        });
        REGISTRY.set_sampled(SampledLoggers::default());
        assert!(after.admits_words(LogLevel::Info, "a") && before.admits_words(LogLevel::Info, "a"));
    }
}
