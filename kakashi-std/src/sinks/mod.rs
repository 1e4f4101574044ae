//! Where batches go on a system with files: see each type.

mod file;
mod function;
mod memory;
mod standard;
mod writer;

pub use file::{FileSink, reopen_files};
pub use function::FunctionSink;
pub use memory::MemorySink;
pub use standard::{StderrSink, StdoutSink};
pub use writer::WriterSink;

use std::io;
use std::path::Path;

use kakashi_core::Destination;

/// Makes the destination for the process's stderr.
pub fn stderr() -> Destination {
    Destination::new(StderrSink).named("stderr")
}

/// Makes the destination for the process's stdout.
pub fn stdout() -> Destination {
    Destination::new(StdoutSink).named("stdout")
}

/// Makes the destination for a file, to whose end records are written; it and
/// the directories above it are made if they are missing.
///
/// # Errors
/// When the file can't be made or opened.
pub fn file(path: impl AsRef<Path>) -> io::Result<Destination> {
    let path = path.as_ref();
    let name = format!("file {}", path.display());
    Ok(Destination::new(FileSink::open(path)?).named(name))
}
