//! Ctrl-C: what has been read is shown, then the process ends as it would have.
//!
//! A shell must see that a signal has ended us: then Ctrl-C ends its script too.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::{flag, low_level};

/// Notes that a signal has come.
#[derive(Debug)]
pub(crate) struct Interrupt {
    /// Has a byte in it from the first signal on.
    bell: UnixStream,
    which: Arc<AtomicUsize>,
}

impl Interrupt {
    /// Begins to note SIGINT and SIGTERM, but for those that are ignored; a second
    /// one ends the process at once.
    ///
    /// # Errors
    /// When the system has no descriptors to give.
    pub(crate) fn watch() -> io::Result<Self> {
        let (bell, button) = UnixStream::pair()?;
        let (which, came) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        for signal in [SIGINT, SIGTERM].into_iter().filter(|&signal| !is_ignored(signal)) {
            // Handlers run in this order: that of the second signal finds what the first has left.
            flag::register_conditional_default(signal, Arc::clone(&came))?;
            flag::register(signal, Arc::clone(&came))?;
            flag::register_usize(signal, Arc::clone(&which), signal.unsigned_abs() as usize)?;
            low_level::pipe::register(signal, button.try_clone()?)?;
        }
        Ok(Self { bell, which })
    }

    /// Returns what can be read once a signal has come.
    pub(crate) fn bell(&self) -> BorrowedFd<'_> {
        self.bell.as_fd()
    }

    /// Tells whether a signal has come.
    pub(crate) fn has_come(&self) -> bool {
        self.which.load(Ordering::SeqCst) != 0
    }

    /// Ends the process as the signal would have, if one has come.
    pub(crate) fn end_process(&self) {
        let signal = self.which.load(Ordering::SeqCst);
        if signal != 0 {
            // It does not return: by default both end the process.
            let _ = low_level::emulate_default_handler(signal as i32);
        }
    }
}

/// Tells whether whoever started us wants a signal ignored, as a shell does for
/// SIGINT in what it has put into the background.
///
/// Only Linux tells without `unsafe`.
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .is_some_and(|mask| mask & 1 << (signal - 1) != 0)
}
