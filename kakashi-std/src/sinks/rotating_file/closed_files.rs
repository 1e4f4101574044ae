//! What happens to closed files: compressed, kept for a while, removed.
//!
//! A thread of its own does it, for as long as there is something to do: nobody who logs
//! waits for it. It may be killed at any step: what it left half done is found by the next
//! look into the folder, which is taken when a file is begun.

use std::any::Any;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, UNIX_EPOCH};
use std::{fs, io, thread};

use super::folder::{FoundFile, files_of};
use super::names::{FileName, FileState, Naming};
use super::settings::FileSettings;
use crate::sinks::lock_file::LockFile;
use crate::sinks::notice;

/// Looks after the closed files of a path.
#[derive(Debug)]
pub(super) struct ClosedFiles {
    /// This process's id, if it is in the names.
    pid: u32,
    state: Mutex<ChoresState>,
}

/// What the thread knows.
#[derive(Debug, Default)]
struct ChoresState {
    running: bool,
    /// What holds the lock, once it is made. The thread keeps it while it works: who opens the
    /// path anew must find this one, not start another thread.
    holder: Option<Weak<dyn Any + Send + Sync>>,
    /// What is to be done, by these settings.
    wanted: Option<Arc<FileSettings>>,
    /// The file that is written: what sorts before it is closed.
    current: FileName,
    /// What went wrong last, which is reported once.
    reported: String,
}

impl ClosedFiles {
    pub(super) fn new(pid: u32) -> Self {
        Self { pid, state: Mutex::default() }
    }

    /// Has the closed files looked after, now that this one is written.
    pub(super) fn look(self: &Arc<Self>, settings: &Arc<FileSettings>, current: &FileName) {
        if !settings.has_chores() {
            return;
        }
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.current.clone_from(current);
        state.wanted = Some(settings.clone());
        self.start(&mut state);
    }

    /// Says what holds the lock, and has done what was asked for before.
    pub(super) fn hold_with(self: &Arc<Self>, holder: Weak<dyn Any + Send + Sync>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.holder = Some(holder);
        self.start(&mut state);
    }

    fn start(self: &Arc<Self>, state: &mut ChoresState) {
        if state.running || state.wanted.is_none() {
            return;
        }
        let Some(holder) = state.holder.as_ref().and_then(Weak::upgrade) else { return };
        let own = self.clone();
        let run = move || {
            own.run();
            drop(holder);
        };
        // If there is no thread now, the next file asks again.
        state.running = thread::Builder::new().name("kakashi-files".into()).spawn(run).is_ok();
    }

    fn run(&self) {
        loop {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            let Some(settings) = state.wanted.take() else {
                state.running = false;
                return;
            };
            let current = state.current.clone();
            drop(state);
            let chores = Chores { settings: &settings, pid: self.pid };
            let text = chores.run(&current).err().unwrap_or_default();
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            if state.reported != text {
                state.reported.clone_from(&text);
                drop(state);
                if !text.is_empty() {
                    notice::print(format_args!("{text}; it is tried again with the next file"));
                }
            }
        }
    }
}

/// What is done to closed files, by some settings.
struct Chores<'a> {
    settings: &'a FileSettings,
    pid: u32,
}

impl Chores<'_> {
    fn run(&self, current: &FileName) -> Result<(), String> {
        let folder = self.settings.folder();
        let naming = self.settings.naming();
        let found = files_of(&naming, folder).map_err(|error| {
            format!("closed files of {} can't be looked after: {error}", self.settings.path.display())
        })?;
        let mut by_process: BTreeMap<u32, Vec<FoundFile>> = BTreeMap::new();
        for file in found {
            by_process.entry(file.name.pid).or_default().push(file);
        }
        let mut closed = by_process.remove(&self.pid).unwrap_or_default();
        closed.retain(|file| file.name < *current);
        // Files of processes that have ended are this one's now; held until all is done.
        let mut locks = Vec::new();
        for (pid, files) in by_process.into_iter().filter(|(pid, _)| *pid != 0) {
            let lock = LockFile::path_of(folder, self.settings.file_name(), pid);
            if let Some(lock) = LockFile::acquire_if_there(&lock) {
                locks.push(lock);
            } else if lock.exists() {
                continue;
            }
            closed.extend(files);
        }
        closed.sort_by(|one, other| one.name.cmp(&other.name));
        let result = Self::repair(&closed).and_then(|mut closed| {
            self.remove_what_is_too_much(&mut closed)?;
            self.compress(&naming, &mut closed)?;
            self.remove_what_is_too_much(&mut closed)
        });
        locks.into_iter().for_each(LockFile::remove);
        result
    }

    /// Removes what a kill has left: compressed files that are not whole, and plain ones whose
    /// compressed form is.
    fn repair(files: &[FoundFile]) -> Result<Vec<FoundFile>, String> {
        let is_compressed = |name: &FileName| {
            files.iter().any(|file| file.state == FileState::Compressed && file.name == *name)
        };
        let (kept, left): (Vec<FoundFile>, Vec<FoundFile>) =
            files.iter().cloned().partition(|file| match file.state {
                FileState::Temporary => false,
                FileState::Plain => !is_compressed(&file.name),
                FileState::Compressed => true,
            });
        left.iter().try_for_each(|file| removed(&file.path))?;
        Ok(kept)
    }

    fn compress(&self, naming: &Naming, closed: &mut [FoundFile]) -> Result<(), String> {
        let Some(compression) = self.settings.compression else { return Ok(()) };
        let mut result = Ok(());
        for file in closed.iter_mut().filter(|file| file.state == FileState::Plain) {
            let name = format!("{}{}", naming.text(&file.name), compression.ending());
            let (compressed, temporary) =
                (file.path.with_file_name(&name), file.path.with_file_name(Naming::temporary_text(&name)));
            match compression.replace(&file.path, &temporary, &compressed) {
                Ok(()) => {
                    file.bytes = fs::metadata(&compressed).map_or(0, |found| found.len());
                    (file.path, file.state) = (compressed, FileState::Compressed);
                }
                // Removed to make room, or by somebody else.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => {
                    result = Err(format!("{} can't be compressed: {error}", file.path.display()));
                }
            }
        }
        result
    }

    fn remove_what_is_too_much(&self, closed: &mut Vec<FoundFile>) -> Result<(), String> {
        let FileSettings { keep_files, keep_for, keep_bytes, .. } = *self.settings;
        let now = Duration::from_secs(self.settings.now().try_into().unwrap_or(0));
        let is_old = |file: &FoundFile| {
            let modified = file.modified.and_then(|modified| modified.duration_since(UNIX_EPOCH).ok());
            keep_for.zip(modified).is_some_and(|(keep, modified)| now.saturating_sub(modified) > keep)
        };
        let mut bytes: u64 = closed.iter().map(|file| file.bytes).sum();
        let mut kept = closed.len();
        let mut result = Ok(());
        closed.retain(|file| {
            let is_too_much = keep_files.is_some_and(|most| kept > most)
                || keep_bytes.is_some_and(|most| bytes > most)
                || is_old(file);
            if is_too_much {
                kept -= 1;
                bytes -= file.bytes;
                if let Err(error) = removed(&file.path) {
                    result = Err(error);
                }
            }
            !is_too_much
        });
        result
    }
}

/// Removes the oldest closed file of a process, to make room; false if there is none.
pub(super) fn remove_oldest(settings: &FileSettings, pid: u32, current: &FileName) -> bool {
    let Ok(found) = files_of(&settings.naming(), settings.folder()) else { return false };
    let mut closed = found
        .into_iter()
        .filter(|file| file.name.pid == pid && file.name < *current && file.state != FileState::Temporary);
    closed.next().is_some_and(|oldest| fs::remove_file(oldest.path).is_ok())
}

fn removed(path: &Path) -> Result<(), String> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(format!("{} can't be removed: {error}", path.display()))
        }
        _ => Ok(()),
    }
}
