//! The status of gRPC, which stands in trailers under an HTTP status of 200.

use http::{HeaderMap, HeaderName};
use kakashi_core::LogLevel;

static GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");

/// Returns the status in headers or trailers, if they have one.
pub(super) fn status(headers: &HeaderMap) -> Option<u16> {
    headers.get(&GRPC_STATUS)?.to_str().ok()?.parse().ok()
}

/// Returns the level of a status: ERROR where the server is at fault.
pub(super) fn level(status: u16) -> LogLevel {
    match status {
        // OK.
        0 => LogLevel::Info,
        // CANCELLED, INVALID_ARGUMENT, NOT_FOUND to FAILED_PRECONDITION, ABORTED, OUT_OF_RANGE,
        // UNAUTHENTICATED: the caller's, as HTTP's 4xx.
        1 | 3 | 5..=11 | 16 => LogLevel::Warning,
        // UNKNOWN, DEADLINE_EXCEEDED, UNIMPLEMENTED, INTERNAL, UNAVAILABLE, DATA_LOSS.
        _ => LogLevel::Error,
    }
}
