//! What was not shown of an input, and why.

use std::{fmt, io};

use super::content::Content;
use super::open_error::OpenError;
use crate::elf_sites::{BuildId, ElfError};
use crate::missing_sites::UndecodedBuild;

/// One reason why a part of an input, or all of it, was not shown.
#[derive(Debug)]
pub(crate) enum Warning {
    /// Bytes that are no part of a whole block.
    Damaged { offset: u64, bytes: u64 },
    /// Bytes of a whole block that are no valid item.
    WrongItem { block: u64, bytes: usize },
    /// So many more places with such bytes, which were not reported one by one.
    MorePassedOver { places: u64, bytes: u64 },
    /// So many lines were longer than the limit, and lack so many bytes.
    Cut { lines: u64, bytes: u64 },
    /// So many records whose lines would be too many times as long as their blocks.
    Unshown { records: u64, growth: usize },
    /// The first block of a build whose sites no given file has; and the given files.
    NeedsSites { block: u64, build: BuildId, given: Vec<String> },
    /// How much of that build was not decoded, up to the end of the input.
    MissingSites(UndecodedBuild),
    /// The input is not empty, and holds no block.
    NoBlock { bytes: u64, content: Content },
    /// The input can't be opened.
    OpenFailed(OpenError),
    /// A file given with `--sites` can't be used.
    BadElf(ElfError),
    /// A read failed; nothing after it was read.
    ReadFailed(io::Error),
}

impl fmt::Display for Warning {
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
            Self::MorePassedOver { places, bytes } => {
                write!(f, "{bytes} bytes in {places} more places were passed over")
            }
            Self::Cut { lines, bytes } => write!(
                f,
                "{lines} line{} too long and cut, by {bytes} bytes in all; --max-line raises the limit",
                if *lines == 1 { " was" } else { "s were" }
            ),
            Self::Unshown { records, growth } => write!(
                f,
                "{records} record{} passed over, because the lines of a block may be {growth} times as long \
                 as the block; --max-line raises that too",
                if *records == 1 { " was" } else { "s were" }
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
            Self::MissingSites(UndecodedBuild { build, bytes, blocks }) => write!(
                f,
                "{bytes} bytes in {blocks} block{} of build {build} were passed over for want of its sites",
                if *blocks == 1 { "" } else { "s" }
            ),
            Self::NoBlock { bytes, content } => {
                write!(f, "no kakashi block is in it ({bytes} bytes); {content}")
            }
            Self::OpenFailed(error) => error.fmt(f),
            Self::BadElf(error) => error.fmt(f),
            Self::ReadFailed(error) => write!(f, "can't be read: {error}"),
        }
    }
}
