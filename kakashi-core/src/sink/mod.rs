//! Where batches go.

pub(crate) mod batch;
#[cfg(feature = "alloc")]
pub(crate) mod batch_builder;
#[cfg(feature = "alloc")]
pub(crate) mod delivery;
pub(crate) mod function_sink;

use core::fmt;
use core::time::Duration;

use crate::sink::batch::Batch;

/// Takes batches of encoded records to where they belong: a file, a socket, a test.
///
/// # Threads
///
/// Calls of one sink never overlap. Who makes them depends on the platform:
///
/// - `kakashi-std`: threads of kakashi's (`kakashi-flusher`, `kakashi-worker`, and
///   `kakashi-exit` while the process ends), and threads that log: for ERROR and CRITICAL
///   of sync loggers, for `flush`, `configure().apply()` and the panic of a thread, and
///   when a thread finds no spare buffer because four wait for this sink.
/// - `kakashi-wasm`: the JavaScript thread, from a logging call, a timer or a microtask.
/// - [`DirectLogger`](crate::DirectLogger): the logging call; `Ring::drain`: its caller.
///
/// # Blocking
///
/// A sink may block. Callers wait for it only in the cases above. `flush` waits for a
/// sink that another thread is writing to ten seconds at most, the end of a process five.
///
/// # Logging
///
/// A sink may log. Such a record is deferred until its call has returned, and is not
/// written at once whatever its level. With a `DirectLogger` it is dropped and counted as
/// `reentrant`.
///
/// # Panics
///
/// Where panics unwind, one is an error of kind [`Failed`](SinkErrorKind::Failed) with
/// nothing accepted: the batch comes again.
///
/// # Failures
///
/// After an error, `kakashi-std` and `kakashi-wasm` offer the rest of the batch again:
/// 50 ms later, then at pauses that double up to 1 s; `flush`, a change of the
/// destinations and the end of the process don't wait for that. Whatever is logged
/// meanwhile waits, up to 4 MiB for each destination; what comes then is dropped and
/// counted as [`SinkFailed`](crate::DropReason::SinkFailed), and announced once the sink
/// takes something again. When it begins to fail, this is reported once (on stderr, or to
/// `on_error`). A `DirectLogger` drops and counts the record; a `Ring` keeps it.
///
/// # Forks
///
/// The parent of a fork writes what it has buffered, the child what it logs itself, each
/// through its copy of the sink. The process waits a second at most for a sink that is
/// writing; if it still does, the child drops what it logs there and counts it as
/// [`Shutdown`](crate::DropReason::Shutdown).
///
/// # Examples
///
/// ```
/// use kakashi_core::{Batch, LogLevel, RecordEnd, Sink, SinkError, SinkErrorKind};
///
/// /// Takes what has room.
/// struct Bounded {
///     bytes: Vec<u8>,
///     most: usize,
/// }
///
/// impl Sink for Bounded {
///     fn write(&mut self, batch: &Batch<'_>) -> Result<(), SinkError> {
///         let room = (self.most - self.bytes.len()).min(batch.bytes().len());
///         self.bytes.extend_from_slice(&batch.bytes()[..room]);
///         if room == batch.bytes().len() {
///             Ok(())
///         } else {
///             Err(SinkError::new(SinkErrorKind::Full).accepted(room))
///         }
///     }
/// }
///
/// let mut sink = Bounded { bytes: Vec::new(), most: 8 };
/// let ends = [RecordEnd { end: 6, level: LogLevel::Info }, RecordEnd { end: 13, level: LogLevel::Info }];
/// let error = sink.write(&Batch::new(b"first\nsecond\n", &ends)).unwrap_err();
/// assert_eq!((error.kind(), error.accepted_bytes()), (SinkErrorKind::Full, 8));
/// ```
pub trait Sink {
    /// Takes a whole batch, or says how much of it was taken.
    ///
    /// # Errors
    /// A [`SinkError`] that says how many bytes were taken. The bytes after these are
    /// handed over again, as a batch of their own that may begin within a record; an
    /// error that accepts all of them is counted, and nothing comes again.
    fn write(&mut self, batch: &Batch<'_>) -> Result<(), SinkError>;

    /// Writes what the sink buffers itself, if it buffers. Called by `flush`, not after each
    /// batch.
    ///
    /// # Errors
    /// As `write`; the error's count of accepted bytes is ignored.
    fn flush(&mut self) -> Result<(), SinkError> {
        Ok(())
    }

    /// Tells whether it is a terminal, which `Format::Auto` and colours depend on. Called
    /// when the destination is configured; of the standard streams also when the file
    /// behind one has changed.
    fn is_terminal(&self) -> bool {
        false
    }

    /// Tells which standard stream it is, if it is one: `FORCE_COLOR` is for them alone.
    #[doc(hidden)]
    fn standard_stream(&self) -> Option<StandardStream> {
        None
    }

    /// Tells whether a write would return without waiting for whoever reads, after waiting
    /// for that up to `timeout` (zero: not at all).
    ///
    /// A caller with a deadline asks before it writes itself; where the answer is
    /// [`Unknown`](Readiness::Unknown) it leaves the write to a thread of kakashi's.
    fn readiness(&mut self, timeout: Duration) -> Readiness {
        let _ = timeout;
        Readiness::Unknown
    }

    /// Returns what the sink writes to, if it is known: sinks with one target share a queue,
    /// so that records stand there once and in order.
    fn target(&self) -> Option<SinkTarget> {
        None
    }
}

/// Tells whether a write would return without waiting for whoever reads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Readiness {
    /// Nobody knows.
    Unknown,
    /// Any write returns: to a regular file, to memory, to a descriptor that says "not now"
    /// rather than wait.
    Always,
    /// A write of at most so many bytes returns. A batch for such a sink may end within a
    /// record; the rest comes next.
    Bytes(usize),
    /// A write would wait.
    NotNow,
}

/// Names one of the process's streams.
#[doc(hidden)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StandardStream {
    /// Descriptor 1.
    Stdout,
    /// Descriptor 2.
    Stderr,
}

/// Identifies what a sink writes to: a device's number and a file's number on it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct SinkTarget {
    /// The number of the device.
    pub device: u64,
    /// The number of the file on the device.
    pub file: u64,
}

/// Says what is wrong with a sink, for reports and for programs.
///
/// All kinds are tried again at the same times; see [`Sink`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum SinkErrorKind {
    /// Nothing: it could not take more just now. Not reported.
    Retry,
    /// The destination is full: a disk, a quota, a buffer.
    Full,
    /// The reader is gone: a closed pipe, a lost connection.
    Closed,
    /// Anything else.
    Failed,
}

/// Reports that a sink did not take a whole batch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SinkError {
    kind: SinkErrorKind,
    accepted: usize,
    os_code: Option<i32>,
}

impl SinkError {
    /// Makes an error of a batch of which nothing was taken.
    pub const fn new(kind: SinkErrorKind) -> Self {
        Self { kind, accepted: 0, os_code: None }
    }

    /// Says how many bytes from the batch's front were taken.
    #[must_use]
    pub const fn accepted(mut self, bytes: usize) -> Self {
        self.accepted = bytes;
        self
    }

    /// Adds the operating system's number for the error.
    #[must_use]
    pub const fn with_os_code(mut self, code: i32) -> Self {
        self.os_code = Some(code);
        self
    }

    /// Returns what is wrong.
    pub const fn kind(&self) -> SinkErrorKind {
        self.kind
    }

    /// Returns how many bytes from the batch's front were taken.
    pub const fn accepted_bytes(&self) -> usize {
        self.accepted
    }

    /// Returns the operating system's number for the error.
    pub const fn os_code(&self) -> Option<i32> {
        self.os_code
    }
}

impl fmt::Display for SinkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            SinkErrorKind::Retry => "the sink can take no more just now",
            SinkErrorKind::Full => "the sink has no room",
            SinkErrorKind::Closed => "nobody reads from the sink any more",
            SinkErrorKind::Failed => "the sink failed",
        })?;
        match self.os_code {
            Some(code) => write!(f, " (os error {code})"),
            None => Ok(()),
        }
    }
}

impl core::error::Error for SinkError {}

impl<S: Sink + ?Sized> Sink for &mut S {
    fn write(&mut self, batch: &Batch<'_>) -> Result<(), SinkError> {
        (**self).write(batch)
    }

    fn flush(&mut self) -> Result<(), SinkError> {
        (**self).flush()
    }

    fn is_terminal(&self) -> bool {
        (**self).is_terminal()
    }

    fn standard_stream(&self) -> Option<StandardStream> {
        (**self).standard_stream()
    }

    fn readiness(&mut self, timeout: Duration) -> Readiness {
        (**self).readiness(timeout)
    }

    fn target(&self) -> Option<SinkTarget> {
        (**self).target()
    }
}

#[cfg(feature = "alloc")]
impl<S: Sink + ?Sized> Sink for alloc::boxed::Box<S> {
    fn write(&mut self, batch: &Batch<'_>) -> Result<(), SinkError> {
        (**self).write(batch)
    }

    fn flush(&mut self) -> Result<(), SinkError> {
        (**self).flush()
    }

    fn is_terminal(&self) -> bool {
        (**self).is_terminal()
    }

    fn standard_stream(&self) -> Option<StandardStream> {
        (**self).standard_stream()
    }

    fn readiness(&mut self, timeout: Duration) -> Readiness {
        (**self).readiness(timeout)
    }

    fn target(&self) -> Option<SinkTarget> {
        (**self).target()
    }
}
