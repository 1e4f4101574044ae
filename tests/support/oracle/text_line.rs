//! A strict reader of the text line.
//!
//! Its grammar is in the docs of `kakashi_core::encode`; nothing here was taken
//! from the encoder. It refuses what the grammar does not have, quotes that are
//! not needed and escapes that are not needed included, so that a line has one
//! form only.

use super::json::{ParsedJson, is_control, number_len, read_escape};

/// What one line says.
#[derive(Clone, PartialEq, Debug)]
pub struct ParsedLine {
    /// When.
    pub time: ParsedTime,
    /// The level's name.
    pub level: String,
    /// The logger's name.
    pub logger: String,
    /// The message.
    pub message: String,
    /// Keys and values in their order.
    pub fields: Vec<(String, ParsedValue)>,
}

/// A time in microseconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ParsedTime {
    /// Since 1970.
    Wall(i64),
    /// Since a device started.
    Uptime(u64),
}

/// A field's value, with as much of its type as a line tells.
#[derive(Clone, PartialEq, Debug)]
pub enum ParsedValue {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number as it is written, `NaN`, `inf` or `-inf`.
    Number(String),
    /// Text; bytes need not be UTF-8.
    Text(Vec<u8>),
    /// A list or a map.
    Json(ParsedJson),
}

impl ParsedLine {
    /// Reads one line, its LF included.
    ///
    /// # Errors
    /// What is wrong, and the line from there on.
    pub fn read(line: &str) -> Result<Self, String> {
        let body = line.strip_suffix('\n').ok_or("no LF at the end")?;
        if let Some(control) = body.chars().find(|&character| is_control(character)) {
            return Err(format!("{control:?} stands in the line"));
        }
        let mut rest = body;
        let time = ParsedTime::read(up_to_space(&mut rest)?)?;
        let level = up_to_space(&mut rest)?;
        if !["TRACE", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"].contains(&level) {
            return Err(format!("no level: {level:?}"));
        }
        let logger = word(&mut rest)?;
        space(&mut rest)?;
        let message = message(&mut rest)?;
        let mut fields = Vec::new();
        while !rest.is_empty() {
            space(&mut rest)?;
            let key = word(&mut rest)?;
            rest = rest.strip_prefix('=').ok_or_else(|| format!("no = before {rest:?}"))?;
            fields.push((key, value(&mut rest)?));
        }
        Ok(Self { time, level: level.to_owned(), logger, message, fields })
    }
}

fn space(rest: &mut &str) -> Result<(), String> {
    *rest = rest.strip_prefix(' ').ok_or_else(|| format!("no space before {rest:?}"))?;
    Ok(())
}

fn up_to_space<'a>(rest: &mut &'a str) -> Result<&'a str, String> {
    let (word, after) = rest.split_once(' ').ok_or_else(|| format!("no space in {rest:?}"))?;
    *rest = after;
    Ok(word)
}

/// Reads a logger or a key: bare up to a space or `=`, or quoted.
fn word(rest: &mut &str) -> Result<String, String> {
    if rest.starts_with('"') {
        let text = quoted_text(rest)?;
        return if is_bare(&text) && !text.contains(' ') { Err(needless(&text)) } else { Ok(text) };
    }
    let end = rest.find([' ', '=']).unwrap_or(rest.len());
    let (text, after) = rest.split_at(end);
    *rest = after;
    if is_bare(text) { Ok(text.to_owned()) } else { Err(format!("not a bare word: {text:?}")) }
}

fn message(rest: &mut &str) -> Result<String, String> {
    let spaces_are_single =
        |text: &str| !text.starts_with(' ') && !text.ends_with(' ') && !text.contains("  ");
    if rest.starts_with('"') {
        let text = quoted_text(rest)?;
        return if is_bare(&text) && spaces_are_single(&text) { Err(needless(&text)) } else { Ok(text) };
    }
    let end = match rest.find(['=', '"']) {
        Some(at) => rest[..at].rfind(' ').ok_or_else(|| format!("no space before a key in {rest:?}"))?,
        None => rest.len(),
    };
    let (text, after) = rest.split_at(end);
    *rest = after;
    if is_bare(text) && spaces_are_single(text) {
        Ok(text.to_owned())
    } else {
        Err(format!("not a bare message: {text:?}"))
    }
}

fn value(rest: &mut &str) -> Result<ParsedValue, String> {
    match rest.as_bytes().first() {
        Some(b'"') => {
            let text = quoted(rest)?;
            let needed = match std::str::from_utf8(&text) {
                Ok(text) => !is_bare(text) || text.contains(' ') || typed(text).is_some() || is_nested(text),
                Err(_) => true,
            };
            if needed { Ok(ParsedValue::Text(text)) } else { Err(needless(&String::from_utf8_lossy(&text))) }
        }
        Some(b'[' | b'{') => {
            let (json, after) = ParsedJson::read_prefix(rest)?;
            *rest = after;
            Ok(ParsedValue::Json(json))
        }
        _ => {
            let (text, after) = rest.split_at(rest.find(' ').unwrap_or(rest.len()));
            *rest = after;
            match typed(text) {
                Some(value) => Ok(value),
                None if is_bare(text) => Ok(ParsedValue::Text(text.into())),
                None => Err(format!("not a bare value: {text:?}")),
            }
        }
    }
}

/// Reads what is neither text nor JSON.
fn typed(text: &str) -> Option<ParsedValue> {
    Some(match text {
        "null" => ParsedValue::Null,
        "true" => ParsedValue::Bool(true),
        "false" => ParsedValue::Bool(false),
        "NaN" | "inf" | "-inf" => ParsedValue::Number(text.to_owned()),
        _ if !text.is_empty() && number_len(text) == text.len() => ParsedValue::Number(text.to_owned()),
        _ => return None,
    })
}

fn is_nested(text: &str) -> bool {
    text.starts_with(['[', '{'])
}

fn is_bare(text: &str) -> bool {
    !text.is_empty() && !text.contains(['"', '=', '\\']) && !text.contains(is_control)
}

fn needless(text: &str) -> String {
    format!("quotes that are not needed: {text:?}")
}

fn quoted_text(rest: &mut &str) -> Result<String, String> {
    String::from_utf8(quoted(rest)?).map_err(|error| format!("only byte values may have \\x: {error}"))
}

/// Reads quoted text; `\x` gives one byte.
fn quoted(rest: &mut &str) -> Result<Vec<u8>, String> {
    let mut text = Vec::new();
    // Where a byte was written as `\x`.
    let mut wild = Vec::new();
    *rest = rest.strip_prefix('"').ok_or("no quote")?;
    loop {
        let mut characters = rest.chars();
        match characters.next() {
            None => return Err("quotes that never end".to_owned()),
            Some('"') => {
                *rest = characters.as_str();
                break;
            }
            Some('\\') => {
                let escape = characters.as_str();
                if let Some((character, after)) = read_escape(escape) {
                    text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                    *rest = after;
                } else {
                    let digits = escape.strip_prefix('x').and_then(|escape| escape.get(..2));
                    let byte = digits
                        .filter(|digits| digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')))
                        .and_then(|digits| u8::from_str_radix(digits, 16).ok())
                        .ok_or_else(|| format!("an escape that is none of ours before {escape:?}"))?;
                    wild.push(text.len());
                    text.push(byte);
                    *rest = &escape[3..];
                }
            }
            Some(character) => {
                text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                *rest = characters.as_str();
            }
        }
    }
    let mut expected = Vec::new();
    let mut at = 0;
    for chunk in text.utf8_chunks() {
        at += chunk.valid().len();
        expected.extend(at..at + chunk.invalid().len());
        at += chunk.invalid().len();
    }
    if wild == expected { Ok(text) } else { Err(format!("\\x at {wild:?}, needed at {expected:?}")) }
}

impl ParsedTime {
    fn read(text: &str) -> Result<Self, String> {
        let wrong = || format!("no time: {text:?}");
        if let Some(uptime) = text.strip_prefix('+') {
            let (seconds, micros) =
                uptime.strip_suffix('s').and_then(|uptime| uptime.split_once('.')).ok_or_else(wrong)?;
            let padded = seconds.len() > 1 && seconds.starts_with('0');
            let (seconds, micros) = (digits(seconds), digits(micros).filter(|_| micros.len() == 6));
            return match (seconds, micros) {
                (Some(seconds), Some(micros)) if !padded => Ok(Self::Uptime(seconds * 1_000_000 + micros)),
                _ => Err(wrong()),
            };
        }
        let shape: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
        if shape != "0000-00-00T00:00:00.000000Z" {
            return Err(wrong());
        }
        let part = |from: usize, to: usize| digits(&text[from..to]).map_or(0, |number| number as i64);
        let (year, month, day) = (part(0, 4), part(5, 7), part(8, 10));
        let (hour, minute, second, micros) = (part(11, 13), part(14, 16), part(17, 19), part(20, 26));
        let days = days_before_year(year)
            .zip(days_before_month(year, month, day))
            .map(|(years, months)| years + months + day - 1);
        match days {
            Some(days) if hour < 24 && minute < 60 && second < 60 => {
                Ok(Self::Wall((((days * 24 + hour) * 60 + minute) * 60 + second) * 1_000_000 + micros))
            }
            _ => Err(wrong()),
        }
    }
}

fn digits(text: &str) -> Option<u64> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

fn is_leap(year: i64) -> bool {
    (year % 4 == 0 && year % 100 != 0) || year % 400 == 0
}

/// Counts from 1970 year by year: slow, and plainly right.
fn days_before_year(year: i64) -> Option<i64> {
    let days = |years: std::ops::Range<i64>| years.map(|year| 365 + i64::from(is_leap(year))).sum::<i64>();
    (1677..=2262).contains(&year).then(|| if year < 1970 { -days(year..1970) } else { days(1970..year) })
}

fn days_before_month(year: i64, month: i64, day: i64) -> Option<i64> {
    let lengths = [31, 28 + i64::from(is_leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let month = usize::try_from(month - 1).ok()?;
    let length = *lengths.get(month)?;
    (1..=length).contains(&day).then(|| lengths[..month].iter().sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "2026-11-22T10:12:00.123456Z INFO app::orders ";

    fn read(rest: &str) -> Result<ParsedLine, String> {
        ParsedLine::read(&format!("{HEAD}{rest}\n"))
    }

    #[test]
    fn a_line_is_taken_apart() {
        let line =
            read(r#"Application started version=1.0.0 "a key"=" x" n=-1.5e+16 l=[1,"a b"] z=null"#).unwrap();
        assert_eq!(line.time, ParsedTime::Wall(1_795_342_320_123_456));
        assert_eq!((line.level.as_str(), line.logger.as_str()), ("INFO", "app::orders"));
        assert_eq!(line.message, "Application started");
        let expected = [
            ("version", ParsedValue::Text(b"1.0.0".to_vec())),
            ("a key", ParsedValue::Text(b" x".to_vec())),
            ("n", ParsedValue::Number("-1.5e+16".into())),
            (
                "l",
                ParsedValue::Json(ParsedJson::List(vec![
                    ParsedJson::Number("1".into()),
                    ParsedJson::String("a b".into()),
                ])),
            ),
            ("z", ParsedValue::Null),
        ];
        assert_eq!(line.fields, expected.map(|(key, value)| (key.to_owned(), value)));
    }

    #[test]
    fn a_message_ends_before_the_first_key() {
        assert_eq!(read("a b").unwrap().message, "a b");
        assert_eq!(read(r#"a b "k k"=1"#).unwrap().message, "a b");
        assert_eq!(read(r#""a = b" k=1"#).unwrap().message, "a = b");
    }

    #[test]
    fn bytes_come_back_as_they_were() {
        assert_eq!(read(r#"m b="a\xff\n""#).unwrap().fields[0].1, ParsedValue::Text(b"a\xff\n".to_vec()));
    }

    #[test]
    fn anything_looser_is_refused() {
        for rest in [
            "",
            " m",
            "m ",
            "m  x",
            "m k=",
            "m =1 ",
            "m k=1  l=2",
            "m \"k\"=1",
            "\"m\"",
            "m k=\"x\"",
            "m k=\"\\x41\"",
            "m k=\"\\u0041\"",
            "m k=\"\\xFF\"",
            "m \"k\\xff\"=1",
            "m k=[1, 2]",
            "m k=\\",
            "m k=\"x",
            "m k=a\"b",
            "m k=\"a \"b",
            "m\u{1b}[0m",
            "m\u{202e}",
        ] {
            assert!(read(rest).is_err(), "{rest:?}");
        }
        for line in
            ["", "\n", "x INFO l m\n", "2026-13-01T00:00:00.000000Z INFO l m\n", "+01.000000s INFO l m\n"]
        {
            assert!(ParsedLine::read(line).is_err(), "{line:?}");
        }
        assert!(ParsedLine::read("2026-02-28T00:00:00.000000Z NOTE l m\n").is_err());
        assert!(ParsedLine::read("+1.000000s INFO l m").is_err());
    }

    #[test]
    fn times_reach_from_1677_to_2262() {
        let time = |text: &str| ParsedTime::read(text).unwrap();
        assert_eq!(time("1970-01-01T00:00:00.000000Z"), ParsedTime::Wall(0));
        assert_eq!(time("1677-09-21T00:12:43.145224Z"), ParsedTime::Wall(i64::MIN.div_euclid(1000)));
        assert_eq!(time("2262-04-11T23:47:16.854775Z"), ParsedTime::Wall(i64::MAX / 1000));
        assert_eq!(time("+12.345678s"), ParsedTime::Uptime(12_345_678));
    }
}
