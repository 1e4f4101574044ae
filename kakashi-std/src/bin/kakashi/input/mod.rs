//! Where bytes come from, as far as decoding cares.

#[cfg(unix)]
mod ctrl_c;
mod follow;
mod open;
mod poll;
mod read_once;
mod serial;

pub(crate) use follow::Follow;
pub(crate) use open::{Kind, Opened, open, stdin};
pub(crate) use poll::Waiter;
pub(crate) use read_once::ToEnd;

use std::io;
use std::time::Duration;

use crate::report::Notice;

/// Gives bytes, and says what else becomes of them.
pub(crate) trait Input {
    /// Waits for what comes next; if a pause is given, not longer than that.
    ///
    /// # Blocking
    /// As long as nothing comes.
    fn step(&mut self, room: &mut [u8], pause: Option<Duration>) -> Step;
}

/// What comes next.
#[derive(Debug)]
pub(crate) enum Step {
    /// So many bytes, at the front of the room.
    Bytes(usize),
    /// Nothing came for a while; something may yet.
    Quiet,
    /// Something to know; the bytes go on.
    Tell(Notice),
    /// What came is all of it; what comes now begins anew.
    Anew(Notice),
    /// There is no more.
    End,
    /// There may be more, but this process has been asked to end.
    Stopped,
    /// Nobody reads the lines that would be made.
    Unread,
    /// The system gives no more.
    Failed(io::Error),
}
