//! Levels, and the threshold that a record's level is held against.
//!
//! A [`LogLevel`] is one of six names with the numbers of Python's `logging`
//! (and 5 for trace); a [`LevelFilter`] is any number from 0 to 255, so that a
//! threshold may lie between two names or above them all.

use core::fmt;
use core::str::FromStr;
use core::sync::atomic::{AtomicU8, Ordering};

/// Says how much a record matters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum LogLevel {
    /// 5: the steps of an algorithm.
    Trace = 5,
    /// 10: what a developer wants to see while looking for a fault.
    Debug = 10,
    /// 20: the normal course of a program.
    Info = 20,
    /// 30: something unexpected, and the program goes on.
    Warning = 30,
    /// 40: something failed.
    Error = 40,
    /// 50: the program, or a large part of it, cannot go on.
    Critical = 50,
}

impl LogLevel {
    /// All levels, lowest first.
    pub const ALL: [LogLevel; 6] = [
        LogLevel::Trace,
        LogLevel::Debug,
        LogLevel::Info,
        LogLevel::Warning,
        LogLevel::Error,
        LogLevel::Critical,
    ];

    /// Finds a level by its name, in any case; `WARN` and `FATAL` are aliases.
    ///
    /// # Errors
    /// Gives the name back in an [`UnknownLevel`] whose message lists the names.
    pub fn from_name(name: &str) -> Result<Self, UnknownLevel> {
        let known = |candidate: &str| name.eq_ignore_ascii_case(candidate);
        for level in Self::ALL {
            if known(level.name()) {
                return Ok(level);
            }
        }
        if known("WARN") {
            Ok(Self::Warning)
        } else if known("FATAL") {
            Ok(Self::Critical)
        } else {
            Err(UnknownLevel::new(name))
        }
    }

    /// Finds the level with exactly this number.
    pub const fn from_number(number: u8) -> Option<Self> {
        const TABLE: [Option<LogLevel>; 64] = {
            let mut table = [None; 64];
            let mut at = 0;
            while at < LogLevel::ALL.len() {
                table[LogLevel::ALL[at] as usize] = Some(LogLevel::ALL[at]);
                at += 1;
            }
            table
        };
        if number < 64 { TABLE[number as usize] } else { None }
    }

    /// Returns the name that encoders write, in capitals.
    pub const fn name(self) -> &'static str {
        const NAMES: [&str; LogLevel::ALL.len()] = ["TRACE", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"];
        NAMES[self.index()]
    }

    /// Returns the number, 5 to 50.
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// Returns the position among [`LogLevel::ALL`], 0 to 5.
    pub const fn index(self) -> usize {
        // The numbers are those of Python, ten apart but for the first.
        self as usize / 10
    }
}

impl fmt::Display for LogLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for LogLevel {
    type Err = UnknownLevel;

    fn from_str(name: &str) -> Result<Self, UnknownLevel> {
        Self::from_name(name)
    }
}

/// Reports a level name that does not exist.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UnknownLevel {
    name: heapless::String<32>,
}

impl UnknownLevel {
    #[cold]
    fn new(name: &str) -> Self {
        let mut kept = heapless::String::new();
        for character in name.chars() {
            if kept.push(character).is_err() {
                break;
            }
        }
        Self { name: kept }
    }

    /// Returns the rejected name, cut after 32 bytes.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for UnknownLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "unknown level {:?}: use TRACE, DEBUG, INFO, WARNING (WARN), ERROR or CRITICAL (FATAL)",
            self.name.as_str()
        )
    }
}

impl core::error::Error for UnknownLevel {}

impl From<core::convert::Infallible> for UnknownLevel {
    /// Lets a level stand where a name may stand.
    fn from(never: core::convert::Infallible) -> Self {
        match never {}
    }
}

/// Holds a threshold: a record passes when its level's number is not below it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LevelFilter(u8);

impl LevelFilter {
    /// Lets every record pass.
    pub const ALL: Self = Self(0);
    /// Lets no record pass.
    pub const OFF: Self = Self(255);

    /// Makes a threshold of any number.
    pub const fn new(number: u8) -> Self {
        Self(number)
    }

    /// Returns the number.
    pub const fn number(self) -> u8 {
        self.0
    }

    /// Tells whether a record of this level passes.
    #[inline]
    pub const fn enables(self, level: LogLevel) -> bool {
        level as u8 >= self.0
    }
}

impl Default for LevelFilter {
    fn default() -> Self {
        Self(LogLevel::Info.number())
    }
}

impl From<LogLevel> for LevelFilter {
    fn from(level: LogLevel) -> Self {
        Self(level.number())
    }
}

impl From<u8> for LevelFilter {
    fn from(number: u8) -> Self {
        Self(number)
    }
}

impl FromStr for LevelFilter {
    type Err = UnknownLevel;

    /// Reads a level's name, `ALL`, `OFF`, or a number from 0 to 255.
    fn from_str(text: &str) -> Result<Self, UnknownLevel> {
        if let Ok(number) = text.parse::<u8>() {
            return Ok(Self(number));
        }
        if text.eq_ignore_ascii_case("OFF") {
            return Ok(Self::OFF);
        }
        if text.eq_ignore_ascii_case("ALL") {
            return Ok(Self::ALL);
        }
        LogLevel::from_name(text).map(Self::from)
    }
}

impl TryFrom<&str> for LevelFilter {
    type Error = UnknownLevel;

    fn try_from(text: &str) -> Result<Self, UnknownLevel> {
        text.parse()
    }
}

impl fmt::Display for LevelFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (LogLevel::from_number(self.0), *self) {
            (Some(level), _) => f.pad(level.name()),
            (None, Self::OFF) => f.pad("OFF"),
            (None, Self::ALL) => f.pad("ALL"),
            (None, _) => fmt::Display::fmt(&self.0, f),
        }
    }
}

impl fmt::Debug for LevelFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LevelFilter({self})")
    }
}

/// Shares a threshold between threads: one relaxed load to ask it.
#[derive(Debug)]
pub struct AtomicLevelFilter(AtomicU8);

impl AtomicLevelFilter {
    /// Makes one that holds `filter`.
    pub const fn new(filter: LevelFilter) -> Self {
        Self(AtomicU8::new(filter.0))
    }

    /// Tells whether a record of this level passes.
    #[inline(always)]
    pub fn enables(&self, level: LogLevel) -> bool {
        level as u8 >= self.0.load(Ordering::Relaxed)
    }

    /// Returns the threshold.
    pub fn get(&self) -> LevelFilter {
        LevelFilter(self.0.load(Ordering::Relaxed))
    }

    /// Replaces the threshold.
    pub fn set(&self, filter: LevelFilter) {
        self.0.store(filter.0, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_any_case_and_by_alias() {
        for level in LogLevel::ALL {
            assert_eq!(LogLevel::from_name(level.name()), Ok(level));
            assert_eq!(LogLevel::from_name(&level.name().to_lowercase()), Ok(level));
            assert_eq!(LogLevel::from_number(level.number()), Some(level));
            assert_eq!(LogLevel::ALL[level.index()], level);
        }
        assert_eq!("warn".parse(), Ok(LogLevel::Warning));
        assert_eq!("Fatal".parse(), Ok(LogLevel::Critical));
    }

    #[test]
    fn an_unknown_name_is_given_back_with_the_names_that_are_right() {
        let error = LogLevel::from_name("verbose\u{1b}[31m").unwrap_err();
        assert_eq!(error.name(), "verbose\u{1b}[31m");
        assert_eq!(
            error.to_string(),
            r#"unknown level "verbose\u{1b}[31m": use TRACE, DEBUG, INFO, WARNING (WARN), ERROR or CRITICAL (FATAL)"#
        );
        assert_eq!(LogLevel::from_name(&"é".repeat(99)).unwrap_err().name().len(), 32);
    }

    #[test]
    fn a_threshold_may_be_any_number() {
        assert!(LevelFilter::new(20).enables(LogLevel::Info));
        assert!(!LevelFilter::new(21).enables(LogLevel::Info));
        assert!(!LevelFilter::OFF.enables(LogLevel::Critical));
        assert!(LevelFilter::ALL.enables(LogLevel::Trace));
        assert_eq!("35".parse(), Ok(LevelFilter::new(35)));
        assert_eq!("off".parse(), Ok(LevelFilter::OFF));
        assert_eq!(LevelFilter::new(35).to_string(), "35");
        assert_eq!(LevelFilter::from(LogLevel::Error).to_string(), "ERROR");
        assert!("256".parse::<LevelFilter>().is_err());
    }
}
