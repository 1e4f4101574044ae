//! Descriptors 1 and 2, written without a lock or a buffer of std's.
//!
//! std's handles would hide what happens: its line buffer takes bytes that the system has
//! not taken, a closed descriptor counts as written, and its lock may be held by the very
//! caller. Nor is a duplicate kept: a program that redirects its streams is followed, and
//! the old pipe closes.

mod changes;
#[cfg(not(any(unix, windows)))]
mod elsewhere;
mod target;
#[cfg(not(unix))]
mod unasked;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

use std::time::Duration;

use kakashi_core::{Readiness, StandardStream};

#[cfg(not(any(unix, windows)))]
use self::elsewhere as platform;
#[cfg(not(unix))]
use self::unasked as state;
#[cfg(unix)]
use self::unix as platform;
#[cfg(unix)]
use self::unix as state;
#[cfg(windows)]
use self::windows as platform;
use super::writer::write_bytes;

pub(crate) use changes::changes;
pub(super) use platform::write;
pub(crate) use state::{asks_columns, is_terminal};
pub(super) use state::{file_end, readiness, target};

/// Writes a short text if the stream takes it within `timeout`; gives up otherwise.
pub(crate) fn write_within(stream: StandardStream, mut bytes: &[u8], timeout: Duration) {
    while !bytes.is_empty() {
        let at_once = match readiness(stream, timeout) {
            Readiness::NotNow => return,
            Readiness::Bytes(most) => most.clamp(1, bytes.len()),
            _ => bytes.len(),
        };
        let taken = match write_bytes(&mut |bytes| platform::write_some(stream, bytes), &bytes[..at_once]) {
            Ok(()) => at_once,
            Err(error) if error.accepted_bytes() > 0 => error.accepted_bytes(),
            Err(_) => return,
        };
        bytes = &bytes[taken..];
    }
}
