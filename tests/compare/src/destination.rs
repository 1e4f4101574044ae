//! Where records go: nowhere, into memory or onto a disk.

use std::env;
use std::fmt;
use std::fs;
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

/// A place for one file at a time, gone when this is dropped.
pub struct Destination {
    pub kind: Kind,
    directory: Option<TempDir>,
}

impl Destination {
    /// Makes the place, and makes sure that it is what `kind` says.
    pub fn new(kind: Kind, disk: Option<&Path>) -> Result<Destination> {
        let parent = match kind {
            Kind::Null => {
                return Ok(Destination { kind, directory: None });
            }
            Kind::Tmpfs => PathBuf::from("/dev/shm"),
            Kind::Disk => disk.map_or_else(env::temp_dir, PathBuf::from),
        };
        let in_memory = statfs(&parent)
            .with_context(|| format!("no file system at {}", parent.display()))?
            .filesystem_type()
            == TMPFS_MAGIC;
        ensure!(
            in_memory == (kind == Kind::Tmpfs),
            "{} is {} tmpfs, so it will not do for `{kind}`",
            parent.display(),
            if in_memory { "a" } else { "no" },
        );
        let directory = tempfile::Builder::new().prefix("compare-").tempdir_in(parent)?;
        Ok(Destination { kind, directory: Some(directory) })
    }

    /// Whether what was written can be read back.
    pub fn is_file(&self) -> bool {
        self.directory.is_some()
    }

    /// The path to log to. What a run before left there is removed.
    pub fn fresh(&self) -> Result<PathBuf> {
        let Some(directory) = &self.directory else {
            return Ok(PathBuf::from("/dev/null"));
        };
        let path = directory.path().join("log");
        if path.exists() {
            fs::remove_file(&path)?;
        }
        Ok(path)
    }
}
