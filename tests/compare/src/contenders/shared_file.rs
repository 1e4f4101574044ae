//! A buffered file that a global logger writes to and its maker can flush.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::sync::{Arc, Mutex};

use anyhow::Result;

#[derive(Clone)]
pub struct SharedFile(pub Arc<Mutex<BufWriter<File>>>);

impl SharedFile {
    /// With a buffer of 64 KiB.
    pub fn new(file: File) -> SharedFile {
        SharedFile(Arc::new(Mutex::new(BufWriter::with_capacity(64 * 1024, file))))
    }

    pub fn flush(&self) -> Result<()> {
        Ok(self.0.lock().expect("no panic under the lock").flush()?)
    }
}
