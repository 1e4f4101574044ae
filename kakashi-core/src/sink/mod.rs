//! Where batches go.

pub(crate) mod batch;
pub(crate) mod function_sink;

use core::fmt;

use crate::sink::batch::Batch;

/// Takes batches of encoded records somewhere.
///
/// One call is made at a time. A sink may log; such records take a side road.
pub trait Sink {
    /// Takes a whole batch, or says how much of it was taken.
    ///
    /// # Errors
    /// A [`SinkError`] that says what to do with the rest; the same bytes from
    /// there on are handed over again.
    fn write(&mut self, batch: &Batch<'_>) -> Result<(), SinkError>;

    /// Passes on what it keeps back, if it does.
    ///
    /// # Errors
    /// As `write`.
    fn flush(&mut self) -> Result<(), SinkError> {
        Ok(())
    }

    /// Tells whether people look at it as it is written: a terminal.
    fn is_terminal(&self) -> bool {
        false
    }
}

/// Says what is wrong with a sink, and so when to try again.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum SinkErrorKind {
    /// Nothing: it could not take more just now.
    Retry,
    /// No room: a full disk, a full buffer.
    Full,
    /// Nobody reads any more: a closed pipe, a lost connection.
    Closed,
    /// Anything else.
    Failed,
}

/// Reports that a sink did not take a whole batch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SinkError {
    kind: SinkErrorKind,
    accepted: usize,
    os_code: Option<i32>,
}

impl SinkError {
    /// Makes an error of a batch of which nothing was taken.
    pub const fn new(kind: SinkErrorKind) -> Self {
        Self { kind, accepted: 0, os_code: None }
    }

    /// Says how many bytes from the batch's front were taken.
    #[must_use]
    pub const fn accepted(mut self, bytes: usize) -> Self {
        self.accepted = bytes;
        self
    }

    /// Adds the operating system's number for the error.
    #[must_use]
    pub const fn with_os_code(mut self, code: i32) -> Self {
        self.os_code = Some(code);
        self
    }

    /// Returns what is wrong.
    pub const fn kind(&self) -> SinkErrorKind {
        self.kind
    }

    /// Returns how many bytes from the batch's front were taken.
    pub const fn accepted_bytes(&self) -> usize {
        self.accepted
    }

    /// Returns the operating system's number for the error.
    pub const fn os_code(&self) -> Option<i32> {
        self.os_code
    }
}

impl fmt::Display for SinkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            SinkErrorKind::Retry => "the sink can take no more just now",
            SinkErrorKind::Full => "the sink has no room",
            SinkErrorKind::Closed => "nobody reads from the sink any more",
            SinkErrorKind::Failed => "the sink failed",
        })?;
        match self.os_code {
            Some(code) => write!(f, " (os error {code})"),
            None => Ok(()),
        }
    }
}

impl core::error::Error for SinkError {}

impl<S: Sink + ?Sized> Sink for &mut S {
    fn write(&mut self, batch: &Batch<'_>) -> Result<(), SinkError> {
        (**self).write(batch)
    }

    fn flush(&mut self) -> Result<(), SinkError> {
        (**self).flush()
    }

    fn is_terminal(&self) -> bool {
        (**self).is_terminal()
    }
}

#[cfg(feature = "alloc")]
impl<S: Sink + ?Sized> Sink for alloc::boxed::Box<S> {
    fn write(&mut self, batch: &Batch<'_>) -> Result<(), SinkError> {
        (**self).write(batch)
    }

    fn flush(&mut self) -> Result<(), SinkError> {
        (**self).flush()
    }

    fn is_terminal(&self) -> bool {
        (**self).is_terminal()
    }
}
