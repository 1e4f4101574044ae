//! Ctrl-C: all that has been read is shown, then the signal ends the process.
//!
//! A shell must see that a signal has ended the process: then Ctrl-C ends its script too.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::{flag, low_level};

/// Notes that SIGINT or SIGTERM has come.
#[derive(Debug)]
pub(crate) struct CtrlC {
    /// Readable from the first signal on.
    wake: UnixStream,
    /// The signal that has come; 0 for none.
    signal: Arc<AtomicUsize>,
}

impl CtrlC {
    /// Begins to note SIGINT and SIGTERM, unless they are ignored; a second one ends the
    /// process at once.
    ///
    /// # Errors
    /// When the system has no descriptors to give.
    pub(crate) fn watch() -> io::Result<Self> {
        let (wake, waker) = UnixStream::pair()?;
        let (number, came) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        for signal in [SIGINT, SIGTERM].into_iter().filter(|&signal| !is_ignored(signal)) {
            // Handlers run in this order: the first of them finds `came` set by an earlier signal only.
            flag::register_conditional_default(signal, Arc::clone(&came))?;
            flag::register(signal, Arc::clone(&came))?;
            flag::register_usize(signal, Arc::clone(&number), signal.unsigned_abs() as usize)?;
            low_level::pipe::register(signal, waker.try_clone()?)?;
        }
        Ok(Self { wake, signal: number })
    }

    /// Returns a descriptor that becomes readable when a signal comes.
    pub(crate) fn wake_fd(&self) -> BorrowedFd<'_> {
        self.wake.as_fd()
    }

    /// Tells whether a signal has come.
    pub(crate) fn has_come(&self) -> bool {
        self.signal.load(Ordering::SeqCst) != 0
    }

    /// Ends the process as the signal would have, if one has come.
    pub(crate) fn end_process(&self) {
        let signal = self.signal.load(Ordering::SeqCst);
        if signal != 0 {
            // Does not return: the default of both ends the process.
            let _ = low_level::emulate_default_handler(signal as i32);
        }
    }
}

/// Tells whether the process was started with a signal ignored, as a shell's background
/// jobs are with SIGINT. Such a signal stays ignored.
///
/// Known on Linux only: elsewhere the question needs `unsafe`.
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .is_some_and(|mask| mask & 1 << (signal - 1) != 0)
}
