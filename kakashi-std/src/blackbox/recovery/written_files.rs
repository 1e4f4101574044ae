//! The files in which records may stand that a process was writing when it died.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use crate::segment::layout::{DestinationKind, WriteUnderWay};
use crate::sinks::rotating_file;

/// How much is read of a file at once.
const PIECE: usize = 1 << 20;

/// A file, and from where on records may stand in it.
#[derive(Debug)]
pub(crate) struct WrittenFile {
    pub(crate) id: FileId,
    file: File,
    from: u64,
}

/// Which file it is: its device, and its number there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct FileId {
    pub(crate) device: u64,
    pub(crate) inode: u64,
}

/// The files in which records may stand.
#[derive(Debug)]
pub(crate) struct WrittenFiles {
    /// In the order in which they were written.
    pub(crate) files: Vec<WrittenFile>,
    /// The file that was being written is among them, as it was left.
    pub(crate) is_certain: bool,
}

impl FileId {
    pub(crate) fn of(metadata: &fs::Metadata) -> Self {
        Self { device: metadata.dev(), inode: metadata.ino() }
    }

    pub(crate) fn of_write(write: &WriteUnderWay) -> Self {
        Self { device: write.device, inode: write.inode }
    }
}

impl WrittenFiles {
    /// Finds the file of a write, wherever in the directory of the destination's path it is now,
    /// and those that have followed it there.
    pub(crate) fn find(write: &WriteUnderWay, kind: DestinationKind, path: &Path) -> Self {
        let mut found = Self::none();
        let id = FileId::of_write(write);
        let followers = followers(kind, path);
        let is_follower = followers.iter().position(|(_, follower)| *follower == id);
        let begun = match is_follower {
            Some(at) => Some(followers[at].0.clone()),
            None => find_renamed(path, id),
        };
        if let Some(begun) = begun {
            found.is_certain = found.add(&begun, Some(id), write.position);
        }
        // Of a path that is not in the list all may have followed.
        for (follower, _) in &followers[is_follower.map_or(0, |at| at + 1)..] {
            found.add(follower, None, 0);
        }
        found
    }

    /// Knows of none.
    pub(crate) fn none() -> Self {
        Self { files: Vec::new(), is_certain: false }
    }

    /// Finds the file of a write if it is this one.
    pub(crate) fn only(write: &WriteUnderWay, path: &Path) -> Self {
        let mut found = Self::none();
        found.is_certain = found.add(path, Some(FileId::of_write(write)), write.position);
        found
    }

    /// Adds a file; false if it is not this one, or was cut meanwhile.
    fn add(&mut self, path: &Path, id: Option<FileId>, from: u64) -> bool {
        let opened = File::open(path).and_then(|file| Ok((file.metadata()?, file)));
        let Ok((metadata, file)) = opened else { return false };
        let found = FileId::of(&metadata);
        if !metadata.is_file() || id.is_some_and(|id| id != found) {
            return false;
        }
        let is_cut = metadata.len() < from;
        self.files.push(WrittenFile { id: found, file, from: if is_cut { 0 } else { from } });
        !is_cut
    }
}

impl WrittenFile {
    /// Hands over what stands there in pieces; returns where it ends.
    pub(crate) fn read(&self, mut each: impl FnMut(&[u8])) -> io::Result<u64> {
        let (mut piece, mut at) = (vec![0; PIECE], self.from);
        loop {
            match self.file.read_at(&mut piece, at)? {
                0 => return Ok(at),
                len => {
                    each(&piece[..len]);
                    at += len as u64;
                }
            }
        }
    }
}

/// Lists the files that may be written one after the other, as far as their names say so.
fn followers(kind: DestinationKind, path: &Path) -> Vec<(PathBuf, FileId)> {
    let paths = match kind {
        DestinationKind::RotatingFile => rotating_file::plain_files(path).unwrap_or_default(),
        _ => vec![path.to_path_buf()],
    };
    let id = |path: PathBuf| fs::metadata(&path).ok().map(|found| (path, FileId::of(&found)));
    paths.into_iter().filter_map(id).collect()
}

/// Finds a file beside a path: logrotate has renamed it.
fn find_renamed(path: &Path, id: FileId) -> Option<PathBuf> {
    let entries = fs::read_dir(path.parent()?).ok()?;
    let is_it = |entry: &fs::DirEntry| entry.metadata().is_ok_and(|found| FileId::of(&found) == id);
    entries.filter_map(Result::ok).find(is_it).map(|entry| entry.path())
}
