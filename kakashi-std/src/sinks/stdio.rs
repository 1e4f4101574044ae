//! The process's stderr and stdout.

use std::io::{self, IsTerminal as _, Write as _};

use kakashi_core::{Batch, Sink, SinkError};

use super::writer::{sink_error, write_bytes};

/// Writes to stderr, each batch with one call where the system takes it whole.
#[derive(Clone, Copy, Debug, Default)]
pub struct StderrSink;

impl Sink for StderrSink {
    fn write(&mut self, batch: &Batch<'_>) -> Result<(), SinkError> {
        write_bytes(&mut io::stderr().lock(), batch.bytes())
    }

    fn is_terminal(&self) -> bool {
        io::stderr().is_terminal()
    }
}

/// Writes to stdout, between what the program itself prints there.
#[derive(Clone, Copy, Debug, Default)]
pub struct StdoutSink;

impl Sink for StdoutSink {
    fn write(&mut self, batch: &Batch<'_>) -> Result<(), SinkError> {
        let mut stdout = io::stdout().lock();
        write_bytes(&mut stdout, batch.bytes())?;
        // Everything was taken: a failure here is met again by the next write.
        stdout.flush().map_err(|error| sink_error(&error, batch.bytes().len()))
    }

    fn is_terminal(&self) -> bool {
        io::stdout().is_terminal()
    }
}
