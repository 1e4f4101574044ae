//! The directory of a process that is dead: opened without following links, and locked, so that
//! nobody else recovers it.

use std::ffi::{CStr, CString};
use std::fs::File;
use std::io::{self, ErrorKind, Read as _};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rustix::fs::{AtFlags, CWD, Dir, FlockOperation, Mode, OFlags, flock, fstat, openat, statat, unlinkat};
use rustix::io::Errno;

use super::recovery_error::RecoveryError;
use super::slot_state::SlotState;
use crate::segment::layout::kept::is_kept_file;
use crate::segment::layout::{
    LOCK_FILE, PROCESS_FILE, PUBLISHED_AT, RECOVERY, SETTLED_AT, SegmentMarks, number_of_segment,
    segment_file_name,
};

/// A directory that is younger and has no process's file is about to be made.
const YOUNG: Duration = Duration::from_secs(60);
/// So much of a segment says whether there is a record in it.
const SEGMENT_HEAD: usize = 192;

/// The directory of a dead process. Its lock is held as long as this lives.
#[derive(Debug)]
pub(crate) struct ProcessFolder {
    pub(crate) path: PathBuf,
    folder: OwnedFd,
    lock: OwnedFd,
}

/// What was found in the place of a process's directory.
#[derive(Debug)]
pub(crate) enum FoundFolder {
    /// Its process is dead, and nobody else recovers it.
    Dead(ProcessFolder),
    /// Its process lives or is about to, or somebody recovers it.
    InUse,
    /// It is none, or is gone.
    Nothing,
}

/// The files that a process has left.
#[derive(Debug)]
pub(crate) struct LeftFiles {
    /// Empty where there is none.
    pub(crate) process: Vec<u8>,
    /// Those that have records, by their numbers.
    pub(crate) segments: Vec<(u64, Vec<u8>)>,
    /// Those of its flight recorder.
    pub(crate) kept: Vec<Vec<u8>>,
}

/// Opens a black box's directory, if it is this user's, or anybody's may be read.
#[allow(clippy::unnecessary_cast, reason = "the types differ from system to system")]
pub(crate) fn open_box(path: &Path, any_user: bool) -> Result<OwnedFd, RecoveryError> {
    let folder = open_folder(CWD, path.as_os_str().as_bytes(), OFlags::empty())
        .map_err(|error| RecoveryError::of(path, error.into()))?;
    let found = fstat(&folder).map_err(|error| RecoveryError::of(path, error.into()))?;
    if any_user {
        return Ok(folder);
    }
    if found.st_uid != rustix::process::geteuid().as_raw() {
        return Err(RecoveryError::OtherUser { path: path.into(), user: found.st_uid });
    }
    let mode = Mode::from_raw_mode(found.st_mode);
    if mode.intersects(Mode::WGRP | Mode::WOTH) {
        return Err(RecoveryError::Writable { path: path.into(), mode: mode.as_raw_mode() as u32 });
    }
    Ok(folder)
}

/// Lists the names of a directory's entries that look like processes' directories, in order.
pub(crate) fn processes_in(folder: &OwnedFd) -> io::Result<Vec<CString>> {
    let mut names: Vec<CString> =
        names_in(folder)?.into_iter().filter(|name| is_process_name(name.to_bytes())).collect();
    names.sort();
    Ok(names)
}

/// Tells whether a name ends with a hyphen and sixteen hex digits.
fn is_process_name(name: &[u8]) -> bool {
    let Some((program, digits)) = name.split_at_checked(name.len().wrapping_sub(16)) else { return false };
    program.ends_with(b"-") && digits.iter().all(u8::is_ascii_hexdigit)
}

fn names_in(folder: &OwnedFd) -> io::Result<Vec<CString>> {
    let mut names = Vec::new();
    for entry in Dir::read_from(folder)? {
        names.push(entry?.file_name().to_owned());
    }
    Ok(names)
}

fn open_folder(at: impl std::os::fd::AsFd, path: &[u8], flags: OFlags) -> Result<OwnedFd, Errno> {
    openat(at, path, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC | flags, Mode::empty())
}

impl ProcessFolder {
    /// Takes a directory in a black box's.
    ///
    /// # Errors
    /// When it is somebody else's than the box, or can't be read.
    pub(crate) fn take(of: &OwnedFd, box_path: &Path, name: &CStr) -> Result<FoundFolder, RecoveryError> {
        let path = box_path.join(std::ffi::OsStr::from_bytes(name.to_bytes()));
        let failed = |error: Errno| RecoveryError::of(&path, error.into());
        let folder = match open_folder(of, name.to_bytes(), OFlags::NOFOLLOW) {
            Ok(folder) => folder,
            Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => return Ok(FoundFolder::Nothing),
            Err(error) => return Err(failed(error)),
        };
        let (found, owner) = (fstat(&folder).map_err(failed)?, fstat(of).map_err(failed)?.st_uid);
        if found.st_uid != owner {
            return Err(RecoveryError::OtherUser { path, user: found.st_uid });
        }
        let is_made = statat(&folder, PROCESS_FILE, AtFlags::SYMLINK_NOFOLLOW).is_ok();
        if !is_made && is_young(found.st_mtime) {
            return Ok(FoundFolder::InUse);
        }
        match lock(&folder) {
            Ok(Some(lock)) => Ok(FoundFolder::Dead(Self { path, folder, lock })),
            Ok(None) => Ok(FoundFolder::InUse),
            // Another recovery has just removed it.
            Err(Errno::NOENT) => Ok(FoundFolder::Nothing),
            Err(error) => Err(failed(error)),
        }
    }

    /// Reads what the process has left.
    pub(crate) fn read(&self) -> io::Result<LeftFiles> {
        let process = match self.open(PROCESS_FILE, OFlags::RDONLY) {
            Ok(file) => read_all(file, None)?,
            Err(Errno::NOENT) => Vec::new(),
            Err(error) => return Err(error.into()),
        };
        let (mut segments, mut kept) = (Vec::new(), Vec::new());
        for name in names_in(&self.folder)? {
            if name.to_str().is_ok_and(is_kept_file) {
                kept.push(read_all(self.open(&*name, OFlags::RDONLY)?, None)?);
            }
            let Some(number) = name.to_str().ok().and_then(number_of_segment) else { continue };
            let bytes = read_all(self.open(&*name, OFlags::RDONLY)?, Some(has_records))?;
            if !bytes.is_empty() {
                segments.push((number, bytes));
            }
        }
        Ok(LeftFiles { process, segments, kept })
    }

    /// Writes how far the recovery of a destination has come.
    pub(crate) fn set_state(&self, slot: u16, state: SlotState) -> io::Result<()> {
        self.open_process()?.write_all_at(&state.encode(), SlotState::at(slot))
    }

    /// Writes where records are brought, if not to their destination; reads it where another
    /// recovery has.
    pub(crate) fn set_target(&self, path: Option<&Path>) -> io::Result<()> {
        let path = path.map_or(&[][..], |path| path.as_os_str().as_bytes());
        let mut bytes = vec![0; RECOVERY.len()];
        if let Some(place) = bytes.get_mut(8..8 + path.len()) {
            place.copy_from_slice(path);
            bytes[4..6].copy_from_slice(&(path.len() as u16).to_le_bytes());
        }
        let sum = crc32fast::hash(&bytes[4..]);
        bytes[..4].copy_from_slice(&sum.to_le_bytes());
        self.open_process()?.write_all_at(&bytes, RECOVERY.start as u64)
    }

    /// Says that the first records of a segment are written.
    pub(crate) fn settle(&self, segment: u64, records: usize) -> io::Result<()> {
        let file = File::from(self.open(&*segment_file_name(segment), OFlags::RDWR)?);
        file.write_all_at(&(records as u64).to_le_bytes(), SETTLED_AT as u64)
    }

    /// Removes what the process has left, and the directory if nothing else is in it.
    pub(crate) fn remove(self) -> io::Result<()> {
        for name in names_in(&self.folder)? {
            if name.to_str().is_ok_and(|name| number_of_segment(name).is_some() || is_kept_file(name)) {
                unlinkat(&self.folder, &*name, AtFlags::empty())?;
            }
        }
        for name in [PROCESS_FILE, LOCK_FILE] {
            match unlinkat(&self.folder, name, AtFlags::empty()) {
                Ok(()) | Err(Errno::NOENT) => {}
                Err(error) => return Err(error.into()),
            }
        }
        match std::fs::remove_dir(&self.path) {
            Err(error) if !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::DirectoryNotEmpty) => {
                Err(error)
            }
            _ => Ok(()),
        }
    }

    fn open(&self, name: impl rustix::path::Arg, access: OFlags) -> Result<OwnedFd, Errno> {
        // A fifo in the place of a file would wait for its other end.
        openat(
            &self.folder,
            name,
            access | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC,
            Mode::empty(),
        )
    }

    /// Opens the process's file to write; it may have been lost.
    fn open_process(&self) -> io::Result<File> {
        Ok(self.open_or_make(PROCESS_FILE)?.into())
    }

    fn open_or_make(&self, name: &str) -> Result<OwnedFd, Errno> {
        open_or_make(&self.folder, name)
    }
}

/// Reads the path that [`ProcessFolder::set_target`] has written into a process's file.
pub(crate) fn target_in(process: &[u8]) -> Option<PathBuf> {
    let bytes = process.get(RECOVERY)?;
    let (sum, rest) = bytes.split_first_chunk()?;
    let len = usize::from(u16::from_le_bytes(*rest.first_chunk()?));
    if len == 0 || u32::from_le_bytes(*sum) != crc32fast::hash(rest) {
        return None;
    }
    Some(PathBuf::from(std::ffi::OsStr::from_bytes(rest.get(4..4 + len)?)))
}

fn open_or_make(folder: &OwnedFd, name: &str) -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    openat(folder, name, flags, Mode::RUSR | Mode::WUSR)
}

/// Takes the lock of a process's directory; none if somebody has it.
fn lock(folder: &OwnedFd) -> Result<Option<OwnedFd>, Errno> {
    let file = open_or_make(folder, LOCK_FILE)?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => {}
        Err(Errno::WOULDBLOCK) => return Ok(None),
        Err(error) => return Err(error),
    }
    // Who had it may have removed it meanwhile.
    let (own, found) = (fstat(&file)?, statat(folder, LOCK_FILE, AtFlags::SYMLINK_NOFOLLOW)?);
    Ok(((own.st_dev, own.st_ino) == (found.st_dev, found.st_ino)).then_some(file))
}

fn is_young(modified: i64) -> bool {
    let modified = SystemTime::UNIX_EPOCH + Duration::from_secs(modified.max(0).unsigned_abs());
    SystemTime::now().duration_since(modified).is_ok_and(|age| age < YOUNG)
}

/// Tells by a segment's beginning whether a record is left in it; where that says nothing sensible, one may be.
fn has_records(head: &[u8]) -> bool {
    head.len() > PUBLISHED_AT && SegmentMarks::decode(head).is_none_or(|marks| marks.published != 0)
}

/// Reads a regular file, all of it if `is_wanted` by its beginning.
fn read_all(file: OwnedFd, is_wanted: Option<fn(&[u8]) -> bool>) -> io::Result<Vec<u8>> {
    let mut file = File::from(file);
    if !file.metadata()?.is_file() {
        return Ok(Vec::new());
    }
    let mut bytes = Vec::new();
    if let Some(is_wanted) = is_wanted {
        (&mut file).take(SEGMENT_HEAD as u64).read_to_end(&mut bytes)?;
        if !is_wanted(&bytes) {
            return Ok(Vec::new());
        }
    }
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

impl Drop for ProcessFolder {
    fn drop(&mut self) {
        // A child that is being started has a copy until it executes its program.
        let _ = flock(&self.lock, FlockOperation::Unlock);
    }
}
