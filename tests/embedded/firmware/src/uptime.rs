//! The time since the board started.

use kakashi_core::{Clock, Timestamp};

/// Reads the processor's timer, which was started before.
#[derive(Clone, Copy, Debug)]
pub struct Uptime;

impl Clock for Uptime {
    fn now(&self) -> Timestamp {
        Timestamp::from_uptime_micros(board::systick::uptime_micros())
    }
}
