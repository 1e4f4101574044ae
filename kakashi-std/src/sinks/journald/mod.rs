//! systemd's journal, by its native protocol.
//!
//! Each record is an entry with its fields, which `journalctl` finds by; nothing is made text
//! but the message. The socket never blocks, and nothing comes back from it: an entry is counted
//! as written when the socket's queue has it. It never writes a field that the journal keeps for
//! itself.

mod entry;
mod error;
mod field_name;
mod sink;
mod socket;
mod stderr_stream;

use std::env;
use std::path::{Path, PathBuf};

use kakashi_core::Destination;

pub use self::error::JournaldError;
pub use self::sink::JournaldSink;
pub(super) use self::stderr_stream::destination_for_stderr;

/// Where the journal listens.
const SOCKET: &str = "/run/systemd/journal/socket";

/// Chooses how records are sent to systemd's journal: under which name, by which socket.
///
/// A record's level is `PRIORITY` (TRACE and DEBUG 7, INFO 6, WARNING 4, ERROR 3, CRITICAL 2) and
/// `LEVEL`, its message with the placeholders filled `MESSAGE`, without `MESSAGE_TEMPLATE`, its
/// logger `LOGGER`, its time `SYSLOG_TIMESTAMP`, its place `CODE_FILE`, `CODE_LINE` and, for the
/// module, `CODE_FUNC`. Its fields come after these; [the guide](crate::_guides::destinations)
/// has the rules for their names.
///
/// ```no_run
/// use kakashi_std::configure;
/// use kakashi_std::sinks::Journald;
///
/// configure().destination(Journald::new().identifier("shop").destination()?).apply();
/// # Ok::<(), kakashi_std::sinks::JournaldError>(())
/// ```
///
/// # Platforms
///
/// Linux only; elsewhere it does not exist.
#[derive(Clone, Debug)]
#[must_use = "it does nothing until it is opened"]
pub struct Journald {
    identifier: String,
    socket: PathBuf,
}

impl Default for Journald {
    fn default() -> Self {
        Self::new()
    }
}

impl Journald {
    /// Begins with the program's name, and with the socket that `KAKASHI_JOURNAL_SOCKET` names,
    /// else `/run/systemd/journal/socket`.
    pub fn new() -> Self {
        let socket = env::var_os("KAKASHI_JOURNAL_SOCKET").filter(|path| !path.is_empty());
        let socket = socket.map_or_else(|| SOCKET.into(), PathBuf::from);
        Self { identifier: program_name().unwrap_or_default(), socket }
    }

    /// Sets the name that entries go by, `SYSLOG_IDENTIFIER`: what `journalctl -t` finds.
    pub fn identifier(mut self, identifier: impl Into<String>) -> Self {
        self.identifier = identifier.into();
        self
    }

    /// Sets the path of the journal's socket.
    pub fn socket(mut self, path: impl Into<PathBuf>) -> Self {
        self.socket = path.into();
        self
    }

    /// Connects to the journal.
    ///
    /// # Errors
    /// When the identifier is empty or has control characters, or nobody listens at the socket.
    pub fn open(self) -> Result<JournaldSink, JournaldError> {
        if self.identifier.is_empty() || self.identifier.contains(char::is_control) {
            return Err(JournaldError::Setting(format!(
                "identifier is {:?}: give a name without control characters, such as \"shop\"",
                self.identifier
            )));
        }
        JournaldSink::connect(&self.socket, &self.identifier)
    }

    /// Connects as [`open`](Self::open) does, and makes a destination of it.
    ///
    /// # Errors
    /// As `open`.
    pub fn destination(self) -> Result<Destination, JournaldError> {
        Ok(Destination::new(self.open()?).named("journald"))
    }
}

/// Returns the file's name of the program as it was started.
fn program_name() -> Option<String> {
    let started = env::args_os().next()?;
    let name = Path::new(&started).file_name()?.to_string_lossy();
    Some(name.replace(char::is_control, "_"))
}
