//! A stream as what a sink writes to, where nothing else can be shared.

use kakashi_core::{SinkTarget, StandardStream};

/// No system has so many devices; the last number is that of files that are not there.
const STREAMS: u64 = u64::MAX - 1;

/// Returns the stream itself: all sinks for it share what waits.
pub(super) fn of_stream(stream: StandardStream) -> SinkTarget {
    SinkTarget { device: STREAMS, file: stream as u64 }
}
