//! The streams of systems that are neither Unix nor Windows: std's.

use std::io::{self, Write as _};

use kakashi_core::{Batch, SinkError, StandardStream};

use crate::sinks::writer::{sink_error, write_bytes};

/// Writes a batch.
pub(in crate::sinks) fn write(stream: StandardStream, batch: &Batch<'_>) -> Result<(), SinkError> {
    write_bytes(&mut |bytes| write_some(stream, bytes), batch.bytes())?;
    let flushed = match stream {
        StandardStream::Stdout => io::stdout().flush(),
        StandardStream::Stderr => io::stderr().flush(),
    };
    // Everything was taken: a failure here is met again by the next write.
    flushed.map_err(|error| sink_error(&error, batch.bytes().len()))
}

/// Writes some bytes.
pub(super) fn write_some(stream: StandardStream, bytes: &[u8]) -> io::Result<usize> {
    match stream {
        StandardStream::Stdout => io::stdout().write(bytes),
        StandardStream::Stderr => io::stderr().write(bytes),
    }
}
