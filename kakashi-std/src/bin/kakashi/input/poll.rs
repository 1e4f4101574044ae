//! Waits for bytes, for a signal and for the end of stdout's reader.
//!
//! On Unix `poll` waits for all three at once. Elsewhere a read blocks, and Ctrl-C ends
//! the process in it: nothing is lost by that, for lines are flushed before each read.

use std::fs::File;
use std::time::Duration;

#[cfg(unix)]
use super::ctrl_c::CtrlC;

/// Why a wait ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(not(unix), expect(dead_code, reason = "nothing else ends a wait there"))]
pub(crate) enum PollResult {
    /// The input can be read without waiting.
    Ready,
    /// The timeout is over.
    TimedOut,
    /// A signal asks the process to end.
    Stopped,
    /// The reader of stdout has closed it.
    OutputClosed,
}

/// Waits for what this process has to react to.
#[derive(Debug, Default)]
pub(crate) struct Poller {
    #[cfg(unix)]
    ctrl_c: Option<CtrlC>,
    #[cfg(unix)]
    watches_stdout: bool,
}

#[cfg(unix)]
impl Poller {
    /// Makes the one of the process, which watches signals and stdout.
    ///
    /// # Errors
    /// As [`CtrlC::watch`].
    pub(crate) fn of_process() -> std::io::Result<Self> {
        Ok(Self { ctrl_c: Some(CtrlC::watch()?), watches_stdout: true })
    }

    /// Waits until a file can be read, or has ended.
    pub(crate) fn readable(&self, file: &File, timeout: Option<Duration>) -> PollResult {
        self.poll(Some(file), timeout)
    }

    /// Waits for this time, unless a signal comes.
    pub(crate) fn pause(&self, time: Duration) -> PollResult {
        self.poll(None, Some(time))
    }

    /// Tells whether a signal has come.
    pub(crate) fn is_stopped(&self) -> bool {
        self.ctrl_c.as_ref().is_some_and(CtrlC::has_come)
    }

    /// Ends the process by the signal that has come, if one has.
    pub(crate) fn end_if_stopped(&self) {
        if let Some(ctrl_c) = &self.ctrl_c {
            ctrl_c.end_process();
        }
    }

    fn poll(&self, file: Option<&File>, timeout: Option<Duration>) -> PollResult {
        use rustix::event::{PollFd, PollFlags, Timespec, poll};
        use rustix::io::Errno;

        let stdout = std::io::stdout();
        let mut fds = Vec::with_capacity(3);
        let signal = self.ctrl_c.as_ref().map(|ctrl_c| {
            fds.push(PollFd::from_borrowed_fd(ctrl_c.wake_fd(), PollFlags::IN));
            fds.len() - 1
        });
        let reader = self.watches_stdout.then(|| {
            // Without requested events poll reports errors only.
            fds.push(PollFd::new(&stdout, PollFlags::empty()));
            fds.len() - 1
        });
        let input = file.map(|file| {
            fds.push(PollFd::new(file, PollFlags::IN));
            fds.len() - 1
        });
        let timespec = timeout.and_then(|time| Timespec::try_from(time).ok());
        match poll(&mut fds, timespec.as_ref()) {
            Ok(0) => return PollResult::TimedOut,
            Ok(_) => {}
            // The handler has run: the next poll finds its byte.
            Err(Errno::INTR) => return PollResult::TimedOut,
            // Such as out of memory: the read or the next wait may succeed.
            Err(_) if file.is_none() => {
                std::thread::sleep(timeout.unwrap_or_default());
                return PollResult::TimedOut;
            }
            Err(_) => return PollResult::Ready,
        }
        let found = |at: Option<usize>, flags| at.is_some_and(|at| fds[at].revents().intersects(flags));
        if found(signal, PollFlags::all()) {
            PollResult::Stopped
        } else if found(reader, PollFlags::ERR | PollFlags::HUP) {
            PollResult::OutputClosed
        } else if found(input, PollFlags::all()) {
            PollResult::Ready
        } else {
            PollResult::TimedOut
        }
    }
}

#[cfg(not(unix))]
impl Poller {
    /// Makes one that watches the input only.
    ///
    /// # Errors
    /// None here.
    pub(crate) fn of_process() -> std::io::Result<Self> {
        Ok(Self::default())
    }

    /// Returns at once: the read waits.
    pub(crate) fn readable(&self, _: &File, _: Option<Duration>) -> PollResult {
        PollResult::Ready
    }

    /// Waits for this time, unless a signal comes.
    pub(crate) fn pause(&self, time: Duration) -> PollResult {
        std::thread::sleep(time);
        PollResult::TimedOut
    }

    /// Tells that no signal has come.
    pub(crate) fn is_stopped(&self) -> bool {
        false
    }

    /// Does nothing: no signal is caught here.
    pub(crate) fn end_if_stopped(&self) {}
}
