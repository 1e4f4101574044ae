//! The sink itself: each record an entry, each entry a datagram.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::Path;

use kakashi_core::{
    Accepted, Batch, DecodingSink, RecordBatch, RecordSink, Sink, SinkError, SinkErrorKind, SinkTarget,
};

use super::entry::EntryWriter;
use super::error::JournaldError;
use super::socket::{JournalSocket, Sent};

/// No system has so many devices; the numbers after it are those of streams and of files
/// without numbers.
const JOURNALS: u64 = u64::MAX - 2;

/// Sends records to systemd's journal; [`Journald`](crate::sinks::Journald) makes it.
#[derive(Debug)]
pub struct JournaldSink {
    entries: DecodingSink<EntrySender>,
    target: SinkTarget,
}

impl JournaldSink {
    pub(super) fn connect(socket: &Path, identifier: &str) -> Result<Self, JournaldError> {
        let no_journal = |error| JournaldError::NoJournal { socket: socket.into(), error };
        let entries = EntrySender {
            socket: JournalSocket::connect(socket).map_err(no_journal)?,
            identifier: identifier.into(),
            entry: EntryWriter::default(),
        };
        let mut hasher = DefaultHasher::new();
        (socket, identifier).hash(&mut hasher);
        let target = SinkTarget { device: JOURNALS, file: hasher.finish() };
        Ok(Self { entries: DecodingSink::new(entries), target })
    }
}

impl Sink for JournaldSink {
    fn write(&mut self, batch: &Batch<'_>) -> Result<(), SinkError> {
        self.entries.write(batch)
    }

    /// Two for one journal share what waits, so that their records stand there in order.
    fn target(&self) -> Option<SinkTarget> {
        Some(self.target)
    }

    fn takes_records(&self) -> bool {
        true
    }
}

/// Sends each record by itself.
#[derive(Debug)]
struct EntrySender {
    socket: JournalSocket,
    identifier: Box<str>,
    entry: EntryWriter,
}

impl RecordSink for EntrySender {
    fn write(&mut self, batch: &RecordBatch<'_>) -> Result<Accepted, SinkError> {
        let (mut settled, mut rejected) = (0, 0);
        for record in batch.records() {
            let failed = match self.socket.send(self.entry.make(&record, &self.identifier)) {
                Sent::Taken => None,
                Sent::Refused => {
                    rejected += 1;
                    None
                }
                Sent::NotNow => Some(SinkError::new(SinkErrorKind::Retry)),
                Sent::Gone(errno) => Some(
                    SinkError::new(SinkErrorKind::Closed)
                        .because("the journal does not listen")
                        .with_os_code(errno.raw_os_error()),
                ),
                Sent::Failed(errno) => {
                    Some(SinkError::new(SinkErrorKind::Failed).with_os_code(errno.raw_os_error()))
                }
            };
            match failed {
                None => settled += 1,
                // What was sent must not come again: the rest is offered anew, and fails alone.
                Some(_) if settled > 0 => return Ok(Accepted::first(settled).rejecting(rejected)),
                Some(error) => return Err(error),
            }
        }
        Ok(Accepted::ALL.rejecting(rejected))
    }
}
