//! Why a record that must be kept is not.

use std::error::Error;
use std::fmt;

use kakashi_core::OneLine;

/// Says why a record is not where its caller wants it, when
/// [`try_audit`](crate::try_audit()) returns. In each case the record is counted in
/// [`stats`](crate::stats) like any other.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum NotKept {
    /// No destination takes it: the logger's level, the destinations' thresholds or a filter
    /// leave it out.
    NoDestination,
    /// It was logged from inside of a `Display`, a filter, an enricher or a sink, where nobody
    /// can wait for it. It is written soon.
    Nested,
    /// A record of this level was dropped there meanwhile, perhaps this one.
    Dropped {
        /// The destination's name.
        destination: Box<str>,
    },
    /// The destination fails, or has taken nothing for `urgent_timeout`. The record waits, and
    /// is written if the destination takes something again.
    Waiting {
        /// The destination's name.
        destination: Box<str>,
    },
    /// The operating system has it; that it is on the disk could not be had.
    NotSynced {
        /// The destination's name.
        destination: Box<str>,
    },
}

impl fmt::Display for NotKept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoDestination => f.write_str(
                "no destination takes the record: see its level, their thresholds and the filters",
            ),
            Self::Nested => f.write_str(
                "the record was logged inside of another or of a sink, and is written when that has returned",
            ),
            Self::Dropped { destination } => {
                write!(f, "the record was dropped, or another of its level, at {}", OneLine(destination))
            }
            Self::Waiting { destination } => {
                write!(f, "the record still waits: {} has not taken it", OneLine(destination))
            }
            Self::NotSynced { destination } => {
                write!(f, "the record is written, but {} could not put it on the disk", OneLine(destination))
            }
        }
    }
}

impl Error for NotKept {}
