//! Waiting for bytes, and meanwhile for all that makes the wait pointless.
//!
//! On Unix `poll` waits for the input, for a signal and for the end of whoever
//! reads our lines, all at once. Elsewhere a read just waits, and Ctrl-C ends the
//! process in it: nothing is lost by that, for lines are flushed before each read.

use std::fs::File;
use std::time::Duration;

#[cfg(unix)]
use super::ctrl_c::Interrupt;

/// Why a wait has ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(not(unix), expect(dead_code, reason = "nothing else ends a wait there"))]
pub(crate) enum Wake {
    /// A read will not wait.
    Ready,
    /// The time is over.
    Late,
    /// A signal asks the process to end.
    Stopped,
    /// Nobody reads our lines any more.
    Unread,
}

/// Waits.
#[derive(Debug, Default)]
pub(crate) struct Waiter {
    #[cfg(unix)]
    interrupt: Option<Interrupt>,
    #[cfg(unix)]
    watches_stdout: bool,
}

#[cfg(unix)]
impl Waiter {
    /// Makes one that minds signals and who reads stdout; only one in a process.
    ///
    /// # Errors
    /// As [`Interrupt::watch`].
    pub(crate) fn of_process() -> std::io::Result<Self> {
        Ok(Self { interrupt: Some(Interrupt::watch()?), watches_stdout: true })
    }

    /// Waits until a file can be read, or its end has come.
    pub(crate) fn readable(&self, file: &File, within: Option<Duration>) -> Wake {
        self.poll(Some(file), within)
    }

    /// Waits for so long.
    pub(crate) fn pause(&self, time: Duration) -> Wake {
        self.poll(None, Some(time))
    }

    /// Tells whether a signal has come.
    pub(crate) fn is_stopped(&self) -> bool {
        self.interrupt.as_ref().is_some_and(Interrupt::has_come)
    }

    /// Ends the process as a signal would have that has come meanwhile.
    pub(crate) fn end_if_stopped(&self) {
        if let Some(interrupt) = &self.interrupt {
            interrupt.end_process();
        }
    }

    fn poll(&self, file: Option<&File>, within: Option<Duration>) -> Wake {
        use rustix::event::{PollFd, PollFlags, Timespec, poll};
        use rustix::io::Errno;

        let stdout = std::io::stdout();
        let mut fds = Vec::with_capacity(3);
        let bell = self.interrupt.as_ref().map(|interrupt| {
            fds.push(PollFd::from_borrowed_fd(interrupt.bell(), PollFlags::IN));
            fds.len() - 1
        });
        let reader = self.watches_stdout.then(|| {
            // Asked for nothing, it tells of errors only.
            fds.push(PollFd::new(&stdout, PollFlags::empty()));
            fds.len() - 1
        });
        let input = file.map(|file| {
            fds.push(PollFd::new(file, PollFlags::IN));
            fds.len() - 1
        });
        let timeout = within.and_then(|time| Timespec::try_from(time).ok());
        match poll(&mut fds, timeout.as_ref()) {
            Ok(0) => return Wake::Late,
            Ok(_) => {}
            // The handler has run: the next look finds what it has left.
            Err(Errno::INTR) => return Wake::Late,
            // Out of memory, say: the read or the next wait may do better.
            Err(_) if file.is_none() => {
                std::thread::sleep(within.unwrap_or_default());
                return Wake::Late;
            }
            Err(_) => return Wake::Ready,
        }
        let found = |at: Option<usize>, flags| at.is_some_and(|at| fds[at].revents().intersects(flags));
        if found(bell, PollFlags::all()) {
            Wake::Stopped
        } else if found(reader, PollFlags::ERR | PollFlags::HUP) {
            Wake::Unread
        } else if found(input, PollFlags::all()) {
            Wake::Ready
        } else {
            Wake::Late
        }
    }
}

#[cfg(not(unix))]
impl Waiter {
    /// Makes one that minds nothing but the input.
    ///
    /// # Errors
    /// None here.
    pub(crate) fn of_process() -> std::io::Result<Self> {
        Ok(Self::default())
    }

    /// Leaves the wait to the read.
    pub(crate) fn readable(&self, _: &File, _: Option<Duration>) -> Wake {
        Wake::Ready
    }

    /// Waits for so long.
    pub(crate) fn pause(&self, time: Duration) -> Wake {
        std::thread::sleep(time);
        Wake::Late
    }

    /// Tells that no signal has come.
    pub(crate) fn is_stopped(&self) -> bool {
        false
    }

    /// Does nothing: no signal comes.
    pub(crate) fn end_if_stopped(&self) {}
}
