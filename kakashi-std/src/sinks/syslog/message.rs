//! A record as a message, in the form of its destination.

use kakashi_core::LogRecord;

use super::header::{MessageForm, MessageHeader, MessageParts};
use super::{rfc3164, rfc5424};

/// Appends a message of at most so many bytes.
pub(super) fn push_message(
    header: &MessageHeader,
    record: &LogRecord<'_>,
    most: usize,
    parts: &mut MessageParts,
    out: &mut String,
) {
    match header.form {
        MessageForm::Rfc5424 => rfc5424::push_message(header, record, most, parts, out),
        _ => rfc3164::push_message(header, record, most, parts, out),
    }
}
