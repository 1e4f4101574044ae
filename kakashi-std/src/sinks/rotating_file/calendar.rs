//! Hours and days, in UTC or in the system's time zone.

use kakashi_core::civil;

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

/// How long a file lasts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Period {
    Hour,
    Day,
}

/// Whose hours and days count.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Zone {
    Utc,
    #[cfg(feature = "local-time")]
    Local,
}

/// Says when a file's time is over, and how that time is named.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Calendar {
    pub(super) period: Option<Period>,
    pub(super) zone: Zone,
}

impl Calendar {
    /// Returns the second after the last of the period that a second lies in.
    pub(super) fn end_of_period(self, second: i64) -> i64 {
        let Some(period) = self.period else { return i64::MAX };
        #[cfg(feature = "local-time")]
        if self.zone == Zone::Local
            && let Some(end) = local::end_of_period(period, second)
        {
            return end;
        }
        let len = if period == Period::Day { DAY } else { HOUR };
        second - second.rem_euclid(len) + len
    }

    /// Names the period that a second lies in, or the second where there are no periods.
    pub(super) fn stamp(self, second: i64) -> String {
        let [year, month, day, hour, minute, second] = self.civil(second);
        let date = format!("{year:04}-{month:02}-{day:02}");
        match self.period {
            Some(Period::Day) => date,
            Some(Period::Hour) => format!("{date}T{hour:02}"),
            None => format!("{date}T{hour:02}-{minute:02}-{second:02}"),
        }
    }

    fn civil(self, second: i64) -> [i64; 6] {
        #[cfg(feature = "local-time")]
        if self.zone == Zone::Local
            && let Some(civil) = local::civil(second)
        {
            return civil;
        }
        let ((year, month, day), of_day) = (civil(second.div_euclid(DAY)), second.rem_euclid(DAY));
        [year, month, day, of_day / HOUR, of_day / 60 % 60, of_day % 60]
    }
}

/// Tells whether a text is what [`Calendar::stamp`] makes.
pub(super) fn is_stamp(text: &str) -> bool {
    const FORM: &[u8] = b"0000-00-00T00-00-00";
    [10, 13, FORM.len()].contains(&text.len())
        && text.bytes().zip(FORM).all(|(byte, form)| match form {
            b'0' => byte.is_ascii_digit(),
            other => byte == *other,
        })
}

#[cfg(feature = "local-time")]
mod local {
    use jiff::Timestamp;

    use super::{HOUR, Period};
    use crate::clock::system_zone;

    pub(super) fn civil(second: i64) -> Option<[i64; 6]> {
        let at = system_zone().to_datetime(Timestamp::from_second(second).ok()?);
        let time = [at.hour(), at.minute(), at.second()].map(i64::from);
        Some([at.year().into(), at.month().into(), at.day().into(), time[0], time[1], time[2]])
    }

    pub(super) fn end_of_period(period: Period, second: i64) -> Option<i64> {
        let zone = system_zone();
        let at = zone.to_datetime(Timestamp::from_second(second).ok()?);
        match period {
            Period::Hour => Some(second + HOUR - 60 * i64::from(at.minute()) - i64::from(at.second())),
            Period::Day => Some(zone.to_timestamp(at.tomorrow().ok()?.start_of_day()).ok()?.as_second()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: i64 = 1_796_040_000; // 2026-11-30T12:00:00Z

    #[test]
    fn a_period_ends_where_the_next_begins_and_its_name_is_one_of_a_stamp() {
        for (period, stamp, end) in [
            (Some(Period::Day), "2026-11-30", NOON + 12 * HOUR),
            (Some(Period::Hour), "2026-11-30T12", NOON + HOUR),
            (None, "2026-11-30T12-00-07", i64::MAX),
        ] {
            let calendar = Calendar { period, zone: Zone::Utc };
            assert_eq!(calendar.stamp(NOON + 7), stamp);
            assert_eq!(calendar.end_of_period(NOON + 7), end);
            assert!(is_stamp(stamp));
        }
        assert_eq!(Calendar { period: Some(Period::Day), zone: Zone::Utc }.stamp(-1), "1969-12-31");
        for text in ["", "2026", "2026-11-3x", "2026-11-30T1", "2026-11-30-12", "2026-11-30T12-00-077"] {
            assert!(!is_stamp(text), "{text}");
        }
    }
}
