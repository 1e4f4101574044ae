//! Why an input is not read.

use std::{fmt, io};

/// Reports why an input can't be opened.
#[derive(Debug)]
pub(crate) enum OpenError {
    /// The system refuses.
    System(io::Error),
    /// It is a directory.
    Directory,
    /// `--baud` was given for a file that is no terminal, or on a system where no speed can be set.
    NoSpeed,
    /// It is the terminal from which the command was started.
    #[cfg(unix)]
    OwnTerminal,
    /// The device does not support this speed.
    #[cfg(unix)]
    WrongSpeed { asked: u32, set: u32 },
}

impl OpenError {
    /// Tells whether no file has this name.
    pub(crate) fn is_absent(&self) -> bool {
        matches!(self, Self::System(error) if error.kind() == io::ErrorKind::NotFound)
    }
}

impl From<io::Error> for OpenError {
    fn from(error: io::Error) -> Self {
        Self::System(error)
    }
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::System(error) => write!(f, "can't be read: {error}"),
            Self::Directory => f.write_str("is a directory; name the files in it"),
            Self::NoSpeed if cfg!(unix) => f.write_str("is no terminal and has no speed; leave --baud away"),
            Self::NoSpeed => f.write_str(
                "can't be set to a speed on this system; set it with the system's own command, \
                 as `mode COM3: baud=115200`, and leave --baud away",
            ),
            #[cfg(unix)]
            Self::OwnTerminal => {
                f.write_str("is the terminal you type in; name a FILE, or pipe a log into the command")
            }
            #[cfg(unix)]
            Self::WrongSpeed { asked, set } => {
                write!(f, "can't be set to {asked} baud; the device makes {set} of it")
            }
        }
    }
}
