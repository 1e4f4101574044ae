//! What may be wrong with an input.

use std::{fmt, io};

use super::open_error::CannotOpen;
use crate::elf_sites::{BuildId, WrongElf};
use crate::missing_sites::Passed;

/// Says what was passed over, and where.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// Bytes that are no part of a whole block.
    Damaged { offset: u64, bytes: u64 },
    /// Bytes of a whole block that make no sense.
    WrongItem { block: u64, bytes: usize },
    /// A record that would be a line without end.
    TooLong { block: u64, bytes: usize },
    /// Records of a build of which nothing is known; and of which something is.
    NeedsSites { block: u64, build: BuildId, given: Vec<String> },
    /// How much it was in the end.
    Unexplained(Passed),
    /// The input is not empty, and not a wire.
    NoBlock { bytes: u64 },
    /// The system does not give any of it.
    CannotOpen(CannotOpen),
    /// What is given to explain blocks with does not.
    WrongElf(WrongElf),
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
            Self::NeedsSites { block, build, given } if given.is_empty() => write!(
                f,
                "the block at offset {block} needs the sites of build {build}: \
                 give its ELF file with --sites"
            ),
            Self::NeedsSites { block, build, given } => write!(
                f,
                "the block at offset {block} needs the sites of build {build}, and --sites gave {}: \
                 give the ELF file of that build",
                given.join(", ")
            ),
            Self::Unexplained(Passed { build, bytes, blocks }) => write!(
                f,
                "{bytes} bytes in {blocks} block{} of build {build} were passed over for want of its sites",
                if *blocks == 1 { "" } else { "s" }
            ),
            Self::NoBlock { bytes } => {
                write!(f, "no kakashi block is in it ({bytes} bytes); is it text or JSON already?")
            }
            Self::CannotOpen(why) => why.fmt(f),
            Self::WrongElf(why) => why.fmt(f),
            Self::Unreadable(error) => write!(f, "can't be read: {error}"),
        }
    }
}
