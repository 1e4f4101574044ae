//! What may be wrong with an input.

use std::{fmt, io};

use crate::open::CannotOpen;

/// Says what was passed over, and where.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// Bytes that are no part of a whole block.
    Damaged { offset: u64, bytes: u64 },
    /// Bytes of a whole block that make no sense.
    WrongItem { block: u64, bytes: usize },
    /// A record that would be a line without end.
    TooLong { block: u64, bytes: usize },
    /// The input is not empty, and not a wire.
    NoBlock { bytes: u64 },
    /// The system does not give any of it.
    CannotOpen(CannotOpen),
    /// The system gives no more of it.
    Unreadable(io::Error),
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Damaged { offset, bytes: 1 } => {
                write!(f, "1 damaged byte at offset {offset} was passed over")
            }
            Self::Damaged { offset, bytes } => {
                write!(f, "{bytes} damaged bytes at offset {offset} were passed over")
            }
            Self::WrongItem { block, bytes } => {
                write!(f, "{bytes} bytes in the block at offset {block} make no sense and were passed over")
            }
            Self::TooLong { block, bytes } => write!(
                f,
                "a record in the block at offset {block} would be a line of {bytes} bytes and was passed over"
            ),
            Self::NoBlock { bytes } => {
                write!(f, "no kakashi block is in it ({bytes} bytes); is it text or JSON already?")
            }
            Self::CannotOpen(why) => why.fmt(f),
            Self::Unreadable(error) => write!(f, "can't be read: {error}"),
        }
    }
}
