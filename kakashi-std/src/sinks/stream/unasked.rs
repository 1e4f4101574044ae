//! What is known of a stream on systems but Unix, where it can't be asked more.

use std::io::{self, IsTerminal as _};
use std::time::Duration;

use kakashi_core::{FileEnd, Readiness, SinkTarget, StandardStream};

use super::target::of_stream;

/// Tells whether it is a terminal; std takes no lock for it.
pub(crate) fn is_terminal(stream: StandardStream) -> bool {
    match stream {
        StandardStream::Stdout => io::stdout().is_terminal(),
        StandardStream::Stderr => io::stderr().is_terminal(),
    }
}

/// Returns what would ask how wide the stream is: here only `COLUMNS` says it.
pub(crate) fn asks_columns(_: StandardStream) -> fn() -> Option<usize> {
    || None
}

/// Nobody knows: a pipe can't be asked.
pub(in crate::sinks) fn readiness(_: StandardStream, _: Duration) -> Readiness {
    Readiness::Unknown
}

/// Nobody knows where it would be written to.
pub(in crate::sinks) fn file_end(_: StandardStream) -> Option<FileEnd> {
    None
}

/// Returns the stream itself: files have no numbers that std can read.
pub(in crate::sinks) fn target(stream: StandardStream) -> Option<SinkTarget> {
    Some(of_stream(stream))
}
