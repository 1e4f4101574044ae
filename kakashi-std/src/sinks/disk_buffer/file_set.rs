//! The files that one process has written into a buffer, under one lock.
//!
//! Who holds the lock sends them: the process that writes them, or, when that has ended, the
//! next one that looks.

use std::collections::VecDeque;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::blocks::{RecordsByLevel, read_run};
use super::mark::Mark;
use super::names::SetName;
use crate::sinks::lock_file::{LockError, LockFile};

/// How long a new lock is waited for: who looks for those of ended processes may have it.
const LOCK_PATIENCE: Duration = Duration::from_millis(100);
/// Attempts to find a name that nobody has.
const NAMES: usize = 100;

/// Files of one process.
#[derive(Debug)]
pub(super) struct FileSet {
    pub(super) name: SetName,
    pub(super) lock: LockFile,
    /// The oldest first.
    pub(super) files: VecDeque<BufferFile>,
    /// The number of the file that was begun last.
    pub(super) last_number: u64,
}

/// A file, and what of it is left to send.
#[derive(Debug)]
pub(super) struct BufferFile {
    pub(super) number: u64,
    pub(super) bytes: u64,
    /// Up to where its records are settled, and where the block of that place begins.
    pub(super) taken: u64,
    pub(super) block: u64,
    /// The records that are left; none as long as nobody has counted those of another process.
    pub(super) left: Option<RecordsByLevel>,
    /// Bytes that were no records, but a torn end.
    pub(super) damaged: u64,
    /// Since when it can't be read.
    pub(super) unreadable_since: Option<Instant>,
}

impl BufferFile {
    pub(super) fn new(number: u64) -> Self {
        Self {
            number,
            bytes: 0,
            taken: 0,
            block: 0,
            left: Some(RecordsByLevel::default()),
            damaged: 0,
            unreadable_since: None,
        }
    }
}

impl FileSet {
    /// Begins a set of this process's own.
    pub(super) fn create(folder: &Path) -> io::Result<Self> {
        let mut last = io::ErrorKind::AlreadyExists.into();
        for _ in 0..NAMES {
            let name = SetName::new();
            let path = folder.join(name.of_lock());
            if path.exists() {
                continue;
            }
            match LockFile::acquire(&path, Instant::now() + LOCK_PATIENCE) {
                Ok(lock) => {
                    make_private(&path)?;
                    return Ok(Self { name, lock, files: VecDeque::new(), last_number: 0 });
                }
                Err(LockError::InUse(_)) => {}
                Err(LockError::Io(error)) => {
                    last = error;
                    break;
                }
            }
        }
        Err(last)
    }

    /// Takes the files of a process that has ended; none if it runs.
    fn adopt(folder: &Path, name: SetName, mut files: Vec<BufferFile>) -> Option<Self> {
        let path = folder.join(name.of_lock());
        // Somebody may have removed the lock alone.
        let lock = LockFile::acquire_if_there(&path)
            .or_else(|| (!path.exists()).then(|| LockFile::acquire(&path, Instant::now()).ok()).flatten())?;
        // Under the lock: another one may have sent them meanwhile.
        files.retain_mut(|file| {
            let found = fs::metadata(folder.join(name.of_file(file.number)));
            file.bytes = found.as_ref().map_or(0, fs::Metadata::len);
            found.is_ok()
        });
        files.sort_by_key(|file| file.number);
        let last_number = files.last().map_or(0, |file| file.number);
        let mark = lock.file().and_then(Mark::read);
        // Sent, but not removed.
        files.retain(|file| {
            let is_left = mark.is_none_or(|mark| mark.file <= file.number);
            if !is_left {
                let _ = fs::remove_file(folder.join(name.of_file(file.number)));
            }
            is_left
        });
        if let (Some(first), Some(mark)) = (files.first_mut(), mark)
            && first.number == mark.file
            && mark.taken <= first.bytes
        {
            (first.block, first.taken) = (mark.block, mark.taken);
        }
        files.iter_mut().for_each(|file| file.left = None);
        Some(Self { name, lock, files: files.into(), last_number })
    }

    pub(super) fn path(&self, folder: &Path, number: u64) -> PathBuf {
        folder.join(self.name.of_file(number))
    }

    /// Returns how many bytes lie there.
    pub(super) fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }

    /// Writes down how far the first file has been sent.
    pub(super) fn write_mark(&self) -> io::Result<()> {
        match (self.files.front(), self.lock.file()) {
            (Some(first), Some(lock)) => {
                Mark { file: first.number, block: first.block, taken: first.taken }.write(lock)
            }
            _ => Ok(()),
        }
    }
}

/// Takes the sets of all processes that have ended, the oldest first; `known` are this
/// process's. Removes the locks of those that have left nothing.
///
/// # Errors
/// When the folder can't be read.
pub(super) fn adopt_all(folder: &Path, known: &dyn Fn(SetName) -> bool) -> io::Result<Vec<FileSet>> {
    let mut found: Vec<(SetName, Option<BufferFile>)> = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let Some(text) = name.to_str() else { continue };
        let is_file = || entry.metadata().is_ok_and(|metadata| metadata.is_file());
        if let Some((set, number)) = SetName::parse_file(text) {
            if is_file() {
                found.push((set, Some(BufferFile::new(number))));
            }
        } else if let Some(set) = SetName::parse_lock(text) {
            found.push((set, None));
        }
    }
    found.retain(|(set, _)| !known(*set));
    found.sort_by_key(|(set, _)| *set);
    let mut sets = Vec::new();
    let mut found = found.into_iter().peekable();
    while let Some((name, first)) = found.next() {
        let mut files: Vec<BufferFile> = first.into_iter().collect();
        while let Some((_, file)) = found.next_if(|(other, _)| *other == name) {
            files.extend(file);
        }
        match FileSet::adopt(folder, name, files) {
            Some(set) if set.files.is_empty() => set.lock.remove(),
            Some(set) => sets.push(set),
            None => {}
        }
    }
    Ok(sets)
}

/// Counts the records of a file that are left behind a place in it.
pub(super) fn count_records(path: &Path, block: u64, taken: u64) -> io::Result<RecordsByLevel> {
    let file = File::open(path)?;
    let len = file.metadata()?.len();
    let mut counted = RecordsByLevel::default();
    let mut from = block;
    loop {
        let found = read_run(&file, from, len)?;
        if found.run.ends.is_empty() {
            return Ok(counted);
        }
        let before = taken.saturating_sub(found.place.start);
        let first = found.run.ends.partition_point(|end| end.end as u64 <= before);
        let records = found.run.records(first..found.run.ends.len());
        counted.iter_mut().zip(records).for_each(|(sum, count)| *sum += count);
        from = found.place.end;
    }
}

/// Makes a file that only its owner reads.
pub(super) fn create_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;

        options.mode(0o600);
    }
    options.open(path)
}

/// Makes a folder, if it is missing, which only its owner enters.
pub(super) fn create_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;

        builder.mode(0o700);
    }
    builder.create(path)
}

#[cfg(unix)]
fn make_private(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;

    fs::set_permissions(path, fs::Permissions::from_mode(0o600))
}

#[cfg(not(unix))]
fn make_private(_: &Path) -> io::Result<()> {
    Ok(())
}
