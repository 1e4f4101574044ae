//! Numbers as digits: `itoa` and `zmij`, the same on every platform.

use core::fmt;
use core::time::Duration;

use crate::util::char_class::as_text;
use crate::util::output::Output;
use crate::value::Value;

/// Divides by at most 2^16 without a division of 64 bits, whose code alone has 900
/// bytes on a chip.
#[cfg(any(test, target_os = "none"))]
#[inline(never)]
pub(super) fn div_rem(number: u64, by: u32) -> (u64, u32) {
    if let Ok(number) = u32::try_from(number) {
        return (u64::from(number / by), number % by);
    }
    let (mut quotient, mut rest) = (0, 0);
    for shift in [48, 32, 16, 0] {
        let part = rest << 16 | (number >> shift) as u32 & 0xffff;
        quotient = quotient << 16 | u64::from(part / by);
        rest = part % by;
    }
    (quotient, rest)
}

/// Appends an integer with zeros before it up to a width of at most ten.
#[cfg(any(test, target_os = "none"))]
#[inline(never)]
pub(super) fn put_digits(out: &mut Output<'_>, mut number: u32, width: usize) {
    let mut digits = [0; 10];
    let mut first = digits.len();
    for (place, digit) in digits.iter_mut().rev().enumerate() {
        if number == 0 && place >= width {
            break;
        }
        let rest = number / 10;
        *digit = b'0' + (number - 10 * rest) as u8;
        number = rest;
        first -= 1;
    }
    out.put(digits.get(first..).unwrap_or_default());
}

/// As `put_u64` elsewhere, in little code.
#[cfg(any(test, target_os = "none"))]
#[cfg_attr(target_os = "none", inline(never))]
pub(super) fn put_small_u64(out: &mut Output<'_>, number: u64) {
    match u32::try_from(number) {
        Ok(number) => put_digits(out, number, 1),
        Err(_) => {
            let (high, low) = div_rem(number, 10_000);
            put_small_u64(out, high);
            put_digits(out, low, 4);
        }
    }
}

#[cfg(target_os = "none")]
pub(super) use put_small_u64 as put_u64;

/// In less code than `itoa` has for it; on wasm what fits in 32 bits is divided as such too.
#[cfg(any(target_os = "none", target_family = "wasm"))]
#[cfg_attr(target_os = "none", inline(never))]
pub(super) fn put_i64(out: &mut Output<'_>, number: i64) {
    if number < 0 {
        out.put_byte(b'-');
    }
    put_u64(out, number.unsigned_abs());
}

#[cfg(not(target_os = "none"))]
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

#[cfg(not(any(target_os = "none", target_family = "wasm")))]
#[inline]
pub(super) fn put_i64(out: &mut Output<'_>, number: i64) {
    out.put_short(itoa::Buffer::new().format(number).as_bytes());
}

pub(super) fn put_i128(out: &mut Output<'_>, number: i128) {
    if number < 0 {
        out.put_byte(b'-');
    }
    put_u128(out, number.unsigned_abs());
}

/// Nine digits at a time from 32-bit words: the code for a division of 128 bits is
/// larger than all of this, and such numbers are rare.
#[cfg_attr(target_os = "none", inline(never))]
pub(super) fn put_u128(out: &mut Output<'_>, number: u128) {
    const STEP: u64 = 1_000_000_000;
    let (high, low) = ((number >> 64) as u64, number as u64);
    let mut words = [(high >> 32) as u32, high as u32, (low >> 32) as u32, low as u32];
    let mut digits = [b'0'; 45];
    for nine in digits.rchunks_mut(9) {
        let mut rest = 0;
        for word in &mut words {
            let part = rest << 32 | u64::from(*word);
            *word = (part / STEP) as u32;
            rest = part % STEP;
        }
        for digit in nine.iter_mut().rev() {
            *digit += (rest % 10) as u8;
            rest /= 10;
        }
    }
    let zeros = digits[..44].iter().take_while(|&&digit| digit == b'0').count();
    out.put(&digits[zeros..]);
}

/// Appends a finite float: the shortest digits that read back as the same.
#[cfg_attr(not(target_os = "none"), inline)]
#[cfg_attr(target_os = "none", inline(never))]
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
#[cfg_attr(target_os = "none", inline(never))]
pub(super) fn put_f32(out: &mut Output<'_>, number: f32) {
    out.put_short(zmij::Buffer::new().format_finite(number).as_bytes());
}

/// Writes a value that is no text, as [`put_plain`] appends it.
// Inlined as that is: each caller's `json` is a constant.
#[inline(always)]
pub(super) fn write_plain(out: &mut dyn fmt::Write, value: &Value<'_>, json: bool) -> fmt::Result {
    let mut room = [0; 64];
    let mut digits = Output::new(&mut room);
    put_plain(&mut digits, value, json);
    out.write_str(as_text(digits.written()).unwrap_or_default())
}

/// Appends a value that is no text; in JSON NaN and infinities are strings.
#[cfg_attr(target_os = "none", inline(always))]
pub(super) fn put_plain(out: &mut Output<'_>, value: &Value<'_>, json: bool) {
    match *value {
        Value::Null => out.put_short(b"null"),
        Value::Bool(truth) => out.put_short(if truth { b"true" } else { b"false" }),
        Value::I64(number) => put_i64(out, number),
        Value::U64(number) => put_u64(out, number),
        Value::I128(number) => put_i128(out, number.get()),
        Value::U128(number) => put_u128(out, number.get()),
        Value::F32(number) if number.is_finite() => put_f32(out, number),
        Value::F64(number) if number.is_finite() => put_f64(out, number),
        Value::F32(number) => put_not_finite(out, f64::from(number), json),
        Value::F64(number) => put_not_finite(out, number, json),
        Value::Duration(duration) => {
            put_seconds(out, duration);
            if !json {
                out.put_byte(b's');
            }
        }
        // Named one by one, as their encoders name those above: a new kind compiles in neither.
        Value::Char(_)
        | Value::Str(_)
        | Value::Bytes(_)
        | Value::List(_)
        | Value::Map(_)
        | Value::Composite(_)
        | Value::Display(_)
        | Value::Debug(_)
        | Value::Error(_) => debug_assert!(false, "a kind of text"),
    }
}

#[cfg_attr(target_os = "none", inline(never))]
fn put_not_finite(out: &mut Output<'_>, number: f64, json: bool) {
    let (nan, infinity): (&[u8], &[u8]) =
        if json { (b"\"NaN\"", b"\"-Infinity\"") } else { (b"NaN", b"-inf") };
    let negative = number < 0.0;
    if number.is_nan() {
        out.put_short(nan);
    } else if negative {
        out.put_short(infinity);
    } else {
        // Without its sign, which stands after the quote or first.
        let sign = usize::from(json);
        out.put_short(&infinity[..sign]);
        out.put_short(&infinity[sign + 1..]);
    }
}

/// Appends seconds with as many decimals as they need.
#[cfg_attr(target_os = "none", inline(never))]
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
    match text {
        b"NaN" | b"inf" | b"-inf" => true,
        [b'-', unsigned @ ..] => is_unsigned_number(unsigned),
        unsigned => is_unsigned_number(unsigned),
    }
}

fn is_unsigned_number(text: &[u8]) -> bool {
    let (whole, mut rest) = split_digits(text);
    if whole == 0 || (whole > 1 && text[0] == b'0') {
        return false;
    }
    if let [b'.', fraction @ ..] = rest {
        let (len, after) = split_digits(fraction);
        if len == 0 {
            return false;
        }
        rest = after;
    }
    if let [b'e' | b'E', b'+' | b'-', exponent @ ..] | [b'e' | b'E', exponent @ ..] = rest {
        let (len, after) = split_digits(exponent);
        return len > 0 && after.is_empty();
    }
    rest.is_empty()
}

/// Returns how many digits stand in front, and what follows them.
fn split_digits(text: &[u8]) -> (usize, &[u8]) {
    let len = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    (len, &text[len..])
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

    proptest::proptest! {
        #[test]
        fn little_code_writes_the_same_digits(number: u64, shift in 0_u32..64) {
            let number = number >> shift;
            proptest::prop_assert_eq!(written(|out| put_small_u64(out, number)), number.to_string());
            proptest::prop_assert_eq!(div_rem(number, 1000), (number / 1000, (number % 1000) as u32));
        }
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
