//! Reports of a sink that fails.

use std::io;

use kakashi_core::SinkError;

pub(crate) use crate::sinks::notice::print;

/// Reports that a sink has begun to fail; up to `backlog_bytes` wait for it.
pub(crate) fn sink_failed(name: &str, error: SinkError, backlog_bytes: usize) {
    let cause = cause(error);
    let limit = backlog_bytes >> 20;
    print(format_args!("{name} failed: {cause}; records wait and are tried again, up to {limit} MiB"));
}

/// Reports that what was written could not be put on the disk.
pub(crate) fn sync_failed(name: &str, error: SinkError) {
    print(format_args!("{name} can't put its records on the disk: {}", cause(error)));
}

fn cause(error: SinkError) -> String {
    match error.os_code() {
        Some(code) => io::Error::from_raw_os_error(code).to_string(),
        None => error.to_string(),
    }
}
