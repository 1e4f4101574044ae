//! Where records go: nowhere, into memory or onto a disk.

use std::env;
use std::fmt;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::ValueEnum;
use nix::sys::statfs::{TMPFS_MAGIC, statfs};
use tempfile::TempDir;

#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
pub enum Kind {
    /// /dev/null: the price of making the record.
    Null,
    /// A file in memory.
    Tmpfs,
    /// A file in the page cache of a disk; nobody calls `fsync`.
    Disk,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Null => "null",
            Kind::Tmpfs => "tmpfs",
            Kind::Disk => "disk",
        })
    }
}

/// A directory for the files of one contender at a time, gone when this is
/// dropped.
pub struct Destination {
    pub kind: Kind,
    directory: TempDir,
}

impl Destination {
    /// Makes the place, and makes sure that it is what `kind` says.
    pub fn new(kind: Kind, disk: Option<&Path>) -> Result<Destination> {
        let parent = match kind {
            Kind::Null => env::temp_dir(),
            Kind::Tmpfs => PathBuf::from("/dev/shm"),
            Kind::Disk => disk.map_or_else(env::temp_dir, PathBuf::from),
        };
        let in_memory = statfs(&parent)
            .with_context(|| format!("no file system at {}", parent.display()))?
            .filesystem_type()
            == TMPFS_MAGIC;
        ensure!(
            kind == Kind::Null || in_memory == (kind == Kind::Tmpfs),
            "{} is {} tmpfs, so it will not do for `{kind}`",
            parent.display(),
            if in_memory { "a" } else { "no" },
        );
        let directory = tempfile::Builder::new().prefix("compare-").tempdir_in(parent)?;
        Ok(Destination { kind, directory })
    }

    /// Whether what was written can be read back.
    pub fn is_file(&self) -> bool {
        self.kind != Kind::Null
    }

    /// The path to log to. What a run before left there is removed.
    /// `existing` says that a logger opens the very path, whatever is there;
    /// others get one at which there is nothing.
    ///
    /// `/dev/null` hides behind a link: a logger that renames or removes its
    /// file, as some that roll files do, hits the link and not the device.
    pub fn fresh(&self, existing: bool) -> Result<PathBuf> {
        for file in self.files()? {
            fs::remove_file(file)?;
        }
        let path = self.directory.path().join("log");
        if self.kind == Kind::Null && existing {
            symlink("/dev/null", &path)?;
        }
        Ok(path)
    }

    /// All files there are but hidden ones, by name: a logger may add a date to
    /// the path it is given.
    pub fn files(&self) -> Result<Vec<PathBuf>> {
        let mut files = Vec::new();
        for entry in fs::read_dir(self.directory.path())? {
            let entry = entry?;
            // A lock is no log.
            if !entry.file_name().as_encoded_bytes().starts_with(b".") {
                files.push(entry.path());
            }
        }
        files.sort();
        Ok(files)
    }
}
