//! What of a file that is replaced now and then is on the disk.
//!
//! A file that is left before it was synced is synced then, once its sink has been asked to
//! sync at all; if that fails, the next sync says so. A new file's name is on the disk only
//! when its folder is.

use std::fs::File;
use std::io;
use std::path::Path;

use kakashi_core::SinkError;

use super::writer::sink_error;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct SyncState {
    is_wanted: bool,
    /// The file's name is on the disk.
    has_name: bool,
    /// A file that was left could not be synced.
    failed: Option<io::Error>,
}

impl SyncState {
    /// Syncs a file, and its name.
    pub(super) fn sync(&mut self, file: &File, path: &Path) -> Result<(), SinkError> {
        self.is_wanted = true;
        if let Some(error) = self.failed.take() {
            return Err(sink_error(&error, 0));
        }
        file.sync_data().map_err(|error| sink_error(&error, 0))?;
        if !self.has_name {
            path.parent().map_or(Ok(()), sync_folder).map_err(|error| sink_error(&error, 0))?;
            self.has_name = true;
        }
        Ok(())
    }

    /// Syncs a file that another follows, if it was asked to sync.
    pub(super) fn leave(&mut self, file: &File) {
        self.has_name = false;
        if self.is_wanted
            && let Err(error) = file.sync_data()
        {
            self.failed = Some(error);
        }
    }
}

/// Brings the names in a folder to the disk.
#[cfg(unix)]
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// A folder can't be opened there; the system logs its changes.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "as it is on Unix")]
pub(super) fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}
