//! An input that is read until it ends.

use std::io::{ErrorKind, Read as _};
use std::time::Duration;

use super::open::{Kind, Opened};
use super::poll::{Waiter, Wake};
use super::{Input, Step};

/// Reads what there is.
#[derive(Debug)]
pub(crate) struct ToEnd<'w> {
    opened: Opened,
    waiter: &'w Waiter,
}

impl<'w> ToEnd<'w> {
    pub(crate) fn new(opened: Opened, waiter: &'w Waiter) -> Self {
        Self { opened, waiter }
    }
}

impl Input for ToEnd<'_> {
    fn step(&mut self, room: &mut [u8], pause: Option<Duration>) -> Step {
        match read(&mut self.opened, self.waiter, room, pause) {
            Step::Bytes(0) => Step::End,
            step => step,
        }
    }
}

/// Waits and reads once; no bytes are the end, or that of a line that was unplugged.
pub(crate) fn read(opened: &mut Opened, waiter: &Waiter, room: &mut [u8], pause: Option<Duration>) -> Step {
    match waiter.readable(&opened.file, pause) {
        Wake::Ready => {}
        Wake::Late => return Step::Quiet,
        Wake::Stopped => return Step::Stopped,
        Wake::Unread => return Step::Unread,
    }
    match opened.file.read(room) {
        Ok(len) => Step::Bytes(len),
        Err(error) if matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::WouldBlock) => Step::Quiet,
        Err(error) if opened.kind == Kind::Terminal && is_unplugged(&error) => Step::Bytes(0),
        Err(error) => Step::Failed(error),
    }
}

/// Tells whether a line is not there any more. Its other end may have done it.
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
    fn a_device_that_is_not_there_any_more_has_ended_and_any_other_error_is_one() {
        for (errno, unplugged) in
            [(Errno::IO, true), (Errno::NXIO, true), (Errno::NODEV, true), (Errno::ACCESS, false)]
        {
            assert_eq!(is_unplugged(&Error::from(errno)), unplugged, "{errno}");
        }
    }
}
