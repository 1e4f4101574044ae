//! A file, written at its end.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use kakashi_core::{Batch, Sink, SinkError};

use super::writer::{sink_error, write_bytes};

/// Grows with each request to open all files anew.
static REOPENED: AtomicUsize = AtomicUsize::new(0);

/// Has every [`FileSink`] open its file anew before its next batch: call it
/// after the file has been renamed, as logrotate does. It only counts up a
/// number, so a signal handler may call it.
pub fn reopen_files() {
    REOPENED.fetch_add(1, Ordering::Relaxed);
}

/// Writes to the end of a file, each batch with one call where the system
/// takes it whole.
#[derive(Debug)]
pub struct FileSink {
    path: PathBuf,
    file: File,
    reopened: usize,
}

impl FileSink {
    /// Opens a file for appending; makes it, and the directories above it, if
    /// they are missing.
    ///
    /// # Errors
    /// When it can't be made or opened.
    pub fn open(path: impl Into<PathBuf>) -> io::Result<Self> {
        let path = path.into();
        let reopened = REOPENED.load(Ordering::Relaxed);
        let file = open(&path)?;
        Ok(Self { path, file, reopened })
    }
}

fn open(path: &Path) -> io::Result<File> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    OpenOptions::new().append(true).create(true).open(path)
}

impl Sink for FileSink {
    fn write(&mut self, batch: &Batch<'_>) -> Result<(), SinkError> {
        let reopened = REOPENED.load(Ordering::Relaxed);
        if reopened != self.reopened {
            self.file = open(&self.path).map_err(|error| sink_error(&error, 0))?;
            self.reopened = reopened;
        }
        write_bytes(&mut self.file, batch.bytes())
    }
}
