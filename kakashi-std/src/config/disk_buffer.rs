//! A disk buffer before a receiver, as it is written: `disk_buffer = { path = "…", … }`.

use std::path::PathBuf;

use serde::Deserialize;

use crate::sinks::DiskBuffer;

/// Where what a receiver does not take lies, and how much of it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DiskBufferTable {
    path: PathBuf,
    max_bytes: Option<u64>,
    max_file_bytes: Option<u64>,
    #[serde(default)]
    remove_oldest_when_full: bool,
    #[serde(default)]
    sync: bool,
}

impl DiskBufferTable {
    pub(super) fn buffer(self) -> DiskBuffer {
        let mut buffer = DiskBuffer::new(self.path);
        if let Some(bytes) = self.max_bytes {
            buffer = buffer.max_bytes(bytes);
        }
        if let Some(bytes) = self.max_file_bytes {
            buffer = buffer.max_file_bytes(bytes);
        }
        if self.remove_oldest_when_full {
            buffer = buffer.remove_oldest_when_full();
        }
        if self.sync { buffer.sync() } else { buffer }
    }
}
