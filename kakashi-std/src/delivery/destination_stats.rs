//! What became of the records of one destination.

use std::fmt;

use kakashi_core::Dropped;

/// Tells what became of the records that one destination was sent, as
/// [`stats_by_destination`](crate::stats_by_destination) returns it.
///
/// After a flush, whether it was complete or not, the records sent and `found` are those of
/// `written`, `waiting` and `dropped.total()`, together. Destinations of one target (a file, a stream) have one count, under
/// the name of the first.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct DestinationStats {
    /// The destination's name, as in reports.
    pub name: Box<str>,
    /// Records that its sink took, or, where it has a receiver that confirms, that this
    /// confirmed.
    pub written: usize,
    /// Records that wait for it, in memory and on the disk; not those still in the buffers of
    /// threads, which a flush empties.
    pub waiting: usize,
    /// Those of `waiting` that lie on the disk, in a [`DiskBuffer`](crate::sinks::DiskBuffer).
    pub on_disk: usize,
    /// Records that earlier processes have left in its disk buffer, as far as they were read:
    /// they wait for it, and are written or dropped, like this process's.
    pub found: usize,
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
        let Self { name, written, waiting, on_disk, found, bytes, failures, dropped } = self;
        write!(
            f,
            "{}: {written} records written ({bytes} bytes), {waiting} waiting",
            kakashi_core::OneLine(name)
        )?;
        if *on_disk > 0 {
            write!(f, " ({on_disk} of them on the disk)")?;
        }
        write!(f, ", {dropped}")?;
        if *found > 0 {
            write!(f, ", {found} found of earlier processes")?;
        }
        if *failures > 0 {
            write!(f, ", {failures} failed calls")?;
        }
        Ok(())
    }
}
