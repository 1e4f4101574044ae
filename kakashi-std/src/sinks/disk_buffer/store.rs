//! What lies on the disk: appended at one end, sent from the other.
//!
//! A record that could not be written whole is taken back at once; where even that fails, the
//! next one begins a file. Nothing here waits for anybody: it is called under the lock of the
//! buffer, so what is to be counted or said is only noted.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::time::Instant;

use kakashi_core::{DropReason, Dropped, LogLevel, SinkTarget};

use super::blocks::{BlockRun, RecordsByLevel};
use super::error::DiskBufferError;
use super::file_set::{BufferFile, FileSet, adopt_all, create_folder, create_private};
use super::names::SetName;
use super::settings::BufferSettings;
use crate::sinks::lock_file::LockFile;
use crate::sinks::sync_state::sync_folder;

/// The ending of a file that holds what could not be read.
const UNREAD: &str = "klog.unread";

/// What is to be counted, or to be said to the operator.
#[derive(Debug)]
pub(super) enum StoreEvent {
    Found(usize),
    Dropped(Dropped),
    /// Counted before; its announcement is removed.
    Announce(Dropped),
    Notice(String),
}

/// One of the buffer's files.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct FileKey {
    pub(super) set: SetName,
    pub(super) number: u64,
}

/// Where what was appended lies.
#[derive(Clone, Copy, Debug)]
pub(super) struct StoredPlace {
    pub(super) key: FileKey,
    pub(super) offset: u64,
}

/// A run that is to be sent.
#[derive(Debug)]
pub(super) struct StoredRun {
    pub(super) key: FileKey,
    pub(super) run: BlockRun,
    /// Where in the file it lies.
    pub(super) offset: u64,
    /// So many bytes of it have been taken before.
    pub(super) begun: usize,
}

/// Why records were not stored.
#[derive(Debug)]
pub(super) enum StoreError {
    /// As much lies there as may.
    Full,
    Io(io::Error),
}

/// The file that is appended to.
#[derive(Debug)]
pub(super) struct OpenFile {
    file: File,
    target: Option<SinkTarget>,
    /// Its name is on the disk itself.
    is_name_synced: bool,
}

/// See the module.
#[derive(Debug)]
pub(super) struct DiskStore {
    pub(super) settings: BufferSettings,
    /// The files of ended processes.
    pub(super) adopted: VecDeque<FileSet>,
    pub(super) own: FileSet,
    /// The last of `own`'s files.
    pub(super) open: Option<OpenFile>,
    /// What is being sent: it is not removed to make room.
    pub(super) in_flight: Option<FileKey>,
    pub(super) events: Vec<StoreEvent>,
    pub(super) told_unreadable: bool,
    /// Before this nobody counts again.
    pub(super) count_after: Option<Instant>,
}

impl DiskStore {
    pub(super) fn open(settings: BufferSettings) -> Result<Self, DiskBufferError> {
        let folder = settings.folder.clone();
        create_folder(&folder).map_err(DiskBufferError::of(&folder))?;
        let own = FileSet::create(&folder).map_err(DiskBufferError::of(&folder))?;
        let (adopted, events) = (VecDeque::new(), Vec::new());
        let mut store = Self {
            settings,
            adopted,
            own,
            open: None,
            in_flight: None,
            events,
            told_unreadable: false,
            count_after: None,
        };
        store.adopt().map_err(DiskBufferError::of(&folder))?;
        Ok(store)
    }

    /// Takes what processes have left that have ended.
    pub(super) fn adopt(&mut self) -> io::Result<()> {
        let is_known =
            |name| self.own.name == name || self.adopted.iter().any(|adopted| adopted.name == name);
        let found = adopt_all(&self.settings.folder, &is_known)?;
        self.adopted.extend(found);
        Ok(())
    }

    fn folder(&self) -> &Path {
        &self.settings.folder
    }

    /// Tells whether something waits.
    pub(super) fn has_files(&self) -> bool {
        !self.adopted.is_empty() || !self.own.files.is_empty()
    }

    pub(super) fn sets(&mut self) -> impl Iterator<Item = &mut FileSet> {
        self.adopted.iter_mut().chain([&mut self.own])
    }

    fn set(&mut self, name: SetName) -> Option<&mut FileSet> {
        self.sets().find(|set| set.name == name)
    }

    pub(super) fn file(&mut self, key: FileKey) -> Option<&mut BufferFile> {
        self.set(key.set)?.files.iter_mut().find(|file| file.number == key.number)
    }

    pub(super) fn bytes(&self) -> u64 {
        self.adopted.iter().map(FileSet::bytes).sum::<u64>() + self.own.bytes()
    }

    // --- the end where records come

    /// Appends whole blocks with so many records.
    pub(super) fn append(
        &mut self,
        bytes: &[u8],
        records: &RecordsByLevel,
    ) -> Result<StoredPlace, StoreError> {
        let len = bytes.len() as u64;
        self.make_room(len)?;
        self.find_again()?;
        let is_full = self
            .own
            .files
            .back()
            .is_none_or(|last| last.bytes > 0 && last.bytes + len > self.settings.file_bytes());
        if is_full || self.open.is_none() {
            self.begin_file()?;
        }
        let (Some(open), Some(last)) = (&mut self.open, self.own.files.back_mut()) else {
            return Err(StoreError::Io(ErrorKind::NotFound.into()));
        };
        let mut written = open.file.write_all(bytes);
        if written.is_ok() && self.settings.syncs {
            written = open.file.sync_data();
        }
        if written.is_ok() && self.settings.syncs && !open.is_name_synced {
            written = sync_folder(&self.settings.folder);
            open.is_name_synced = written.is_ok();
        }
        if let Err(error) = written {
            if open.file.set_len(last.bytes).is_err() {
                self.open = None;
            }
            self.leave_empty();
            return Err(StoreError::Io(error));
        }
        let place =
            StoredPlace { key: FileKey { set: self.own.name, number: last.number }, offset: last.bytes };
        last.bytes += len;
        let left = last.left.get_or_insert_default();
        left.iter_mut().zip(records).for_each(|(left, more)| *left += more);
        Ok(place)
    }

    /// Removes the file that was begun in vain: nothing waits in it.
    fn leave_empty(&mut self) {
        if self.own.files.back().is_some_and(|last| last.bytes == 0)
            && let Some(last) = self.own.files.pop_back()
        {
            self.open = None;
            let _ = fs::remove_file(self.own.path(self.folder(), last.number));
        }
    }

    fn begin_file(&mut self) -> Result<(), StoreError> {
        let folder = self.settings.folder.clone();
        loop {
            self.own.last_number += 1;
            let path = self.own.path(&folder, self.own.last_number);
            match create_private(&path) {
                Ok(file) => {
                    self.open =
                        Some(OpenFile { file, target: LockFile::target_of(&path), is_name_synced: false });
                    self.own.files.push_back(BufferFile::new(self.own.last_number));
                    return Ok(());
                }
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(StoreError::Io(error)),
            }
        }
    }

    /// Begins anew where the folder or the file has been removed, or moved away.
    fn find_again(&mut self) -> Result<(), StoreError> {
        if !self.own.lock.is_found() {
            let folder = self.settings.folder.clone();
            create_folder(&folder).map_err(StoreError::Io)?;
            let new = FileSet::create(&folder).map_err(StoreError::Io)?;
            let old = std::mem::replace(&mut self.own, new);
            self.open = None;
            // What is still there is sent; of what is not, it is found when it is to be.
            if !old.files.is_empty() {
                self.adopted.push_back(old);
            }
        }
        let Some(open) = &self.open else { return Ok(()) };
        let path = self.own.path(self.folder(), self.own.last_number);
        if open.target.is_none() || LockFile::target_of(&path) != open.target {
            self.open = None;
        }
        Ok(())
    }

    // --- the end where they go

    pub(super) fn path(&self, key: FileKey) -> PathBuf {
        self.folder().join(key.set.of_file(key.number))
    }

    /// Settles the records of a file up to a place. They were so many.
    pub(super) fn settle(&mut self, key: FileKey, block: u64, taken: u64, records: &RecordsByLevel) {
        let Some(file) = self.file(key) else { return };
        file.block = block;
        file.taken = taken;
        if let Some(left) = &mut file.left {
            left.iter_mut().zip(records).for_each(|(left, settled)| *left = left.saturating_sub(*settled));
        }
        let is_whole = file.taken >= file.bytes;
        // A mark that can't be written has records sent twice, at worst.
        if let Some(set) = self.set(key.set)
            && set.files.front().is_some_and(|first| first.number == key.number)
        {
            let _ = set.write_mark();
        }
        if is_whole {
            self.finish(key);
        }
    }

    /// Removes a file that has been sent; one that has damage is kept by another name.
    pub(super) fn finish(&mut self, key: FileKey) {
        let path = self.path(key);
        let is_damaged = self.file(key).is_some_and(|file| file.damaged > 0);
        let result =
            if is_damaged { fs::rename(&path, path.with_extension(UNREAD)) } else { fs::remove_file(&path) };
        if let Err(error) = result
            && error.kind() != ErrorKind::NotFound
        {
            self.say(format!("{}: it was sent, and can't be removed: {error}", path.display()));
        }
        self.forget(key, DropReason::SinkFailed);
    }

    /// Forgets a file; the records that are left are dropped.
    pub(super) fn forget(&mut self, key: FileKey, reason: DropReason) {
        let own = self.own.name;
        let Some(set) = self.set(key.set) else { return };
        let Some(at) = set.files.iter().position(|file| file.number == key.number) else { return };
        let file = set.files.remove(at);
        if key.set == own && at == set.files.len() {
            self.open = None;
        }
        let mut dropped = Dropped::default();
        let left = file.and_then(|file| file.left).unwrap_or_default();
        LogLevel::ALL.into_iter().zip(left).for_each(|(level, left)| dropped.add(level, reason, left));
        if dropped.total() > 0 {
            self.events.push(StoreEvent::Dropped(dropped));
        }
        while let Some(at) = self.adopted.iter().position(|set| set.files.is_empty()) {
            if let Some(set) = self.adopted.remove(at) {
                set.lock.remove();
            }
        }
    }

    pub(super) fn say(&mut self, notice: String) {
        self.events.push(StoreEvent::Notice(notice));
    }

    /// Closes, in the child of a fork, its copies of the parent's locks.
    #[cfg(unix)]
    pub(super) fn abandon(&mut self) {
        self.sets().for_each(|set| set.lock.abandon());
    }
}

/// Leaves no lock behind where nothing waits.
impl Drop for DiskStore {
    fn drop(&mut self) {
        if self.own.files.is_empty() {
            self.own.lock.remove_file();
        }
    }
}
