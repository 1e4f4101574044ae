//! What happened to an input that is followed; no record is lost by it.

use std::fmt;

use super::content::Content;
use super::open_error::OpenError;

/// One event of an input: why no bytes come, or why it is read from its start again.
#[derive(Debug)]
pub(crate) enum Notice {
    /// There is no such file yet.
    NotYet,
    /// The file was renamed or deleted, or the device was unplugged.
    Gone,
    /// The last writer of a named pipe has closed it.
    Closed,
    /// The file exists, but can't be opened now.
    OpenFailed(OpenError),
    /// Another file has taken the name.
    Replaced,
    /// The file is shorter than the part of it that was read.
    Truncated,
    /// This many bytes came, without a block.
    NoBlockYet { bytes: u64, content: Content },
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotYet => f.write_str("does not exist yet; waiting for it"),
            Self::Gone => f.write_str("is gone; waiting until it is back"),
            Self::Closed => f.write_str("its writer has closed it; waiting for the next"),
            Self::OpenFailed(error) => write!(f, "{error}; trying again"),
            Self::Replaced => f.write_str("was replaced; the new file is read from its start"),
            Self::Truncated => f.write_str("was truncated; it is read again from its start"),
            Self::NoBlockYet { bytes, content } => {
                write!(f, "no kakashi block is among the first {bytes} bytes; {content}")?;
                // Noise may look like text.
                let may_be_noise = matches!(content, Content::Text | Content::Unknown);
                f.write_str(if may_be_noise { ", or --baud is wrong" } else { "" })
            }
        }
    }
}
