//! What all messages of a destination have in their heads, and the form that they have.

use std::time::SystemTime;

use kakashi_core::Timestamp;

use super::facility::Facility;

/// Which of the two RFCs messages are made by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum MessageForm {
    Rfc5424,
    Rfc3164,
    /// As a C library's `syslog` writes to the local socket: RFC 3164 without a host's name.
    #[cfg(unix)]
    Local,
}

/// What is the same in all messages.
#[derive(Clone, Debug)]
pub(super) struct MessageHeader {
    pub(super) form: MessageForm,
    pub(super) facility: Facility,
    pub(super) host_name: String,
    pub(super) app_name: String,
    /// The process's id where none was given.
    pub(super) proc_id: Option<String>,
    pub(super) structured_data_id: String,
    pub(super) has_byte_order_mark: bool,
    pub(super) in_local_time: bool,
}

/// Memory for the parts of a message, used again for the next.
#[derive(Debug, Default)]
pub(super) struct MessageParts {
    pub(super) data: String,
    pub(super) text: String,
    pub(super) value: String,
    pub(super) line: Vec<u8>,
}

/// Returns a record's nanoseconds since 1970; of one that knows only how long a device had run,
/// the time at which it is sent.
pub(super) fn wall_nanos(timestamp: Timestamp) -> i64 {
    match timestamp {
        Timestamp::Wall(nanos) => nanos,
        Timestamp::Uptime(_) => {
            let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
            i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
        }
    }
}
