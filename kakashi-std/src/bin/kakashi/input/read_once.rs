//! An input that is read until it ends.

use std::io::{ErrorKind, Read as _};
use std::time::Duration;

use super::open::{InputKind, OpenedInput};
use super::poll::{PollResult, Poller};
use super::{Input, Step};

/// An input that ends where its file, pipe or line ends.
#[derive(Debug)]
pub(crate) struct ReadOnce<'w> {
    opened: OpenedInput,
    poller: &'w Poller,
}

impl<'w> ReadOnce<'w> {
    pub(crate) fn new(opened: OpenedInput, poller: &'w Poller) -> Self {
        Self { opened, poller }
    }
}

impl Input for ReadOnce<'_> {
    fn step(&mut self, buffer: &mut [u8], timeout: Option<Duration>) -> Step {
        match read(&mut self.opened, self.poller, buffer, timeout) {
            Step::Bytes(0) => Step::End,
            step => step,
        }
    }
}

/// Waits and reads once; no bytes mean the end, or that a serial line was unplugged.
pub(crate) fn read(
    opened: &mut OpenedInput,
    poller: &Poller,
    buffer: &mut [u8],
    timeout: Option<Duration>,
) -> Step {
    match poller.readable(&opened.file, timeout) {
        PollResult::Ready => {}
        PollResult::TimedOut => return Step::Quiet,
        PollResult::Stopped => return Step::Stopped,
        PollResult::OutputClosed => return Step::OutputClosed,
    }
    match opened.file.read(buffer) {
        Ok(len) => Step::Bytes(len),
        Err(error) if matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::WouldBlock) => Step::Quiet,
        Err(error) if opened.kind == InputKind::Terminal && is_unplugged(&error) => Step::Bytes(0),
        Err(error) => Step::Failed(error),
    }
}

/// Tells whether a read failed because a serial line was unplugged, or its other end was closed.
#[cfg(unix)]
fn is_unplugged(error: &std::io::Error) -> bool {
    use rustix::io::Errno;

    matches!(Errno::from_io_error(error), Some(Errno::IO | Errno::NXIO | Errno::NODEV))
}

#[cfg(not(unix))]
fn is_unplugged(_: &std::io::Error) -> bool {
    false
}

#[cfg(all(test, unix))]
mod tests {
    use std::io::Error;

    use rustix::io::Errno;

    use super::*;

    #[test]
    fn an_unplugged_device_has_ended_and_any_other_error_is_one() {
        for (errno, unplugged) in
            [(Errno::IO, true), (Errno::NXIO, true), (Errno::NODEV, true), (Errno::ACCESS, false)]
        {
            assert_eq!(is_unplugged(&Error::from(errno)), unplugged, "{errno}");
        }
    }
}
