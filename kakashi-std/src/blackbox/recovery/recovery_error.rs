//! Why the black boxes of a directory are not recovered.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Says why nothing in a directory is recovered.
#[derive(Debug)]
#[non_exhaustive]
pub enum RecoveryError {
    /// It can't be read.
    Io {
        /// Which directory.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// It is another user's.
    OtherUser {
        /// Which directory.
        path: PathBuf,
        /// Whose it is.
        user: u32,
    },
    /// Others than its owner may write to it.
    Writable {
        /// Which directory.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// The paths in another user's directory are not to be trusted: [`Recovery::to`](crate::Recovery::to) must say
    /// where its records go.
    NeedsFile {
        /// Which directory.
        path: PathBuf,
    },
}

impl RecoveryError {
    pub(crate) fn of(path: &Path, error: io::Error) -> Self {
        Self::Io { path: path.into(), error }
    }
}

impl fmt::Display for RecoveryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { path, error } => write!(f, "{} can't be read: {error}", path.display()),
            Self::OtherUser { path, user } => write!(
                f,
                "{} belongs to the user {user}, who can recover it; another one, as root, only into a file that \
                 is named, and with --any-user",
                path.display()
            ),
            Self::Writable { path, mode } => write!(
                f,
                "{} can be written by others than its owner (mode {mode:03o}): what is in it may be anybody's; \
                 `chmod 700` it if you know what it holds",
                path.display()
            ),
            Self::NeedsFile { path } => write!(
                f,
                "{} may be another user's, who has chosen the paths in it: say with --to FILE where its records go",
                path.display()
            ),
        }
    }
}

impl Error for RecoveryError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Io { error, .. } => Some(error),
            _ => None,
        }
    }
}
