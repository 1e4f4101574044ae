//! Where bytes come from, as far as decoding cares.

use std::io;
use std::time::Duration;

use crate::notice::Notice;

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
