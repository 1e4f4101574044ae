//! How many records a receiver refused of a request that it has taken ("partial success").
//!
//! An answer may be anything: what is none says 0. It needs nothing of the crate's, so that the
//! fuzz target `otlp_answer` has it as it is, with the reader.

use super::json_reader::JsonReader;

/// `ExportLogsServiceResponse`'s field `partial_success`; that of metrics has the same numbers.
const PARTIAL_SUCCESS: u64 = 1;
/// `ExportLogsPartialSuccess`'s field `rejected_log_records`.
const REJECTED: u64 = 1;

/// Reads an answer in protobuf.
pub(super) fn rejected_in_protobuf(answer: &[u8]) -> usize {
    let Some(FieldValue::Bytes(partial)) = find(answer, PARTIAL_SUCCESS) else { return 0 };
    match find(partial, REJECTED) {
        // An int64: what is negative is none.
        Some(FieldValue::Number(rejected)) if rejected <= i64::MAX as u64 => {
            usize::try_from(rejected).unwrap_or(usize::MAX)
        }
        _ => 0,
    }
}

/// Reads an answer in JSON.
pub(super) fn rejected_in_json(answer: &[u8]) -> usize {
    read_json(answer).unwrap_or(0)
}

fn read_json(answer: &[u8]) -> Option<usize> {
    let mut reader = JsonReader::new(answer);
    let mut rejected = 0;
    reader.object(|key, reader| match reader.peek()? {
        b'{' if key == "partialSuccess" => reader.object(|key, reader| match key {
            "rejectedLogRecords" | "rejectedDataPoints" => {
                rejected = read_count(reader)?;
                Some(())
            }
            _ => reader.skip(),
        }),
        _ => reader.skip(),
    })?;
    reader.is_at_end().then_some(rejected)
}

/// Reads an int64: a string, or a number from those who do not keep to that. What is negative is none.
fn read_count(reader: &mut JsonReader<'_>) -> Option<usize> {
    let count = match reader.peek()? {
        b'"' => reader.string()?.parse().unwrap_or(0),
        b'-' | b'0'..=b'9' => reader.integer().unwrap_or(0),
        _ => {
            reader.skip()?;
            0
        }
    };
    Some(usize::try_from(count).unwrap_or(usize::MAX))
}

/// A field of a message.
enum FieldValue<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

/// Finds the last field of a number; none in what is no message.
fn find(mut message: &[u8], field: u64) -> Option<FieldValue<'_>> {
    let mut found = None;
    while !message.is_empty() {
        let tag = take_number(&mut message)?;
        let value = match tag & 7 {
            0 => FieldValue::Number(take_number(&mut message)?),
            1 => FieldValue::Bytes(take(&mut message, 8)?),
            2 => {
                let len = usize::try_from(take_number(&mut message)?).ok()?;
                FieldValue::Bytes(take(&mut message, len)?)
            }
            5 => FieldValue::Bytes(take(&mut message, 4)?),
            _ => return None,
        };
        if tag >> 3 == field {
            found = Some(value);
        }
    }
    found
}

fn take<'a>(message: &mut &'a [u8], len: usize) -> Option<&'a [u8]> {
    let (front, rest) = message.split_at_checked(len)?;
    *message = rest;
    Some(front)
}

fn take_number(message: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let byte = take(message, 1)?[0];
        number |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rejected_records_are_read_in_protobuf_and_garbage_is_none() {
        // partial_success { rejected_log_records: 300, error_message: "no" }
        let answer = [0x0a, 0x07, 0x08, 0xac, 0x02, 0x12, 0x02, b'n', b'o'];
        assert_eq!(rejected_in_protobuf(&answer), 300);
        assert_eq!(rejected_in_protobuf(&[]), 0);
        for end in 0..answer.len() {
            assert_eq!(rejected_in_protobuf(&answer[..end]), 0, "{end}");
        }
        assert_eq!(rejected_in_protobuf(b"<html>busy</html>"), 0);
        // -1
        let negative = [0x0a, 11, 0x08, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1];
        assert_eq!(rejected_in_protobuf(&negative), 0);
        assert_eq!(rejected_in_protobuf(&[0xff; 40]), 0);
    }

    #[test]
    fn rejected_records_are_read_in_json_and_garbage_is_none() {
        for (answer, rejected) in [
            (r#"{"partialSuccess":{"rejectedLogRecords":"300","errorMessage":"no"}}"#, 300),
            (r#"{ "partialSuccess" : { "rejectedLogRecords" : 7 } }"#, 7),
            (r#"{"partialSuccess":{"rejectedDataPoints":"8"}}"#, 8),
            (r#"{"partialSuccess":{"errorMessage":"\"rejectedLogRecords\":5"}}"#, 0),
            // Another's text may end like the key.
            (r#"{"partialSuccess":{"errorMessage":"no \"rejectedLogRecords","rejectedLogRecords":"9"}}"#, 9),
            (r#"{"partialSuccess":{"rejected\u004cogRecords":null}}"#, 0),
            (r#"{"partialSuccess":null}"#, 0),
            (r#"{"partialSuccess":{"rejectedLogRecords":"1"}"#, 0),
            (r#"{"partialSuccess":{"rejectedLogRecords":"-1"}}"#, 0),
            ("{}", 0),
            ("", 0),
            ("<html>", 0),
        ] {
            assert_eq!(rejected_in_json(answer.as_bytes()), rejected, "{answer}");
        }
    }
}
