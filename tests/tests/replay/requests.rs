//! What the records of the access log must say, read without the example's code.

use std::time::Duration;

use kakashi_core::{LogLevel, Timestamp};
use kakashi_tests::model::record::{OwnedMessage, OwnedRecord, OwnedValue};

/// The record of one line.
#[derive(Debug)]
pub(crate) struct Expected {
    pub(crate) id: String,
    pub(crate) record: OwnedRecord,
}

/// Reads the log by the rule in tests/data/README.md.
pub(crate) fn expected(log: &[u8]) -> Vec<Expected> {
    let body = log.strip_suffix(b"\n").expect("the log ends its last line");
    body.split(|&byte| byte == b'\n').map(expected_of).collect()
}

fn expected_of(line: &[u8]) -> Expected {
    // No fixed field can have a space in it.
    let fixed: Vec<&[u8]> = line.splitn(9, |&byte| byte == b' ').collect();
    let &[address, _, user, _, status, bytes, duration, id, free] = fixed.as_slice() else {
        panic!("not nine parts: {}", line.escape_ascii());
    };
    let [address, status, bytes, duration, id] = [address, status, bytes, duration, id].map(str_of);
    let free = free.strip_prefix(b"\"").and_then(|free| free.strip_suffix(b"\"")).expect("quotes around");
    // The cut is ASCII: as characters of Latin-1, bytes can be split as text.
    let free: String = free.iter().copied().map(char::from).collect();
    let parts: Vec<Vec<u8>> = free
        .split(&format!("\" {} \"", &id[..8]))
        .map(|part| part.chars().map(|character| character as u8).collect())
        .collect();
    let [request, referrer, agent] = parts.try_into().expect("three free fields");

    let status: u64 = status.parse().expect("a status");
    let seconds: f64 = duration.parse().expect("seconds");
    let (level, message) = match status {
        500.. => (LogLevel::Error, format!("Request failed with {status}")),
        400.. => (LogLevel::Warning, "Request refused".to_owned()),
        _ => (LogLevel::Info, "Request answered".to_owned()),
    };
    let words: Vec<&[u8]> = request.split(|&byte| byte == b' ').collect();
    let (method, path) = match words[..] {
        [method, path, protocol]
            if protocol.starts_with(b"HTTP/")
                && !method.is_empty()
                && method.iter().all(u8::is_ascii_uppercase) =>
        {
            (raw(method), raw(path))
        }
        _ => (OwnedValue::Null, raw(&request)),
    };
    let fields = [
        ("status", OwnedValue::U64(status)),
        ("bytes", OwnedValue::U64(bytes.parse().expect("a size"))),
        ("duration", OwnedValue::Duration(Duration::from_millis((seconds * 1000.0).round() as u64))),
        ("method", method),
        ("path", path),
        ("referrer", if referrer.is_empty() { OwnedValue::Null } else { raw(&referrer) }),
        ("user", if user == b"-" || user == b"?" { OwnedValue::Null } else { raw(user) }),
    ];
    let mut context = vec![
        ("ip", lossy(address.as_bytes())),
        ("access", lossy(&request)),
        ("request_id", lossy(id.as_bytes())),
    ];
    if !agent.is_empty() {
        context.push(("user_agent", lossy(&agent)));
    }
    if std::str::from_utf8(&agent).is_err() {
        context.push(("user_agent_bytes", raw(&agent)));
    }
    let record = OwnedRecord {
        timestamp: Timestamp::Wall(0),
        level,
        logger: "shop::access".to_owned(),
        message: OwnedMessage::Literal(message),
        extra: fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect(),
        context: context.into_iter().map(|(key, value)| (key.to_owned(), value)).collect(),
        sequence: None,
    };
    Expected { id: id.to_owned(), record }
}

fn str_of(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("a fixed field is ASCII")
}

fn lossy(bytes: &[u8]) -> OwnedValue {
    OwnedValue::Str(String::from_utf8_lossy(bytes).into_owned())
}

/// Text where it is UTF-8, otherwise bytes.
fn raw(bytes: &[u8]) -> OwnedValue {
    std::str::from_utf8(bytes)
        .map_or_else(|_| OwnedValue::Bytes(bytes.to_vec()), |text| OwnedValue::Str(text.to_owned()))
}
