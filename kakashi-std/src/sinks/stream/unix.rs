//! The streams on Unix: write(2), poll(2), fstat(2).

use std::fs::File;
use std::io;
use std::os::fd::{AsFd as _, BorrowedFd};
use std::sync::{Mutex, TryLockError};
use std::time::{Duration, Instant};

use kakashi_core::{Batch, FileEnd, Readiness, SinkError, SinkErrorKind, SinkTarget, StandardStream};
use rustix::fs::{OFlags, fcntl_getfl, tell};
use rustix::io::Errno;

use super::changes::note_change;
use super::target::of_stream;
use crate::sinks::descriptor::{self, Behind};
use crate::sinks::file::read_at;
use crate::sinks::tail::{Tail, TailFile};
use crate::sinks::writer::{sink_error, write_bytes};

/// How long what is known of the file behind a stream is taken to be true while writes
/// succeed: to ask costs nearly as much as a write.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// What is known of the file behind a stream. The file is the process's, not a sink's: two
/// sinks for a stream share it.
struct Known {
    target: Option<SinkTarget>,
    is_file: bool,
    tail: Tail,
    /// When it was looked at; nothing after a write that failed.
    looked: Option<Instant>,
}

impl Known {
    const NOTHING: Self = Self { target: None, is_file: false, tail: Tail::Unknown, looked: None };

    fn look(&mut self, stream: StandardStream) -> io::Result<()> {
        let behind = Behind::of(fd(stream))?;
        let before = self.target.replace(behind.target());
        if before != self.target {
            self.tail = Tail::Unknown;
            if before.is_some() {
                note_change();
            }
        }
        self.is_file = behind.is_file();
        Ok(())
    }

    fn write(&mut self, stream: StandardStream, batch: &Batch<'_>) -> Result<(), SinkError> {
        let now = Instant::now();
        if self.looked.is_none_or(|looked| now.duration_since(looked) >= LOOK_AGAIN) {
            self.look(stream).map_err(|error| sink_error(&error, 0))?;
            self.looked = Some(now);
        }
        let result = if self.is_file {
            self.tail.write(&mut StreamFile(stream), batch)
        } else {
            write_all(stream, batch)
        };
        if result.is_err() {
            self.looked = None;
        }
        result
    }
}

static STDOUT: Mutex<Known> = Mutex::new(Known::NOTHING);
static STDERR: Mutex<Known> = Mutex::new(Known::NOTHING);

fn known(stream: StandardStream) -> &'static Mutex<Known> {
    match stream {
        StandardStream::Stdout => &STDOUT,
        StandardStream::Stderr => &STDERR,
    }
}

fn fd(stream: StandardStream) -> BorrowedFd<'static> {
    match stream {
        StandardStream::Stdout => rustix::stdio::stdout(),
        StandardStream::Stderr => rustix::stdio::stderr(),
    }
}

/// Writes a batch.
pub(in crate::sinks) fn write(stream: StandardStream, batch: &Batch<'_>) -> Result<(), SinkError> {
    // Not waited for: another sink for the stream may hold it in a long write, and a fork may
    // leave it locked for ever.
    let result = match known(stream).try_lock() {
        Ok(mut known) => known.write(stream, batch),
        Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner().write(stream, batch),
        Err(TryLockError::WouldBlock) => write_all(stream, batch),
    };
    result.map_err(|error| match error.os_code() {
        Some(code) if code == Errno::BADF.raw_os_error() => {
            SinkError::new(SinkErrorKind::Closed).accepted(error.accepted_bytes()).with_os_code(code)
        }
        _ => error,
    })
}

fn write_all(stream: StandardStream, batch: &Batch<'_>) -> Result<(), SinkError> {
    write_bytes(&mut |bytes| write_some(stream, bytes), batch.bytes())
}

/// Writes some bytes.
pub(super) fn write_some(stream: StandardStream, bytes: &[u8]) -> io::Result<usize> {
    Ok(rustix::io::write(fd(stream), bytes)?)
}

/// Tells whether it is a terminal.
pub(crate) fn is_terminal(stream: StandardStream) -> bool {
    rustix::termios::isatty(fd(stream))
}

/// Returns what asks how wide the stream is, if it is a terminal that knows.
pub(crate) fn asks_columns(stream: StandardStream) -> fn() -> Option<usize> {
    fn ask(stream: StandardStream) -> Option<usize> {
        rustix::termios::tcgetwinsize(fd(stream)).ok().map(|size| size.ws_col.into())
    }
    match stream {
        StandardStream::Stdout => || ask(StandardStream::Stdout),
        StandardStream::Stderr => || ask(StandardStream::Stderr),
    }
}

/// Tells what a write would do, as [`descriptor::readiness`].
pub(in crate::sinks) fn readiness(stream: StandardStream, timeout: Duration) -> Readiness {
    descriptor::readiness(fd(stream), timeout)
}

/// Returns what the stream writes to: a file, pipe or socket, which the other stream may have
/// too; otherwise (a terminal, a closed descriptor) the stream itself.
pub(in crate::sinks) fn target(stream: StandardStream) -> Option<SinkTarget> {
    let shared = Behind::of(fd(stream)).ok().filter(Behind::may_be_torn);
    Some(shared.map_or(of_stream(stream), |behind| behind.target()))
}

/// Returns where the next write goes, if the stream is a regular file.
pub(in crate::sinks) fn file_end(stream: StandardStream) -> Option<FileEnd> {
    let behind = Behind::of(fd(stream)).ok().filter(Behind::may_be_torn)?;
    let position = StreamFile(stream).end().ok()?;
    Some(FileEnd { file: behind.target(), position })
}

/// A stream that is a regular file.
struct StreamFile(StandardStream);

impl TailFile for StreamFile {
    fn append(&mut self, bytes: &[u8]) -> io::Result<usize> {
        write_some(self.0, bytes)
    }

    fn end(&self) -> io::Result<u64> {
        if fcntl_getfl(fd(self.0))?.contains(OFlags::APPEND) {
            return Ok(Behind::of(fd(self.0))?.len());
        }
        self.written_to()
    }

    fn written_to(&self) -> io::Result<u64> {
        Ok(tell(fd(self.0))?)
    }

    /// The stream itself is mostly open for writing only.
    fn byte_before(&self, at: u64) -> Option<u8> {
        let number = match self.0 {
            StandardStream::Stdout => 1,
            StandardStream::Stderr => 2,
        };
        let folder =
            if cfg!(any(target_os = "linux", target_os = "android")) { "/proc/self/fd" } else { "/dev/fd" };
        let file = File::open(format!("{folder}/{number}")).ok()?;
        if Behind::of(file.as_fd()).ok()?.target() != Behind::of(fd(self.0)).ok()?.target() {
            return None;
        }
        let mut byte = [0];
        (read_at(&file, &mut byte, at.checked_sub(1)?).ok()? == 1).then_some(byte[0])
    }
}
