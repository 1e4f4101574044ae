//! What was chosen for a disk buffer.

use std::path::PathBuf;
use std::time::Duration;

/// See [`DiskBuffer`](super::DiskBuffer).
#[derive(Clone, Debug)]
pub(super) struct BufferSettings {
    pub(super) folder: PathBuf,
    pub(super) max_bytes: u64,
    pub(super) max_file_bytes: u64,
    pub(super) removes_oldest_when_full: bool,
    pub(super) syncs: bool,
    pub(super) answer_timeout: Duration,
    pub(super) drain_timeout: Duration,
}

impl BufferSettings {
    pub(super) fn new(folder: PathBuf) -> Self {
        Self {
            folder,
            max_bytes: 256 << 20,
            max_file_bytes: 8 << 20,
            removes_oldest_when_full: false,
            syncs: false,
            answer_timeout: Duration::from_secs(1),
            drain_timeout: Duration::from_secs(2),
        }
    }

    /// Returns the bytes after which the next file is begun: there are four at least, or there
    /// would be nothing old to remove.
    pub(super) fn file_bytes(&self) -> u64 {
        self.max_file_bytes.min(self.max_bytes / 4)
    }
}
