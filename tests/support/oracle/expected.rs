//! What lines must say of a record, by the docs of `kakashi_core::encode`.

use std::collections::HashSet;
use std::time::Duration;

use kakashi_core::value::MAX_DEPTH;
use kakashi_core::{LogLevel, Timestamp};

use super::json::ParsedJson;
use super::text_line::{ParsedLine, ParsedTime, ParsedValue};
use crate::model::record::{DisplayText, ErrorChain, OwnedMessage, OwnedRecord, OwnedValue, TemplatePiece};

/// Returns what a text line says of a record.
pub fn text(record: &OwnedRecord) -> ParsedLine {
    ParsedLine {
        time: time(record.timestamp),
        level: level(record.level).to_owned(),
        logger: record.logger.clone(),
        message: message(record),
        fields: visible(record).map(|(key, value)| (key.clone(), value_in_text(value))).collect(),
    }
}

/// Returns the pairs of a record's JSON line after the timestamp.
pub fn json(record: &OwnedRecord, location: bool) -> Vec<(String, ParsedJson)> {
    let string = |key: &str, text: &str| (key.to_owned(), ParsedJson::String(text.to_owned()));
    let mut pairs = vec![
        string("level", level(record.level)),
        string("logger", &record.logger),
        string("message", &message(record)),
    ];
    if let OwnedMessage::Site { file, line: line @ 1.., .. }
    | OwnedMessage::Placed { file, line: line @ 1.., .. } = &record.message
        && location
    {
        pairs.push(string("file", file));
        pairs.push(("line".to_owned(), ParsedJson::Number(line.to_string())));
    }
    pairs.extend(visible(record).map(|(key, value)| {
        let reserved = ["timestamp", "level", "logger", "message", "file", "line"];
        let underscore = if reserved.contains(&key.trim_end_matches('_')) { "_" } else { "" };
        (format!("{key}{underscore}"), value_in_json(value, 1))
    }));
    pairs
}

fn level(level: LogLevel) -> &'static str {
    ["TRACE", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"][level.index()]
}

/// Returns a timestamp as lines have it, cut to microseconds.
pub fn time(timestamp: Timestamp) -> ParsedTime {
    match timestamp {
        Timestamp::Wall(nanos) => ParsedTime::Wall(nanos.div_euclid(1000)),
        Timestamp::Uptime(nanos) => ParsedTime::Uptime(nanos / 1000),
    }
}

/// Yields own fields, extra, context; each key once.
fn visible(record: &OwnedRecord) -> impl Iterator<Item = &(String, OwnedValue)> {
    let mut seen = HashSet::new();
    let all = record.own().iter().chain(&record.extra).chain(&record.context);
    all.filter(move |(key, _)| seen.insert(key))
}

fn message(record: &OwnedRecord) -> String {
    match &record.message {
        OwnedMessage::Literal(text) | OwnedMessage::Placed { text, .. } => text.clone(),
        OwnedMessage::Site { template, fields, .. } => template
            .iter()
            .map(|piece| match piece {
                TemplatePiece::Text(text) => text.clone(),
                TemplatePiece::Field(at) => value_in_message(&fields[*at].1),
            })
            .collect(),
    }
}

fn value_in_text(value: &OwnedValue) -> ParsedValue {
    match value {
        OwnedValue::Null => ParsedValue::Null,
        OwnedValue::Bool(truth) => ParsedValue::Bool(*truth),
        OwnedValue::List(_) | OwnedValue::Map(_) => ParsedValue::Json(value_in_json(value, 1)),
        OwnedValue::Bytes(bytes) => ParsedValue::Text(bytes.clone()),
        OwnedValue::Duration(length) => ParsedValue::Text(format!("{}s", seconds(*length)).into()),
        _ => match (number(value, "inf"), own_text(value)) {
            (Some(digits), _) => ParsedValue::Number(digits),
            (None, text) => ParsedValue::Text(text.unwrap_or_default().into()),
        },
    }
}

fn value_in_message(value: &OwnedValue) -> String {
    match value {
        OwnedValue::Null => "null".to_owned(),
        OwnedValue::Bool(truth) => truth.to_string(),
        OwnedValue::Duration(length) => format!("{}s", seconds(*length)),
        OwnedValue::Bytes(bytes) => bytes
            .utf8_chunks()
            .map(|chunk| chunk.valid().to_owned() + &"\u{fffd}".repeat(chunk.invalid().len()))
            .collect(),
        OwnedValue::List(_) | OwnedValue::Map(_) => {
            let mut text = String::new();
            value_in_json(value, 1).write(&mut text);
            text
        }
        _ => number(value, "inf").or_else(|| own_text(value)).unwrap_or_default(),
    }
}

fn value_in_json(value: &OwnedValue, depth: usize) -> ParsedJson {
    match value {
        OwnedValue::Null => ParsedJson::Null,
        OwnedValue::Bool(truth) => ParsedJson::Bool(*truth),
        OwnedValue::Duration(length) => ParsedJson::Number(seconds(*length)),
        OwnedValue::Bytes(bytes) => ParsedJson::String(base64(bytes)),
        OwnedValue::List(_) | OwnedValue::Map(_) if depth > MAX_DEPTH => ParsedJson::String("…".to_owned()),
        OwnedValue::List(items) => {
            ParsedJson::List(items.iter().map(|item| value_in_json(item, depth + 1)).collect())
        }
        OwnedValue::Map(pairs) => ParsedJson::Map(
            pairs.iter().map(|(key, value)| (key.clone(), value_in_json(value, depth + 1))).collect(),
        ),
        _ => match (number(value, "Infinity"), own_text(value)) {
            (Some(word), _) if word.ends_with(char::is_alphabetic) => ParsedJson::String(word),
            (Some(digits), _) => ParsedJson::Number(digits),
            (None, text) => ParsedJson::String(text.unwrap_or_default()),
        },
    }
}

/// Returns the text of a value that is one.
fn own_text(value: &OwnedValue) -> Option<String> {
    Some(match value {
        OwnedValue::Char(character) => character.to_string(),
        OwnedValue::Str(text) => text.clone(),
        OwnedValue::Debug(text) => format!("{text:?}"),
        OwnedValue::Display(DisplayText { text, gives_up }) => {
            format!("{text}{}", if *gives_up { "…" } else { "" })
        }
        OwnedValue::Error(failure) => chain(failure),
        _ => return None,
    })
}

/// Joins an error's text with those of its sources: of 64 at most, since one may
/// lead back to itself.
fn chain(failure: &ErrorChain) -> String {
    let mut failures = std::iter::successors(Some(failure), |failure| failure.source.as_deref());
    let mut text = failures.next().map(|first| first.text.clone()).unwrap_or_default();
    failures.take(64).for_each(|source| text = format!("{text}: {}", source.text));
    text
}

fn number(value: &OwnedValue, infinity: &str) -> Option<String> {
    Some(match value {
        OwnedValue::I64(number) => number.to_string(),
        OwnedValue::U64(number) => number.to_string(),
        OwnedValue::I128(number) => number.to_string(),
        OwnedValue::U128(number) => number.to_string(),
        OwnedValue::F32(number) => {
            let shortest =
                even(format!("{number:e}"), f64::from(*number), |text| text.parse() == Ok(*number));
            float(&shortest, -6..13, infinity)
        }
        OwnedValue::F64(number) => {
            let shortest = even(format!("{number:e}"), *number, |text| text.parse() == Ok(*number));
            float(&shortest, -5..16, infinity)
        }
        _ => return None,
    })
}

/// Takes the shortest digits as `{:e}` gives them; of two that are as near the
/// float it may give the odd one, and we want the even one.
fn even(shortest: String, exactly: f64, reads_back: impl Fn(&str) -> bool) -> String {
    let Some((mantissa, power)) = shortest.split_once('e') else { return shortest };
    let len = mantissa.len();
    // A float has at most 767 digits.
    let all = format!("{exactly:.800e}");
    let tie = all
        .get(len..)
        .and_then(|rest| rest.trim_start_matches('.').split_once('e'))
        .is_some_and(|(rest, _)| rest.trim_end_matches('0') == "5");
    let last = mantissa.as_bytes()[len - 1];
    if !tie || last % 2 == 0 {
        return shortest;
    }
    // Of the two around it, the exact digits begin with the lower one.
    let even = if all.as_bytes()[len - 1] == last { last + 1 } else { last - 1 };
    let other = format!("{}{}e{power}", &mantissa[..len - 1], char::from(even));
    if even.is_ascii_digit() && reads_back(&other) { other } else { shortest }
}

/// Lays out a float given as `-1.5e-7`; without an exponent where the power
/// of its first digit is `plain`.
fn float(scientific: &str, plain: std::ops::Range<i32>, infinity: &str) -> String {
    let Some((mantissa, power)) = scientific.split_once('e') else {
        return scientific.replace("inf", infinity);
    };
    let power: i32 = power.parse().expect("`{:e}` writes a power of ten");
    if !plain.contains(&power) {
        return format!("{mantissa}e{power:+}");
    }
    let (sign, mantissa) = match mantissa.strip_prefix('-') {
        Some(unsigned) => ("-", unsigned),
        None => ("", mantissa),
    };
    let digits = mantissa.replace('.', "");
    let point = usize::try_from(power + 1);
    match point {
        Ok(point @ 1..) => {
            let digits = format!("{digits:0<point$}");
            let fraction = if digits.len() > point { &digits[point..] } else { "0" };
            format!("{sign}{}.{fraction}", &digits[..point])
        }
        _ => format!("{sign}0.{}{digits}", "0".repeat((-power - 1) as usize)),
    }
}

fn seconds(length: Duration) -> String {
    let text = format!("{}.{:09}", length.as_secs(), length.subsec_nanos());
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn base64(bytes: &[u8]) -> String {
    let alphabet: Vec<char> = ('A'..='Z').chain('a'..='z').chain('0'..='9').chain(['+', '/']).collect();
    let bits: String = bytes.iter().map(|byte| format!("{byte:08b}")).collect();
    let mut text = String::new();
    for six in bits.as_bytes().chunks(6) {
        let six: String = six.iter().map(|&bit| char::from(bit)).collect();
        let index = usize::from_str_radix(&format!("{six:0<6}"), 2).expect("zeros and ones");
        text.push(alphabet[index]);
    }
    while !text.len().is_multiple_of(4) {
        text.push('=');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_laid_out_by_the_rule() {
        for (value, text) in [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (-120.5, "-120.5"),
            (1e15, "1000000000000000.0"),
            (1e16, "1e+16"),
            (1e-5, "0.00001"),
            (9.5e-6, "9.5e-6"),
            (f64::NAN, "NaN"),
            (-f64::INFINITY, "-inf"),
        ] {
            assert_eq!(number(&OwnedValue::F64(value), "inf").unwrap(), text);
        }
        assert_eq!(number(&OwnedValue::F32(-227_680.63), "inf").unwrap(), "-227680.62");
        assert_eq!(number(&OwnedValue::F32(1e13), "inf").unwrap(), "1e+13");
        assert_eq!(number(&OwnedValue::F32(1e-6), "inf").unwrap(), "0.000001");
    }

    #[test]
    fn base64_is_that_of_rfc_4648() {
        for (bytes, text) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")]
        {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
    }
}
