//! The streams on Unix: write(2), poll(2), fstat(2).

use std::fs::File;
use std::io;
use std::os::fd::{AsFd as _, BorrowedFd};
use std::sync::{Mutex, TryLockError};
use std::time::Duration;

use kakashi_core::{Batch, Readiness, SinkError, SinkTarget, StandardStream};
use rustix::fs::{OFlags, fcntl_getfl, tell};

use super::changes::note_change;
use crate::sinks::descriptor::{self, Behind};
use crate::sinks::file::read_at;
use crate::sinks::tail::{Tail, TailFile};
use crate::sinks::writer::{sink_error, write_bytes};

/// What is known of the file behind a stream. The file is the process's, not a sink's: two
/// sinks for a stream share it.
struct Known {
    target: Option<SinkTarget>,
    tail: Tail,
}

static STDOUT: Mutex<Known> = Mutex::new(Known { target: None, tail: Tail::Unknown });
static STDERR: Mutex<Known> = Mutex::new(Known { target: None, tail: Tail::Unknown });

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
    let behind = Behind::of(fd(stream)).map_err(|error| sink_error(&error, 0))?;
    // Not waited for: another sink for the stream may hold it in a long write, and a fork may
    // leave it locked for ever.
    let mut known = match known(stream).try_lock() {
        Ok(known) => Some(known),
        Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    };
    if let Some(known) = &mut known {
        let before = known.target.replace(behind.target());
        if before != known.target {
            known.tail = Tail::Unknown;
            if before.is_some() {
                note_change();
            }
        }
    }
    match &mut known {
        Some(known) if behind.is_file() => known.tail.write(&mut StreamFile(stream), batch),
        _ => write_bytes(&mut |bytes| write_some(stream, bytes), batch.bytes()),
    }
}

/// Writes some bytes.
pub(super) fn write_some(stream: StandardStream, bytes: &[u8]) -> io::Result<usize> {
    Ok(rustix::io::write(fd(stream), bytes)?)
}

/// Tells whether it is a terminal.
pub(crate) fn is_terminal(stream: StandardStream) -> bool {
    rustix::termios::isatty(fd(stream))
}

/// Tells what a write would do, as [`descriptor::readiness`].
pub(in crate::sinks) fn readiness(stream: StandardStream, timeout: Duration) -> Readiness {
    descriptor::readiness(fd(stream), timeout)
}

/// Returns the file behind the stream, if it is a regular one.
pub(in crate::sinks) fn target(stream: StandardStream) -> Option<SinkTarget> {
    Behind::of(fd(stream)).ok().filter(Behind::is_file).map(|behind| behind.target())
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
