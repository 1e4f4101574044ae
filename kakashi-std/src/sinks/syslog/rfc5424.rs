//! A message by RFC 5424: its time, host, program, logger and fields each in their place.
//!
//! `<14>1 2026-11-30T16:05:08.123456Z web-1 shop 42 shop::orders [kakashi@32473 id="7"] Accepted`
//!
//! What is too long is cut where it does least harm: fields are left out whole, the text ends in
//! `…`. A message is never cut within its head or its structured data, which no receiver could
//! read.

use std::fmt::Write as _;

use kakashi_core::encode::writers::{AsJson, AsRfc3339};
use kakashi_core::{LogRecord, Timestamp};

use super::header::{MessageHeader, MessageParts};
use super::word::{cut, is_name_char, push_head_word, push_param_value, push_word, shown};

/// `MSGID` and names of structured data.
const MAX_NAME_LEN: usize = 32;
const BYTE_ORDER_MARK: &str = "\u{feff}";
/// ` left_out="12345678"` and the bracket after it.
const ROOM_FOR_COUNT: usize = 24;

pub(super) fn push_message(
    header: &MessageHeader,
    record: &LogRecord<'_>,
    most: usize,
    parts: &mut MessageParts,
    out: &mut String,
) {
    let start = out.len();
    let is_whole_name = push_head(header, record, out);
    let MessageParts { data, text, value, .. } = parts;
    let text = shown(text, &AsJson(record));
    push_structured_data(header, record, is_whole_name, usize::MAX, value, data);
    // A space, and the mark of the encoding.
    let mark = if header.has_byte_order_mark { BYTE_ORDER_MARK } else { "" };
    let room = most.saturating_sub(out.len() - start + 1 + mark.len());
    if data.len() + text.len() > room {
        let room_for_data = room.saturating_sub(text.len()).max(room / 2);
        push_structured_data(header, record, is_whole_name, room_for_data, value, data);
    }
    out.push_str(data);
    let (text, sign) = cut(text, room.saturating_sub(data.len()));
    if !text.is_empty() || !sign.is_empty() {
        out.push(' ');
        out.push_str(mark);
        out.push_str(text);
        out.push_str(sign);
    }
}

/// Returns whether the logger's whole name stands there.
fn push_head(header: &MessageHeader, record: &LogRecord<'_>, out: &mut String) -> bool {
    let priority = header.facility.priority(record.level);
    // Writing to a `String` does not fail.
    let _ = match record.timestamp {
        timestamp @ Timestamp::Wall(_) => write!(out, "<{priority}>1 {} ", AsRfc3339(timestamp)),
        Timestamp::Uptime(_) => write!(out, "<{priority}>1 - "),
    };
    push_head_word(out, &header.host_name, 255);
    out.push(' ');
    push_head_word(out, &header.app_name, 48);
    out.push(' ');
    match &header.proc_id {
        Some(id) => _ = push_head_word(out, id, 128),
        None => _ = write!(out, "{}", std::process::id()),
    }
    out.push(' ');
    let is_whole = push_head_word(out, record.logger.text(), MAX_NAME_LEN);
    out.push(' ');
    is_whole
}

/// Puts one element with all fields in place of what is there, or with those that fit and the
/// number of the others; `-` if there is nothing to say.
fn push_structured_data(
    header: &MessageHeader,
    record: &LogRecord<'_>,
    is_whole_name: bool,
    room: usize,
    value: &mut String,
    data: &mut String,
) {
    data.clear();
    data.push('[');
    data.push_str(&header.structured_data_id);
    let empty = data.len();
    let mut left_out = 0;
    let mut push_param = |name: &str, text: &str| {
        let before = data.len();
        data.push(' ');
        push_word(data, if name.is_empty() { "_" } else { name }, is_name_char, MAX_NAME_LEN);
        data.push_str("=\"");
        push_param_value(data, text);
        data.push('"');
        if data.len().saturating_add(ROOM_FOR_COUNT) > room {
            data.truncate(before);
            left_out += 1;
        }
    };
    if !is_whole_name {
        push_param("logger", shown(value, &AsJson(record.logger.text())));
    }
    record.for_each_field(|key, field| push_param(key, shown(value, &AsJson(field))));
    if left_out > 0 {
        let _ = write!(data, " left_out=\"{left_out}\"");
    }
    if data.len() == empty || data.len() >= room {
        data.clear();
        data.push('-');
    } else {
        data.push(']');
    }
}

#[cfg(test)]
mod tests {
    use kakashi_core::{Field, LogLevel, Name};

    use super::super::facility::Facility;
    use super::super::header::MessageForm;
    use super::*;

    fn header() -> MessageHeader {
        MessageHeader {
            form: MessageForm::Rfc5424,
            facility: Facility::Local0,
            host_name: "web-1".into(),
            app_name: "shop".into(),
            proc_id: Some("42".into()),
            structured_data_id: "kakashi@32473".into(),
            has_byte_order_mark: false,
            in_local_time: false,
        }
    }

    fn message_of(header: &MessageHeader, record: &LogRecord<'_>, most: usize) -> String {
        let mut out = "before".to_owned();
        push_message(header, record, most, &mut MessageParts::default(), &mut out);
        out.split_off("before".len())
    }

    fn record<'a>(logger: &'a str, message: &'a str) -> LogRecord<'a> {
        LogRecord::new(Timestamp::Wall(1_123_456_789), LogLevel::Info, Name::new(logger), message)
    }

    #[test]
    fn each_part_stands_in_its_place() {
        let fields = [Field::new("id", &7), Field::new("share", &0.5), Field::new("name", &"Ä b")];
        let record = record("shop::orders", "Order taken").with_fields(&fields);
        assert_eq!(
            message_of(&header(), &record, 8192),
            "<134>1 1970-01-01T00:00:01.123456Z web-1 shop 42 shop::orders \
             [kakashi@32473 id=\"7\" share=\"0.5\" name=\"Ä b\"] Order taken"
        );
    }

    #[test]
    fn what_is_not_there_is_a_hyphen() {
        let record = LogRecord::new(Timestamp::Uptime(5), LogLevel::Error, Name::new(""), "");
        let header = MessageHeader { host_name: String::new(), ..header() };
        assert_eq!(message_of(&header, &record, 8192), "<131>1 - - shop 42 - -");
    }

    #[test]
    fn a_byte_order_mark_stands_before_the_text_only_if_it_is_asked_for() {
        let header = MessageHeader { has_byte_order_mark: true, ..header() };
        assert!(message_of(&header, &record("a", "x"), 8192).ends_with(" - \u{feff}x"));
    }

    #[test]
    fn a_loggers_name_that_is_cleaned_or_cut_stands_whole_among_the_fields() {
        let long = "shop::orders::payments::providers::paypal";
        let message = message_of(&header(), &record(long, "x"), 8192);
        assert!(
            message.ends_with(
                " shop::orders::payments::provider [kakashi@32473 logger=\"shop::orders::payments::providers::paypal\"] x"
            ),
            "{message}"
        );
        let message = message_of(&header(), &record("a b\n", "x"), 8192);
        assert!(message.ends_with(r#" a_b_ [kakashi@32473 logger="a b\\n"] x"#), "{message}");
    }

    #[test]
    fn hostile_fields_stay_inside_of_their_quotes_and_a_record_one_line() {
        let hostile = "\"] <0>1 - - - - - - [x\\\n\u{1b}[2J\0\u{202e}";
        let long = "k".repeat(40);
        let fields = [
            Field::new(hostile, &hostile),
            Field::new("", &1),
            Field::new(&long, &true),
            Field::new("a]\"=\\", &"]"),
        ];
        let record = record(hostile, hostile).with_fields(&fields);
        let message = message_of(&header(), &record, 8192);
        assert!(!message.chars().any(|c| c.is_control() || c == '\u{202e}'), "{message}");
        let expected = format!(
            " [kakashi@32473 logger=\"{0}\" {1}=\"{0}\" _=\"1\" {2}=\"true\" a___\\=\"\\]\"] \"] <0>1 - - - - - - \
             [x\\\\n\\u001b[2J\\u0000\\u202e",
            r#"\"\] <0>1 - - - - - - [x\\\\n\\u001b[2J\\u0000\\u202e"#,
            "___<0>1_-_-_-_-_-_-_[x\\__[2J__",
            "k".repeat(32),
        );
        assert!(message.ends_with(&expected), "{message}\n{expected}");
    }

    #[test]
    fn what_is_too_long_is_cut_and_the_rest_can_be_read() {
        let long = "ä\n".repeat(5000);
        let fields: Vec<Field<'_>> =
            vec![Field::new("small", &1), Field::new("large", &long), Field::new("last", &2)];
        for most in (480..600).chain([2048, 8192, 20_000]) {
            let message = message_of(&header(), &record("a", &long).with_fields(&fields), most);
            assert!(message.len() <= most && message.len() > most / 2, "{} of {most}", message.len());
            assert!(message.contains(r#" small="1" last="2" left_out="1"] ä\nä"#), "{message}");
            assert!(message.ends_with('…'), "{message}");
            let message = message_of(&header(), &record("a", &long), most);
            assert!((most - 8..=most).contains(&message.len()), "{} of {most}", message.len());
            let message = message_of(&header(), &record("a", "short").with_fields(&fields), most);
            assert!(
                message.ends_with(r#"a [kakashi@32473 small="1" last="2" left_out="1"] short"#),
                "{message}"
            );
        }
    }

    #[test]
    fn the_longest_head_leaves_the_smallest_message_room() {
        let header = MessageHeader {
            host_name: "h".repeat(300),
            app_name: "a".repeat(60),
            structured_data_id: "s".repeat(32),
            proc_id: None,
            ..header()
        };
        let long = "x".repeat(1000);
        let fields = [Field::new("large", &long)];
        let message = message_of(&header, &record(&long, &long).with_fields(&fields), 480);
        assert!(message.len() <= 480, "{}", message.len());
        assert!(message.contains(r#" left_out="2"] xxxx"#) && message.ends_with('…'), "{message}");
    }
}
