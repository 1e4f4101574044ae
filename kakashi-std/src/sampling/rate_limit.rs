//! A limit of records a second, as one word that threads share.
//!
//! The generic cell rate algorithm (ITU-T I.371): the word is the time at which the bucket would be full again
//! if nothing more came. A record moves it on by its share of a second, unless it then lay further
//! ahead than a whole burst takes.

use std::sync::atomic::{AtomicU64, Ordering};

const SECOND: u64 = 1_000_000_000;

/// A token bucket. Times are nanoseconds since any moment.
#[derive(Debug, Default)]
pub(super) struct RateLimit {
    /// A record's share of a second; 0: no limit.
    share: AtomicU64,
    /// How far ahead the bucket may be.
    ahead: AtomicU64,
    /// When the bucket is full again.
    full_at: AtomicU64,
}

impl RateLimit {
    /// Sets how many records pass in a second, and how many at once; none: all pass.
    pub(super) fn set(&self, per_second: Option<u32>, burst: Option<u32>) {
        let (share, ahead) = match per_second {
            None => (0, 0),
            Some(0) => (u64::MAX, 0),
            Some(records) => {
                let share = SECOND / u64::from(records);
                (share, share.saturating_mul(u64::from(burst.unwrap_or(records).max(1))))
            }
        };
        self.share.store(share, Ordering::Relaxed);
        self.ahead.store(ahead, Ordering::Relaxed);
    }

    /// Takes a record's share, if it is there.
    pub(super) fn admits(&self, now: u64) -> bool {
        let share = self.share.load(Ordering::Relaxed);
        if share == 0 {
            return true;
        }
        let latest = now.saturating_add(self.ahead.load(Ordering::Relaxed));
        let taken = self.full_at.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |full_at| {
            let next = full_at.max(now).checked_add(share)?;
            (next <= latest).then_some(next)
        });
        taken.is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admitted(limit: &RateLimit, now: u64, calls: usize) -> usize {
        (0..calls).filter(|_| limit.admits(now)).count()
    }

    #[test]
    fn a_burst_passes_at_once_and_then_as_many_as_the_time_allows() {
        let limit = RateLimit::default();
        assert_eq!(admitted(&limit, 0, 100), 100);
        limit.set(Some(10), Some(25));
        assert_eq!(admitted(&limit, SECOND, 100), 25);
        assert_eq!(admitted(&limit, SECOND + SECOND / 10 - 1, 100), 0);
        assert_eq!(admitted(&limit, SECOND + SECOND / 10, 100), 1);
        assert_eq!(admitted(&limit, 2 * SECOND, 100), 9);
        assert_eq!(admitted(&limit, 1000 * SECOND, 100), 25, "no more is saved up");
        limit.set(Some(0), None);
        assert_eq!(admitted(&limit, 2000 * SECOND, 100), 0);
    }

    #[test]
    fn threads_together_get_no_more_than_one_would() {
        let limit = RateLimit::default();
        limit.set(Some(1000), None);
        let admitted: usize = std::thread::scope(|scope| {
            let threads = [(); 4].map(|()| scope.spawn(|| admitted(&limit, 7, 1000)));
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(admitted, 1000);
    }
}
