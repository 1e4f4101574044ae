//! Timestamps as RFC 3339 text, the part up to the second kept from before.

#[cfg(not(target_os = "none"))]
use super::number::put_u64;
#[cfg(any(test, target_os = "none"))]
use super::number::{div_rem, put_digits, put_small_u64};
use crate::clock::Timestamp;
use crate::util::output::Output;

/// Remembers the text of one second.
#[derive(Debug)]
pub(crate) struct SecondCache {
    second: i64,
    /// `2026-11-22T10:12:00.`
    text: [u8; 20],
}

impl Default for SecondCache {
    fn default() -> Self {
        Self { second: 0, text: *b"1970-01-01T00:00:00." }
    }
}

impl SecondCache {
    /// Appends a timestamp in UTC with microseconds.
    #[inline]
    pub(crate) fn put(&mut self, timestamp: Timestamp, out: &mut Output<'_>) {
        match timestamp {
            Timestamp::Wall(nanos) => {
                let (second, micros) = split(nanos);
                if second != self.second {
                    self.set_second(second);
                }
                out.put_array(&self.text);
                out.put_word((six(micros) | u64::from(b'Z') << 48).to_le_bytes(), 7);
            }
            Timestamp::Uptime(nanos) => put_uptime(nanos, out),
        }
    }

    /// Appends the time of day in UTC with milliseconds: `10:12:00.123`.
    pub(crate) fn put_time_of_day(&mut self, timestamp: Timestamp, out: &mut Output<'_>) {
        match timestamp {
            Timestamp::Wall(nanos) => {
                let (second, micros) = split(nanos);
                if second != self.second {
                    self.set_second(second);
                }
                out.put(&self.text[11..20]);
                out.put_word(six(micros).to_le_bytes(), 3);
            }
            Timestamp::Uptime(nanos) => put_uptime(nanos, out),
        }
    }

    /// Returns `2026-11-22T10:12:00.` of a second since 1970.
    #[cfg(feature = "alloc")]
    pub(super) fn text_of(&mut self, second: i64) -> &[u8; 20] {
        if second != self.second {
            self.set_second(second);
        }
        &self.text
    }

    #[cold]
    fn set_second(&mut self, second: i64) {
        self.second = second;
        let (days, of_day) = (second.div_euclid(86_400), second.rem_euclid(86_400));
        let (year, month, day) = civil(days);
        put_two(&mut self.text[0..2], year / 100);
        put_two(&mut self.text[2..4], year % 100);
        put_two(&mut self.text[5..7], month);
        put_two(&mut self.text[8..10], day);
        put_two(&mut self.text[11..13], of_day / 3600);
        put_two(&mut self.text[14..16], of_day / 60 % 60);
        put_two(&mut self.text[17..19], of_day % 60);
    }
}

/// Splits nanoseconds into whole seconds and whole microseconds of the next.
#[inline]
fn split(nanos: i64) -> (i64, u32) {
    // Unsigned division by a constant is cheaper, and nearly all times are.
    if let Ok(nanos) = u64::try_from(nanos) {
        let second = nanos / 1_000_000_000;
        return (second as i64, ((nanos - second * 1_000_000_000) / 1000) as u32);
    }
    (nanos.div_euclid(1_000_000_000), (nanos.rem_euclid(1_000_000_000) / 1000) as u32)
}

/// Appends a timestamp without a memory of the last.
#[cfg(any(test, target_os = "none"))]
#[inline(always)]
pub(super) fn put_time(timestamp: Timestamp, out: &mut Output<'_>) {
    match timestamp {
        Timestamp::Wall(_) => put_wall(timestamp, out),
        Timestamp::Uptime(nanos) => put_uptime(nanos, out),
    }
}

#[cfg(any(test, target_os = "none"))]
#[inline(never)]
fn put_wall(timestamp: Timestamp, out: &mut Output<'_>) {
    SecondCache::default().put(timestamp, out);
}

#[cfg(any(test, target_os = "none"))]
#[cfg_attr(target_os = "none", inline(never))]
fn put_small_uptime(nanos: u64, out: &mut Output<'_>) {
    let (seconds, millis, micros) = {
        let (rest, _) = div_rem(nanos, 1000);
        let (rest, micros) = div_rem(rest, 1000);
        let (rest, millis) = div_rem(rest, 1000);
        (rest, millis, micros)
    };
    out.put_byte(b'+');
    put_small_u64(out, seconds);
    out.put_byte(b'.');
    put_digits(out, millis, 3);
    put_digits(out, micros, 3);
    out.put_byte(b's');
}

#[cfg(target_os = "none")]
use put_small_uptime as put_uptime;

#[cfg(not(target_os = "none"))]
fn put_uptime(nanos: u64, out: &mut Output<'_>) {
    out.put_byte(b'+');
    put_u64(out, nanos / 1_000_000_000);
    out.put_byte(b'.');
    let micros = (nanos % 1_000_000_000 / 1000) as u32;
    out.put_word((six(micros) | u64::from(b's') << 48).to_le_bytes(), 7);
}

#[cfg_attr(not(target_family = "wasm"), inline(always))]
fn put_two(room: &mut [u8], number: i64) {
    room[0] = b'0' + (number / 10) as u8;
    room[1] = b'0' + (number % 10) as u8;
}

/// Returns six digits in the six low bytes of a word, the first lowest: made in
/// registers, since bytes stored one by one are slow to load as one.
#[cfg_attr(not(target_family = "wasm"), inline(always))]
fn six(number: u32) -> u64 {
    const PAIRS: [u16; 100] = {
        let mut pairs = [0; 100];
        let mut pair = 0;
        while pair < 100 {
            let (tens, ones) = (b'0' + pair as u8 / 10, b'0' + pair as u8 % 10);
            pairs[pair] = u16::from_le_bytes([tens, ones]);
            pair += 1;
        }
        pairs
    };
    let pair = |pair: u32| u64::from(PAIRS[(pair as usize).min(99)]);
    let (high, rest) = (number / 10_000, number % 10_000);
    pair(high) | pair(rest / 100) << 16 | pair(rest % 100) << 32
}

/// Turns days since 1970-01-01 into year, month and day (H. Hinnant,
/// "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`).
pub fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(timestamp: Timestamp) -> String {
        let mut room = [0; 64];
        let mut out = Output::new(&mut room);
        SecondCache::default().put(timestamp, &mut out);
        String::from_utf8(out.written().to_vec()).expect("a time is ASCII")
    }

    #[test]
    fn known_times_are_right() {
        assert_eq!(text(Timestamp::Wall(0)), "1970-01-01T00:00:00.000000Z");
        assert_eq!(text(Timestamp::Wall(-1)), "1969-12-31T23:59:59.999999Z");
        assert_eq!(text(Timestamp::Wall(951_782_399_999_999_999)), "2000-02-28T23:59:59.999999Z");
        assert_eq!(text(Timestamp::Wall(951_782_400_000_000_000)), "2000-02-29T00:00:00.000000Z");
        assert_eq!(text(Timestamp::Wall(i64::MAX)), "2262-04-11T23:47:16.854775Z");
        assert_eq!(text(Timestamp::Wall(i64::MIN)), "1677-09-21T00:12:43.145224Z");
        assert_eq!(text(Timestamp::Uptime(12_345_678_901)), "+12.345678s");
    }

    proptest::proptest! {
        #[test]
        fn little_code_writes_the_same_uptime(nanos: u64, shift in 0_u32..64) {
            let mut room = [0; 32];
            let mut out = Output::new(&mut room);
            put_small_uptime(nanos >> shift, &mut out);
            let small = String::from_utf8(out.written().to_vec()).expect("a time is ASCII");
            proptest::prop_assert_eq!(small, text(Timestamp::Uptime(nanos >> shift)));
        }
    }

    #[test]
    fn a_kept_second_is_left_when_time_moves_either_way() {
        let mut cache = SecondCache::default();
        let mut room = [0; 27 * 3];
        let mut out = Output::new(&mut room);
        for nanos in [5_000_000_000, 5_999_999_000, 4_000_001_000] {
            cache.put(Timestamp::Wall(nanos), &mut out);
        }
        assert_eq!(
            core::str::from_utf8(out.written()).unwrap(),
            "1970-01-01T00:00:05.000000Z1970-01-01T00:00:05.999999Z1970-01-01T00:00:04.000001Z"
        );
    }
}
