//! What became of the records of one destination.

use std::fmt;

use kakashi_core::Dropped;

/// Tells what became of the records that one destination was sent, as
/// [`stats_by_destination`](crate::stats_by_destination) returns it.
///
/// After a flush, whether it was complete or not, records sent = `written` + `waiting` +
/// `dropped.total()`. Destinations of one target (a file, a stream) have one count, under
/// the name of the first.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct DestinationStats {
    /// The destination's name, as in reports.
    pub name: Box<str>,
    /// Records that its sink took, or, where it has a receiver that confirms, that this
    /// confirmed.
    pub written: usize,
    /// Records that wait for it; not those still in the buffers of threads, which a flush
    /// empties.
    pub waiting: usize,
    /// Bytes that its sink took, in the form that it is given.
    pub bytes: usize,
    /// Calls of the sink that it failed.
    pub failures: usize,
    /// Records that were dropped.
    pub dropped: Dropped,
}

impl fmt::Display for DestinationStats {
    /// Prints the counts, as an operator reads them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, written, waiting, bytes, failures, dropped } = self;
        write!(
            f,
            "{}: {written} records written ({bytes} bytes), {waiting} waiting, {dropped}",
            kakashi_core::OneLine(name)
        )?;
        if *failures > 0 {
            write!(f, ", {failures} failed calls")?;
        }
        Ok(())
    }
}
