//! What all sinks of this process for one path share: its lock and the file.
//!
//! A program that changes its settings opens the path a second time while the first sink still
//! writes: the newer settings hold for both.

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};
use std::{io, process};

#[cfg(unix)]
use kakashi_core::FileEnd;
use kakashi_core::{Batch, SinkError, SinkErrorKind, SinkTarget};

use super::active_file::ActiveFile;
use super::closed_files::ClosedFiles;
use super::error::RotatingFileError;
use super::settings::FileSettings;
#[cfg(unix)]
use crate::sinks::file::end_of;
use crate::sinks::lock_file::{LockError, LockFile};
use crate::sinks::notice;
use crate::sinks::writer::sink_error;
use crate::sync::fork_epoch::ForkEpoch;
use crate::sync::timed_lock::lock_until;

/// How long one that opens a path waits for another, or for a write.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long it waits for the lock: a process that has just ended may have left a child that is
/// about to close its copy.
const LOCK_PATIENCE: Duration = Duration::from_millis(100);

/// What this process writes.
static OPEN: Mutex<Vec<Weak<SharedFile>>> = Mutex::new(Vec::new());

/// See the module.
#[derive(Debug)]
pub(super) struct SharedFile {
    epoch: ForkEpoch,
    lock: Mutex<LockFile>,
    /// One for all that open the path: its thread must not meet another one.
    closed_files: Arc<ClosedFiles>,
    active: Mutex<ActiveState>,
}

#[derive(Debug)]
struct ActiveState {
    settings: Arc<FileSettings>,
    file: ActiveFile,
    pid: u32,
    /// The loss of its place, which was reported.
    reported: bool,
}

impl SharedFile {
    /// Opens a path's files; its settings have been checked.
    pub(super) fn open(settings: &Arc<FileSettings>) -> Result<Arc<Self>, RotatingFileError> {
        Self::open_within(settings, LOCK_PATIENCE)
    }

    fn open_within(
        settings: &Arc<FileSettings>,
        lock_patience: Duration,
    ) -> Result<Arc<Self>, RotatingFileError> {
        let folder = settings.folder();
        fs::create_dir_all(folder).map_err(RotatingFileError::of(folder))?;
        let busy = || RotatingFileError::of(&settings.path)(io::ErrorKind::TimedOut.into());
        let deadline = Instant::now() + PATIENCE;
        let mut open = lock_until(&OPEN, deadline).ok_or_else(busy)?;
        open.retain(|shared| shared.strong_count() > 0);
        let pid = if settings.pid_in_names { process::id() } else { 0 };
        let lock_path = LockFile::path_of(folder, settings.file_name(), pid);
        let target = LockFile::target_of(&lock_path);
        let same = open.iter().filter_map(Weak::upgrade).find(|shared| {
            !shared.epoch.is_past() && target.is_some_and(|target| shared.lock().target == target)
        });
        if let Some(shared) = same {
            let mut active = lock_until(&shared.active, deadline).ok_or_else(busy)?;
            if active.file.go_on_by(settings)? {
                active.settings = settings.clone();
            } else {
                *active = ActiveState::open(settings, pid, shared.closed_files.clone())?;
            }
            drop(active);
            return Ok(shared);
        }
        let lock = Mutex::new(acquire_lock(&lock_path, settings, Instant::now() + lock_patience)?);
        let closed_files = Arc::new(ClosedFiles::new(pid));
        let active = Mutex::new(ActiveState::open(settings, pid, closed_files.clone())?);
        let shared = Arc::new(Self { epoch: ForkEpoch::current(), lock, closed_files, active });
        open.push(Arc::downgrade(&shared));
        let holder = Arc::downgrade(&shared);
        shared.closed_files.hold_with(holder);
        Ok(shared)
    }

    /// Opens the files of a forked child, whose settings are its parent's: the path's, if the
    /// parent has ended, or files of its own with its id in their names.
    pub(super) fn open_in_child(
        &self,
        settings: &mut Arc<FileSettings>,
    ) -> Result<Arc<Self>, RotatingFileError> {
        self.lock().abandon();
        match Self::open_within(settings, Duration::ZERO) {
            Err(RotatingFileError::InUse { .. }) if !settings.pid_in_names => {
                Arc::make_mut(settings).pid_in_names = true;
                Self::open(settings)
            }
            opened => opened,
        }
    }

    /// Tells whether it is a parent's of this process.
    pub(super) fn is_parents(&self) -> bool {
        self.epoch.is_past()
    }

    /// Identifies the files, whichever of them is written.
    pub(super) fn target(&self) -> SinkTarget {
        self.lock().target
    }

    /// Returns where the file ends that is written; nothing while another thread opens the path.
    #[cfg(unix)]
    pub(super) fn end(&self) -> Option<FileEnd> {
        end_of(&self.active.try_lock().ok()?.file.file)
    }

    pub(super) fn write(&self, batch: &Batch<'_>) -> Result<(), SinkError> {
        let mut active = self.lock_active()?;
        let now = active.settings.now();
        if active.file.is_lost(now) {
            self.find_again(&mut active)?;
        }
        active.file.write(batch, now)
    }

    pub(super) fn sync(&self) -> Result<(), SinkError> {
        self.lock_active()?.file.sync()
    }

    /// Locks the file that is written, which another thread may have locked while it opens the
    /// path.
    fn lock_active(&self) -> Result<MutexGuard<'_, ActiveState>, SinkError> {
        let retry = SinkError::new(SinkErrorKind::Retry);
        match self.active.try_lock() {
            Ok(active) => Ok(active),
            Err(_) => lock_until(&self.active, Instant::now() + PATIENCE).ok_or(retry),
        }
    }

    /// Makes the folder again, takes its lock and begins a file there.
    #[cold]
    fn find_again(&self, active: &mut ActiveState) -> Result<(), SinkError> {
        let settings = active.settings.clone();
        let result = self
            .lock_again(&settings, active.pid)
            .and_then(|()| ActiveFile::open(&settings, active.pid, self.closed_files.clone()));
        match result {
            Ok(file) => {
                active.file = file;
                if !std::mem::replace(&mut active.reported, false) {
                    let path = settings.path.display();
                    notice::print(format_args!(
                        "{path}: its file was moved or removed; it goes on in a new one"
                    ));
                }
                Ok(())
            }
            Err(error) => {
                active.file.look_again();
                if !std::mem::replace(&mut active.reported, true) {
                    notice::print(format_args!(
                        "its file was moved or removed, and there is no new one: {error}"
                    ));
                }
                Err(match error {
                    RotatingFileError::Io { error, .. } => sink_error(&error, 0),
                    _ => SinkError::new(SinkErrorKind::Failed),
                })
            }
        }
    }

    fn lock_again(&self, settings: &FileSettings, pid: u32) -> Result<(), RotatingFileError> {
        let folder = settings.folder();
        fs::create_dir_all(folder).map_err(RotatingFileError::of(folder))?;
        let mut lock = self.lock();
        if !lock.is_found() {
            let path = LockFile::path_of(folder, settings.file_name(), pid);
            *lock = acquire_lock(&path, settings, Instant::now())?;
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, LockFile> {
        self.lock.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn acquire_lock(
    path: &Path,
    settings: &FileSettings,
    deadline: Instant,
) -> Result<LockFile, RotatingFileError> {
    LockFile::acquire(path, deadline).map_err(|error| match error {
        LockError::InUse(process) => RotatingFileError::InUse { path: settings.path.clone(), process },
        LockError::Io(error) => RotatingFileError::Io { path: path.into(), error },
    })
}

impl ActiveState {
    fn open(
        settings: &Arc<FileSettings>,
        pid: u32,
        closed_files: Arc<ClosedFiles>,
    ) -> Result<Self, RotatingFileError> {
        let file = ActiveFile::open(settings, pid, closed_files)?;
        Ok(Self { settings: settings.clone(), file, pid, reported: false })
    }
}

/// The list of what is written, locked for a fork.
#[cfg(unix)]
pub(crate) struct LockedFiles {
    open: MutexGuard<'static, Vec<Weak<SharedFile>>>,
}

/// Locks the list for a fork; none if it is not free in time.
#[cfg(unix)]
pub(crate) fn lock_for_fork(deadline: Instant) -> Option<LockedFiles> {
    Some(LockedFiles { open: lock_until(&OPEN, deadline)? })
}

#[cfg(unix)]
impl LockedFiles {
    /// Closes, in the child of a fork, its copies of the parent's locks: a child that logs
    /// nothing must not hold them when the parent has ended.
    pub(crate) fn abandon(&self) {
        for shared in self.open.iter().filter_map(Weak::upgrade) {
            if let Ok(mut lock) = shared.lock.try_lock() {
                lock.abandon();
            }
        }
    }
}
