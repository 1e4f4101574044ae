//! Lines of one's own: a pattern with placeholders, compiled once.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use super::cache::EncoderCache;
use super::encoder::{Encoder, LineForm};
use super::escape::put_word;
use super::number::put_u64;
use super::text::{Text, put_message, put_name, put_value};
use super::time_pattern::{TimePattern, ZoneOffset};
use crate::record::LogRecord;
use crate::util::char_class::control_len;
use crate::util::output::Output;
use crate::value::Value;

impl Text {
    /// Compiles lines of one's own.
    ///
    /// | placeholder | |
    /// |---|---|
    /// | `{time}` | RFC 3339 in UTC, with microseconds |
    /// | `{time:%H:%M:%S%.3f}` | in UTC, by `strftime`'s `%Y %y %m %b %d %e %j %a %F %H %I %p %M %S %T %3f %6f %9f %.3f %.6f %.9f %s %z %:z %Z %%` |
    /// | `{level}` `{logger}` `{message}` | |
    /// | `{module}` `{file}` `{line}` | the place in the source, or `-` |
    /// | `{fields.KEY}` | the value of one field, or `-` |
    /// | `{fields}` | all fields that the pattern does not name, as `key=value`; without any, the space before it goes too |
    ///
    /// `{level:8}` pads a placeholder with spaces to that many characters, at most 255,
    /// `{line:>5}` on the left. `{{` and `}}` are braces. A pattern has no character that
    /// could end a line or control a terminal; what a record says is quoted and escaped as in
    /// [`Text`]: one record stays one line. Such a line need not parse back.
    ///
    /// A time since a device's start has one form, `+12.345678s`.
    ///
    /// # Examples
    ///
    /// ```
    /// use kakashi_core::{Encoder, EncoderCache, Field, LogLevel, LogRecord, Name, Output, Text, Timestamp};
    ///
    /// let encoder = Text::pattern("{time:%H:%M:%S%.3f} {level:5} [{fields.request}] {message} {fields}")?;
    /// let fields = [Field::new("request", "r-7"), Field::new("id", &1042)];
    /// let record = LogRecord::new(Timestamp::Wall(1_795_342_320_123_456_789), LogLevel::Info, Name::new("shop"), "Accepted");
    /// let mut room = [0; 128];
    /// let mut out = Output::new(&mut room);
    /// encoder.encode(&record.with_fields(&fields), &mut EncoderCache::new(), &mut out);
    /// assert_eq!(out.written(), b"10:12:00.123 INFO  [r-7] Accepted id=1042\n");
    ///
    /// let error = Text::pattern("{time} {mesage}").unwrap_err();
    /// assert!(error.to_string().starts_with("character 9: unknown placeholder \"mesage\": use time, level,"));
    /// # Ok::<(), kakashi_core::PatternError>(())
    /// ```
    ///
    /// # Errors
    /// [`PatternError`], with the position and what would be right.
    pub fn pattern(pattern: &str) -> Result<TextPattern, PatternError> {
        TextPattern::new(pattern, None)
    }

    /// As [`pattern`](Self::pattern), where a zone's offset is known: `{time:local}` is RFC 3339
    /// with the offset, `{time:local:%H:%M:%S}` by `strftime`, but for `%Z`.
    ///
    /// `offset` is given seconds since 1970 and tells how many seconds east of UTC the zone is
    /// then. It is called for each record, on whichever thread encodes it; it may not block, log
    /// or panic. (`kakashi_std::local_pattern` knows the system's zone.)
    ///
    /// # Errors
    /// [`PatternError`], with the position and what would be right.
    pub fn pattern_in_zone(
        pattern: &str,
        offset: impl Fn(i64) -> i32 + Send + Sync + 'static,
    ) -> Result<TextPattern, PatternError> {
        TextPattern::new(pattern, Some(&ZoneOffset(Arc::new(offset))))
    }
}

/// Writes lines by a pattern: see [`Text::pattern`].
#[derive(Clone, Debug)]
pub struct TextPattern {
    pieces: Box<[PatternPiece]>,
    form: LineForm,
}

#[derive(Clone, Debug)]
enum PatternPiece {
    Literal(Box<str>),
    Time,
    TimeAs(TimePattern),
    Part(RecordPart, Padding),
    Fields,
}

#[derive(Clone, Debug)]
enum RecordPart {
    Level,
    Logger,
    Message,
    Module,
    File,
    Line,
    Field(Box<str>),
}

#[derive(Clone, Copy, Debug)]
struct Padding {
    width: usize,
    left: bool,
}

const PLACEHOLDERS: &str = "time, level, logger, message, module, file, line, fields or fields.KEY";

impl TextPattern {
    fn new(pattern: &str, zone: Option<&ZoneOffset>) -> Result<Self, PatternError> {
        let wrong = |at: usize, problem: String| PatternError::new(pattern, at, problem);
        let mut pieces = Vec::new();
        let mut literal = String::new();
        let mut at = 0;
        while let Some(character) = pattern[at..].chars().next() {
            let after = at + character.len_utf8();
            let doubled = pattern[after..].starts_with(character);
            match character {
                '{' | '}' if doubled => {
                    literal.push(character);
                    at = after + 1;
                }
                '{' => {
                    let Some(end) = pattern[after..].find('}').map(|len| after + len) else {
                        return Err(wrong(
                            at,
                            "a placeholder without an end: write } after it, or {{ for a brace".into(),
                        ));
                    };
                    push_literal(&mut pieces, &mut literal);
                    let piece = placeholder(&pattern[after..end], zone);
                    pieces.push(piece.map_err(|(inside, problem)| wrong(after + inside, problem))?);
                    at = end + 1;
                }
                '}' => return Err(wrong(at, "a brace alone: write }} for a brace".into())),
                _ if control_len(pattern.as_bytes(), at) > 0 => {
                    return Err(wrong(
                        at,
                        alloc::format!("{character:?} may not stand in a line: leave it out"),
                    ));
                }
                _ => {
                    literal.push(character);
                    at = after;
                }
            }
        }
        push_literal(&mut pieces, &mut literal);
        Ok(Self { pieces: pieces.into(), form: LineForm::unique() })
    }

    /// Tells whether a placeholder is for this very field.
    fn names(&self, key: &str) -> bool {
        self.pieces
            .iter()
            .any(|piece| matches!(piece, PatternPiece::Part(RecordPart::Field(named), _) if **named == *key))
    }

    fn put_fields(&self, record: &LogRecord<'_>, out: &mut Output<'_>) {
        let mut is_first = true;
        let mut put = |key: &str, value: &Value<'_>| {
            if self.names(key) {
                return;
            }
            if !core::mem::take(&mut is_first) {
                out.put_byte(b' ');
            }
            put_word(out, key);
            out.put_byte(b'=');
            put_value(out, value);
        };
        record.for_each_site_field(&mut put);
        record.for_each_extra(&mut put);
        record.for_each_context_field(&mut put);
        if is_first && out.since(0).last() == Some(&b' ') {
            out.rewind(out.position() - 1);
        }
    }
}

fn push_literal(pieces: &mut Vec<PatternPiece>, literal: &mut String) {
    if !literal.is_empty() {
        pieces.push(PatternPiece::Literal(core::mem::take(literal).into()));
    }
}

/// Reads what stands between braces; an error has its place in there.
fn placeholder(text: &str, zone: Option<&ZoneOffset>) -> Result<PatternPiece, (usize, String)> {
    let (name, spec) = text.split_once(':').map_or((text, None), |(name, spec)| (name, Some(spec)));
    let spec_at = name.len() + 1;
    let part = match name {
        "time" => {
            return time(spec.unwrap_or_default(), zone).map_err(|(at, problem)| (spec_at + at, problem));
        }
        "fields" => {
            return match spec {
                None => Ok(PatternPiece::Fields),
                Some(_) => Err((spec_at, "fields have no width: write {fields}".into())),
            };
        }
        "level" => RecordPart::Level,
        "logger" => RecordPart::Logger,
        "message" => RecordPart::Message,
        "module" => RecordPart::Module,
        "file" => RecordPart::File,
        "line" => RecordPart::Line,
        _ => match name.strip_prefix("fields.") {
            Some(key) if !key.is_empty() => RecordPart::Field(key.into()),
            _ => return Err((0, alloc::format!("unknown placeholder {name:?}: use {PLACEHOLDERS}"))),
        },
    };
    let mut padding = Padding { width: 0, left: false };
    if let Some(spec) = spec {
        padding.left = spec.starts_with('>');
        let digits = spec.trim_start_matches(['<', '>']);
        let width =
            digits.parse::<u8>().ok().filter(|_| spec.len() - digits.len() <= 1 && !digits.starts_with('+'));
        padding.width = usize::from(width.ok_or_else(|| {
            (spec_at, alloc::format!("{spec:?} is no width: write 1 to 255, or >5 to pad on the left"))
        })?);
    }
    Ok(PatternPiece::Part(part, padding))
}

fn time(form: &str, zone: Option<&ZoneOffset>) -> Result<PatternPiece, (usize, String)> {
    const LOCAL: &str = "local";
    if let Some(at) = (0..form.len()).find(|&at| control_len(form.as_bytes(), at) > 0) {
        return Err((at, "this character may not stand in a line: leave it out".into()));
    }
    let local = form.strip_prefix(LOCAL).filter(|rest| rest.is_empty() || rest.starts_with(':'));
    match local {
        None if form.is_empty() => Ok(PatternPiece::Time),
        None => TimePattern::new(form, None).map(PatternPiece::TimeAs),
        Some(_) if zone.is_none() => Err((
            0,
            "times are in UTC here: leave `local` out, or use kakashi_std::local_pattern (feature local-time)".into(),
        )),
        Some("" | ":") => TimePattern::new("%FT%T%.6f%:z", zone).map(PatternPiece::TimeAs),
        Some(rest) => TimePattern::new(&rest[1..], zone)
            .map(PatternPiece::TimeAs)
            .map_err(|(at, problem)| (LOCAL.len() + 1 + at, problem)),
    }
}

fn put_part(part: &RecordPart, record: &LogRecord<'_>, out: &mut Output<'_>) {
    let location = record.location();
    match part {
        RecordPart::Level => out.put(record.level.name().as_bytes()),
        RecordPart::Logger => put_name(out, record.logger),
        RecordPart::Message => put_message(out, record),
        RecordPart::Module => put_word(out, location.map_or("-", |location| location.module)),
        RecordPart::File => put_word(out, location.map_or("-", |location| location.file)),
        RecordPart::Line => match location {
            Some(location) => put_u64(out, u64::from(location.line)),
            None => out.put_byte(b'-'),
        },
        RecordPart::Field(key) => match record.field(key) {
            Some(value) => put_value(out, &value),
            None => out.put_byte(b'-'),
        },
    }
}

impl Padding {
    /// Returns how many spaces are missing; at most so many where there was no room for the text.
    fn missing(self, start: usize, out: &Output<'_>) -> usize {
        if out.overflowed() {
            return self.width;
        }
        let is_begin = |byte: &&u8| **byte & 0xc0 != 0x80;
        self.width.saturating_sub(out.since(start).iter().filter(is_begin).count())
    }
}

fn put_padded(part: &RecordPart, padding: Padding, record: &LogRecord<'_>, out: &mut Output<'_>) {
    let start = out.position();
    put_part(part, record, out);
    if padding.width == 0 {
        return;
    }
    let missing = padding.missing(start, out);
    let on_left = padding.left && missing > 0 && !out.overflowed();
    if on_left {
        out.rewind(start);
    }
    for _ in 0..missing {
        out.put_byte(b' ');
    }
    if on_left {
        put_part(part, record, out);
    }
}

impl Encoder for TextPattern {
    fn line_form(&self) -> Option<LineForm> {
        Some(self.form)
    }

    fn encode(&self, record: &LogRecord<'_>, cache: &mut EncoderCache, out: &mut Output<'_>) {
        for piece in &self.pieces {
            match piece {
                PatternPiece::Literal(text) => out.put(text.as_bytes()),
                PatternPiece::Time => cache.second.put(record.timestamp, out),
                PatternPiece::TimeAs(form) => form.put(record.timestamp, &mut cache.second, out),
                PatternPiece::Part(part, padding) => put_padded(part, *padding, record, out),
                PatternPiece::Fields => self.put_fields(record, out),
            }
        }
        out.put_byte(b'\n');
    }
}

/// Reports what is wrong with a pattern, where, and what would be right.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PatternError {
    position: usize,
    problem: String,
}

impl PatternError {
    #[cold]
    fn new(pattern: &str, at: usize, problem: String) -> Self {
        Self { position: pattern.get(..at).map_or(0, |before| before.chars().count()) + 1, problem }
    }

    /// Returns the position of the first wrong character, from 1 on.
    pub fn position(&self) -> usize {
        self.position
    }
}

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "character {}: {}", self.position, self.problem)
    }
}

impl core::error::Error for PatternError {}
