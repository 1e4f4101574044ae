//! Memory, for tests of programs that log.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kakashi_core::{Batch, Readiness, Sink, SinkError};

/// Keeps all bytes in memory; clones share them.
///
/// ```
/// use kakashi_std::{LoggerConfig, Text, create_custom_logger, info, sinks::MemorySink};
///
/// let memory = MemorySink::new();
/// let logger = create_custom_logger("test", LoggerConfig::new().sink(Text, memory.clone()));
/// info!(logger, "Ready", port = 80);
/// logger.flush();
/// assert!(memory.text().ends_with("INFO test Ready port=80\n"));
/// ```
#[derive(Clone, Debug, Default)]
pub struct MemorySink {
    bytes: Arc<Mutex<Vec<u8>>>,
}

impl MemorySink {
    /// Makes an empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns all bytes.
    pub fn bytes(&self) -> Vec<u8> {
        self.lock().clone()
    }

    /// Returns all bytes as text; what is not UTF-8 becomes U+FFFD.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.lock()).into_owned()
    }

    /// Returns the lines.
    pub fn lines(&self) -> Vec<String> {
        self.text().lines().map(str::to_owned).collect()
    }

    /// Forgets everything.
    pub fn clear(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, Vec<u8>> {
        self.bytes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sink for MemorySink {
    fn write(&mut self, batch: &Batch<'_>) -> Result<(), SinkError> {
        self.lock().extend_from_slice(batch.bytes());
        Ok(())
    }

    fn readiness(&mut self, _: Duration) -> Readiness {
        Readiness::Always
    }
}
