//! Limits how long an incomplete block may hold up a live stream.

use std::time::{Duration, Instant};

/// Measures for how long bytes have been undecided: neither a whole block nor damage.
#[derive(Debug)]
pub(crate) struct StallTimer {
    /// None if the stream is not live: then there is no limit.
    limit: Option<Duration>,
    undecided_since: Option<Instant>,
}

impl StallTimer {
    pub(crate) fn new(limit: Option<Duration>) -> Self {
        Self { limit, undecided_since: None }
    }

    /// Returns how long a read may wait: the limit while bytes are undecided.
    pub(crate) fn read_timeout(&self, undecided: bool) -> Option<Duration> {
        self.limit.filter(|_| undecided)
    }

    /// Starts again, after a block was decided.
    pub(crate) fn restart(&mut self) {
        self.undecided_since = None;
    }

    /// Tells whether the limit is reached; if so, starts again.
    pub(crate) fn is_expired(&mut self, undecided: bool, now: Instant) -> bool {
        let (Some(limit), true) = (self.limit, undecided) else {
            self.undecided_since = None;
            return false;
        };
        let since = *self.undecided_since.get_or_insert(now);
        let expired = now.saturating_duration_since(since) >= limit;
        if expired {
            self.undecided_since = None;
        }
        expired
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_expires_when_bytes_have_been_undecided_for_the_limit() {
        let (start, second) = (Instant::now(), Duration::from_secs(1));
        let mut timer = StallTimer::new(Some(second));
        assert_eq!((timer.read_timeout(false), timer.read_timeout(true)), (None, Some(second)));
        for (millis, undecided, expired) in [
            (0, true, false),
            (999, true, false),
            (1000, true, true),
            (1001, true, false),
            (1500, false, false),
            (2100, true, false),
            (3099, true, false),
            (3100, true, true),
        ] {
            let now = start + Duration::from_millis(millis);
            assert_eq!(timer.is_expired(undecided, now), expired, "{millis}");
        }
        assert!(!timer.is_expired(true, start + 5 * second));
        timer.restart();
        assert!(!timer.is_expired(true, start + 9 * second));
        let mut endless = StallTimer::new(None);
        assert_eq!(endless.read_timeout(true), None);
        assert!(!endless.is_expired(true, start) && !endless.is_expired(true, start + 1000 * second));
    }
}
