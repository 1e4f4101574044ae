//! What can be wrong with a setting.

use alloc::boxed::Box;
use core::fmt;

use crate::logger::prefix::better_prefix;

/// Reports a setting that makes no sense; see `Configure::try_apply`.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum SettingsError {
    /// What `level_of` names is no logger's name and no beginning of one.
    Prefix(Box<str>),
    /// A path of `redact` that would match nothing: it has an empty part, blanks around one, or an
    /// index.
    RedactedPath(Box<str>),
    /// Two destinations were given one name, by which reports of failures tell them apart.
    DestinationName(Box<str>),
    /// What `sampling_of` names is no logger's name and no beginning of one.
    SamplingPrefix(Box<str>),
    /// There would be more rules of sampling than this.
    TooManySamplings(usize),
    /// The core on which async logging is to run is none that the process may use.
    Core(usize),
    /// The directory of the black box is not safe, or the black box lies elsewhere: which, and why.
    BlackBox(Box<str>),
    /// The settings are being changed by the caller already, from within a sink.
    Busy,
}

impl SettingsError {
    #[cold]
    pub(super) fn prefix(prefix: &str) -> Self {
        Self::Prefix(prefix.into())
    }

    #[cold]
    pub(super) fn redacted_path(path: &str) -> Self {
        Self::RedactedPath(path.into())
    }

    #[cold]
    pub(super) fn destination_name(name: &str) -> Self {
        Self::DestinationName(name.into())
    }
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Prefix(prefix) => {
                let better = better_prefix(prefix);
                write!(f, "level_of({prefix:?}): names a logger and all below it, as {better:?} does")
            }
            Self::RedactedPath(path) => write!(
                f,
                "redact({path:?}): a path is a key, or keys with dots between, at any depth: \"password\", \
                 \"*.token\", \"cards.number\" (lists are looked through, without an index)"
            ),
            Self::DestinationName(name) => {
                write!(f, "two destinations are named {name:?}: give one another name with named(…)")
            }
            Self::SamplingPrefix(prefix) => {
                let better = better_prefix(prefix);
                write!(f, "sampling_of({prefix:?}): names a logger and all below it, as {better:?} does")
            }
            Self::TooManySamplings(most) => {
                write!(f, "sampling_of: there may be {most} rules: name what several loggers are below")
            }
            Self::Core(core) => write!(f, "cpu({core}): this process may use no such core"),
            Self::BlackBox(why) => write!(f, "black_box: {why}"),
            Self::Busy => {
                f.write_str("settings are changed from within a change of settings: do it afterwards")
            }
        }
    }
}

impl core::error::Error for SettingsError {}
