//! The firmware whose size is measured.

use crate::sink;

/// Logs each statement once. All that the empty contender has too is used here.
pub fn run(all: impl Fn(), _rewind: fn() -> usize, end: impl FnOnce()) -> ! {
    sink::write(&board::systick::uptime_micros().to_le_bytes());
    all();
    end();
    board::exit::success()
}
