//! A rotating file as a sink.

use std::sync::Arc;
use std::time::Duration;

use kakashi_core::{Batch, Readiness, Sink, SinkError, SinkErrorKind, SinkTarget};
#[cfg(unix)]
use kakashi_core::{FileEnd, SinkFile};

use super::error::RotatingFileError;
use super::settings::FileSettings;
use super::shared_file::SharedFile;
#[cfg(unix)]
use crate::sinks::file::path_bytes;
use crate::sinks::writer::sink_error;

/// Writes to the newest of a path's files; made by [`RotatingFile::open`](super::RotatingFile::open).
///
/// Sinks of one process for one path write to the same file, with the settings of the one that
/// was opened last.
#[derive(Debug)]
pub struct RotatingFileSink {
    settings: Arc<FileSettings>,
    shared: Arc<SharedFile>,
}

impl RotatingFileSink {
    pub(super) fn open(settings: FileSettings) -> Result<Self, RotatingFileError> {
        let settings = Arc::new(settings.checked()?);
        Ok(Self { shared: SharedFile::open(&settings)?, settings })
    }

    #[cold]
    fn leave_parents(&mut self) -> Result<(), SinkError> {
        self.shared = self.shared.open_in_child(&mut self.settings).map_err(|error| match error {
            RotatingFileError::Io { error, .. } => sink_error(&error, 0),
            _ => SinkError::new(SinkErrorKind::Failed),
        })?;
        Ok(())
    }
}

impl Sink for RotatingFileSink {
    fn write(&mut self, batch: &Batch<'_>) -> Result<(), SinkError> {
        if self.shared.is_parents() {
            self.leave_parents()?;
        }
        self.shared.write(batch)
    }

    fn sync(&mut self) -> Result<(), SinkError> {
        self.shared.sync()
    }

    fn readiness(&mut self, _: Duration) -> Readiness {
        Readiness::Always
    }

    fn target(&self) -> Option<SinkTarget> {
        (!self.shared.is_parents()).then(|| self.shared.target())
    }

    #[cfg(unix)]
    fn file(&self) -> Option<SinkFile<'_>> {
        Some(SinkFile { path: path_bytes(&self.settings.path), rotates: true })
    }

    #[cfg(unix)]
    fn file_end(&self) -> Option<FileEnd> {
        if self.shared.is_parents() { None } else { self.shared.end() }
    }
}
