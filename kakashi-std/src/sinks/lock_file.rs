//! The lock of files: one process writes them.
//!
//! On Unix it is flock(2) on a file beside them, which ends with the process, however that
//! ends. A forked child inherits it; it closes its copy at once, or the lock would outlive the
//! parent. A program that is executed gets none.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use std::{process, thread};

use kakashi_core::SinkTarget;

/// Time between two attempts.
const RETRY_AFTER: Duration = Duration::from_millis(1);

/// A lock that this process holds.
#[derive(Debug)]
pub(super) struct LockFile {
    path: PathBuf,
    file: Option<File>,
    /// The process that took it.
    owner: u32,
    /// Which file it is.
    pub(super) target: SinkTarget,
}

/// Why a lock can't be had.
#[derive(Debug)]
pub(super) enum LockError {
    /// Another process has it: which, as far as that says so.
    InUse(Option<u32>),
    Io(io::Error),
}

impl From<io::Error> for LockError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Gives the lock back also where a child that is being started has a copy of the descriptor:
/// it closes that no sooner than it executes its program.
impl Drop for LockFile {
    fn drop(&mut self) {
        if let Some(file) = &self.file
            && self.owner == process::id()
        {
            platform::unlock(file);
        }
    }
}

impl LockFile {
    /// Returns the path of the lock of a path's files, or of a process's.
    pub(super) fn path_of(folder: &Path, file_name: &str, pid: u32) -> PathBuf {
        if pid == 0 {
            folder.join(format!(".{file_name}.lock"))
        } else {
            folder.join(format!(".{file_name}.{pid}.lock"))
        }
    }

    /// Takes a lock, for which it waits until a deadline, and writes this process's id there; on a full
    /// disk it holds without one.
    pub(super) fn acquire(path: &Path, deadline: Instant) -> Result<Self, LockError> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true);
        let mut opened = Self::open(&options, path)?;
        while opened.is_none() && Instant::now() < deadline {
            thread::sleep(RETRY_AFTER);
            opened = Self::open(&options, path)?;
        }
        let Some(mut lock) = opened else {
            let mut holder = String::new();
            let _ = File::open(path).and_then(|mut file| file.read_to_string(&mut holder));
            return Err(LockError::InUse(holder.trim().parse().ok()));
        };
        if let Some(file) = &mut lock.file {
            let _ = file.set_len(0).and_then(|()| writeln!(file, "{}", process::id()));
        }
        Ok(lock)
    }

    /// Takes the lock of a process that has ended; none if it runs, or there is no lock.
    pub(super) fn acquire_if_there(path: &Path) -> Option<Self> {
        Self::open(OpenOptions::new().read(true).write(true), path).ok()?
    }

    fn open(options: &OpenOptions, path: &Path) -> io::Result<Option<Self>> {
        loop {
            let Some(file) = platform::open_locked(options, path)? else { return Ok(None) };
            let target = platform::target(&file, path)?;
            // Who had it may have removed it meanwhile: then others find another one.
            if Self::target_of(path) == Some(target) {
                return Ok(Some(Self { path: path.into(), file: Some(file), owner: process::id(), target }));
            }
        }
    }

    /// Returns which file lies at a path.
    pub(super) fn target_of(path: &Path) -> Option<SinkTarget> {
        platform::target_of(path).ok()
    }

    /// Returns the file, which its holder may write to; none in a child that has closed it.
    pub(super) fn file(&self) -> Option<&File> {
        self.file.as_ref()
    }

    /// Removes the file of a lock that nobody will take any more.
    pub(super) fn remove(self) {
        self.remove_file();
    }

    /// As [`remove`](Self::remove), at the end of what has the lock; it stays a parent's.
    pub(super) fn remove_file(&self) {
        if self.file.is_some() && self.owner == process::id() {
            let _ = fs::remove_file(&self.path);
        }
    }

    /// Tells whether the lock is still the one that others find: its folder may have been
    /// removed.
    pub(super) fn is_found(&self) -> bool {
        self.file.is_some() && Self::target_of(&self.path) == Some(self.target)
    }

    /// Closes a child's copy of its parent's lock, which stays the parent's.
    pub(super) fn abandon(&mut self) {
        self.file = None;
    }
}

#[cfg(unix)]
mod platform {
    use std::os::unix::fs::MetadataExt as _;

    use rustix::fs::{FlockOperation, flock};
    use rustix::io::Errno;

    use super::{File, OpenOptions, Path, SinkTarget, fs, io};

    /// Opens and locks a file; none if another has the lock. std opens files close-on-exec.
    pub(super) fn open_locked(options: &OpenOptions, path: &Path) -> io::Result<Option<File>> {
        let file = options.open(path)?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Some(file)),
            Err(Errno::WOULDBLOCK) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    pub(super) fn unlock(file: &File) {
        let _ = flock(file, FlockOperation::Unlock);
    }

    pub(super) fn target(file: &File, _: &Path) -> io::Result<SinkTarget> {
        Ok(of(&file.metadata()?))
    }

    pub(super) fn target_of(path: &Path) -> io::Result<SinkTarget> {
        Ok(of(&fs::metadata(path)?))
    }

    fn of(found: &fs::Metadata) -> SinkTarget {
        SinkTarget { device: found.dev(), file: found.ino() }
    }
}

#[cfg(not(unix))]
mod platform {
    use std::hash::{DefaultHasher, Hash as _, Hasher as _};

    use super::{File, OpenOptions, Path, SinkTarget, fs, io};

    /// Opens a file that nobody else can open; none if another has it.
    pub(super) fn open_locked(options: &OpenOptions, path: &Path) -> io::Result<Option<File>> {
        #[cfg(windows)]
        const SHARING_VIOLATION: i32 = 32;
        #[cfg(windows)]
        let options = {
            use std::os::windows::fs::OpenOptionsExt as _;

            let mut options = options.clone();
            options.share_mode(0);
            options
        };
        match options.open(path) {
            #[cfg(windows)]
            Err(error) if error.raw_os_error() == Some(SHARING_VIOLATION) => Ok(None),
            opened => opened.map(Some),
        }
    }

    /// It ends when the file is closed.
    pub(super) fn unlock(_: &File) {}

    pub(super) fn target(_: &File, path: &Path) -> io::Result<SinkTarget> {
        target_of(path)
    }

    /// Files have no numbers that std can read: the path without links stands for the file.
    pub(super) fn target_of(path: &Path) -> io::Result<SinkTarget> {
        let mut hasher = DefaultHasher::new();
        fs::canonicalize(path)?.hash(&mut hasher);
        Ok(SinkTarget { device: u64::MAX, file: hasher.finish() })
    }
}
