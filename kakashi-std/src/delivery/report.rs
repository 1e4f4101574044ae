//! Messages to the operator, on stderr: a sink fails, records are dropped.
//!
//! If stderr is what failed, nobody can be informed; `stats()` still counts.

use std::fmt::Arguments;
use std::io;
use std::time::Duration;

use kakashi_core::{OneLine, SinkError, StandardStream};

use crate::sinks::stream;

/// How long a message waits for a stderr that takes nothing.
const PATIENCE: Duration = Duration::from_millis(100);
/// The longest message: a pipe takes it whole or not at all.
const MAX_BYTES: usize = 4096;

/// Reports that a sink has begun to fail; up to `backlog_bytes` wait for it.
pub(crate) fn sink_failed(name: &str, error: SinkError, backlog_bytes: usize) {
    let cause = match error.os_code() {
        Some(code) => io::Error::from_raw_os_error(code).to_string(),
        None => error.to_string(),
    };
    let limit = backlog_bytes >> 20;
    print(format_args!("{name} failed: {cause}; records wait and are tried again, up to {limit} MiB"));
}

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
