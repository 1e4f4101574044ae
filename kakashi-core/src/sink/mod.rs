//! Where batches go.

pub(crate) mod batch;
#[cfg(feature = "alloc")]
pub(crate) mod batch_builder;
#[cfg(feature = "alloc")]
pub(crate) mod decoding_sink;
#[cfg(feature = "alloc")]
pub(crate) mod delivery;
pub(crate) mod function_sink;
#[cfg(feature = "alloc")]
pub(crate) mod record_batch;
#[cfg(feature = "alloc")]
pub(crate) mod record_sink;
pub(crate) mod sink_error;
#[cfg(feature = "alloc")]
pub(crate) mod stored_records;

use core::time::Duration;

use crate::sink::batch::Batch;
use crate::sink::sink_error::{SinkError, SinkErrorKind};
#[cfg(feature = "alloc")]
use crate::sink::stored_records::StoredRecordCounter;

/// Takes batches of encoded records to where they belong: a file, a socket, a test.
///
/// # Threads
///
/// Calls of one sink never overlap. Who makes them depends on the platform:
///
/// - `kakashi-std`, a sink that answers [`Readiness::Always`]: `kakashi-flusher`,
///   `kakashi-worker`, `kakashi-exit` while the process ends, and threads that log: for
///   ERROR and CRITICAL of sync loggers, for `flush`, `configure().apply()` and the panic
///   of a thread, and when more than three batches wait for the sink.
/// - `kakashi-std`, every other sink: a thread of its own, `kakashi-writer`, which is started
///   when there is something to write and ends after five idle seconds. Where the sink
///   answers [`Readiness::Bytes`] a caller that must wait for it anyhow (ERROR, `flush`, a
///   panic, the end of the process) may write so many bytes itself. Where no thread can be
///   started, such a caller writes, as long as it takes.
/// - `kakashi-wasm`: the JavaScript thread, from a logging call, a timer or a microtask.
/// - [`DirectLogger`](crate::DirectLogger): the logging call; `Ring::drain`: its caller.
///
/// # Blocking
///
/// A sink may block if it does not say that it never does. In `kakashi-std` it then holds
/// up its own thread and no other destination. A caller waits for it at most:
///
/// | | by default |
/// |---|---|
/// | ERROR or CRITICAL of a sync logger, `configure().apply()` | `urgent_timeout`, 5 s |
/// | a record while more than `backlog_bytes` (4 MiB) wait for a sink that takes nothing | `stall_timeout`, 5 s |
/// | `flush`, `flush_timeout` | 10 s, its timeout |
/// | the panic of a thread, the end of the process | 1 s, 5 s |
///
/// [`readiness`](Self::readiness) runs on a caller, who waits for it: it must return within
/// the timeout that it is given.
///
/// # Logging
///
/// A sink may log. `kakashi-std` publishes such a record at once, so that it keeps its place
/// in the order, and writes nothing before the sink's call has returned, whatever the level:
/// `kakashi-flusher` writes it within the idle interval. `flush` does nothing inside of a
/// sink. `kakashi-wasm` defers such a record until the sink's call has returned. With a
/// `DirectLogger` it is dropped and counted as `reentrant`.
///
/// # Panics
///
/// Where panics unwind, one is an error of kind [`Failed`](crate::SinkErrorKind::Failed) with
/// nothing accepted: the batch comes again.
///
/// # Failures
///
/// After an error, `kakashi-std` and `kakashi-wasm` offer the rest of the batch again:
/// 50 ms later, then at pauses that double up to 1 s. `flush` and the end of the process
/// don't wait for that: `kakashi-std` tries again every 20 ms until their deadline. There,
/// ERROR, CRITICAL and a change of the settings do not wait for a sink that fails.
///
/// Whatever is logged meanwhile waits, up to 4 MiB for each destination (`kakashi-std`:
/// `configure().backlog_bytes`). `kakashi-std` then drops what is below WARNING first, the
/// youngest of it first; then the youngest of what is left. `kakashi-wasm` drops what comes
/// then. It is counted as [`SinkFailed`](crate::DropReason::SinkFailed), and announced once
/// the sink takes something again. When the sink begins to fail, this is reported once (on
/// stderr, or to `on_error`). A `DirectLogger` drops and counts the record; a `Ring` keeps
/// it.
///
/// An error of the kind [`Retry`](crate::SinkErrorKind::Retry) is no failure but "not now": it is
/// not reported, and the rest is offered again within milliseconds. After one of the kind
/// [`Partial`](crate::SinkErrorKind::Partial) it is offered at once.
///
/// A receiver that says when it wants to be asked again is not asked before, by `flush`
/// and the end of the process neither: `SinkError::retry_after`. What it refuses for good is
/// dropped and counted as `rejected`: `SinkError::rejecting`.
///
/// # Forks
///
/// The parent of a fork writes what it has buffered, the child what it logs itself, each
/// through its copy of the sink. `fork` waits a second at most for a sink that another
/// thread is writing to; if that still writes then, or if the sink itself forks, the child
/// drops what it logs there and counts it as [`Shutdown`](crate::DropReason::Shutdown).
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

    /// Puts what the sink has taken where it outlasts a loss of power, and returns when it is
    /// there. Called for destinations of [`Durability::Synced`](crate::Durability::Synced):
    /// once when such a one is configured, then after the writes that callers wait for.
    ///
    /// # Errors
    /// When it could not be done: by itself, that the sink has no such place. What was taken
    /// is not written again.
    fn sync(&mut self) -> Result<(), SinkError> {
        let error = SinkError::new(SinkErrorKind::Failed);
        #[cfg(feature = "alloc")]
        let error = error.because("it can't put what it takes on a disk: use a file, or Durability::Written");
        Err(error)
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
    /// [`Unknown`](Readiness::Unknown), as it is at first, it leaves the write to the sink's
    /// own thread. Asked by `kakashi-std` only, before each write of a caller, on the
    /// threads that [`Sink`] lists; a panic counts as `Unknown`.
    fn readiness(&mut self, timeout: Duration) -> Readiness {
        let _ = timeout;
        Readiness::Unknown
    }

    /// Returns what the sink writes to, if it is known: sinks with one target share a queue,
    /// so that records stand there once and in order.
    fn target(&self) -> Option<SinkTarget> {
        None
    }

    /// Returns the file that it writes to, by which another process can go on with it.
    #[doc(hidden)]
    fn file(&self) -> Option<SinkFile<'_>> {
        None
    }

    /// Returns where that file ends now, which no other process knows when this one is dead.
    #[doc(hidden)]
    fn file_end(&self) -> Option<FileEnd> {
        None
    }

    /// Tells whether it decodes its batches, and so takes one form only: that of
    /// [`RecordWire`](crate::encode::RecordWire).
    #[doc(hidden)]
    fn takes_records(&self) -> bool {
        false
    }

    /// Hands over where to count records that the sink stores to deliver them later. Called by
    /// `kakashi-std` only, before the first write.
    #[cfg(feature = "alloc")]
    #[doc(hidden)]
    fn count_stored(&mut self, counter: alloc::sync::Arc<dyn StoredRecordCounter>) {
        drop(counter);
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

/// The file that a sink writes to.
#[doc(hidden)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SinkFile<'a> {
    /// Its absolute path, as the system has it.
    pub path: &'a [u8],
    /// Others of the same path follow it.
    pub rotates: bool,
}

/// Where a sink's file ends.
#[doc(hidden)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FileEnd {
    /// Which file it is.
    pub file: SinkTarget,
    /// Its length.
    pub position: u64,
}

/// Makes a sink of what leads to one.
macro_rules! sink_behind {
    ($pointer:ty) => {
        impl<S: Sink + ?Sized> Sink for $pointer {
            fn write(&mut self, batch: &Batch<'_>) -> Result<(), SinkError> {
                (**self).write(batch)
            }

            fn flush(&mut self) -> Result<(), SinkError> {
                (**self).flush()
            }

            fn sync(&mut self) -> Result<(), SinkError> {
                (**self).sync()
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

            fn file(&self) -> Option<SinkFile<'_>> {
                (**self).file()
            }

            fn file_end(&self) -> Option<FileEnd> {
                (**self).file_end()
            }

            fn takes_records(&self) -> bool {
                (**self).takes_records()
            }

            #[cfg(feature = "alloc")]
            fn count_stored(&mut self, counter: alloc::sync::Arc<dyn StoredRecordCounter>) {
                (**self).count_stored(counter);
            }
        }
    };
}

sink_behind! { &mut S }
#[cfg(feature = "alloc")]
sink_behind! { alloc::boxed::Box<S> }
