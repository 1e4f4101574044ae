//! Numbers of payment cards in text, by their issuers' first digits and their check digit.

use alloc::string::String;

use crate::value::{REDACTED_TEXT, Value};

/// How many digits a card number has (ISO/IEC 7812-1).
const DIGITS: core::ops::RangeInclusive<usize> = 13..=19;

/// Returns the text of a value with its card numbers replaced; none if it has none.
pub(super) fn masked(value: &Value<'_>) -> Option<String> {
    match *value {
        Value::Str(text) => masked_text(text),
        Value::Bytes(bytes) => masked_text(core::str::from_utf8(bytes).ok()?),
        Value::U64(number) => masked_number(number),
        Value::I64(number) => masked_number(u64::try_from(number).ok()?),
        _ => None,
    }
}

fn masked_number(number: u64) -> Option<String> {
    let mut digits = heapless::Vec::<u8, 20>::new();
    let mut rest = number;
    while rest > 0 {
        // A word has at most twenty digits.
        let _ = digits.push((rest % 10) as u8);
        rest /= 10;
    }
    digits.reverse();
    is_card_number(&digits).then(|| REDACTED_TEXT.into())
}

fn masked_text(text: &str) -> Option<String> {
    let mut masked = String::new();
    let (mut done, mut at) = (0, 0);
    while let Some(found) = text.get(at..).and_then(|rest| rest.find(|c: char| c.is_ascii_digit())) {
        let begin = at + found;
        match card_number_at(text.as_bytes(), begin) {
            Some(end) => {
                masked.push_str(&text[done..begin]);
                masked.push_str(REDACTED_TEXT);
                (done, at) = (end, end);
            }
            None => at = end_of_digits(text.as_bytes(), begin),
        }
    }
    (done > 0).then(|| {
        masked.push_str(&text[done..]);
        masked
    })
}

fn end_of_digits(text: &[u8], begin: usize) -> usize {
    let digits = text[begin..].iter().take_while(|byte| byte.is_ascii_digit());
    begin + digits.count()
}

/// Finds the end of the card number that begins here with the first of a run of digits: the
/// longest, up to the end of a run.
fn card_number_at(text: &[u8], begin: usize) -> Option<usize> {
    let mut digits = heapless::Vec::<u8, { *DIGITS.end() }>::new();
    let (mut end, mut at) = (None, begin);
    while let Some(&byte) = text.get(at) {
        let is_between = matches!(byte, b' ' | b'-') && text.get(at + 1).is_some_and(u8::is_ascii_digit);
        if byte.is_ascii_digit() {
            if digits.push(byte - b'0').is_err() {
                break;
            }
            let is_last = !text.get(at + 1).is_some_and(u8::is_ascii_digit);
            if is_last && is_card_number(&digits) {
                end = Some(at + 1);
            }
        } else if !is_between {
            break;
        }
        at += 1;
    }
    end
}

fn is_card_number(digits: &[u8]) -> bool {
    DIGITS.contains(&digits.len()) && is_issued(digits) && has_check_digit(digits)
}

/// Tells whether a number begins, and is as long, as the large issuers' are.
fn is_issued(digits: &[u8]) -> bool {
    let first =
        |count: usize| digits.iter().take(count).fold(0, |number, &digit| number * 10 + u32::from(digit));
    match (digits.len(), first(2), first(4)) {
        // Visa
        (13 | 16 | 19, 40..=49, _) => true,
        // Mastercard
        (16, 51..=55, _) | (16, _, 2221..=2720) => true,
        // American Express
        (15, 34 | 37, _) => true,
        // Diners Club
        (14..=19, 36 | 38 | 39, _) | (14..=19, _, 3000..=3059) => true,
        // JCB, Discover, UnionPay
        (16..=19, 35 | 62 | 65, _) | (16..=19, _, 6011 | 6440..=6499) => true,
        // Maestro
        (13..=19, _, 5018 | 5020 | 5038 | 5893 | 6304 | 6759 | 6761..=6763) => true,
        _ => false,
    }
}

/// Checks the last digit by the Luhn algorithm (ISO/IEC 7812-1, annex B).
fn has_check_digit(digits: &[u8]) -> bool {
    let sum = digits.iter().rev().enumerate().fold(0_u32, |sum, (at, &digit)| {
        let weighed = u32::from(digit) * if at % 2 == 1 { 2 } else { 1 };
        sum + weighed / 10 + weighed % 10
    });
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_number_is_replaced_and_the_text_around_it_kept() {
        for (text, expected) in [
            ("4111111111111111", "[REDACTED]"),
            ("paid with 4111 1111 1111 1111, thanks", "paid with [REDACTED], thanks"),
            ("5500-0000-0000-0004|3400 0000 0000 009", "[REDACTED]|[REDACTED]"),
            ("a6011000000000004b", "a[REDACTED]b"),
            ("10 4111111111111111", "10 [REDACTED]"),
            ("é4111111111111111é", "é[REDACTED]é"),
        ] {
            assert_eq!(masked_text(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn a_number_that_is_no_cards_stays() {
        for text in [
            "",
            "no digits",
            "4111111111111112",
            // A part of a longer number.
            "04111111111111111",
            "41111111111111110000",
            // The right check digit and no issuer: a time in microseconds.
            "1717200000000003",
            "4111  1111  1111  1111",
            "41111111111",
        ] {
            assert_eq!(masked_text(text), None, "{text}");
        }
    }

    #[test]
    fn integers_and_bytes_are_looked_at_too() {
        assert_eq!(masked(&Value::U64(4_111_111_111_111_111)).as_deref(), Some("[REDACTED]"));
        assert_eq!(masked(&Value::I64(4_111_111_111_111_111)).as_deref(), Some("[REDACTED]"));
        assert_eq!(masked(&Value::I64(-4_111_111_111_111_111)), None);
        assert_eq!(masked(&Value::U64(4_111_111_111_111_112)), None);
        assert_eq!(masked(&Value::U64(u64::MAX)), None);
        assert_eq!(masked(&Value::Bytes(b"4111111111111111")).as_deref(), Some("[REDACTED]"));
        assert_eq!(masked(&Value::Bytes(b"\xff4111111111111111")), None);
        assert_eq!(masked(&Value::Null), None);
    }
}
