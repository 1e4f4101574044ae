//! Which traces' records are written, decided when they have come.

use core::time::Duration;

use crate::level::LogLevel;

/// Says which traces' records a destination writes; see
/// [`Destination::tail_sampling`](crate::Destination::tail_sampling).
///
/// The records of a trace are those whose `trace_id` (32 hexadecimal digits, as in
/// `traceparent`) is the same. They are held until one of [`keep_from`](Self::keep_from)
/// comes: then all are written, and what comes later of this trace at once; or until the first is
/// so long ago as [`within`](Self::within) says: then they are left out, and what comes later with
/// them, unless a record shows that the trace is to be kept after all.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct TailSampling {
    keep_from: LogLevel,
    within: Duration,
    ratio: f64,
    max_bytes: usize,
}

impl Default for TailSampling {
    fn default() -> Self {
        Self::new()
    }
}

impl TailSampling {
    /// Keeps traces that have a record of ERROR or above within ten seconds.
    pub const fn new() -> Self {
        Self { keep_from: LogLevel::Error, within: Duration::from_secs(10), ratio: 0.0, max_bytes: 16 << 20 }
    }

    /// Keeps a trace that has a record of this level or above. ERROR at first, which is also
    /// the highest: records of ERROR are written before their call returns.
    #[must_use]
    pub fn keep_from(mut self, level: LogLevel) -> Self {
        self.keep_from = level.min(LogLevel::Error);
        self
    }

    /// Holds a trace so long; 10 s at first, a millisecond to a day.
    #[must_use]
    pub fn within(mut self, within: Duration) -> Self {
        self.within = within.clamp(Duration::from_millis(1), Duration::from_secs(24 * 60 * 60));
        self
    }

    /// Writes this share of all other traces, at once and whole: those that OpenTelemetry's
    /// `TraceIdRatioBased` samples. 0 at first; 1 means all.
    #[must_use]
    pub fn ratio(mut self, ratio: f64) -> Self {
        self.ratio = if ratio.is_nan() { 0.0 } else { ratio.clamp(0.0, 1.0) };
        self
    }

    /// Holds at most so many bytes; 16 MiB at first, at least 64 KiB. Where more would be held the
    /// oldest trace is given up, and counted as [`QueueFull`](crate::DropReason::QueueFull).
    #[must_use]
    pub fn max_bytes(mut self, bytes: usize) -> Self {
        self.max_bytes = bytes.max(64 << 10);
        self
    }

    /// Returns what [`keep_from`](Self::keep_from) has set.
    pub const fn kept_from(&self) -> LogLevel {
        self.keep_from
    }

    /// Returns what [`within`](Self::within) has set.
    pub const fn held_within(&self) -> Duration {
        self.within
    }

    /// Returns what [`ratio`](Self::ratio) has set.
    pub const fn ratio_of_others(&self) -> f64 {
        self.ratio
    }

    /// Returns what [`max_bytes`](Self::max_bytes) has set.
    pub const fn most_bytes(&self) -> usize {
        self.max_bytes
    }
}
