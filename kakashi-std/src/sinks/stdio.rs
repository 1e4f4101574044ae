//! The process's stderr and stdout.

use std::time::Duration;

use kakashi_core::{Batch, FileEnd, Readiness, Sink, SinkError, SinkTarget, StandardStream};

use super::stream;

macro_rules! stream_sink {
    ($(#[$doc:meta])* $name:ident, $stream:ident) => {
        $(#[$doc])*
        ///
        /// It is the process's descriptor itself, not a duplicate, and takes no lock of std's:
        /// a program that holds `stdout().lock()` may log, one that redirects its streams
        /// (`dup2`) is followed, and what it prints itself stands before a record if it has been
        /// flushed before (`println!` does). A closed descriptor is a failure: records wait
        /// until it is open again.
        ///
        /// # Platforms
        ///
        /// On Windows a console gets UTF-16 (`WriteConsoleW`). On systems that are neither Unix
        /// nor Windows it writes through std, and takes std's lock.
        #[derive(Clone, Copy, Debug, Default)]
        pub struct $name;

        impl Sink for $name {
            fn write(&mut self, batch: &Batch<'_>) -> Result<(), SinkError> {
                stream::write(StandardStream::$stream, batch)
            }

            fn is_terminal(&self) -> bool {
                stream::is_terminal(StandardStream::$stream)
            }

            fn standard_stream(&self) -> Option<StandardStream> {
                Some(StandardStream::$stream)
            }

            fn readiness(&mut self, timeout: Duration) -> Readiness {
                stream::readiness(StandardStream::$stream, timeout)
            }

            fn target(&self) -> Option<SinkTarget> {
                stream::target(StandardStream::$stream)
            }

            fn file_end(&self) -> Option<FileEnd> {
                stream::file_end(StandardStream::$stream)
            }
        }
    };
}

stream_sink! {
    /// Writes to stderr, each batch with one call where the system takes it whole.
    StderrSink, Stderr
}

stream_sink! {
    /// Writes to stdout, each batch with one call where the system takes it whole.
    StdoutSink, Stdout
}
