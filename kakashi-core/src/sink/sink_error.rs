//! What a sink says of a batch that it did not take, or not whole.

use core::fmt;
#[cfg(feature = "alloc")]
use core::time::Duration;

/// Says what is wrong with a sink, for reports and for programs.
///
/// All kinds are tried again at the same times, but for the first two; see
/// [`Sink`](crate::Sink).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum SinkErrorKind {
    /// Nothing: it could not take more just now. Not reported.
    Retry,
    /// Nothing: it took a part, and wants the rest at once, in another call. Not reported. As
    /// `Retry` if it took nothing.
    Partial,
    /// The destination is full: a disk, a quota, a buffer.
    Full,
    /// The reader is gone: a closed pipe, a lost connection, a closed stream.
    Closed,
    /// Anything else.
    Failed,
}

/// Reports that a sink did not take a whole batch, or that its receiver refused records.
///
#[cfg_attr(feature = "alloc", doc = "```")]
#[cfg_attr(not(feature = "alloc"), doc = "```ignore")]
/// use std::time::Duration;
/// use kakashi_core::{SinkError, SinkErrorKind};
///
/// // A receiver that is busy has said for how long.
/// let busy = SinkError::new(SinkErrorKind::Failed)
///     .because("the receiver answers 503")
///     .retry_after(Duration::from_secs(2));
/// assert_eq!(busy.to_string(), "the sink failed: the receiver answers 503");
///
/// // It took a batch of 900 bytes, and refused two of its records.
/// let refused = SinkError::new(SinkErrorKind::Partial).accepted(900).rejecting(2);
/// assert_eq!((refused.accepted_bytes(), refused.rejected_records()), (900, 2));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SinkError {
    kind: SinkErrorKind,
    accepted: usize,
    os_code: Option<i32>,
    // A device has no receiver that says so much.
    #[cfg(feature = "alloc")]
    rejected: usize,
    #[cfg(feature = "alloc")]
    stored: bool,
    #[cfg(feature = "alloc")]
    retry_after: Option<Duration>,
    #[cfg(feature = "alloc")]
    cause: Option<&'static str>,
}

impl SinkError {
    /// Makes an error of a batch of which nothing was taken.
    pub const fn new(kind: SinkErrorKind) -> Self {
        Self {
            kind,
            accepted: 0,
            os_code: None,
            #[cfg(feature = "alloc")]
            rejected: 0,
            #[cfg(feature = "alloc")]
            stored: false,
            #[cfg(feature = "alloc")]
            retry_after: None,
            #[cfg(feature = "alloc")]
            cause: None,
        }
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

    /// Says how many of the records that end within the accepted bytes the receiver refused,
    /// and would refuse again. They are counted as [`Rejected`](crate::DropReason::Rejected),
    /// not as written, and announced in the stream. Which they were is not asked: the levels
    /// counted are those of the last ones.
    #[cfg(feature = "alloc")]
    #[must_use]
    pub const fn rejecting(mut self, records: usize) -> Self {
        self.rejected = records;
        self
    }

    /// Says that the sink keeps what it accepted, to deliver it later: it counts what becomes of
    /// it by a [`StoredRecordCounter`](crate::StoredRecordCounter).
    #[cfg(feature = "alloc")]
    #[doc(hidden)]
    #[must_use]
    pub const fn storing(mut self) -> Self {
        self.stored = true;
        self
    }

    /// Says how long the receiver wants to be left alone. `flush` and the end of a process
    /// keep to it too: what is not taken by their deadline is left, or lost and counted.
    #[cfg(feature = "alloc")]
    #[must_use]
    pub const fn retry_after(mut self, pause: Duration) -> Self {
        self.retry_after = Some(pause);
        self
    }

    /// Says in a few words what happened, for the operator.
    #[cfg(feature = "alloc")]
    #[must_use]
    pub const fn because(mut self, cause: &'static str) -> Self {
        self.cause = Some(cause);
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

    /// Returns how many records of the accepted bytes the receiver refused.
    #[cfg(feature = "alloc")]
    pub const fn rejected_records(&self) -> usize {
        self.rejected
    }

    /// Tells whether the sink keeps what it accepted, to deliver it later.
    #[cfg(feature = "alloc")]
    #[doc(hidden)]
    pub const fn is_storing(&self) -> bool {
        self.stored
    }

    /// Returns what happened, if that was said.
    #[cfg(feature = "alloc")]
    pub const fn cause(&self) -> Option<&'static str> {
        self.cause
    }

    /// Returns how long the receiver wants to be left alone.
    #[cfg(feature = "alloc")]
    pub const fn pause(&self) -> Option<Duration> {
        self.retry_after
    }

    /// Tells whether something is wrong: of `Retry` and `Partial` it is not.
    pub const fn is_failure(&self) -> bool {
        !matches!(self.kind, SinkErrorKind::Retry | SinkErrorKind::Partial)
    }
}

impl fmt::Display for SinkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            SinkErrorKind::Retry => "the sink can take no more just now",
            SinkErrorKind::Partial => "the sink has taken a part",
            SinkErrorKind::Full => "the sink has no room",
            SinkErrorKind::Closed => "nobody reads from the sink any more",
            SinkErrorKind::Failed => "the sink failed",
        })?;
        #[cfg(feature = "alloc")]
        if let Some(cause) = self.cause {
            write!(f, ": {cause}")?;
        }
        match self.os_code {
            Some(code) => write!(f, " (os error {code})"),
            None => Ok(()),
        }
    }
}

impl core::error::Error for SinkError {}
