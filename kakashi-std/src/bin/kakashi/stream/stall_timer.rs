//! How long something undecided may hold up a live stream.

use std::time::{Duration, Instant};

/// Measures how long something has been undecided.
#[derive(Debug)]
pub(crate) struct Patience {
    /// None waits for ever.
    limit: Option<Duration>,
    since: Option<Instant>,
}

impl Patience {
    pub(crate) fn new(limit: Option<Duration>) -> Self {
        Self { limit, since: None }
    }

    /// Returns how long to wait at most, if something is undecided.
    pub(crate) fn left(&self, undecided: bool) -> Option<Duration> {
        self.limit.filter(|_| undecided)
    }

    /// Something was decided: what is undecided now has not been for long.
    pub(crate) fn restart(&mut self) {
        self.since = None;
    }

    /// Tells whether the time is over, which then begins again.
    pub(crate) fn is_over(&mut self, undecided: bool, now: Instant) -> bool {
        let (Some(limit), true) = (self.limit, undecided) else {
            self.since = None;
            return false;
        };
        let since = *self.since.get_or_insert(now);
        let over = now.saturating_duration_since(since) >= limit;
        if over {
            self.since = None;
        }
        over
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_ends_when_one_thing_has_been_undecided_for_so_long() {
        let (start, second) = (Instant::now(), Duration::from_secs(1));
        let mut patience = Patience::new(Some(second));
        assert_eq!((patience.left(false), patience.left(true)), (None, Some(second)));
        for (millis, undecided, over) in [
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
            assert_eq!(patience.is_over(undecided, now), over, "{millis}");
        }
        assert!(!patience.is_over(true, start + 5 * second));
        patience.restart();
        assert!(!patience.is_over(true, start + 9 * second));
        let mut endless = Patience::new(None);
        assert_eq!(endless.left(true), None);
        assert!(!endless.is_over(true, start) && !endless.is_over(true, start + 1000 * second));
    }
}
