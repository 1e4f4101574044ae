//! Recovered records on their way to a sink.

use std::thread;
use std::time::{Duration, Instant};

use kakashi_core::{
    Batch, BatchBuilder, LogLevel, LogRecord, Progress, RecordEnd, Sink, SinkError, SinkErrorKind,
};

use crate::segment::layout::WrittenForm;

/// How many bytes are written at once.
const BATCH_BYTES: usize = 64 << 10;
/// How long a destination is tried that says "not now".
const PATIENCE: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(5);

/// Writes records to a sink, many at once.
pub(super) struct BatchWriter<'s> {
    sink: &'s mut dyn Sink,
    open: Option<(WrittenForm, BatchBuilder)>,
}

impl<'s> BatchWriter<'s> {
    pub(super) fn new(sink: &'s mut dyn Sink) -> Self {
        Self { sink, open: None }
    }

    /// Writes a record in a form.
    pub(super) fn put(&mut self, form: WrittenForm, record: &LogRecord<'_>) -> Result<(), SinkError> {
        // One that is larger than any can be was never taken.
        let _ = self.batch_of(form)?.put(record);
        Ok(())
    }

    /// Writes a record that has its form.
    pub(super) fn put_whole(
        &mut self,
        form: WrittenForm,
        level: LogLevel,
        bytes: &[u8],
    ) -> Result<(), SinkError> {
        self.batch_of(form)?.put_encoded(bytes, std::iter::once(RecordEnd { end: bytes.len(), level }));
        Ok(())
    }

    fn batch_of(&mut self, form: WrittenForm) -> Result<&mut BatchBuilder, SinkError> {
        if self.open.as_ref().is_some_and(|(open, batch)| *open != form || batch.is_full()) {
            self.flush()?;
        }
        let new = || (form, BatchBuilder::new(form.encoder(), BATCH_BYTES));
        Ok(&mut self.open.get_or_insert_with(new).1)
    }

    /// Writes what is left.
    pub(super) fn flush(&mut self) -> Result<(), SinkError> {
        let Some((_, mut batch)) = self.open.take() else { return Ok(()) };
        write_whole(self.sink, &batch.close())
    }
}

/// Writes a batch, as long as its sink takes something now and then.
fn write_whole(sink: &mut dyn Sink, batch: &Batch<'_>) -> Result<(), SinkError> {
    let (mut taken, mut since) = (Progress::default(), Instant::now());
    while !taken.is_whole(batch) {
        let step = taken.advance(batch, &[], |rest| sink.write(rest));
        if step.bytes > 0 {
            since = Instant::now();
        }
        match step.result {
            Err(error) if error.kind() == SinkErrorKind::Retry && since.elapsed() < PATIENCE => {
                thread::sleep(PAUSE);
            }
            Err(error) if error.kind() == SinkErrorKind::Partial && since.elapsed() < PATIENCE => {}
            Err(error) if !taken.is_whole(batch) => return Err(error),
            _ => {}
        }
    }
    Ok(())
}
