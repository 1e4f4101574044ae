//! Why a rotating file can't be opened.

use std::path::{Path, PathBuf};
use std::{error, fmt, io};

/// Reports why a rotating file can't be opened, and what would be right.
///
/// It becomes an [`io::Error`] by `?`, of kind `InvalidInput` for a setting and `ResourceBusy`
/// for a file that is in use.
#[derive(Debug)]
#[non_exhaustive]
pub enum RotatingFileError {
    /// A setting makes no sense: the text names it, its value and what would be right.
    Setting(String),
    /// A process writes these files already.
    InUse {
        /// The path that was given.
        path: PathBuf,
        /// The process, as far as it says so in the lock file.
        process: Option<u32>,
    },
    /// The system refused something.
    Io {
        /// What it was about: a folder, a file, a link.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
}

impl RotatingFileError {
    /// Makes an error of a path out of one of the system's.
    pub(super) fn of(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |error| Self::Io { path, error }
    }
}

impl fmt::Display for RotatingFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Setting(text) => f.write_str(text),
            Self::InUse { path, process } => {
                write!(f, "{} is written by ", path.display())?;
                match process {
                    Some(id) => write!(f, "process {id}")?,
                    None => f.write_str("another process")?,
                }
                f.write_str(" already: choose another path, or pid_in_names() to give each its own files")
            }
            Self::Io { path, error } => write!(f, "{}: {error}", path.display()),
        }
    }
}

impl error::Error for RotatingFileError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Io { error, .. } => Some(error),
            _ => None,
        }
    }
}

impl From<RotatingFileError> for io::Error {
    fn from(error: RotatingFileError) -> Self {
        let kind = match &error {
            RotatingFileError::Setting(_) => io::ErrorKind::InvalidInput,
            RotatingFileError::InUse { .. } => io::ErrorKind::ResourceBusy,
            RotatingFileError::Io { error, .. } => error.kind(),
        };
        Self::new(kind, error)
    }
}
