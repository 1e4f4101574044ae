//! The answer of a bulk request.
//!
//! `{"errors":true,"items":[{"create":{"status":201}},{"create":{"status":400,"error":{"type":…,"reason":…}}}]}`

use super::json_reader::JsonReader;
use super::verdict::{ItemVerdict, Reason, verdict_of_item};

/// The longest text of a reason, which is told.
const MOST_REASON_BYTES: usize = 400;

/// Reads what became of so many records, in their order; nothing if the answer does not say it of
/// each.
pub(super) fn read_verdicts(body: &[u8], records: usize) -> Option<Vec<ItemVerdict>> {
    let (mut verdicts, mut errors) = (Vec::new(), None);
    let mut reader = JsonReader::new(body);
    reader.object(|key, reader| {
        match key {
            "errors" => errors = Some(reader.bool()?),
            "items" => reader.list(|reader| {
                verdicts.push(read_item(reader)?);
                // More than were sent: it is no answer to this request.
                (verdicts.len() <= records).then_some(())
            })?,
            _ => reader.skip()?,
        }
        Some(())
    })?;
    if verdicts.is_empty() && errors == Some(false) {
        // Some who speak as Elasticsearch does say no more.
        verdicts.resize_with(records, || ItemVerdict::Taken);
    }
    (verdicts.len() == records && reader.is_at_end()).then_some(verdicts)
}

/// Reads `{"create":{…}}`.
fn read_item(reader: &mut JsonReader<'_>) -> Option<ItemVerdict> {
    let (mut status, mut kind, mut text) = (None, String::new(), String::new());
    reader.object(|_, reader| {
        reader.object(|key, reader| match (key, reader.peek()?) {
            ("status", _) => {
                status = Some(u16::try_from(reader.integer()?).ok()?);
                Some(())
            }
            ("error", b'"') => {
                text = cut(&reader.string()?);
                Some(())
            }
            ("error", b'{') => reader.object(|key, reader| {
                match (key, reader.peek()?) {
                    ("type", b'"') => kind = cut(&reader.string()?),
                    ("reason", b'"') => text = cut(&reader.string()?),
                    _ => reader.skip()?,
                }
                Some(())
            }),
            _ => reader.skip(),
        })
    })?;
    let status = status?;
    Some(verdict_of_item(status, || match (&*kind, &*text) {
        ("", text) => Reason { kind: text.to_owned(), text: text.to_owned() },
        (kind, text) => Reason { kind: kind.to_owned(), text: format!("{kind}: {text}") },
    }))
}

/// Cuts a text that the receiver chose.
pub(super) fn cut(text: &str) -> String {
    let end = (0..=MOST_REASON_BYTES.min(text.len())).rev().find(|&at| text.is_char_boundary(at));
    text[..end.unwrap_or(0)].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A letter for each record.
    fn read(body: &str, records: usize) -> Option<String> {
        let verdicts = read_verdicts(body.as_bytes(), records)?;
        let letter = |verdict: &ItemVerdict| match verdict {
            ItemVerdict::Taken => "t".to_owned(),
            ItemVerdict::Again(status) => format!("a{status}"),
            ItemVerdict::Refused(reason) => format!("r({}|{})", reason.kind, reason.text),
        };
        Some(verdicts.iter().map(letter).collect())
    }

    #[test]
    fn each_item_has_its_own_status() {
        let body = r#"{"took":30,"errors":true,"items":[
            {"create":{"_index":"logs","_id":"1","result":"created","status":201,"_shards":{"total":2}}},
            {"create":{"_index":"logs","_id":"2","status":429,"error":{"type":"es_rejected_execution_exception","reason":"full"}}},
            {"create":{"_id":"3","status":409,"error":{"type":"version_conflict_engine_exception","reason":"exists"}}},
            {"create":{"_id":"4","error":{"reason":"failed to parse","caused_by":{"type":"x"},"type":"document_parsing_exception"},"status":400}},
            {"index":{"status":503,"error":"unavailable"}},
            {"create":{"status":400,"error":"old \"form\""}},
            {"create":{"status":403,"error":null}},
            {"create":{"status":400}}]}"#;
        assert_eq!(
            read(body, 8).unwrap(),
            "ta429tr(document_parsing_exception|document_parsing_exception: failed to parse)a503\
             r(old \"form\"|old \"form\")a403r(|the receiver answers 400 Bad Request)"
        );
        assert_eq!(read(body, 7), None);
        assert_eq!(read(body, 9), None);
    }

    #[test]
    fn an_answer_without_items_is_one_only_where_it_says_that_there_were_no_errors() {
        assert_eq!(read(r#"{"took":1,"errors":false}"#, 3).as_deref(), Some("ttt"));
        assert_eq!(read(r#"{"errors":false,"items":[]}"#, 2).as_deref(), Some("tt"));
        for body in [
            "",
            "{}",
            "[]",
            "<html>",
            r#"{"errors":true}"#,
            r#"{"errors":false}x"#,
            r#"{"errors":true,"items":[{"create":{}}]}"#,
            r#"{"errors":true,"items":[{"create":{"status":"201"}}]}"#,
            r#"{"errors":true,"items":[{"create":{"status":70000}}]}"#,
            r#"{"errors":true,"items":[{"create":{"status":201}}"#,
            r#"{"error":{"type":"x"},"status":400}"#,
        ] {
            assert_eq!(read(body, 1), None, "{body}");
        }
    }

    #[test]
    fn what_an_answer_says_is_cut() {
        let long = "ä".repeat(10_000);
        let body = format!(r#"{{"items":[{{"create":{{"status":400,"error":{{"type":"{long}"}}}}}}]}}"#);
        assert!(read(&body, 1).unwrap().len() < 1000);
    }
}
