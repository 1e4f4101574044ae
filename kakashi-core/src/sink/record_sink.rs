//! Where decoded records go.

use super::record_batch::RecordBatch;
use super::sink_error::SinkError;

/// Takes batches of decoded records: what an exporter wants, who makes a form of its own of
/// them.
///
/// Records wait for it as [the wire](crate::wire): a logging call makes no text for it. A
/// [`DecodingSink`](crate::DecodingSink) reads them, where and when the sink is called: for
/// threads, blocking, logging, panics, retries and forks everything that [`Sink`](crate::Sink)
/// says holds for it too. In `kakashi-std` it has a thread of its own, whatever it does, and
/// up to `backlog_bytes` wait for it.
///
/// What the service, the request and the logger say is among a record's
/// [fields](crate::LogRecord::for_each_field), filtered and redacted. Announcements of drops
/// are records too: of the logger `kakashi`, with the fields `dropped`, `levels` and `reasons`.
///
/// # Examples
///
/// ```
/// use kakashi_core::encode::RecordWire;
/// use kakashi_core::{
///     Accepted, Batch, DecodingSink, Encoder as _, EncoderCache, LogLevel, LogRecord, Name, Output, RecordBatch,
///     RecordEnd, RecordSink, Sink as _, SinkError, SinkErrorKind, Timestamp,
/// };
///
/// /// A receiver that takes two records a call, and never those without a logger.
/// #[derive(Default)]
/// struct Receiver {
///     is_down: bool,
///     messages: Vec<String>,
/// }
///
/// impl RecordSink for Receiver {
///     fn write(&mut self, batch: &RecordBatch<'_>) -> Result<Accepted, SinkError> {
///         if self.is_down {
///             return Err(SinkError::new(SinkErrorKind::Closed));
///         }
///         let (mut taken, mut rejected) = (0, 0);
///         for record in batch.records().take(2) {
///             taken += 1;
///             match record.logger.text() {
///                 "" => rejected += 1,
///                 _ => self.messages.push(record.rendered_message()),
///             }
///         }
///         Ok(Accepted::first(taken).rejecting(rejected))
///     }
/// }
///
/// // What a logger does:
/// let (mut room, mut cache, mut ends) = ([0; 256], EncoderCache::new(), Vec::new());
/// let mut out = Output::new(&mut room);
/// for (logger, message) in [("shop", "Ready"), ("", "Lost"), ("shop", "Stopping")] {
///     let record = LogRecord::new(Timestamp::Wall(0), LogLevel::Info, Name::new(logger), message);
///     RecordWire.encode(&record, &mut cache, &mut out);
///     ends.push(RecordEnd { end: out.position(), level: LogLevel::Info });
/// }
/// RecordWire.finish(&mut cache, &mut out);
/// ends[2].end = out.position();
///
/// let mut sink = DecodingSink::new(Receiver::default());
/// let part = sink.write(&Batch::new(out.written(), &ends)).unwrap_err();
/// assert_eq!((part.kind(), part.rejected_records()), (SinkErrorKind::Partial, 1));
/// assert_eq!(part.accepted_bytes(), ends[1].end, "the third record comes again");
/// assert_eq!(sink.get_ref().messages, ["Ready"]);
/// ```
pub trait RecordSink {
    /// Takes a batch, or the first records of it: the rest is offered again at once, as a
    /// batch of its own. Where it says that it took none, the batch is offered again within
    /// milliseconds.
    ///
    /// # Errors
    /// A [`SinkError`] if it took nothing, which may say [when](SinkError::retry_after) to
    /// offer the batch again. (What the error itself says of bytes and records is ignored.)
    fn write(&mut self, batch: &RecordBatch<'_>) -> Result<Accepted, SinkError>;

    /// Passes on what the sink keeps back itself, if it does, and returns when the receiver
    /// has confirmed it. Called by `flush`, not after each batch.
    ///
    /// # Errors
    /// As `write`.
    fn flush(&mut self) -> Result<(), SinkError> {
        Ok(())
    }
}

impl<S: RecordSink + ?Sized> RecordSink for &mut S {
    fn write(&mut self, batch: &RecordBatch<'_>) -> Result<Accepted, SinkError> {
        (**self).write(batch)
    }

    fn flush(&mut self) -> Result<(), SinkError> {
        (**self).flush()
    }
}

impl<S: RecordSink + ?Sized> RecordSink for alloc::boxed::Box<S> {
    fn write(&mut self, batch: &RecordBatch<'_>) -> Result<Accepted, SinkError> {
        (**self).write(batch)
    }

    fn flush(&mut self) -> Result<(), SinkError> {
        (**self).flush()
    }
}

/// Says how many records of a batch are settled: taken, or refused for good.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Accepted {
    records: usize,
    rejected: usize,
    cause: Option<&'static str>,
}

impl Accepted {
    /// All records of the batch.
    pub const ALL: Self = Self::first(usize::MAX);

    /// So many records from the batch's front; those that were refused count.
    pub const fn first(records: usize) -> Self {
        Self { records, rejected: 0, cause: None }
    }

    /// Says how many of these the receiver refused, and would refuse again: they are counted
    /// as [`Rejected`](crate::DropReason::Rejected), with the levels of the last ones.
    #[must_use]
    pub const fn rejecting(mut self, records: usize) -> Self {
        self.rejected = records;
        self
    }

    /// Says in a few words why, for the operator.
    #[must_use]
    pub const fn because(mut self, cause: &'static str) -> Self {
        self.cause = Some(cause);
        self
    }

    /// Returns why records were refused, if that was said.
    pub const fn cause(&self) -> Option<&'static str> {
        self.cause
    }

    /// Returns how many records are settled; more than the batch has means all of them.
    pub const fn records(&self) -> usize {
        self.records
    }

    /// Returns how many of them were refused.
    pub const fn rejected(&self) -> usize {
        self.rejected
    }
}
