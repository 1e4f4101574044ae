//! How large requests may be, as far as the receiver lets it be known.

use std::io::{Error, ErrorKind};

use kakashi_core::SinkError;

use crate::sinks::http_client::CONNECTION_ENDED;

/// Requests this small are not what a connection breaks by.
const LEAST_SUSPECT_BYTES: usize = 64 << 10;
/// So many connections that break in a row are no accident.
const MOST_BREAKS: u32 = 3;
/// After so many requests that were taken, larger ones are tried.
const TAKEN_BEFORE_GROWTH: u32 = 64;

/// The most bytes of a request: what was chosen, or less if the receiver refuses so much.
pub(super) struct RequestLimit {
    most: usize,
    now: usize,
    taken: u32,
    breaks: u32,
}

impl RequestLimit {
    pub(super) fn new(most: usize) -> Self {
        Self { most, now: most, taken: 0, breaks: 0 }
    }

    /// Returns what was chosen.
    pub(super) fn most(&self) -> usize {
        self.most
    }

    /// Returns what the next request may have.
    pub(super) fn bytes(&self) -> usize {
        self.now
    }

    /// Halves it: the receiver refuses so many bytes.
    pub(super) fn refused(&mut self, bytes: usize) {
        self.now = bytes.min(self.now) / 2;
        self.taken = 0;
        self.breaks = 0;
    }

    /// Halves it if the connection breaks by such requests again and again: a receiver may
    /// refuse one before it has read all of it, and its answer is then lost with the connection.
    pub(super) fn not_answered(&mut self, bytes: usize, error: &SinkError) {
        if bytes < LEAST_SUSPECT_BYTES || !has_broken(error) {
            return;
        }
        self.breaks += 1;
        if self.breaks == MOST_BREAKS {
            self.refused(bytes);
        }
    }

    /// Notes that a request was taken.
    pub(super) fn taken(&mut self) {
        self.breaks = 0;
        if self.now == self.most {
            return;
        }
        self.taken += 1;
        if self.taken == TAKEN_BEFORE_GROWTH {
            self.now = self.now.max(1).saturating_mul(2).min(self.most);
            self.taken = 0;
        }
    }
}

/// Tells whether a connection ended that had been made.
fn has_broken(error: &SinkError) -> bool {
    match error.os_code() {
        Some(code) => matches!(
            Error::from_raw_os_error(code).kind(),
            ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe
        ),
        None => error.cause() == Some(CONNECTION_ENDED),
    }
}

#[cfg(test)]
mod tests {
    use kakashi_core::SinkErrorKind;

    use super::*;

    #[test]
    fn a_limit_shrinks_by_refusals_and_grows_by_what_is_taken() {
        let mut limit = RequestLimit::new(1000);
        limit.refused(800);
        limit.refused(300);
        assert_eq!(limit.bytes(), 150);
        for _ in 0..TAKEN_BEFORE_GROWTH {
            assert_eq!(limit.bytes(), 150);
            limit.taken();
        }
        assert_eq!(limit.bytes(), 300);
        (0..1000).for_each(|_| limit.taken());
        assert_eq!((limit.bytes(), limit.most()), (1000, 1000));
    }

    #[test]
    fn connections_that_break_in_a_row_by_large_requests_make_them_smaller() {
        let error = SinkError::new(SinkErrorKind::Closed).because(CONNECTION_ENDED);
        let mut limit = RequestLimit::new(1 << 20);
        (0..9).for_each(|_| limit.not_answered(1000, &error));
        (0..9).for_each(|_| limit.not_answered(1 << 20, &SinkError::new(SinkErrorKind::Closed)));
        for _ in 0..9 {
            limit.not_answered(1 << 20, &error);
            limit.taken();
        }
        assert_eq!(limit.bytes(), 1 << 20);
        (0..3).for_each(|_| limit.not_answered(1 << 20, &error));
        assert_eq!(limit.bytes(), 1 << 19);
    }
}
