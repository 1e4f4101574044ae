//! Why a disk buffer can't be opened.

use std::path::{Path, PathBuf};
use std::{error, fmt, io};

/// Reports why a disk buffer can't be opened, and what would be right.
///
/// It becomes an [`io::Error`] by `?`, of kind `ResourceBusy` where the directory is in use.
#[derive(Debug)]
#[non_exhaustive]
pub enum DiskBufferError {
    /// Another destination of this process has its records there.
    InUse {
        /// The directory.
        path: PathBuf,
        /// What has its records there.
        receiver: String,
    },
    /// The system refused something.
    Io {
        /// What it was about: the directory, or the lock in it.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
}

impl DiskBufferError {
    /// Makes an error of a path out of one of the system's.
    pub(super) fn of(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |error| Self::Io { path, error }
    }
}

impl fmt::Display for DiskBufferError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InUse { path, receiver } => write!(
                f,
                "disk buffer {}: it is that of {receiver}: give each destination a directory of its own",
                path.display()
            ),
            Self::Io { path, error } => write!(f, "disk buffer {}: {error}", path.display()),
        }
    }
}

impl error::Error for DiskBufferError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Io { error, .. } => Some(error),
            Self::InUse { .. } => None,
        }
    }
}

impl From<DiskBufferError> for io::Error {
    fn from(error: DiskBufferError) -> Self {
        let kind = match &error {
            DiskBufferError::InUse { .. } => io::ErrorKind::ResourceBusy,
            DiskBufferError::Io { error, .. } => error.kind(),
        };
        Self::new(kind, error)
    }
}
