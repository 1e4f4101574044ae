//! The conformance vectors, which were made without a line of Rust: see
//! `tests/vectors/README.md`. Every platform's tests read them here.

use std::fmt::Write as _;
use std::time::Duration;

use kakashi_core::wire::{BlockWriter, RecordIds};
use kakashi_core::{Json, LogLevel, LogRecord, Output, Text, Timestamp};
use serde_json::Value;

use super::lines;
use crate::model::record::{OwnedMessage, OwnedRecord, OwnedValue, PreparedRecord, TemplatePiece};

/// One vector: a record, and what must be made of it.
#[derive(Debug)]
pub struct Vector {
    /// What it shows.
    pub name: String,
    /// The record.
    pub record: OwnedRecord,
    /// Its text line.
    pub text: String,
    /// Its JSON line.
    pub json: String,
    /// Its JSON line with the place of the call.
    pub json_with_location: Option<String>,
    /// Its block of the wire.
    pub block: Vec<u8>,
}

/// Reads all vectors.
///
/// # Panics
/// When they are not what their README says.
pub fn vectors() -> Vec<Vector> {
    let file = include_str!("../../vectors/records.json");
    let Value::Array(vectors) = serde_json::from_str(file).expect("records.json is JSON") else {
        panic!("records.json is one array")
    };
    vectors.iter().map(Vector::read).collect()
}

/// Reads the vectors of redaction, each with its paths: their lines are those of what may be written.
///
/// # Panics
/// When they are not what their README says.
pub fn redactions() -> Vec<(Vec<String>, Vector)> {
    let file = include_str!("../../vectors/redactions.json");
    let vectors: Value = serde_json::from_str(file).expect("redactions.json is JSON");
    let paths = |vector: &Value| list(&vector["paths"]).iter().map(string).collect();
    list(&vectors).iter().map(|vector| (paths(vector), Vector::read(vector))).collect()
}

fn string(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("not a string: {value}")).to_owned()
}

fn decimal<T: std::str::FromStr>(value: &Value) -> T {
    string(value).parse().unwrap_or_else(|_| panic!("not such a number: {value}"))
}

fn hex(value: &Value) -> Vec<u8> {
    let digits = string(value);
    let byte = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).expect("hex digits");
    (0..digits.len()).step_by(2).map(byte).collect()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap_or_else(|| panic!("not a list: {value}"))
}

fn pairs(value: &Value) -> Vec<(String, OwnedValue)> {
    list(value).iter().map(|pair| (string(&pair[0]), owned(&pair[1]))).collect()
}

fn owned(typed: &Value) -> OwnedValue {
    let (kind, value) = typed.as_object().and_then(|typed| typed.iter().next()).expect("a typed value");
    let bits = |value| u64::from_str_radix(&string(value), 16).expect("hex digits");
    match kind.as_str() {
        "null" => OwnedValue::Null,
        "bool" => OwnedValue::Bool(value.as_bool().expect("true or false")),
        "u64" => OwnedValue::U64(decimal(value)),
        "i64" => OwnedValue::I64(decimal(value)),
        "u128" => OwnedValue::U128(decimal(value)),
        "i128" => OwnedValue::I128(decimal(value)),
        "f64_bits" => OwnedValue::F64(f64::from_bits(bits(value))),
        "f32_bits" => OwnedValue::F32(f32::from_bits(bits(value) as u32)),
        "char" => OwnedValue::Char(string(value).parse().expect("one character")),
        "str" => OwnedValue::Str(string(value)),
        "bytes_hex" => OwnedValue::Bytes(hex(value)),
        "duration_ns" => {
            let nanos: u128 = decimal(value);
            let seconds = u64::try_from(nanos / 1_000_000_000).expect("a duration's seconds");
            OwnedValue::Duration(Duration::new(seconds, (nanos % 1_000_000_000) as u32))
        }
        "list" => OwnedValue::List(list(value).iter().map(owned).collect()),
        "map" => OwnedValue::Map(pairs(value)),
        _ => panic!("no type of value: {kind}"),
    }
}

/// Takes a template apart.
fn pieces(mut template: &str, keys: &[String]) -> Vec<TemplatePiece> {
    let mut pieces = Vec::new();
    while let Some(at) = template.find(['{', '}']) {
        let (text, rest) = template.split_at(at);
        pieces.push(TemplatePiece::Text(text.to_owned()));
        if let Some(rest) = rest.strip_prefix("{{").or_else(|| rest.strip_prefix("}}")) {
            pieces.push(TemplatePiece::Text(template[at..=at].to_owned()));
            template = rest;
        } else {
            let (key, rest) = rest[1..].split_once('}').expect("a placeholder ends");
            let at = keys.iter().position(|known| known == key).expect("a placeholder names a key");
            pieces.push(TemplatePiece::Field(at));
            template = rest;
        }
    }
    pieces.push(TemplatePiece::Text(template.to_owned()));
    pieces
}

/// Returns the module, the file and the line of a location.
fn place(location: &Value) -> (String, String, u32) {
    let line = location["line"].as_u64().and_then(|line| u32::try_from(line).ok());
    (string(&location["module"]), string(&location["file"]), line.expect("a line"))
}

impl Vector {
    fn read(vector: &Value) -> Self {
        let fields = pairs(&vector["fields"]);
        let (message, extra) = match vector.get("template") {
            None => {
                let text = string(&vector["message"]);
                let message = match vector.get("location").map(place) {
                    Some((module, file, line)) => OwnedMessage::Placed { text, module, file, line },
                    None => OwnedMessage::Literal(text),
                };
                (message, fields)
            }
            Some(template) => {
                let keys: Vec<String> = list(&vector["keys"]).iter().map(string).collect();
                assert!(keys.iter().eq(fields.iter().map(|(key, _)| key)));
                let template = pieces(&string(template), &keys);
                let (module, file, line) = place(&vector["location"]);
                let message = OwnedMessage::Site { template, fields, module, file, line };
                (message, pairs(&vector["extra"]))
            }
        };
        let time = &vector["timestamp"];
        let record = OwnedRecord {
            timestamp: match time.get("wall_ns") {
                Some(nanos) => Timestamp::Wall(decimal(nanos)),
                None => Timestamp::Uptime(decimal(&time["uptime_ns"])),
            },
            level: LogLevel::from_name(&string(&vector["level"])).expect("a level"),
            logger: string(&vector["logger"]),
            message,
            extra,
            context: pairs(&vector["context"]),
            sequence: vector.get("sequence").map(decimal),
        };
        Self {
            name: string(&vector["name"]),
            record,
            text: string(&vector["text"]) + "\n",
            json: string(&vector["json"]) + "\n",
            json_with_location: vector.get("json_with_location").map(|line| string(line) + "\n"),
            block: vector.get("wire_block_hex").map(hex).unwrap_or_default(),
        }
    }

    /// Compares all lines that can be made of a record with the vector's.
    pub fn compare_lines(&self, record: &LogRecord<'_>, wrong: &mut Mismatches) {
        wrong.compare(self, "text", &self.text, &lines::line(&Text, record));
        wrong.compare(self, "json", &self.json, &lines::line(&Json::new(), record));
        if let Some(expected) = &self.json_with_location {
            let line = lines::line(&Json::new().location(true), record);
            wrong.compare(self, "json_with_location", expected, &line);
        }
    }
}

/// Collects differences, so that all are reported at once.
#[derive(Debug, Default)]
pub struct Mismatches(String);

impl Mismatches {
    /// Notes what a vector says and what was found, if they differ.
    pub fn compare<T: PartialEq + std::fmt::Debug>(
        &mut self,
        vector: &Vector,
        what: &str,
        expected: &T,
        found: &T,
    ) {
        if expected != found {
            let _ = writeln!(self.0, "{}: {what}\n  vector {expected:?}\n  kakashi {found:?}", vector.name);
        }
    }
}

impl Drop for Mismatches {
    fn drop(&mut self) {
        assert!(self.0.is_empty() || std::thread::panicking(), "\n{}", self.0);
    }
}

/// Writes the block that the vectors describe: each item once, with the id 1.
///
/// # Panics
/// When the block needs more room than any of the vectors' does.
pub fn block(prepared: &PreparedRecord<'_>) -> Vec<u8> {
    prepared.with(|record| {
        let mut room = vec![0; 1 << 18];
        let mut out = Output::new(&mut room);
        let block = BlockWriter::begin(&mut out);
        let mut ids = RecordIds { logger: Some(1), ..RecordIds::default() };
        if let Some(site) = prepared.site() {
            ids.site = Some(1);
            block.put_site(&mut out, 1, site.wire());
        }
        block.put_name(&mut out, 1, record.logger.text());
        if !record.context().pairs.is_empty() {
            ids.context = Some(1);
            block.put_context(&mut out, 1, record.context().pairs);
        }
        block.put_record(&mut out, record, ids);
        block.finish(&mut out);
        assert!(!out.overflowed());
        out.written().to_vec()
    })
}
