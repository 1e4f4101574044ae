//! A receiver with a disk buffer before it, as a sink.

use std::sync::Arc;

use kakashi_core::encode::{RecordWire, is_announcement};
use kakashi_core::wire::{Item, Reader};
use kakashi_core::{Batch, BatchBuilder, Sink, SinkError, SinkErrorKind, SinkTarget, StoredRecordCounter};

use super::blocks::{BlockRun, RecordsByLevel};
use super::buffer_state::BoxedReceiver;
use super::error::DiskBufferError;
use super::sender::is_sender;
use super::settings::BufferSettings;
use super::shared_buffer::SharedBuffer;

/// Sends records to a receiver, and keeps on the disk what that does not take; made by
/// [`DiskBuffer::open`](super::DiskBuffer::open).
///
/// Sinks of one process for one directory share it, with the receiver and the settings of the one
/// that was opened last.
pub struct DiskBufferSink {
    settings: BufferSettings,
    label: String,
    shared: Arc<SharedBuffer>,
    counter: Option<Arc<dyn StoredRecordCounter>>,
    target: SinkTarget,
}

impl DiskBufferSink {
    pub(super) fn open(
        settings: BufferSettings,
        label: &str,
        receiver: BoxedReceiver,
    ) -> Result<Self, DiskBufferError> {
        let shared = SharedBuffer::open(settings.clone(), label, receiver)?;
        Ok(Self { settings, label: label.into(), target: shared.target, shared, counter: None })
    }

    #[cold]
    fn leave_parents(&mut self) -> Result<(), SinkError> {
        let failed = |_| SinkError::new(SinkErrorKind::Failed).because("its disk buffer can't be opened");
        self.shared = self.shared.open_in_child(self.settings.clone(), &self.label).map_err(failed)?;
        if let Some(counter) = &self.counter {
            self.shared.set_counter(counter.clone());
        }
        Ok(())
    }
}

impl Sink for DiskBufferSink {
    fn write(&mut self, batch: &Batch<'_>) -> Result<(), SinkError> {
        if is_sender() {
            // The queue ends on the thread that sends: it must not wait for itself.
            return Err(SinkError::new(SinkErrorKind::Failed));
        }
        if self.shared.epoch.is_past() {
            self.leave_parents()?;
        }
        let (run, records) = run_of(batch);
        let answer = self.shared.write(run, records);
        let all = batch.ends().len();
        let accepted = match answer.ends {
            0 => 0,
            ends if ends >= all => batch.bytes().len(),
            ends => batch.ends().get(ends - 1).map_or(0, |end| end.end),
        };
        match answer.result {
            Ok(()) => Ok(()),
            Err(error) => Err(error.accepted(accepted).rejecting(answer.rejected)),
        }
    }

    fn flush(&mut self) -> Result<(), SinkError> {
        if is_sender() || self.shared.epoch.is_past() {
            return Ok(());
        }
        self.shared.flush()
    }

    /// What it has taken is the receiver's, or was synced when it was stored.
    fn sync(&mut self) -> Result<(), SinkError> {
        if self.settings.syncs {
            return Ok(());
        }
        Err(SinkError::new(SinkErrorKind::Failed)
            .because("its disk buffer does not sync: use DiskBuffer::sync"))
    }

    fn target(&self) -> Option<SinkTarget> {
        Some(self.target)
    }

    fn takes_records(&self) -> bool {
        true
    }

    fn count_stored(&mut self, counter: Arc<dyn StoredRecordCounter>) {
        self.counter = Some(counter.clone());
        self.shared.set_counter(counter);
    }
}

impl Drop for DiskBufferSink {
    fn drop(&mut self) {
        self.shared.leave();
    }
}

impl std::fmt::Debug for DiskBufferSink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DiskBufferSink").finish_non_exhaustive()
    }
}

/// Returns the blocks of a batch, and how many records they have.
fn run_of(batch: &Batch<'_>) -> (BlockRun, RecordsByLevel) {
    let mut run = BlockRun::default();
    if batch.begun().is_empty() {
        run.bytes = batch.bytes().to_vec();
        run.ends = batch.ends().to_vec();
        if batch.len() < run.ends.len() {
            let records = Reader::new(&run.bytes).filter_map(|item| match item {
                Item::Record(record) => Some(record),
                _ => None,
            });
            run.announcements =
                (0..).zip(records).filter(|(_, record)| is_announcement(record)).map(|(at, _)| at).collect();
        }
    } else {
        // Its first records were taken before: the rest becomes blocks of its own.
        let whole = [batch.begun(), batch.bytes()].concat();
        let mut rest = BatchBuilder::new(Arc::new(RecordWire), whole.len());
        let mut reader = Reader::new(&whole);
        while let Some(item) = reader.next() {
            if let Item::Record(record) = item
                && reader.position() > batch.begun().len()
            {
                if is_announcement(&record) {
                    run.announcements.push(run.ends.len());
                }
                let _ = rest.put(&record);
                run.ends.push(kakashi_core::RecordEnd { end: 0, level: record.level });
            }
        }
        let closed = rest.closed();
        run.bytes = closed.bytes().to_vec();
        run.ends = closed.ends().to_vec();
    }
    run.find_blocks();
    let records = run.records(0..run.ends.len());
    (run, records)
}
