//! The thresholds of loggers that have none of their own, by prefixes of their names.

#[cfg(feature = "tracing")]
use alloc::sync::Arc;
use alloc::{boxed::Box, vec::Vec};
use core::cmp::Ordering;

use crate::level::LevelFilter;
use crate::logger::directives::Directives;
#[cfg(feature = "tracing")]
use crate::logger::directives::SpanDirective;
use crate::logger::prefix::covers;

/// Holds the threshold of each logger that has none of its own: that of the longest prefix
/// of its name, be it set by `level_of` or a directive (of equal ones the later), or the
/// global one.
#[derive(Clone, Debug, Default)]
pub struct Levels {
    global: LevelFilter,
    /// Longest prefix first, those of one length by their bytes, of equal ones the latest first.
    rules: Vec<Rule>,
    /// No two are about the same spans.
    #[cfg(feature = "tracing")]
    spans: Arc<[SpanDirective]>,
}

#[derive(Clone, Debug)]
struct Rule {
    prefix: Box<str>,
    level: LevelFilter,
    origin: RuleOrigin,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum RuleOrigin {
    LevelOf,
    Directive,
}

impl Rule {
    /// Says whether it stands before those of a prefix.
    fn order(&self, prefix: &str) -> Ordering {
        prefix.len().cmp(&self.prefix.len()).then_with(|| (*self.prefix).cmp(prefix))
    }
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
        self.add(prefix, level.into(), RuleOrigin::LevelOf);
    }

    /// Forgets a prefix's threshold; not what a directive says of it.
    pub fn remove_prefix(&mut self, prefix: &str) {
        self.rules.retain(|rule| rule.origin != RuleOrigin::LevelOf || *rule.prefix != *prefix);
    }

    /// Forgets all prefixes, but for those of directives.
    pub fn clear_prefixes(&mut self) {
        self.rules.retain(|rule| rule.origin != RuleOrigin::LevelOf);
    }

    /// Takes these directives, in place of all that were taken before. They are later than
    /// every prefix that has been set.
    pub fn set_directives(&mut self, directives: &Directives) {
        let mut rules: Vec<_> = directives
            .levels()
            .map(|(prefix, level)| Rule { prefix: prefix.into(), level, origin: RuleOrigin::Directive })
            .collect();
        rules.reverse();
        rules.extend(self.rules.drain(..).filter(|rule| rule.origin != RuleOrigin::Directive));
        // All at once, and stable: a file may have very many.
        rules.sort_by(|one, other| one.order(&other.prefix));
        rules.dedup_by(|later, kept| later.prefix == kept.prefix && later.origin == kept.origin);
        self.rules = rules;
        #[cfg(feature = "tracing")]
        {
            self.spans = last_of_equals(directives.spans());
        }
    }

    /// Returns the directives about spans.
    #[cfg(feature = "tracing")]
    pub fn span_directives(&self) -> &Arc<[SpanDirective]> {
        &self.spans
    }

    /// Returns the lowest threshold that a directive gives to spans; OFF if there is none, as
    /// without the feature `tracing`.
    #[cfg(feature = "tracing")]
    pub fn lowest_of_spans(&self) -> LevelFilter {
        self.spans.iter().map(SpanDirective::level).min().unwrap_or(LevelFilter::OFF)
    }

    /// Returns OFF: there are no spans without the feature `tracing`.
    #[cfg(not(feature = "tracing"))]
    pub const fn lowest_of_spans(&self) -> LevelFilter {
        LevelFilter::OFF
    }

    /// Returns the threshold that was set for this very name; none by a prefix of it alone.
    pub fn of_exactly(&self, name: &str) -> Option<LevelFilter> {
        self.rules.iter().find(|rule| *rule.prefix == *name).map(|rule| rule.level)
    }

    fn add(&mut self, prefix: &str, level: LevelFilter, origin: RuleOrigin) {
        let at = self.rules.partition_point(|rule| rule.order(prefix).is_lt());
        self.rules.insert(at, Rule { prefix: prefix.into(), level, origin });
    }

    /// Returns the lowest threshold of any name.
    pub fn lowest(&self) -> LevelFilter {
        let in_force = self.rules.iter().enumerate().filter(|(at, rule)| {
            let before = at.checked_sub(1).and_then(|before| self.rules.get(before));
            before.is_none_or(|other| other.prefix != rule.prefix)
        });
        // Without a name: the global one's place is taken by a directive for all.
        in_force.fold(self.of(""), |lowest, (_, rule)| lowest.min(rule.level))
    }

    /// Returns the threshold for a logger's name.
    pub fn of(&self, name: &str) -> LevelFilter {
        let found = self.rules.iter().find(|rule| covers(&rule.prefix, name));
        found.map_or(self.global, |rule| rule.level)
    }
}

/// Leaves out the directives that a later one replaces.
#[cfg(feature = "tracing")]
fn last_of_equals(spans: &[SpanDirective]) -> Arc<[SpanDirective]> {
    let is_replaced =
        |at: usize, span: &SpanDirective| spans.iter().skip(at + 1).any(|later| later.is_about_same(span));
    spans
        .iter()
        .enumerate()
        .filter(|(at, span)| !is_replaced(*at, span))
        .map(|(_, span)| span.clone())
        .collect()
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

    #[test]
    fn very_many_directives_take_time_by_their_number_only() {
        const MANY: usize = if cfg!(miri) { 200 } else { 200_000 };
        let mut text = "a::b=debug,".repeat(MANY);
        (0..MANY).for_each(|n| text.push_str(&alloc::format!("m{n}=trace,")));
        let mut levels = Levels::default();
        levels.set_prefix("a::b", LogLevel::Critical);
        levels.set_directives(&text.parse().unwrap());
        assert_eq!((levels.of("a::b::c"), levels.of("m7")), (LogLevel::Debug.into(), LogLevel::Trace.into()));
        assert_eq!((levels.lowest(), levels.rules.len()), (LogLevel::Trace.into(), MANY + 2));
        levels.set_directives(&"a=debug".parse().unwrap());
        assert_eq!(levels.of("a::b"), LogLevel::Critical.into());
    }

    #[test]
    fn of_directives_and_prefixes_the_most_specific_holds_and_of_equal_ones_the_later() {
        let mut levels = Levels::default();
        let shown = |levels: &Levels| ["shop", "shop::db", "other"].map(|name| levels.of(name).number());
        levels.set_prefix("shop", LogLevel::Error);
        levels.set_directives(&"warn,shop=debug,shop::db=info,shop::db=trace".parse().unwrap());
        assert_eq!(shown(&levels), [10, 5, 30]);
        levels.set_global(LogLevel::Trace);
        levels.set_prefix("shop::db", LogLevel::Error);
        assert_eq!(levels.lowest(), LogLevel::Debug.into(), "what nothing follows does not count");
        levels.set_global(LogLevel::Critical);
        assert_eq!(shown(&levels), [10, 40, 30], "a level alone comes before the global one");
        levels.set_directives(&"shop::db=20".parse().unwrap());
        assert_eq!(shown(&levels), [40, 20, 50]);
        levels.clear_prefixes();
        assert_eq!(shown(&levels), [50, 20, 50]);
        levels.set_directives(&Directives::default());
        assert_eq!(shown(&levels), [50, 50, 50]);
    }
}
