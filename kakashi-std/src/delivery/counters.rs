//! The counts that [`stats`](crate::stats) returns.

use kakashi_core::Counters;

/// What became of all records of the process.
pub(crate) static COUNTERS: Counters = Counters::new();
