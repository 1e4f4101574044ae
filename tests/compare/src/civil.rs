//! Calendar arithmetic for the two floors, which format their own time, and for
//! the report's date.

/// A moment in UTC, to the second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Civil {
    pub year: u64,
    pub month: u64,
    pub day: u64,
    pub hour: u64,
    pub minute: u64,
    pub second: u64,
}

/// The date and time of day, `seconds` after the Unix epoch.
///
/// Howard Hinnant's `civil_from_days`, without the part for years before 1970.
pub fn civil(seconds: u64) -> Civil {
    let (days, of_day) = (seconds / 86_400 + 719_468, seconds % 86_400);
    let era = days / 146_097;
    let day_of_era = days % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    Civil {
        year: year_of_era + era * 400 + u64::from(month <= 2),
        month,
        day: day_of_year - (153 * shifted_month + 2) / 5 + 1,
        hour: of_day / 3_600,
        minute: of_day / 60 % 60,
        second: of_day % 60,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_moments() {
        let ymd_hms = |seconds| {
            let c = civil(seconds);
            [c.year, c.month, c.day, c.hour, c.minute, c.second]
        };
        assert_eq!(ymd_hms(0), [1970, 1, 1, 0, 0, 0]);
        assert_eq!(ymd_hms(951_782_399), [2000, 2, 28, 23, 59, 59]);
        assert_eq!(ymd_hms(951_782_400), [2000, 2, 29, 0, 0, 0]);
        assert_eq!(ymd_hms(1_795_342_320), [2026, 11, 22, 10, 12, 0]);
        assert_eq!(ymd_hms(4_107_542_399), [2100, 2, 28, 23, 59, 59]);
        assert_eq!(ymd_hms(4_107_542_400), [2100, 3, 1, 0, 0, 0]);
    }
}
