//! When a receiver wants to be asked again, and pauses that differ from process to process.

use std::hash::{BuildHasher as _, RandomState};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The first pause after a receiver that is busy and says no time, and the longest.
const FIRST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(5);
/// What a receiver asks for is varied by up to this part of it.
const VARIED_BY: f64 = 0.1;

/// Pauses for a receiver that is busy: what it asks for, else twice as long each time.
#[derive(Debug, Default)]
pub(crate) struct BusyPauses {
    in_a_row: u32,
}

impl BusyPauses {
    /// Returns the next pause; `header` is the text of `Retry-After`.
    pub(crate) fn next(&mut self, header: Option<&str>) -> Duration {
        let doubled = FIRST.saturating_mul(1 << self.in_a_row.min(16)).min(LONGEST);
        self.in_a_row += 1;
        match header.and_then(|text| asked(text, SystemTime::now())) {
            Some(asked) => asked.mul_f64(1.0 + VARIED_BY * random()),
            None => doubled.mul_f64(0.5 + random()),
        }
    }

    /// As `next`, where an operator must do something first: twelve times as long, so at most a minute
    /// and a half.
    #[cfg(feature = "http")]
    pub(crate) fn next_for_operator(&mut self, header: Option<&str>) -> Duration {
        match header {
            Some(_) => self.next(header),
            None => self.next(None) * 12,
        }
    }

    /// Begins anew: the receiver has taken something.
    pub(crate) fn reset(&mut self) {
        self.in_a_row = 0;
    }
}

/// A number from 0 to 1, another each time.
fn random() -> f64 {
    let number = RandomState::new().hash_one(0);
    number as f64 / u64::MAX as f64
}

/// Reads a `Retry-After` (RFC 9110, section 10.2.3): seconds, or a date; at most a day.
fn asked(text: &str, now: SystemTime) -> Option<Duration> {
    let text = text.trim();
    let day = Duration::from_secs(86_400);
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds).min(day));
    }
    let date = UNIX_EPOCH.checked_add(Duration::from_secs(unix_seconds(text)?))?;
    Some(date.duration_since(now).unwrap_or_default().min(day))
}

/// Reads a date as HTTP has it: `Sun, 06 Nov 1994 08:49:37 GMT`.
fn unix_seconds(text: &str) -> Option<u64> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let mut words = text.split_once(", ")?.1.strip_suffix(" GMT")?.split(' ');
    let day: u64 = words.next()?.parse().ok().filter(|day| (1..=31).contains(day))?;
    let month = words.next()?;
    let month = 1 + MONTHS.iter().position(|known| *known == month)? as u64;
    let year: u64 = words.next()?.parse().ok().filter(|year| (1970..10_000).contains(year))?;
    let mut time = words.next()?.split(':').map(|number| number.parse::<u64>().ok());
    let (hour, minute, second) = (time.next()??, time.next()??, time.next()??);
    // A second may be a leap second.
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    // Days since 1970-01-01 (H. Hinnant, "chrono-Compatible Low-Level Date Algorithms").
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year / 400, year % 400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year;
    days.checked_sub(719_468)?.checked_mul(86_400)?.checked_add(hour * 3600 + minute * 60 + second)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_dates_are_read_and_nothing_else() {
        let now = UNIX_EPOCH + Duration::from_secs(784_111_777);
        let read = |text| asked(text, now).map(|pause| pause.as_secs());
        assert_eq!(read(" 120 "), Some(120));
        assert_eq!(read("18446744073709551615"), Some(86_400));
        assert_eq!(read("Sun, 06 Nov 1994 08:49:37 GMT"), Some(0));
        assert_eq!(read("Sun, 06 Nov 1994 08:50:07 GMT"), Some(30));
        assert_eq!(read("Tue, 29 Feb 2000 00:00:00 GMT"), Some(86_400));
        assert_eq!(read("Thu, 01 Jan 1970 00:00:00 GMT"), Some(0));
        for text in [
            "Su, 014279890759 Nov 1994 3:0489:7 GMT",
            "Sun, 32 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 24:49:37 GMT",
            "Sun, 06 Nov 1994 08:49:18446744073709551615 GMT",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
        for text in
            ["", "-1", "1.5", "soon", "Sun, 00 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49 GMT", ", GMT"]
        {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn pauses_grow_vary_and_begin_anew() {
        let mut pauses = BusyPauses::default();
        for step in 0..10 {
            let least = Duration::from_millis(50 << step).min(LONGEST / 2);
            let pause = pauses.next(Some("what?"));
            assert!((least..=3 * least).contains(&pause), "{step}: {pause:?}");
        }
        let asked = pauses.next(Some("10"));
        assert!((10.0..=11.0).contains(&asked.as_secs_f64()), "{asked:?}");
        pauses.reset();
        assert!(pauses.next(None) <= Duration::from_millis(150));
    }
}
