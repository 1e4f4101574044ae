//! Times in a form of one's own, as `strftime` writes them: compiled once, in UTC or in a zone
//! of which somebody else knows the offset.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use super::number::put_i64;
use super::time::{SecondCache, civil};
use crate::clock::Timestamp;
use crate::util::output::Output;

/// A form of times.
#[derive(Clone, Debug)]
pub(super) struct TimePattern {
    pieces: Box<[TimePiece]>,
    zone: Option<ZoneOffset>,
}

/// Tells the seconds east of UTC that hold at a second since 1970.
#[derive(Clone)]
pub(super) struct ZoneOffset(pub(super) Arc<dyn Fn(i64) -> i32 + Send + Sync>);

impl fmt::Debug for ZoneOffset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ZoneOffset")
    }
}

#[derive(Clone, Debug)]
enum TimePiece {
    Literal(Box<str>),
    /// Bytes of `2026-11-22T10:12:00.`
    Digits(usize, usize),
    /// So many digits of the second's fraction.
    Fraction(u32),
    EpochSeconds,
    DayOfYear,
    PaddedDay,
    HourOfTwelve,
    HalfOfDay,
    Month,
    Weekday,
    /// `+0100`, or with a colon between.
    Offset {
        colon: bool,
    },
}

const KNOWN: &str = "%Y %y %m %b %d %e %j %a %F %H %I %p %M %S %T %3f %6f %9f %.3f %.6f %.9f %s %z %:z %Z %%";

impl TimePattern {
    /// Compiles a form.
    ///
    /// # Errors
    /// Where in the form it goes wrong, in bytes, and what is wrong.
    pub(super) fn new(form: &str, zone: Option<&ZoneOffset>) -> Result<Self, (usize, String)> {
        let mut pieces = Vec::new();
        let mut rest = form;
        while let Some(at) = rest.find('%') {
            push_literal(&mut pieces, &rest[..at]);
            let from = form.len() - rest.len() + at;
            rest = &rest[at + 1..];
            let len = known_len(rest);
            let directive = rest.get(..len).unwrap_or_default();
            match directive {
                "Y" => pieces.push(TimePiece::Digits(0, 4)),
                "y" => pieces.push(TimePiece::Digits(2, 4)),
                "m" => pieces.push(TimePiece::Digits(5, 7)),
                "d" => pieces.push(TimePiece::Digits(8, 10)),
                "F" => pieces.push(TimePiece::Digits(0, 10)),
                "H" => pieces.push(TimePiece::Digits(11, 13)),
                "M" => pieces.push(TimePiece::Digits(14, 16)),
                "S" => pieces.push(TimePiece::Digits(17, 19)),
                "T" => pieces.push(TimePiece::Digits(11, 19)),
                "3f" => pieces.push(TimePiece::Fraction(3)),
                "6f" => pieces.push(TimePiece::Fraction(6)),
                "9f" => pieces.push(TimePiece::Fraction(9)),
                ".3f" => pieces.extend([TimePiece::Digits(19, 20), TimePiece::Fraction(3)]),
                ".6f" => pieces.extend([TimePiece::Digits(19, 20), TimePiece::Fraction(6)]),
                ".9f" => pieces.extend([TimePiece::Digits(19, 20), TimePiece::Fraction(9)]),
                "s" => pieces.push(TimePiece::EpochSeconds),
                "j" => pieces.push(TimePiece::DayOfYear),
                "e" => pieces.push(TimePiece::PaddedDay),
                "I" => pieces.push(TimePiece::HourOfTwelve),
                "p" => pieces.push(TimePiece::HalfOfDay),
                "b" => pieces.push(TimePiece::Month),
                "a" => pieces.push(TimePiece::Weekday),
                "z" | ":z" if zone.is_some() => pieces.push(TimePiece::Offset { colon: directive.len() > 1 }),
                "Z" if zone.is_some() => {
                    return Err((from, "the zone's name is not known: use %z or %:z".into()));
                }
                "z" => push_literal(&mut pieces, "+0000"),
                ":z" => push_literal(&mut pieces, "+00:00"),
                "Z" => push_literal(&mut pieces, "UTC"),
                "%" => push_literal(&mut pieces, "%"),
                _ => {
                    return Err((
                        from,
                        alloc::format!(
                            "unknown part of a time {:?}: use {KNOWN}",
                            &form[from..from + 1 + len]
                        ),
                    ));
                }
            }
            rest = &rest[len..];
        }
        push_literal(&mut pieces, rest);
        Ok(Self { pieces: pieces.into(), zone: zone.cloned() })
    }

    /// Appends a time; what a device counts from its start has a form of its own.
    pub(super) fn put(&self, timestamp: Timestamp, second: &mut SecondCache, out: &mut Output<'_>) {
        let Timestamp::Wall(nanos) = timestamp else { return second.put(timestamp, out) };
        let (whole, fraction) = (nanos.div_euclid(1_000_000_000), nanos.rem_euclid(1_000_000_000));
        let offset = self.zone.as_ref().map_or(0, |zone| i64::from((zone.0)(whole)));
        let local = whole + offset;
        let days = local.div_euclid(86_400);
        let text = *second.text_of(local);
        let number = |from: usize| i64::from(text[from] - b'0') * 10 + i64::from(text[from + 1] - b'0');
        for piece in &self.pieces {
            match *piece {
                TimePiece::Literal(ref literal) => out.put(literal.as_bytes()),
                TimePiece::Digits(from, to) => out.put(&text[from..to]),
                TimePiece::Fraction(digits) => put_digits(fraction / 10_i64.pow(9 - digits), digits, out),
                TimePiece::EpochSeconds => put_i64(out, whole),
                TimePiece::DayOfYear => put_digits(day_of_year(days), 3, out),
                TimePiece::PaddedDay if text[8] == b'0' => out.put(&[b' ', text[9]]),
                TimePiece::PaddedDay => out.put(&text[8..10]),
                TimePiece::HourOfTwelve => put_digits((number(11) + 11) % 12 + 1, 2, out),
                TimePiece::HalfOfDay => out.put(if number(11) < 12 { b"AM" } else { b"PM" }),
                TimePiece::Offset { colon } => put_offset(offset, colon, out),
                TimePiece::Month => out.put(&MONTHS[(number(5) - 1) as usize % 12]),
                // 1970-01-01 was a Thursday.
                TimePiece::Weekday => out.put(&WEEKDAYS[(days + 3).rem_euclid(7) as usize]),
            }
        }
    }
}

const MONTHS: [[u8; 3]; 12] = [
    *b"Jan", *b"Feb", *b"Mar", *b"Apr", *b"May", *b"Jun", *b"Jul", *b"Aug", *b"Sep", *b"Oct", *b"Nov",
    *b"Dec",
];
const WEEKDAYS: [[u8; 3]; 7] = [*b"Mon", *b"Tue", *b"Wed", *b"Thu", *b"Fri", *b"Sat", *b"Sun"];

/// Appends an offset in hours and minutes; seconds, which only old times have, are cut off.
pub(super) fn put_offset(offset: i64, colon: bool, out: &mut Output<'_>) {
    let minutes = offset.abs() / 60;
    out.put_byte(if offset < 0 { b'-' } else { b'+' });
    put_digits(minutes / 60, 2, out);
    out.put(if colon { b":" } else { b"" });
    put_digits(minutes % 60, 2, out);
}

/// Returns how many bytes after a `%` belong to it, known or not.
fn known_len(rest: &str) -> usize {
    let prefix = match rest.as_bytes() {
        [b'.', b'0'..=b'9', ..] => 2,
        [b'.' | b':' | b'0'..=b'9', ..] => 1,
        _ => 0,
    };
    prefix + rest[prefix..].chars().next().map_or(0, char::len_utf8)
}

fn push_literal(pieces: &mut Vec<TimePiece>, text: &str) {
    if !text.is_empty() {
        pieces.push(TimePiece::Literal(text.into()));
    }
}

fn day_of_year(days: i64) -> i64 {
    let (year, month, day) = civil(days);
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let before = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334][(month - 1) as usize % 12];
    before + day + i64::from(leap && month > 2)
}

fn put_digits(number: i64, digits: u32, out: &mut Output<'_>) {
    for place in (0..digits).rev() {
        out.put_byte(b'0' + (number / 10_i64.pow(place) % 10) as u8);
    }
}
