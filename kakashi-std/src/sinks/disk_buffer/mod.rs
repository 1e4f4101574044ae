//! A buffer on the disk for records that their receiver does not take.
//!
//! # How others do it
//!
//! Vector (disk buffers v2), Fluent Bit (`storage.type filesystem`) and the OpenTelemetry
//! Collector (`file_storage` under a sending queue) write *everything* to the disk first, and
//! send from there: their records come from elsewhere, and are confirmed to that place once they
//! are on the disk. Ours come from the process itself, whose end the records in memory survive
//! only if they have been sent or stored; so while the receiver lives the disk would cost and
//! gain nothing. Hence: memory as long as the receiver takes records, the disk as soon as it
//! does not, until all that lies there has been sent.
//!
//! Taken from them: files in order that are removed whole (Vector's data files, Fluent Bit's
//! chunks), a bound on all bytes together, by which either the oldest file goes (Fluent Bit) or
//! what comes is kept out (Vector's `block`), checksums by which a torn end is found, and a mark
//! of what is confirmed. Not taken: a ledger that files must agree with (a crash between the
//! removal of a file and the ledger's next state has had Vector fail at each start: here a mark
//! that names a missing file means nothing), one lock for the whole directory (here each process
//! has files and a lock of its own, so that several live side by side), an index or a database
//! (a listing of names says all).
//!
//! # Layout
//!
//! | file | |
//! |---|---|
//! | `1796065612123-4711-0.000001.klog` | blocks of the [wire](crate::wire): milliseconds and process that opened the buffer, a count, the file's number |
//! | `.1796065612123-4711-0.lock` | locked while that process lives; the [mark](mark) |
//! | `….klog.unread` | a file that had damage, after the rest of it was sent; kept |
//!
//! Everything else in the directory is somebody else's and is not touched.
//!
//! # What a kill leaves
//!
//! | killed | |
//! |---|---|
//! | while a record is appended | a torn end, which is passed over and told |
//! | between append and answer | all of it lies there |
//! | between the receiver's answer and the mark | up to half a MiB is sent twice |
//! | between the mark and the removal of the file | the next process removes it |

mod announcements;
mod blocks;
mod buffer_state;
mod error;
mod file_set;
mod mark;
mod names;
mod next_run;
mod room;
mod sender;
mod settings;
mod shared_buffer;
mod sink;
mod store;
mod storing;

use std::any::type_name;
use std::path::Path;
use std::time::Duration;

use kakashi_core::{DecodingSink, Destination, RecordSink};

pub use self::error::DiskBufferError;
use self::settings::BufferSettings;
#[cfg(unix)]
pub(crate) use self::shared_buffer::{LockedBuffers, lock_for_fork};
pub use self::sink::DiskBufferSink;

/// Keeps records on the disk that a receiver does not take, and sends them when it does, also
/// those of processes that have ended.
///
/// It stands before any [`RecordSink`]: those of `Otlp`, `Syslog` and `Http` by their `disk_buffer`,
/// one of your own by [`destination`](Self::destination).
///
/// ```no_run
/// use kakashi_std::sinks::DiskBuffer;
/// use kakashi_std::{Accepted, RecordBatch, RecordSink, SinkError, SinkErrorKind, configure};
///
/// /// Sends records to a receiver of one's own.
/// struct Exporter;
///
/// impl RecordSink for Exporter {
///     fn write(&mut self, _batch: &RecordBatch<'_>) -> Result<Accepted, SinkError> {
///         Err(SinkError::new(SinkErrorKind::Closed))
///     }
/// }
///
/// let buffer = DiskBuffer::new("/var/spool/shop").max_bytes(1 << 30).remove_oldest_when_full();
/// configure().destination(buffer.destination(Exporter)?.named("exporter")).apply();
/// # Ok::<(), kakashi_std::sinks::DiskBufferError>(())
/// ```
///
/// # What happens when
///
/// While the receiver takes records, nothing is written to the disk. A batch that it fails, or has
/// not answered within [`answer_timeout`](Self::answer_timeout), is stored, and so is what comes
/// after it, in order, until all has been sent: by a thread of its own, at the pauses of any
/// [sink](crate::Sink) that fails, or when the receiver wants to be asked again. What it refuses
/// is counted as [`Rejected`](crate::DropReason::Rejected), as without a buffer.
///
/// **`flush`**, and with it the end of a process, is complete when records are sent or lie on the
/// disk. While the receiver takes what lies there it waits for that, up to
/// [`drain_timeout`](Self::drain_timeout), so that programs which run for a moment get
/// rid of it, too.
///
/// **When it is full** nothing is stored: records wait in memory, up to `backlog_bytes`, and
/// are then dropped by level, as for any sink that fails
/// ([`SinkFailed`](crate::DropReason::SinkFailed)). By
/// [`remove_oldest_when_full`](Self::remove_oldest_when_full) the oldest file goes instead, its
/// records counted as [`QueueFull`](crate::DropReason::QueueFull). A disk that is full, or can't
/// be written, is reported once, and records wait in memory as without a buffer.
///
/// **Twice** a record is sent only where a process is killed between the receiver's answer and
/// the note of it, or where a receiver's answer was lost, as without a buffer.
///
/// **Counts**: what lies on the disk is part of `waiting` in
/// [`stats_by_destination`](crate::stats_by_destination), and said as `on_disk`; what earlier
/// processes have left is `found` there.
///
/// # Several processes
///
/// Each has files of its own in the directory, and sends those. Who opens it, and who writes to it
/// every ten seconds, sends also what ended processes have left: whether they have
/// ended is told by a lock, never by a process's id. Limits hold for each process. A directory
/// serves one destination; another one of the same process gets
/// [`InUse`](DiskBufferError::InUse). The child of a fork has files of its own; where its parent
/// was sending at that moment, it only stores them, and a later process sends.
///
/// # Files
///
/// Blocks of the [wire](crate::wire), which `kakashi decode DIR/*.klog` prints. What of a file
/// can't be read is passed over and reported; such a file is kept with the ending `.unread`. They
/// are readable and writable for their owner alone, and so is the directory if it is made.
///
/// # Platforms
///
/// On Unix the lock is flock(2); on Windows a file that is opened for one process alone. Elsewhere
/// there is no lock: give each process a directory of its own.
#[derive(Clone, Debug)]
#[must_use = "it does nothing until a destination is made of it"]
pub struct DiskBuffer {
    settings: BufferSettings,
}

impl DiskBuffer {
    /// Begins with a directory, which is made if it is missing.
    pub fn new(folder: impl AsRef<Path>) -> Self {
        Self { settings: BufferSettings::new(folder.as_ref().to_owned()) }
    }

    fn with(mut self, change: impl FnOnce(&mut BufferSettings)) -> Self {
        change(&mut self.settings);
        self
    }

    /// Sets how many bytes may lie there: at least 4 KiB, 256 MiB at first.
    pub fn max_bytes(self, bytes: u64) -> Self {
        self.with(|settings| settings.max_bytes = bytes.max(4 << 10))
    }

    /// Sets after how many bytes the next file is begun: 1 KiB to a quarter of `max_bytes`, 8 MiB at
    /// first. A file is removed when all of it has been sent.
    pub fn max_file_bytes(self, bytes: u64) -> Self {
        self.with(|settings| settings.max_file_bytes = bytes.max(1 << 10))
    }

    /// Removes the oldest file when it is full. By default what lies there stays, and records
    /// wait in memory.
    pub fn remove_oldest_when_full(self) -> Self {
        self.with(|settings| settings.removes_oldest_when_full = true)
    }

    /// Waits for the disk itself each time that records are stored: they survive a loss of power
    /// then, and not only the process's end.
    pub fn sync(self) -> Self {
        self.with(|settings| settings.syncs = true)
    }

    /// Sets how long a batch waits in memory for the receiver's answer before it is stored; 1 s at
    /// first. The answer counts all the same if it comes later.
    pub fn answer_timeout(self, timeout: Duration) -> Self {
        self.with(|settings| settings.answer_timeout = timeout)
    }

    /// Sets how long `flush` waits while the receiver takes what lies on the disk; 2 s at
    /// first.
    pub fn drain_timeout(self, timeout: Duration) -> Self {
        self.with(|settings| settings.drain_timeout = timeout)
    }

    /// Opens the directory before a receiver.
    ///
    /// # Errors
    /// When another destination of this process has it, or the system refuses it.
    pub fn open<S: RecordSink + Send + 'static>(
        self,
        receiver: S,
    ) -> Result<DiskBufferSink, DiskBufferError> {
        self.open_named(receiver, type_name::<S>())
    }

    /// As [`open`](Self::open), for a receiver of this name.
    pub(crate) fn open_named(
        self,
        receiver: impl RecordSink + Send + 'static,
        name: &str,
    ) -> Result<DiskBufferSink, DiskBufferError> {
        DiskBufferSink::open(self.settings, name, Box::new(DecodingSink::new(receiver)))
    }

    /// Opens as [`open`](Self::open) does, and makes a destination of it.
    ///
    /// # Errors
    /// As `open`.
    pub fn destination(
        self,
        receiver: impl RecordSink + Send + 'static,
    ) -> Result<Destination, DiskBufferError> {
        Ok(Destination::new(self.open(receiver)?))
    }

    /// As [`destination`](Self::destination), for a receiver of this name.
    #[cfg(any(feature = "http", feature = "otlp", feature = "syslog"))]
    pub(crate) fn destination_named(
        self,
        receiver: impl RecordSink + Send + 'static,
        name: &str,
    ) -> Result<Destination, DiskBufferError> {
        Ok(Destination::new(self.open_named(receiver, name)?).named(name))
    }
}
