//! Durations as people say them: three digits and a unit, or the two largest units.

use core::fmt::Write as _;
use core::time::Duration;

use crate::util::output::Output;

/// Appends `710 µs`, `1.24 s`, `3 m 20 s`, `2 d 4 h`.
pub(super) fn put_human_duration(out: &mut Output<'_>, duration: Duration) {
    let nanos = duration.as_nanos();
    let seconds = duration.as_secs();
    // What does not fit is counted by `out`.
    let _ = match (nanos, seconds) {
        (0, _) => write!(out, "0 s"),
        // Rounded up it is a minute.
        (..59_950_000_000, _) => put_three_digits(out, nanos),
        (_, ..3600) => put_two(out, seconds.max(60), ("m", 60), "s"),
        (_, ..86_400) => put_two(out, seconds / 60, ("h", 60), "m"),
        _ => put_two(out, seconds / 3600, ("d", 24), "h"),
    };
}

/// Appends a count of small units as one of large ones and a rest.
fn put_two(
    out: &mut Output<'_>,
    count: u64,
    (large, of_small): (&str, u64),
    small: &str,
) -> core::fmt::Result {
    let (whole, rest) = (count / of_small, count % of_small);
    write!(out, "{whole} {large}")?;
    if rest > 0 { write!(out, " {rest} {small}") } else { Ok(()) }
}

fn put_three_digits(out: &mut Output<'_>, nanos: u128) -> core::fmt::Result {
    const UNITS: [(&str, u128); 4] = [("ns", 1), ("µs", 1_000), ("ms", 1_000_000), ("s", 1_000_000_000)];
    for (at, (name, unit)) in UNITS.into_iter().enumerate() {
        let decimals = match nanos / unit {
            100.. => 0,
            10.. => 1,
            _ => 2,
        };
        let scale = 10_u128.pow(decimals);
        let rounded = (nanos * scale + unit / 2) / unit;
        if rounded >= 1000 * scale && at + 1 < UNITS.len() {
            continue;
        }
        write!(out, "{}", rounded / scale)?;
        let mut rest = rounded % scale;
        if rest > 0 {
            let mut digits = decimals as usize;
            while rest.is_multiple_of(10) {
                (rest, digits) = (rest / 10, digits - 1);
            }
            write!(out, ".{rest:0digits$}")?;
        }
        return write!(out, " {name}");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(duration: Duration) -> String {
        let mut room = [0; 64];
        let mut out = Output::new(&mut room);
        put_human_duration(&mut out, duration);
        String::from_utf8(out.written().to_vec()).expect("text")
    }

    #[test]
    fn a_duration_is_three_digits_and_a_unit_or_two_units() {
        for (nanos, expected) in [
            (0, "0 s"),
            (1, "1 ns"),
            (999, "999 ns"),
            (1_000, "1 µs"),
            (1_234, "1.23 µs"),
            (12_340, "12.3 µs"),
            (710_000, "710 µs"),
            (999_499, "999 µs"),
            (999_500, "1 ms"),
            (1_005_000, "1.01 ms"),
            (1_500_000, "1.5 ms"),
            (99_960_000, "100 ms"),
            (999_999_999, "1 s"),
            (1_240_000_000, "1.24 s"),
            (59_940_000_000, "59.9 s"),
            (59_950_000_000, "1 m"),
            (60_000_000_000, "1 m"),
            (200_900_000_000, "3 m 20 s"),
            (3_599_999_999_999, "59 m 59 s"),
            (3_600_000_000_000, "1 h"),
            (7_500_000_000_000, "2 h 5 m"),
            (187_200_000_000_000, "2 d 4 h"),
        ] {
            assert_eq!(said(Duration::from_nanos(nanos)), expected, "{nanos}");
        }
        assert_eq!(said(Duration::MAX), "213503982334601 d 7 h");
    }
}
