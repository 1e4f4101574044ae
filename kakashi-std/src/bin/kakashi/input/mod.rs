//! Inputs: files, pipes and serial lines, read once or followed.

#[cfg(unix)]
mod ctrl_c;
mod follow;
mod open;
mod poll;
mod read_once;
mod serial;

pub(crate) use follow::Follow;
pub(crate) use open::{InputKind, OpenedInput, open, stdin};
#[cfg(unix)]
pub(crate) use poll::PollResult;
pub(crate) use poll::Poller;
pub(crate) use read_once::ReadOnce;

use std::io;
use std::time::Duration;

use crate::report::Notice;

/// A source of bytes that reports what else happens to it.
pub(crate) trait Input {
    /// Waits for the next step, and puts its bytes into the buffer.
    ///
    /// # Blocking
    /// Until something happens, or for the timeout if there is one.
    fn step(&mut self, buffer: &mut [u8], timeout: Option<Duration>) -> Step;
}

/// What happened to an input.
#[derive(Debug)]
pub(crate) enum Step {
    /// This many bytes are at the front of the buffer.
    Bytes(usize),
    /// No bytes came in time; more may come.
    Quiet,
    /// An event; the stream goes on.
    Notice(Notice),
    /// The stream has ended; the next bytes are the first of another.
    Restart(Notice),
    /// The stream has ended.
    End,
    /// A signal asks the process to end.
    Stopped,
    /// The reader of stdout has closed it.
    OutputClosed,
    /// A read failed.
    Failed(io::Error),
}
