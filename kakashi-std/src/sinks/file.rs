//! A file, written at its end.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::path::{self, Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use kakashi_core::{Batch, Readiness, Sink, SinkError, SinkErrorKind, SinkTarget};
#[cfg(unix)]
use kakashi_core::{FileEnd, SinkFile};

use super::sync_state::SyncState;
use super::tail::{Tail, TailFile};
use super::writer::{sink_error, write_bytes};

/// The least time between two looks whether a file was removed.
const LOOK_PAUSE: Duration = Duration::from_secs(1);

/// Grows with each request to open all files anew.
static REOPENED: AtomicUsize = AtomicUsize::new(0);

/// Has every [`FileSink`] open its file anew before its next batch, and a
/// [`RotatingFile`](crate::sinks::RotatingFile) look whether its file is still there: call it
/// after the file has been renamed, as logrotate does. It only counts up a
/// number, so a signal handler may call it.
pub fn reopen_files() {
    REOPENED.fetch_add(1, Ordering::Relaxed);
}

/// Returns how often it was asked for.
pub(super) fn reopen_requests() -> usize {
    REOPENED.load(Ordering::Relaxed)
}

/// Writes to the end of a file, each batch with one call where the system
/// takes it whole.
///
/// If the file ends within a line (a full disk or a crash has torn it), a newline comes
/// before the next record, in all forms whose records are lines. A record that was taken in
/// part is written again, whole, if its first part no longer stands at the end.
///
/// A file that has been removed is noticed within a second, at the next batch, and made again (on
/// Unix). One that has been renamed is gone on with until [`reopen_files`].
#[derive(Debug)]
pub struct FileSink {
    path: PathBuf,
    file: File,
    is_regular: bool,
    tail: Tail,
    sync: SyncState,
    reopened: usize,
    looked_at: Instant,
}

impl FileSink {
    /// Opens a file for appending; makes it, and the directories above it, if
    /// they are missing.
    ///
    /// A relative path is made absolute now: [`reopen_files`] opens the file that was meant
    /// here, wherever the process works by then.
    ///
    /// # Errors
    /// When it can't be made or opened.
    pub fn open(path: impl Into<PathBuf>) -> io::Result<Self> {
        let path = path::absolute(path.into())?;
        let reopened = reopen_requests();
        let (file, is_regular) = open(&path)?;
        let (tail, sync) = (Tail::default(), SyncState::default());
        Ok(Self { path, file, is_regular, tail, sync, reopened, looked_at: Instant::now() })
    }

    fn is_to_reopen(&self) -> bool {
        reopen_requests() != self.reopened
    }

    /// Tells whether what is written could not be found by anybody.
    fn is_removed(&mut self) -> bool {
        let now = Instant::now();
        if now.saturating_duration_since(self.looked_at) < LOOK_PAUSE {
            return false;
        }
        let is_removed = self.is_regular && is_unlinked(&self.file);
        if !is_removed {
            // Else it looks until it could be made again.
            self.looked_at = now;
        }
        is_removed
    }

    fn reopen_if_needed(&mut self) -> io::Result<()> {
        let reopened = reopen_requests();
        if reopened != self.reopened || self.is_removed() {
            let (file, is_regular) = open(&self.path)?;
            self.sync.leave(&self.file);
            (self.file, self.is_regular) = (file, is_regular);
            self.tail = Tail::default();
            self.reopened = reopened;
        }
        Ok(())
    }
}

/// Opens a file, and tells whether it is a regular one.
fn open(path: &Path) -> io::Result<(File, bool)> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    // Read is its last byte only. A fifo must not be read: it would have a reader for ever.
    let is_to_read = fs::metadata(path).map_or(true, |found| found.is_file());
    let opened = match OpenOptions::new().read(is_to_read).append(true).create(true).open(path) {
        Err(error) if is_to_read && error.kind() == ErrorKind::PermissionDenied => {
            OpenOptions::new().append(true).create(true).open(path)
        }
        opened => opened,
    };
    let file = opened?;
    let is_regular = file.metadata()?.is_file();
    Ok((file, is_regular))
}

#[cfg(unix)]
fn is_unlinked(file: &File) -> bool {
    use std::os::unix::fs::MetadataExt as _;

    file.metadata().is_ok_and(|found| found.nlink() == 0)
}

/// An open file can't be removed there.
#[cfg(not(unix))]
fn is_unlinked(_: &File) -> bool {
    false
}

/// Says which regular file it is; nothing where files have no numbers that std can read.
#[cfg(unix)]
pub(super) fn target_of(found: &fs::Metadata) -> Option<SinkTarget> {
    use std::os::unix::fs::MetadataExt as _;

    found.is_file().then(|| SinkTarget { device: found.dev(), file: found.ino() })
}

/// Returns where a regular file ends.
#[cfg(unix)]
pub(super) fn end_of(file: &File) -> Option<FileEnd> {
    let found = file.metadata().ok()?;
    target_of(&found).map(|file| FileEnd { file, position: found.len() })
}

/// Returns a path as the system has it.
#[cfg(unix)]
pub(super) fn path_bytes(path: &Path) -> &[u8] {
    std::os::unix::ffi::OsStrExt::as_bytes(path.as_os_str())
}

#[cfg(not(unix))]
pub(super) fn target_of(_: &fs::Metadata) -> Option<SinkTarget> {
    None
}

impl TailFile for File {
    fn append(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write(bytes)
    }

    fn end(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }

    #[cfg(unix)]
    fn written_to(&self) -> io::Result<u64> {
        io::Seek::stream_position(&mut &*self)
    }

    /// Reading moves the position there.
    #[cfg(not(unix))]
    fn written_to(&self) -> io::Result<u64> {
        self.end()
    }

    fn byte_before(&self, at: u64) -> Option<u8> {
        let mut byte = [0];
        (read_at(self, &mut byte, at.checked_sub(1)?).ok()? == 1).then_some(byte[0])
    }
}

#[cfg(unix)]
pub(super) fn read_at(file: &File, bytes: &mut [u8], at: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, bytes, at)
}

#[cfg(not(unix))]
fn read_at(mut file: &File, bytes: &mut [u8], at: u64) -> io::Result<usize> {
    io::Seek::seek(&mut file, io::SeekFrom::Start(at))?;
    io::Read::read(&mut file, bytes)
}

impl Sink for FileSink {
    fn write(&mut self, batch: &Batch<'_>) -> Result<(), SinkError> {
        self.reopen_if_needed().map_err(|error| sink_error(&error, 0))?;
        if self.is_regular {
            self.tail.write(&mut self.file, batch)
        } else {
            write_bytes(&mut |bytes| self.file.write(bytes), batch.bytes())
        }
    }

    fn sync(&mut self) -> Result<(), SinkError> {
        if !self.is_regular {
            return Err(
                SinkError::new(SinkErrorKind::Failed).because("it is no regular file, and on no disk")
            );
        }
        self.sync.sync(&self.file, &self.path)
    }

    #[cfg(unix)]
    fn readiness(&mut self, timeout: Duration) -> Readiness {
        // To open a fifo waits for its reader.
        if self.is_to_reopen() && fs::metadata(&self.path).is_ok_and(|found| !found.is_file()) {
            return Readiness::Unknown;
        }
        super::descriptor::readiness(std::os::fd::AsFd::as_fd(&self.file), timeout)
    }

    #[cfg(not(unix))]
    fn readiness(&mut self, _: Duration) -> Readiness {
        if self.is_regular && !self.is_to_reopen() { Readiness::Always } else { Readiness::Unknown }
    }

    #[cfg(unix)]
    fn target(&self) -> Option<SinkTarget> {
        target_of(&self.file.metadata().ok()?)
    }

    #[cfg(unix)]
    fn file(&self) -> Option<SinkFile<'_>> {
        self.is_regular.then(|| SinkFile { path: path_bytes(&self.path), rotates: false })
    }

    #[cfg(unix)]
    fn file_end(&self) -> Option<FileEnd> {
        end_of(&self.file)
    }

    /// Files have no numbers that std can read: the path without links stands for the file.
    #[cfg(not(unix))]
    fn target(&self) -> Option<SinkTarget> {
        use std::hash::{DefaultHasher, Hash as _, Hasher as _};

        let path = fs::canonicalize(&self.path).ok().filter(|_| self.is_regular)?;
        let mut hasher = DefaultHasher::new();
        path.hash(&mut hasher);
        Some(SinkTarget { device: u64::MAX, file: hasher.finish() })
    }
}
