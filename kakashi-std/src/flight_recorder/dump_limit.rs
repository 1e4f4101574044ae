//! How often triggers have records written.

use std::time::Instant;

use super::settings::FlightRecorder;

/// A bucket of dumps, which a minute fills.
#[derive(Debug)]
pub(super) struct DumpLimit {
    most: u32,
    /// Dumps that are left.
    left: f64,
    since: Instant,
    ignored: usize,
}

impl DumpLimit {
    pub(super) fn new(most: u32, now: Instant) -> Self {
        Self { most, left: f64::from(most), since: now, ignored: 0 }
    }

    /// Tells whether a dump is allowed now; counts it.
    pub(super) fn admits(&mut self, now: Instant) -> bool {
        let passed = now.saturating_duration_since(self.since).as_secs_f64();
        let most = f64::from(self.most);
        self.left = most.min(self.left + most * passed / FlightRecorder::MINUTE.as_secs_f64());
        self.since = now;
        let admits = self.left >= 1.0;
        if admits {
            self.left -= 1.0;
        } else {
            self.ignored += 1;
        }
        admits
    }

    /// Takes the number of dumps that were not allowed since the last one.
    pub(super) fn take_ignored(&mut self) -> usize {
        std::mem::take(&mut self.ignored)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn as_many_dumps_as_a_minute_has_come_at_once_and_one_for_each_part_of_it() {
        let mut now = Instant::now();
        let mut limit = DumpLimit::new(4, now);
        let mut admitted = |seconds: u64, calls: usize| {
            now += Duration::from_secs(seconds);
            (0..calls).filter(|_| limit.admits(now)).count()
        };
        assert_eq!([admitted(0, 9), admitted(15, 2), admitted(3000, 9)], [4, 1, 4]);
        assert_eq!((limit.take_ignored(), limit.take_ignored()), (11, 0));
        assert!(!DumpLimit::new(0, now).admits(now));
    }
}
