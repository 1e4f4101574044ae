//! The system's clock as one of kakashi's.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use kakashi_core::{Clock, Timestamp};

/// Reads the system's clock: nanoseconds since 1970, by `SystemTime`. Times that a
/// [`Timestamp`] can't hold become the first or the last that it can (1677, 2262).
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::Wall(wall_nanos(SystemTime::now()))
    }
}

/// Returns nanoseconds since 1970, as far as they can be told.
pub(super) fn wall_nanos(time: SystemTime) -> i64 {
    let nanos = |duration: Duration| i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX);
    match time.duration_since(UNIX_EPOCH) {
        Ok(since) => nanos(since),
        Err(before) => -nanos(before.duration()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_system_clock_beyond_2262_or_before_1677_saturates() {
        let centuries = Duration::from_secs(400 * 366 * 86_400);
        if let Some(late) = UNIX_EPOCH.checked_add(centuries) {
            assert_eq!(wall_nanos(late), i64::MAX);
        }
        if let Some(early) = UNIX_EPOCH.checked_sub(centuries) {
            assert_eq!(wall_nanos(early), -i64::MAX);
        }
    }
}
