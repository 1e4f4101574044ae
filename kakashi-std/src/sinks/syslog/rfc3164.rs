//! A message as RFC 3164 found them, for old receivers and for the local socket.
//!
//! `<14>Nov 30 16:05:08 web-1 shop[42]: INFO shop::orders Accepted id=7`
//!
//! There is no place in it for fields: behind the tag stands kakashi's line of text, without its
//! time, which parses back.

use std::fmt::Write as _;

use kakashi_core::encode::writers::AsRfc3339;
use kakashi_core::{Encoder as _, EncoderCache, LogRecord, Output, Text, Timestamp};

use super::header::{MessageForm, MessageHeader, MessageParts, wall_nanos};
use super::word::{cut, is_tag_char, push_head_word, push_word};

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
/// RFC 3164, section 4.1.3.
const MAX_TAG_LEN: usize = 32;

pub(super) fn push_message(
    header: &MessageHeader,
    record: &LogRecord<'_>,
    most: usize,
    parts: &mut MessageParts,
    out: &mut String,
) {
    let start = out.len();
    // Writing to a `String` does not fail.
    let _ = write!(out, "<{}>", header.facility.priority(record.level));
    push_time(wall_nanos(record.timestamp), header.in_local_time, out);
    if header.form == MessageForm::Rfc3164 {
        push_head_word(out, &header.host_name, 255);
        out.push(' ');
    }
    push_word(out, &header.app_name, is_tag_char, MAX_TAG_LEN);
    let _ = match &header.proc_id {
        Some(id) => {
            out.push('[');
            push_word(out, id, is_tag_char, 128);
            out.write_str("]: ")
        }
        None => write!(out, "[{}]: ", std::process::id()),
    };
    let (text, sign) = cut(line_of(record, &mut parts.line), most.saturating_sub(out.len() - start));
    out.push_str(text);
    out.push_str(sign);
}

/// Appends `Nov 30 16:05:08 `.
fn push_time(nanos: i64, in_local_time: bool, out: &mut String) {
    let offset = if in_local_time { local_offset(nanos) } else { 0 };
    let text = AsRfc3339(Timestamp::Wall(nanos.saturating_add(offset * 1_000_000_000))).to_string();
    let part = |range| text.get(range).unwrap_or_default();
    let month = part(5..7).parse().ok().and_then(|month: usize| MONTHS.get(month.checked_sub(1)?));
    let day = part(8..10);
    let _ = match day.strip_prefix('0') {
        Some(digit) => write!(out, "{}  {digit} {} ", month.unwrap_or(&"Jan"), part(11..19)),
        None => write!(out, "{} {day} {} ", month.unwrap_or(&"Jan"), part(11..19)),
    };
}

/// Returns the seconds by which the system's zone is ahead of UTC.
#[cfg(feature = "local-time")]
fn local_offset(nanos: i64) -> i64 {
    let at = jiff::Timestamp::from_second(nanos.div_euclid(1_000_000_000)).unwrap_or_default();
    i64::from(crate::clock::system_zone().to_offset(at).seconds())
}

#[cfg(not(feature = "local-time"))]
fn local_offset(_: i64) -> i64 {
    0
}

/// Returns a record's line of text without its time and its end.
fn line_of<'a>(record: &LogRecord<'_>, line: &'a mut Vec<u8>) -> &'a str {
    line.resize(line.capacity().max(512), 0);
    loop {
        let mut out = Output::new(line);
        Text.encode(record, &mut EncoderCache::new(), &mut out);
        let (needed, is_whole) = (out.position(), !out.overflowed());
        // A value may be longer each time that it is printed: these are the wire's, which are not.
        line.resize(needed, 0);
        if is_whole {
            break;
        }
    }
    let line = std::str::from_utf8(line).unwrap_or_default();
    line.split_once(' ').map_or("", |(_, rest)| rest.trim_end_matches('\n'))
}

#[cfg(test)]
mod tests {
    use kakashi_core::{Field, LogLevel, Name};

    use super::super::facility::Facility;
    use super::*;

    fn message_of(form: MessageForm, record: &LogRecord<'_>, most: usize) -> String {
        let header = MessageHeader {
            form,
            facility: Facility::User,
            host_name: "web-1".into(),
            app_name: "shop: x".into(),
            proc_id: Some("42".into()),
            structured_data_id: "kakashi@32473".into(),
            has_byte_order_mark: false,
            in_local_time: false,
        };
        let mut out = String::new();
        push_message(&header, record, most, &mut MessageParts::default(), &mut out);
        out
    }

    const SECOND: i64 = 1_000_000_000;

    #[test]
    fn the_time_is_padded_and_the_tag_is_clean() {
        let fields = [Field::new("id", &7), Field::new("text", &"a \"b\"\n")];
        // The second of January and the eleventh of October.
        for (day, expected) in [(1, "Jan  2"), (283, "Oct 11")] {
            let time = Timestamp::Wall((day * 86_400 + 3_661) * SECOND);
            let record = LogRecord::new(time, LogLevel::Warning, Name::new("orders"), "Order taken");
            let record = record.with_fields(&fields);
            let text = r#"WARNING orders Order taken id=7 text="a \"b\"\n""#;
            assert_eq!(
                message_of(MessageForm::Rfc3164, &record, 1024),
                format!("<12>{expected} 01:01:01 web-1 shop__x[42]: {text}")
            );
            #[cfg(unix)]
            assert_eq!(
                message_of(MessageForm::Local, &record, 1024),
                format!("<12>{expected} 01:01:01 shop__x[42]: {text}")
            );
        }
    }

    #[test]
    fn any_record_is_one_line_of_at_most_so_many_bytes() {
        let hostile = "\"] <0>1\n\u{1b}[2J\0\u{202e}ä".repeat(400);
        let fields = [Field::new(&hostile, &hostile)];
        for time in [Timestamp::Wall(i64::MIN), Timestamp::Wall(i64::MAX), Timestamp::Uptime(7)] {
            let record = LogRecord::new(time, LogLevel::Info, Name::new(&hostile), &hostile);
            let message = message_of(MessageForm::Rfc3164, &record.with_fields(&fields), 1024);
            assert!(!message.chars().any(|c| c.is_control() || c == '\u{202e}'), "{message}");
            assert!((1018..=1024).contains(&message.len()) && message.ends_with('…'), "{message}");
        }
    }
}
