//! A record as an entry of the journal's native protocol.
//!
//! See <https://systemd.io/JOURNAL_NATIVE_PROTOCOL/>: a field is `NAME=value` and a newline, or,
//! where the value has bytes that are no text in one line, the name, a newline, the value's
//! length in 64 bits, the value and a newline.

use std::fmt::Write as _;

use kakashi_core::encode::writers::{AsJson, AsRfc3339};
use kakashi_core::{LogLevel, LogRecord, Message, Value};

use super::field_name::{FieldName, FieldNames};

/// The journal ignores an entry of more than 1,024 fields, in silence: so many are a record's.
const MAX_RECORD_FIELDS: usize = 1000;

/// Makes the entries of records, one after the other, in memory that it keeps.
#[derive(Debug, Default)]
pub(super) struct EntryWriter {
    bytes: Vec<u8>,
    names: FieldNames,
    value: String,
}

/// What an entry's memory may have grown to before it is given back.
const KEPT_BYTES: usize = 256 << 10;

impl EntryWriter {
    /// Makes the entry of a record; what was there before is gone.
    pub(super) fn make(&mut self, record: &LogRecord<'_>, identifier: &str) -> &[u8] {
        self.clear();
        self.put("PRIORITY", priority(record.level));
        if !identifier.is_empty() {
            self.put("SYSLOG_IDENTIFIER", identifier);
        }
        let message = record.rendered_message();
        self.put("MESSAGE", &message);
        if let Message::Template(template) = record.message()
            && template != message
        {
            self.put("MESSAGE_TEMPLATE", template);
        }
        self.put("LEVEL", record.level.name());
        if !record.logger.text().is_empty() {
            self.put("LOGGER", record.logger.text());
        }
        self.put_shown("SYSLOG_TIMESTAMP", AsRfc3339(record.timestamp));
        if let Some(location) = record.location() {
            self.put("CODE_FILE", location.file);
            self.put_shown("CODE_LINE", location.line);
            self.put("CODE_FUNC", location.module);
        }
        self.put_fields(record);
        &self.bytes
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.bytes.shrink_to(KEPT_BYTES);
        self.value.clear();
        self.value.shrink_to(KEPT_BYTES);
        self.names.clear();
    }

    fn put_fields(&mut self, record: &LogRecord<'_>) {
        let mut count = 0;
        record.for_each_field(|key, value| {
            count += 1;
            if count <= MAX_RECORD_FIELDS {
                self.put_field(key, value);
            }
        });
        if let Some(omitted) = count.checked_sub(MAX_RECORD_FIELDS).filter(|omitted| *omitted > 0) {
            self.put_shown("KAKASHI_FIELDS_OMITTED", omitted);
        }
    }

    fn put_field(&mut self, key: &str, value: &Value<'_>) {
        let name = self.names.claim(name_of(key, value));
        let Self { bytes, value: shown, .. } = self;
        let value = match value {
            Value::Str(text) => text.as_bytes(),
            Value::Bytes(raw) => raw,
            value => {
                shown.clear();
                // Nothing that fails is on the wire: these values were written before.
                let _ = match value {
                    Value::Char(character) => write!(shown, "{character}"),
                    value => write!(shown, "{}", AsJson(value)),
                };
                // Of numbers, those that JSON has no form for.
                let is_quoted = shown.len() > 1 && shown.starts_with('"') && shown.ends_with('"');
                let unquoted = if is_quoted { &shown[1..shown.len() - 1] } else { shown };
                unquoted.as_bytes()
            }
        };
        put_pair(bytes, name.as_bytes(), value);
    }

    fn put(&mut self, name: &'static str, value: &str) {
        put_pair(&mut self.bytes, name.as_bytes(), value.as_bytes());
    }

    fn put_shown(&mut self, name: &'static str, value: impl std::fmt::Display) {
        self.value.clear();
        let _ = write!(self.value, "{value}");
        put_pair(&mut self.bytes, name.as_bytes(), self.value.as_bytes());
    }
}

/// Returns the name of a field: three of the journal's own may be a record's, where the value is
/// what they are for.
fn name_of(key: &str, value: &Value<'_>) -> FieldName {
    let is_number = matches!(value, Value::U64(_) | Value::I64(_));
    let is_id = || matches!(value, Value::Str(id) if id.len() == 32 && id.bytes().all(|digit| digit.is_ascii_hexdigit()));
    match key {
        "tid" if is_number => FieldName::well_known("TID"),
        "errno" if is_number => FieldName::well_known("ERRNO"),
        "message_id" if is_id() => FieldName::well_known("MESSAGE_ID"),
        _ => FieldName::of(key),
    }
}

/// Returns syslog's severity of a level.
fn priority(level: LogLevel) -> &'static str {
    match level {
        LogLevel::Trace | LogLevel::Debug => "7",
        LogLevel::Info => "6",
        LogLevel::Warning => "4",
        LogLevel::Error => "3",
        LogLevel::Critical => "2",
    }
}

/// Appends a field, in length form if its value is no text in one line.
fn put_pair(entry: &mut Vec<u8>, name: &[u8], value: &[u8]) {
    entry.extend_from_slice(name);
    if is_line(value) {
        entry.push(b'=');
    } else {
        entry.push(b'\n');
        entry.extend_from_slice(&(value.len() as u64).to_le_bytes());
    }
    entry.extend_from_slice(value);
    entry.push(b'\n');
}

fn is_line(value: &[u8]) -> bool {
    !value.iter().any(|&byte| byte < b' ' && byte != b'\t' || byte == 0x7f)
        && std::str::from_utf8(value).is_ok()
}

#[cfg(test)]
mod tests {
    use kakashi_core::{Bytes, Field, Name, Timestamp};

    use super::*;

    fn made(message: &str, fields: &[Field<'_>]) -> Vec<u8> {
        let record = LogRecord::new(Timestamp::Wall(0), LogLevel::Error, Name::new("shop"), message);
        EntryWriter::default().make(&record.with_fields(fields), "till").to_vec()
    }

    #[test]
    fn an_entry_says_what_its_record_says() {
        let entry = made("Paid", &[Field::new("id", &7), Field::new("share", &0.5), Field::new("ok", &true)]);
        let expected = "PRIORITY=3\nSYSLOG_IDENTIFIER=till\nMESSAGE=Paid\nLEVEL=ERROR\nLOGGER=shop\n\
                        SYSLOG_TIMESTAMP=1970-01-01T00:00:00.000000Z\nID=7\nSHARE=0.5\nOK=true\n";
        assert_eq!(String::from_utf8(entry).unwrap(), expected);
    }

    #[test]
    fn what_is_no_text_in_one_line_has_its_length_before_it() {
        let bytes = Bytes(&[0xff, 0]);
        let entry = made("a\nb", &[Field::new("raw", &bytes), Field::new("tab", "a\tb")]);
        let has = |part: &[u8]| entry.windows(part.len()).any(|window| window == part);
        assert!(has(b"\nMESSAGE\n\x03\0\0\0\0\0\0\0a\nb\n"));
        assert!(has(b"\nRAW\n\x02\0\0\0\0\0\0\0\xff\0\n"));
        assert!(has(b"\nTAB=a\tb\n"));
    }

    #[test]
    fn numbers_that_json_has_no_form_for_are_not_quoted() {
        let entry = String::from_utf8(made("m", &[Field::new("x", &f64::NAN)])).unwrap();
        assert!(entry.ends_with("\nX=NaN\n"), "{entry}");
    }

    #[test]
    fn a_thread_an_error_number_and_a_message_id_are_the_journals_where_they_are_what_it_means() {
        let id = "b07a249cd024414a82dd00cd181378ff";
        let entry =
            made("m", &[Field::new("tid", &12), Field::new("errno", "none"), Field::new("message_id", id)]);
        let entry = String::from_utf8(entry).unwrap();
        assert!(entry.ends_with(&format!("\nTID=12\nFIELD_ERRNO=none\nMESSAGE_ID={id}\n")), "{entry}");
    }

    #[test]
    fn fields_beyond_a_thousand_are_counted() {
        let keys: Vec<String> = (0..1500).map(|number| format!("key{number}")).collect();
        let fields: Vec<Field<'_>> = keys.iter().map(|key| Field::new(key, &1)).collect();
        let entry = String::from_utf8(made("m", &fields)).unwrap();
        assert!(entry.ends_with("\nKEY999=1\nKAKASHI_FIELDS_OMITTED=500\n"));
        assert!(entry.lines().count() <= 1024);
    }
}
