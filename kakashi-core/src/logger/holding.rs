//! What a destination holds back before its sink gets it.

use core::time::Duration;

use super::tail_sampling::TailSampling;

/// Says what is held back at a destination.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Holding {
    /// Repetitions of a record, so long.
    Repetitions(Duration),
    /// The records of traces.
    Traces(TailSampling),
}
