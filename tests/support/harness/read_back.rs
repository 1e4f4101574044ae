//! Reads what arrived at a destination, in any format for programs.

use std::collections::BTreeMap;

use kakashi_core::wire::{Item, Reader};
use kakashi_core::{Format, Text};

use super::lines;
use crate::oracle::json::ParsedJson;
use crate::oracle::text_line::{ParsedLine, ParsedValue};

/// One record that arrived; values are as text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ArrivedRecord {
    /// The level's name.
    pub level: String,
    /// The logger's name.
    pub logger: String,
    /// The message.
    pub message: String,
    /// Keys and values in their order.
    pub fields: Vec<(String, String)>,
}

impl ArrivedRecord {
    /// Finds a field's value.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.fields.iter().find(|field| field.0 == key).map(|field| field.1.as_str())
    }

    /// Finds a field that is a whole number.
    pub fn number(&self, key: &str) -> Option<u64> {
        self.get(key)?.parse().ok()
    }

    /// Tells how many records an announcement says were dropped; 0 if this is none.
    pub fn dropped(&self) -> u64 {
        let is_announcement = self.logger == "kakashi" && self.message == "Records were dropped";
        if is_announcement { self.number("dropped").unwrap_or(0) } else { 0 }
    }
}

/// Reads all there is.
///
/// # Panics
/// When a part of it is no whole, valid record, or the format is for people.
pub fn entries(format: Format, bytes: &[u8]) -> Vec<ArrivedRecord> {
    match format {
        Format::Wire => Reader::new(bytes).map(of_item).collect(),
        Format::Text => whole_lines(bytes).map(of_text).collect(),
        Format::Json => whole_lines(bytes).map(of_json).collect(),
        _ => panic!("{format:?} is for people"),
    }
}

/// Reads lines of text.
///
/// # Panics
/// As [`entries`].
pub fn text(bytes: &[u8]) -> Vec<ArrivedRecord> {
    entries(Format::Text, bytes)
}

/// As [`text`], without a line that is not whole: a thread that goes on logging
/// while its process ends is stopped in the middle of a write.
///
/// # Panics
/// As [`entries`].
pub fn text_to_the_last_whole_line(bytes: &[u8]) -> Vec<ArrivedRecord> {
    whole_entries(Format::Text, bytes)
}

/// As [`entries`], without what is not whole, at the end of what others are writing.
///
/// # Panics
/// As [`entries`].
pub fn whole_entries(format: Format, bytes: &[u8]) -> Vec<ArrivedRecord> {
    if let Format::Wire = format {
        let items = Reader::new(bytes).filter(|item| matches!(item, Item::Record(_) | Item::Dropped(_)));
        return items.map(of_item).collect();
    }
    let end = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    entries(format, &bytes[..end])
}

fn whole_lines(bytes: &[u8]) -> impl Iterator<Item = &str> {
    std::str::from_utf8(bytes).expect("lines are UTF-8").split_inclusive('\n')
}

/// Reads one line of text.
///
/// # Panics
/// When it is not valid.
pub fn of_text(line: &str) -> ArrivedRecord {
    let read = ParsedLine::read(line).unwrap_or_else(|error| panic!("{error} in {:.1000}", line));
    let fields = read.fields.into_iter().map(|(key, value)| (key, text_of(value))).collect();
    ArrivedRecord { level: read.level, logger: read.logger, message: read.message, fields }
}

fn text_of(value: ParsedValue) -> String {
    match value {
        ParsedValue::Null => "null".into(),
        ParsedValue::Bool(truth) => truth.to_string(),
        ParsedValue::Number(digits) => digits,
        ParsedValue::Text(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        ParsedValue::Json(json) => compact(&json),
    }
}

fn compact(json: &ParsedJson) -> String {
    let mut text = String::new();
    json.write(&mut text);
    text
}

/// Reads one line of JSON.
///
/// # Panics
/// When it is not valid.
pub fn of_json(line: &str) -> ArrivedRecord {
    let read = line.strip_suffix('\n').ok_or_else(|| "no LF".to_owned()).and_then(ParsedJson::read);
    let pairs = match read {
        Ok(ParsedJson::Map(pairs)) => pairs,
        other => panic!("{other:?} in {line:.1000}"),
    };
    let mut pairs = pairs.into_iter().map(|(key, value)| {
        let text = if let ParsedJson::String(text) = value { text } else { compact(&value) };
        (key, text)
    });
    let mut head = |expected: &str| {
        let (key, text) = pairs.next().unwrap_or_default();
        assert_eq!(key, expected, "in {line}");
        text
    };
    head("timestamp");
    let (level, logger, message) = (head("level"), head("logger"), head("message"));
    ArrivedRecord { level, logger, message, fields: pairs.collect() }
}

fn of_item(item: Item<'_>) -> ArrivedRecord {
    match item {
        Item::Record(record) => of_text(&lines::line(&Text, &record)),
        Item::Dropped(report) => ArrivedRecord {
            level: "WARNING".into(),
            logger: "kakashi".into(),
            message: "Records were dropped".into(),
            fields: vec![("dropped".into(), report.total().to_string())],
        },
        other => panic!("not a record: {other:?}"),
    }
}

/// Sums what announcements say was dropped.
pub fn announced(entries: &[ArrivedRecord]) -> u64 {
    entries.iter().map(ArrivedRecord::dropped).sum()
}

/// Returns the field `n` of all records by their field `thread`, in the order
/// in which they stand; records without them are passed over.
pub fn numbers(entries: &[ArrivedRecord]) -> BTreeMap<u64, Vec<u64>> {
    let mut numbers: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
    for entry in entries {
        if let (Some(thread), Some(n)) = (entry.number("thread"), entry.number("n")) {
            numbers.entry(thread).or_default().push(n);
        }
    }
    numbers
}

/// Asserts that `threads` threads' records 0 to `count` are there, each once
/// and in its thread's order.
///
/// # Panics
/// When they are not; says where the first fault is.
pub fn assert_each_once_in_order(entries: &[ArrivedRecord], threads: u64, count: u64) {
    let numbers = numbers(entries);
    let found: Vec<u64> = numbers.keys().copied().collect();
    assert_eq!(found, (0..threads).collect::<Vec<_>>(), "the threads that wrote");
    for (thread, numbers) in numbers {
        let fault = numbers.iter().zip(0..).position(|(n, expected)| *n != expected);
        if let Some(at) = fault {
            let around = &numbers[at.saturating_sub(2)..numbers.len().min(at + 3)];
            panic!("thread {thread}: at {at} stand {around:?}");
        }
        assert_eq!(numbers.len() as u64, count, "records of thread {thread}");
    }
}
