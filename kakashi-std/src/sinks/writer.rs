//! Any `std::io::Write` as a sink.

use std::io::{self, ErrorKind, Write};

use kakashi_core::{Batch, Sink, SinkError, SinkErrorKind};

/// Writes batches to any writer, each with as few calls as it takes.
#[derive(Debug)]
pub struct WriterSink<W> {
    writer: W,
}

impl<W: Write> WriterSink<W> {
    /// Takes a writer. It should not buffer: batches are large already.
    pub const fn new(writer: W) -> Self {
        Self { writer }
    }
}

impl<W: Write> Sink for WriterSink<W> {
    fn write(&mut self, batch: &Batch<'_>) -> Result<(), SinkError> {
        write_bytes(&mut |bytes| self.writer.write(bytes), batch.bytes())
    }

    fn flush(&mut self) -> Result<(), SinkError> {
        self.writer.flush().map_err(|error| sink_error(&error, 0))
    }
}

/// Writes all bytes, or says how many were taken and why no more.
pub(super) fn write_bytes(
    write: &mut dyn FnMut(&[u8]) -> io::Result<usize>,
    bytes: &[u8],
) -> Result<(), SinkError> {
    let mut taken = 0;
    while taken < bytes.len() {
        match write(&bytes[taken..]) {
            Ok(0) => return Err(SinkError::new(SinkErrorKind::Full).accepted(taken)),
            Ok(more) => taken += more.min(bytes.len() - taken),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(sink_error(&error, taken)),
        }
    }
    Ok(())
}

/// Says what an I/O error means for a sink.
pub(super) fn sink_error(error: &io::Error, taken: usize) -> SinkError {
    let kind = match error.kind() {
        ErrorKind::WouldBlock | ErrorKind::TimedOut => SinkErrorKind::Retry,
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => SinkErrorKind::Full,
        ErrorKind::BrokenPipe | ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted => {
            SinkErrorKind::Closed
        }
        _ => SinkErrorKind::Failed,
    };
    let sink_error = SinkError::new(kind).accepted(taken);
    match error.raw_os_error() {
        Some(code) => sink_error.with_os_code(code),
        None => sink_error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes a few bytes a call, and fails at every third.
    struct Halting(Vec<u8>, u8);

    impl Write for Halting {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.1 += 1;
            if self.1.is_multiple_of(3) {
                return Err(ErrorKind::StorageFull.into());
            }
            let taken = bytes.len().min(5);
            self.0.extend_from_slice(&bytes[..taken]);
            Ok(taken)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_short_write_goes_on_and_a_failure_tells_what_was_taken() {
        let text = b"0123456789abcdefghijklmnopqrstuvwxyz";
        let mut writer = Halting(Vec::new(), 0);
        let mut from = 0;
        while let Err(error) = write_bytes(&mut |bytes| writer.write(bytes), &text[from..]) {
            assert_eq!(error.kind(), SinkErrorKind::Full);
            from += error.accepted_bytes();
        }
        assert_eq!(writer.0, text);
    }
}
