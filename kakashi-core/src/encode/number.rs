//! Numbers as digits: `itoa` and `zmij`, the same on every platform.

use core::time::Duration;

use crate::output::Output;

#[inline]
pub(super) fn put_u64(out: &mut Output<'_>, number: u64) {
    if number < 10 {
        out.put_byte(b'0' + number as u8);
    } else if let (true, Ok(number)) = (cfg!(target_pointer_width = "32"), u32::try_from(number)) {
        // Divisions of 64 bits are slow there.
        out.put_short(itoa::Buffer::new().format(number).as_bytes());
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
    #[cfg(target_family = "wasm")]
    if put_thousandths(out, number) {
        return;
    }
    out.put_short(zmij::Buffer::new().format_finite(number).as_bytes());
}

/// Appends a float that is a whole number of thousandths, as most in logs are; false
/// if it is none that is known to be one.
///
/// WebAssembly has no product of 128 bits, which `zmij` lives on. A float that is
/// `n / 1000`, correctly rounded, is what the decimal `n / 1000` reads back as; with
/// less than 15 digits no other decimal so short does, and a shorter one would be the
/// same number.
#[cfg(any(test, target_family = "wasm"))]
fn put_thousandths(out: &mut Output<'_>, number: f64) -> bool {
    let size = number.abs();
    if !(0.001..1e11).contains(&size) {
        return false;
    }
    // Signed: what converts to and from unsigned ones is several times as long.
    let thousandths = (size * 1000.0 + 0.5) as i64;
    if thousandths as f64 / 1000.0 != size {
        return false;
    }
    let whole = size as i64;
    let rest = (thousandths - whole * 1000) as u32;
    if number < 0.0 {
        out.put_byte(b'-');
    }
    put_u64(out, whole as u64);
    let digits = [rest / 100, rest / 10 % 10, rest % 10].map(|digit| b'0' + digit as u8);
    let len = if digits[2] != b'0' {
        3
    } else if digits[1] != b'0' {
        2
    } else {
        1
    };
    out.put_byte(b'.');
    out.put_short(&digits[..len]);
    true
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

    proptest::proptest! {
        #[test]
        fn thousandths_have_the_shortest_digits_too(
            whole in 0_u64..1 << 47, shift in 0_u32..47, nudge in -1_i64..=1, negative: bool
        ) {
            let exact = (whole >> shift) as f64 / 1000.0;
            let near = f64::from_bits(exact.to_bits().saturating_add_signed(nudge));
            let number = if negative { -near } else { near };
            let mut known = false;
            let short = written(|out| known = put_thousandths(out, number));
            if known {
                let mut buffer = zmij::Buffer::new();
                proptest::prop_assert_eq!(short, buffer.format_finite(number));
            } else {
                let tried = (0.001..1e11).contains(&exact) && nudge == 0;
                proptest::prop_assert!(!tried, "{number} is a whole number of thousandths");
            }
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
