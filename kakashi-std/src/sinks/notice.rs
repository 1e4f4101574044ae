//! Messages to the operator, on stderr, from whatever stage.
//!
//! If stderr is what failed, nobody can be informed; `stats()` still counts.

use std::fmt::Arguments;
use std::time::Duration;

use kakashi_core::{OneLine, StandardStream};

use super::stream;

/// How long a message waits for a stderr that takes nothing.
const PATIENCE: Duration = Duration::from_millis(100);
/// The longest message: a pipe takes it whole or not at all.
const MAX_BYTES: usize = 4096;

/// Prints a line that begins with `kakashi:` on stderr; gives up where nobody reads it.
///
/// It takes no lock of std's, and names in it (of sinks and files) can't do harm.
pub(crate) fn print(message: Arguments<'_>) {
    let mut line = format!("kakashi: {}", OneLine(message));
    let boundary = (0..MAX_BYTES).rev().find(|&at| line.is_char_boundary(at));
    line.truncate(boundary.unwrap_or(0));
    line.push('\n');
    stream::write_within(StandardStream::Stderr, line.as_bytes(), PATIENCE);
}
