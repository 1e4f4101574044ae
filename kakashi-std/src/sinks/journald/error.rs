//! Why the journal can't be written to.

use std::path::PathBuf;
use std::{error, fmt, io};

/// Reports why the journal can't be written to, and what would be right.
///
/// It becomes an [`io::Error`] by `?`, of kind `InvalidInput` for a setting.
#[derive(Debug)]
#[non_exhaustive]
pub enum JournaldError {
    /// A setting makes no sense: the text names it, its value and what would be right.
    Setting(String),
    /// Nobody listens at the socket.
    NoJournal {
        /// The socket's path.
        socket: PathBuf,
        /// What the system says.
        error: io::Error,
    },
}

impl fmt::Display for JournaldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Setting(text) => f.write_str(text),
            Self::NoJournal { socket, error } => write!(
                f,
                "there is no journal at {}: {error}; choose another destination, such as sinks::stderr(), where \
                 systemd-journald does not run",
                socket.display()
            ),
        }
    }
}

impl error::Error for JournaldError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::NoJournal { error, .. } => Some(error),
            Self::Setting(_) => None,
        }
    }
}

impl From<JournaldError> for io::Error {
    fn from(error: JournaldError) -> Self {
        let kind = match &error {
            JournaldError::Setting(_) => io::ErrorKind::InvalidInput,
            JournaldError::NoJournal { error, .. } => error.kind(),
        };
        Self::new(kind, error)
    }
}
