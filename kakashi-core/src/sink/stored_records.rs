//! Counting records that a sink keeps beyond the calls that brought them.

use crate::level::LogLevel;
use crate::stats::Dropped;

/// Counts, for one destination, what becomes of records that its sink has stored to deliver them
/// later: a disk buffer's. Called from any thread, and never under a lock that a call of the sink
/// waits for.
///
/// All that was stored or found is counted once more, as delivered, rejected or dropped, or
/// waits still. Announcements of drops are no records here.
pub trait StoredRecordCounter: Send + Sync {
    /// Counts records that a call of the sink has brought: see `SinkError::storing`.
    fn stored(&self, records: usize);

    /// Counts records that an earlier process has stored.
    fn found(&self, records: usize);

    /// Counts records that the receiver has taken, of each of [`LogLevel::ALL`], and their bytes.
    fn delivered(&self, records: [usize; LogLevel::ALL.len()], bytes: usize);

    /// Counts records that the receiver has refused for good, and says why.
    fn rejected(&self, rejected: &Dropped, cause: Option<&'static str>);

    /// Counts records that can't be delivered any more.
    fn dropped(&self, dropped: &Dropped);

    /// Has drops announced again that are counted: their announcement can't be delivered.
    fn announce(&self, dropped: &Dropped);

    /// Counts a call of the receiver that it failed.
    fn failed(&self);
}
