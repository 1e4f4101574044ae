//! Any serial line as a sink: all that a driver with `embedded_io` needs.

use embedded_io::Write;
use kakashi_core::{Batch, Sink, SinkError, SinkErrorKind};

/// Sends batches over a line.
#[derive(Debug)]
pub struct Serial<W>(pub W);

impl<W: Write> Sink for Serial<W> {
    fn write(&mut self, batch: &Batch<'_>) -> Result<(), SinkError> {
        let mut rest = batch.bytes();
        while !rest.is_empty() {
            let Ok(len @ 1..) = self.0.write(rest) else {
                let accepted = batch.bytes().len() - rest.len();
                return Err(SinkError::new(SinkErrorKind::Failed).accepted(accepted));
            };
            rest = &rest[len..];
        }
        Ok(())
    }
}
