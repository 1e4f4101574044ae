//! Stdout, also one that says "not now".
//!
//! Whoever shares a terminal or a pipe may have set it to O_NONBLOCK: a write that it does
//! not take then fails where it would have waited. std's handle passes that on, and takes a
//! closed descriptor for one that takes everything.

use std::io::{self, Write};

/// Writes to the process's stdout, without a buffer; waits for whoever reads.
#[derive(Debug)]
pub(crate) struct StdoutWriter;

#[cfg(unix)]
impl Write for StdoutWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        use rustix::event::{PollFd, PollFlags, poll};
        use rustix::io::{Errno, write};
        use rustix::stdio::stdout;

        loop {
            match write(stdout(), bytes) {
                Err(Errno::AGAIN) => match poll(&mut [PollFd::new(&stdout(), PollFlags::OUT)], None) {
                    Ok(_) | Err(Errno::INTR) => {}
                    Err(error) => return Err(error.into()),
                },
                result => return Ok(result?),
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(not(unix))]
impl Write for StdoutWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        io::stdout().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stdout().flush()
    }
}
