//! Messages to the operator, on stderr: a sink fails, records are dropped.
//!
//! If stderr is what failed, nobody can be informed; `stats()` still counts.

use std::fmt::Arguments;
use std::io::{self, Write as _};

use kakashi_core::SinkError;

/// Reports that a sink has begun to fail; up to `backlog_bytes` wait for it.
pub(crate) fn sink_failed(name: &str, error: SinkError, backlog_bytes: usize) {
    let cause = match error.os_code() {
        Some(code) => io::Error::from_raw_os_error(code).to_string(),
        None => error.to_string(),
    };
    let limit = backlog_bytes >> 20;
    print(format_args!("{name} failed: {cause}; records wait and are tried again, up to {limit} MiB"));
}

/// Prints a line that begins with `kakashi:` on stderr.
pub(crate) fn print(message: Arguments<'_>) {
    let _ = writeln!(io::stderr(), "kakashi: {message}");
}
