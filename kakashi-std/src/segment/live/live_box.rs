//! A process's own directory in a black box.

use std::fs::{self, File};
use std::hash::{BuildHasher as _, RandomState};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use rustix::fs::{AtFlags, FlockOperation, Mode, OFlags, flock, fstat, mkdirat, openat, unlinkat};
use rustix::io::Errno;

use super::directory::{self, DirectoryError};
use super::mapped_file::{MappedFile, create_new};
use super::slot::SlotTable;
use crate::segment::black_box::BlackBox;
use crate::segment::layout::kept::{KeptFileHeader, kept_file_name};
use crate::segment::layout::{
    CLOSED_AT, LOCK_FILE, PROCESS_FILE, PROCESS_FILE_BYTES, ProcessHeader, SegmentHeader, segment_file_name,
};
use crate::sinks::notice;

/// This process's directory, and what lies there.
#[derive(Debug)]
pub(crate) struct LiveBox {
    path: PathBuf,
    directory: OwnedFd,
    /// Which directory it is: its device, and its number there.
    id: (u64, u64),
    nonce: u64,
    pid: u32,
    slots: Arc<SlotTable>,
    /// The number of the next segment.
    next: AtomicU64,
    bytes: AtomicUsize,
    max_bytes: usize,
    /// The process has ended, and the directory is gone.
    is_gone: AtomicBool,
    /// Nobody finds the directory any more: somebody has removed it, or what it lay on.
    is_lost: AtomicBool,
}

/// A lock as long as the process lives, however it ends.
#[derive(Debug)]
pub(crate) struct ProcessLock {
    /// Closed with it, and never unlocked: a child's copy must not end the parent's.
    _file: File,
}

impl LiveBox {
    /// Makes a directory of this process's own.
    pub(super) fn begin(settings: &BlackBox) -> Result<(Arc<Self>, ProcessLock), DirectoryError> {
        let default = directory::default_directory;
        let base_path = settings.directory.clone().unwrap_or_else(default);
        let base = directory::open(&base_path)?;
        static IS_SLOW_TOLD: AtomicBool = AtomicBool::new(false);
        if directory::is_no_tmpfs(&base) && !IS_SLOW_TOLD.swap(true, Ordering::Relaxed) {
            notice::print(format_args!(
                "the black box in {} is not in memory: a call may wait while the system writes it to the disk",
                base_path.display()
            ));
        }
        let random = RandomState::new();
        loop {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
            let nonce = random.hash_one((process::id(), now));
            let name = format!("{}-{nonce:016x}", directory::program_name());
            match mkdirat(&base, &name, Mode::RWXU) {
                Err(Errno::EXIST) => continue,
                made => made.map_err(io::Error::from)?,
            }
            let path = base_path.join(&name);
            match Self::begin_in(&base, &name, &path, nonce, settings.max_bytes) {
                // Who recovers what dead processes have left took it for one of these.
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => {
                    remove_all(&path);
                    return Err(error.into());
                }
                Ok(begun) => return Ok(begun),
            }
        }
    }

    fn begin_in(
        base: &OwnedFd,
        name: &str,
        path: &Path,
        nonce: u64,
        max_bytes: usize,
    ) -> io::Result<(Arc<Self>, ProcessLock)> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let directory = openat(base, name, flags, Mode::empty())?;
        let made = fstat(&directory)?;
        let lock = create_new(&directory, LOCK_FILE)?;
        flock(&lock, FlockOperation::NonBlockingLockExclusive)?;
        let file = MappedFile::create(&directory, PROCESS_FILE, PROCESS_FILE_BYTES)?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let header = ProcessHeader {
            nonce,
            pid: process::id(),
            uid: directory::user(),
            started: i64::try_from(now.as_nanos()).unwrap_or(i64::MAX),
            program: directory::program_name(),
        };
        let mut bytes = vec![0; CLOSED_AT];
        header.encode(&mut bytes);
        file.copy(0, &bytes);
        let live = Self {
            path: path.into(),
            directory,
            id: (made.st_dev, made.st_ino),
            nonce,
            pid: header.pid,
            slots: SlotTable::new(file),
            next: AtomicU64::new(0),
            bytes: AtomicUsize::new(PROCESS_FILE_BYTES),
            max_bytes,
            is_gone: AtomicBool::new(false),
            is_lost: AtomicBool::new(false),
        };
        Ok((Arc::new(live), ProcessLock { _file: lock.into() }))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn slots(&self) -> &Arc<SlotTable> {
        &self.slots
    }

    /// Returns the bytes of memory that its files take.
    pub(super) fn bytes(&self) -> usize {
        if self.is_gone.load(Ordering::Relaxed) { 0 } else { self.bytes.load(Ordering::Relaxed) }
    }

    /// Tells whether it belongs to a process that this one was forked from.
    pub(super) fn is_inherited(&self) -> bool {
        // Asked of the system: no handler of a fork may have run.
        self.pid != process::id()
    }

    /// Looks whether who recovers would find it; it is told once if not.
    pub(super) fn is_lost(&self) -> bool {
        if self.was_lost() || self.is_gone.load(Ordering::Relaxed) || self.is_inherited() {
            return self.was_lost();
        }
        let found = fs::symlink_metadata(&self.path).map(|found| (found.dev(), found.ino()));
        if found.is_ok_and(|found| found == self.id) {
            return false;
        }
        self.is_lost.store(true, Ordering::Relaxed);
        tell_once(format_args!(
            "the black box in {} was removed: what was buffered there would not outlive the process",
            self.path.display()
        ));
        true
    }

    /// Tells whether that was seen.
    pub(super) fn was_lost(&self) -> bool {
        self.is_lost.load(Ordering::Relaxed)
    }

    /// Makes the file of a segment, whose header it gives a number; none if there is no room, which is
    /// told once.
    pub(super) fn create(&self, header: &mut SegmentHeader) -> Option<MappedFile> {
        (header.nonce, header.number) = (self.nonce, self.next.fetch_add(1, Ordering::Relaxed));
        self.create_file(&segment_file_name(header.number), header.file_bytes())
    }

    /// Makes a file of a flight recorder; none if there is no room, which is told once.
    pub(super) fn create_kept(&self, number: u32, units: u32) -> Option<(KeptFileHeader, MappedFile)> {
        let header = KeptFileHeader { nonce: self.nonce, number: number.into(), units };
        let file = self.create_file(&kept_file_name(header.number), header.file_bytes())?;
        file.copy(0, &header.encode());
        Some((header, file))
    }

    fn create_file(&self, name: &str, file_bytes: usize) -> Option<MappedFile> {
        if self.is_gone.load(Ordering::Relaxed) || self.was_lost() || self.is_inherited() {
            return None;
        }
        let bytes = pages(file_bytes);
        if self.bytes.fetch_add(bytes, Ordering::Relaxed) + bytes > self.max_bytes {
            self.bytes.fetch_sub(bytes, Ordering::Relaxed);
            tell_once(format_args!(
                "the black box is full ({} MiB): what does not fit would not outlive the process",
                self.max_bytes >> 20
            ));
            return None;
        }
        match MappedFile::create(&self.directory, name, file_bytes) {
            Ok(file) => Some(file),
            Err(error) => {
                self.bytes.fetch_sub(bytes, Ordering::Relaxed);
                if !self.is_gone.load(Ordering::Relaxed) {
                    tell_failure(&self.path, &error);
                }
                None
            }
        }
    }

    /// Removes a segment's file.
    pub(super) fn remove(&self, header: &SegmentHeader) {
        self.remove_file(&segment_file_name(header.number), header.file_bytes());
    }

    /// Removes a flight recorder's file.
    pub(super) fn remove_kept(&self, header: &KeptFileHeader) {
        self.remove_file(&kept_file_name(header.number), header.file_bytes());
    }

    fn remove_file(&self, name: &str, bytes: usize) {
        if self.is_inherited() {
            return;
        }
        // It may be gone, with the directory.
        let _ = unlinkat(&self.directory, name, AtFlags::empty());
        self.bytes.fetch_sub(pages(bytes), Ordering::Relaxed);
    }

    /// Ends it with the process: it goes if all is written, or says that the process has ended by
    /// itself and left something.
    pub(super) fn close(&self, is_all_written: bool) {
        self.slots.file().store(CLOSED_AT, 1);
        if is_all_written {
            self.is_gone.store(true, Ordering::Relaxed);
            remove_all(&self.path);
        }
    }
}

/// Rounds up to whole pages, which are what a file takes.
fn pages(bytes: usize) -> usize {
    bytes.next_multiple_of(4096)
}

/// Removes a process's directory, the lock last: who finds one without a lock leaves it alone.
fn remove_all(path: &Path) {
    let files = fs::read_dir(path).into_iter().flatten().flatten();
    for file in files.filter(|file| file.file_name() != LOCK_FILE) {
        let _ = fs::remove_file(file.path());
    }
    let _ = fs::remove_file(path.join(LOCK_FILE));
    let _ = fs::remove_dir(path);
}

/// Says that nothing can be made there.
pub(super) fn tell_failure(path: &Path, error: &io::Error) {
    tell_once(format_args!(
        "the black box in {} can't be used: {error}; what is buffered would not outlive the process",
        path.display()
    ));
}

/// Says once that records lie on the heap, and why.
pub(super) fn tell_once(text: std::fmt::Arguments<'_>) {
    static IS_TOLD: AtomicBool = AtomicBool::new(false);
    if !IS_TOLD.swap(true, Ordering::Relaxed) {
        notice::print(text);
    }
}
