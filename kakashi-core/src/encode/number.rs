//! Numbers as digits: `itoa` and `zmij`, the same on every platform.

use core::time::Duration;

use crate::output::Output;

#[inline]
pub(super) fn put_u64(out: &mut Output<'_>, number: u64) {
    if number < 10 {
        out.put_byte(b'0' + number as u8);
    } else {
        out.put_short(itoa::Buffer::new().format(number).as_bytes());
    }
}

#[inline]
pub(super) fn put_i64(out: &mut Output<'_>, number: i64) {
    out.put_short(itoa::Buffer::new().format(number).as_bytes());
}

pub(super) fn put_i128(out: &mut Output<'_>, number: i128) {
    out.put(itoa::Buffer::new().format(number).as_bytes());
}

pub(super) fn put_u128(out: &mut Output<'_>, number: u128) {
    out.put(itoa::Buffer::new().format(number).as_bytes());
}

/// Appends a finite float: the shortest digits that read back as the same.
#[inline]
pub(super) fn put_f64(out: &mut Output<'_>, number: f64) {
    out.put_short(zmij::Buffer::new().format_finite(number).as_bytes());
}

/// Appends a finite float: the shortest digits that read back as the same `f32`.
pub(super) fn put_f32(out: &mut Output<'_>, number: f32) {
    out.put_short(zmij::Buffer::new().format_finite(number).as_bytes());
}

/// Appends seconds with as many decimals as they need.
pub(super) fn put_seconds(out: &mut Output<'_>, duration: Duration) {
    put_u64(out, duration.as_secs());
    let mut nanos = duration.subsec_nanos();
    if nanos > 0 {
        let mut digits = [b'0'; 9];
        let mut len = 0;
        for (place, digit) in digits.iter_mut().enumerate().rev() {
            *digit += (nanos % 10) as u8;
            nanos /= 10;
            if *digit != b'0' && len == 0 {
                len = place + 1;
            }
        }
        out.put_byte(b'.');
        out.put(&digits[..len]);
    }
}

/// Tells whether text reads as a number: JSON's grammar, or `NaN`, `inf`, `-inf`.
pub(super) fn is_number(text: &[u8]) -> bool {
    let unsigned = text.strip_prefix(b"-").unwrap_or(text);
    match unsigned {
        b"inf" => true,
        b"NaN" => unsigned.len() == text.len(),
        _ => is_unsigned_number(unsigned),
    }
}

fn is_unsigned_number(text: &[u8]) -> bool {
    let digits = |from: &[u8]| from.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let whole = digits(text);
    if whole == 0 || (whole > 1 && text[0] == b'0') {
        return false;
    }
    let mut rest = &text[whole..];
    if let Some(fraction) = rest.strip_prefix(b".") {
        let len = digits(fraction);
        if len == 0 {
            return false;
        }
        rest = &fraction[len..];
    }
    if let [b'e' | b'E', exponent @ ..] = rest {
        let unsigned = match exponent {
            [b'+' | b'-', unsigned @ ..] => unsigned,
            unsigned => unsigned,
        };
        let len = digits(unsigned);
        return len > 0 && len == unsigned.len();
    }
    rest.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut Output<'_>)) -> String {
        let mut room = [0; 64];
        let mut out = Output::new(&mut room);
        write(&mut out);
        String::from_utf8(out.written().to_vec()).expect("digits are ASCII")
    }

    #[test]
    fn floats_follow_the_written_rule() {
        for (number, text) in [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (0.1, "0.1"),
            (1e15, "1000000000000000.0"),
            (1e16, "1e+16"),
            (1.5e16, "1.5e+16"),
            (1e-5, "0.00001"),
            (9.9e-6, "9.9e-6"),
            (1.5e-7, "1.5e-7"),
            (f64::MAX, "1.7976931348623157e+308"),
            (5e-324, "5e-324"),
        ] {
            assert_eq!(written(|out| put_f64(out, number)), text);
        }
        for (number, text) in [
            (0.1_f32, "0.1"),
            (1e12, "1000000000000.0"),
            (1e13, "1e+13"),
            (1e-6, "0.000001"),
            (9.9e-7, "9.9e-7"),
            (16_777_216.0, "16777216.0"),
        ] {
            assert_eq!(written(|out| put_f32(out, number)), text);
        }
    }

    #[test]
    fn seconds_have_the_decimals_they_need() {
        for (duration, text) in [
            (Duration::ZERO, "0"),
            (Duration::from_millis(1500), "1.5"),
            (Duration::from_nanos(1), "0.000000001"),
            (Duration::from_secs(90), "90"),
            (Duration::MAX, "18446744073709551615.999999999"),
        ] {
            assert_eq!(written(|out| put_seconds(out, duration)), text);
        }
    }

    #[test]
    fn numbers_are_those_of_json_and_three_more() {
        for text in ["0", "-0", "10", "1.5", "1e5", "1E+05", "-1.0e-9", "NaN", "inf", "-inf"] {
            assert!(is_number(text.as_bytes()), "{text}");
        }
        for text in ["", "-", "+1", "01", "1.", ".5", "1e", "1e+", "0x1", "-NaN", "nan", "1 ", "1a", "--1"] {
            assert!(!is_number(text.as_bytes()), "{text}");
        }
    }
}
