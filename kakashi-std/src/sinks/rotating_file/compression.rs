//! Compression of a closed file: made beside it under another name, and renamed when it is
//! on the disk.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use crate::sinks::sync_state::sync_folder;

/// How closed files are compressed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Compression {
    #[cfg(feature = "gzip")]
    Gzip,
    #[cfg(feature = "zstd")]
    Zstd,
}

impl Compression {
    /// Returns what is appended to a file's name.
    pub(super) fn ending(self) -> &'static str {
        match self {
            #[cfg(feature = "gzip")]
            Self::Gzip => ".gz",
            #[cfg(feature = "zstd")]
            Self::Zstd => ".zst",
        }
    }

    /// Compresses a closed file. After a kill at any step there is the file, or its
    /// compressed form, or both and the latter is whole.
    ///
    /// # Errors
    /// When something can't be read or written, or the file is still written to: then it
    /// stays as it is.
    pub(super) fn replace(self, plain: &Path, temporary: &Path, compressed: &Path) -> io::Result<()> {
        let result = self.write(plain, temporary).and_then(|()| fs::rename(temporary, compressed));
        if result.is_err() {
            let _ = fs::remove_file(temporary);
            return result;
        }
        // Before its only other copy goes.
        if let Some(folder) = compressed.parent() {
            sync_folder(folder)?;
        }
        fs::remove_file(plain)
    }

    fn write(self, plain: &Path, temporary: &Path) -> io::Result<()> {
        let mut source = File::open(plain)?;
        let target = File::create(temporary)?;
        let like = source.metadata()?;
        target.set_permissions(like.permissions())?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::{MetadataExt as _, fchown};

            // Who may not give files away keeps them.
            let _ = fchown(&target, Some(like.uid()), Some(like.gid()));
        }
        let copied = self.copy(&mut source, &target)?;
        let now = source.metadata()?.len();
        if copied != now {
            return Err(io::Error::other(format!("it has grown from {copied} to {now} bytes meanwhile")));
        }
        // Its age is that of its records.
        if let Ok(modified) = like.modified() {
            target.set_modified(modified)?;
        }
        target.sync_all()
    }

    fn copy(self, source: &mut File, target: &File) -> io::Result<u64> {
        #[cfg(not(any(feature = "gzip", feature = "zstd")))]
        let _ = (source, target);
        match self {
            #[cfg(feature = "gzip")]
            Self::Gzip => {
                let mut encoder = flate2::write::GzEncoder::new(target, flate2::Compression::default());
                let copied = io::copy(source, &mut encoder)?;
                encoder.finish().map(|_| copied)
            }
            #[cfg(feature = "zstd")]
            Self::Zstd => {
                let mut encoder = zstd::Encoder::new(target, zstd::DEFAULT_COMPRESSION_LEVEL)?;
                encoder.include_checksum(true)?;
                let copied = io::copy(source, &mut encoder)?;
                encoder.finish().map(|_| copied)
            }
        }
    }
}
