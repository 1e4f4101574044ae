//! Settings that every platform understands: formats and levels.

use alloc::{boxed::Box, sync::Arc, vec::Vec};
use core::fmt;
use core::str::FromStr;

use crate::encode::{Encoder, Json, Pretty, Text, Wire};
use crate::level::LevelFilter;

/// Names the form in which records are written.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
pub enum Format {
    /// Pretty on a terminal, text elsewhere.
    #[default]
    Auto,
    /// `time LEVEL logger message key=value …`.
    Text,
    /// One JSON object a line.
    Json,
    /// For eyes: aligned, in colour on a terminal.
    Pretty,
    /// Blocks of the wire.
    Wire,
}

impl Format {
    /// Makes the encoder for a destination that is a terminal which may show
    /// colour, or is not.
    pub fn encoder(self, terminal: bool, colour: bool) -> Arc<dyn Encoder> {
        match self {
            Self::Auto if terminal => Arc::new(Pretty::new().colour(colour)),
            Self::Auto | Self::Text => Arc::new(Text),
            Self::Json => Arc::new(Json::new()),
            Self::Pretty => Arc::new(Pretty::new().colour(colour)),
            Self::Wire => Arc::new(Wire),
        }
    }
}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, UnknownFormat> {
        let known = [
            ("auto", Self::Auto),
            ("text", Self::Text),
            ("json", Self::Json),
            ("pretty", Self::Pretty),
            ("wire", Self::Wire),
        ];
        let found = known.into_iter().find(|(candidate, _)| candidate.eq_ignore_ascii_case(name));
        found.map(|(_, format)| format).ok_or_else(|| UnknownFormat { name: name.into() })
    }
}

/// Reports a format's name that does not exist.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UnknownFormat {
    name: Box<str>,
}

impl UnknownFormat {
    /// Returns the rejected name.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for UnknownFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown format {:?}: use auto, text, json, pretty or wire", self.name)
    }
}

impl core::error::Error for UnknownFormat {}

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
        self.prefixes.retain(|(candidate, _)| **candidate != *prefix);
        self.prefixes.push((prefix.into(), level.into()));
        self.prefixes.sort_by_key(|(prefix, _)| core::cmp::Reverse(prefix.len()));
    }

    /// Forgets all prefixes.
    pub fn clear_prefixes(&mut self) {
        self.prefixes.clear();
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

    #[test]
    fn a_wrong_format_is_told_which_are_right() {
        let error = "xml".parse::<Format>().unwrap_err();
        assert_eq!(error.to_string(), r#"unknown format "xml": use auto, text, json, pretty or wire"#);
        assert_eq!("JSON".parse(), Ok(Format::Json));
    }
}
