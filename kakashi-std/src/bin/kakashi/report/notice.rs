//! What became of an input that is followed: nothing is lost by it.

use std::fmt;

use super::open_error::CannotOpen;

/// Says why nothing comes, or why it begins again.
#[derive(Debug)]
pub(crate) enum Notice {
    /// There is no such file yet.
    NotYet,
    /// The file has lost its name, or the device was unplugged.
    Gone,
    /// The last who wrote to a named pipe has closed it.
    Closed,
    /// There is something, but it can't be opened now.
    Shut(CannotOpen),
    /// Another file has taken the name.
    Replaced,
    /// The file is shorter than what was read of it.
    Truncated,
    /// So many bytes came, and no block among them.
    NoBlockYet { bytes: u64 },
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotYet => f.write_str("does not exist yet; waiting for it"),
            Self::Gone => f.write_str("is gone; waiting until it is back"),
            Self::Closed => f.write_str("its writer has closed it; waiting for the next"),
            Self::Shut(why) => write!(f, "{why}; trying again"),
            Self::Replaced => f.write_str("was replaced; the new file is read from its start"),
            Self::Truncated => f.write_str("was truncated; it is read again from its start"),
            Self::NoBlockYet { bytes } => write!(
                f,
                "no kakashi block is among the first {bytes} bytes; is it text already, or the wrong --baud?"
            ),
        }
    }
}
