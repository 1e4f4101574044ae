//! A Unix descriptor: what stands behind it, and whether it takes bytes now.

use std::io;
use std::os::fd::BorrowedFd;
use std::time::{Duration, Instant};

use kakashi_core::{Readiness, SinkTarget};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{FileType, OFlags, Stat, fcntl_getfl, fstat};
use rustix::io::Errno;

/// What a pipe takes at once when poll says that it takes something: PIPE_BUF on Linux, less
/// than a socket's room then.
const PIPE_BYTES: usize = 4096;
/// What a terminal has room for when poll says that it takes something (n_tty's
/// WAKEUP_CHARS).
const TERMINAL_BYTES: usize = 256;

/// What stands behind a descriptor.
pub(super) struct Behind {
    stat: Stat,
}

impl Behind {
    /// Asks the system.
    ///
    /// # Errors
    /// When the descriptor is closed.
    pub(super) fn of(fd: BorrowedFd<'_>) -> io::Result<Self> {
        Ok(Self { stat: fstat(fd)? })
    }

    /// Returns which file it is.
    #[allow(clippy::unnecessary_cast, reason = "the types differ from system to system")]
    pub(super) fn target(&self) -> SinkTarget {
        SinkTarget { device: self.stat.st_dev as u64, file: self.stat.st_ino as u64 }
    }

    /// Returns the file's length.
    #[allow(clippy::unnecessary_cast, reason = "the types differ from system to system")]
    pub(super) fn len(&self) -> u64 {
        self.stat.st_size as u64
    }

    /// Tells whether it is a regular file.
    pub(super) fn is_file(&self) -> bool {
        self.kind() == FileType::RegularFile
    }

    /// Tells whether it may take a part of a record, and what others write next: a file, a
    /// pipe or a socket.
    pub(super) fn may_be_torn(&self) -> bool {
        matches!(self.kind(), FileType::RegularFile | FileType::Fifo | FileType::Socket)
    }

    fn kind(&self) -> FileType {
        FileType::from_raw_mode(self.stat.st_mode)
    }

    /// Tells whether a write returns without waiting for whoever reads.
    fn never_waits(&self) -> bool {
        match self.kind() {
            FileType::RegularFile | FileType::BlockDevice => true,
            FileType::CharacterDevice => self.is_memory(),
            _ => false,
        }
    }

    /// Tells whether it is one of the devices without a reader, such as /dev/null.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    fn is_memory(&self) -> bool {
        rustix::fs::major(self.stat.st_rdev) == 1
    }

    /// Its number differs from system to system: poll says as well that it takes bytes.
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    fn is_memory(&self) -> bool {
        false
    }
}

/// Tells what a write would do, after waiting up to `timeout` until something can be
/// written.
///
/// A closed descriptor and one whose reader is gone count as ready: the write reports it.
pub(super) fn readiness(fd: BorrowedFd<'_>, timeout: Duration) -> Readiness {
    let Ok(behind) = Behind::of(fd) else { return Readiness::Always };
    if behind.never_waits() {
        return Readiness::Always;
    }
    let says_not_now = fcntl_getfl(fd).is_ok_and(|flags| flags.contains(OFlags::NONBLOCK));
    if says_not_now && timeout.is_zero() {
        return Readiness::Always;
    }
    if !poll_writable(fd, timeout) {
        return Readiness::NotNow;
    }
    match behind.kind() {
        _ if says_not_now => Readiness::Always,
        FileType::CharacterDevice => Readiness::Bytes(TERMINAL_BYTES),
        _ => Readiness::Bytes(PIPE_BYTES),
    }
}

/// Waits until something can be written, or the write would report an error.
fn poll_writable(fd: BorrowedFd<'_>, timeout: Duration) -> bool {
    let start = Instant::now();
    loop {
        // A time that the system has no number for is none.
        let left = Timespec::try_from(timeout.saturating_sub(start.elapsed())).ok();
        let mut fds = [PollFd::from_borrowed_fd(fd, PollFlags::OUT)];
        match poll(&mut fds, left.as_ref()) {
            Ok(ready) => return ready > 0,
            Err(Errno::INTR) => {}
            Err(_) => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::{Read as _, Write as _, pipe};
    use std::os::fd::AsFd;
    use std::os::unix::net::UnixStream;
    use std::thread;

    use rustix::fs::fcntl_setfl;

    use super::*;

    const LONG: Duration = Duration::from_secs(3600);

    fn ask(fd: &impl AsFd, timeout: Duration) -> Readiness {
        readiness(fd.as_fd(), timeout)
    }

    fn fill(fd: &impl AsFd) {
        fcntl_setfl(fd, OFlags::NONBLOCK).unwrap();
        while rustix::io::write(fd, &[0; PIPE_BYTES]).is_ok() {}
    }

    #[test]
    fn a_file_and_a_device_without_a_reader_take_everything() {
        for path in ["/dev/null", "/dev/full"] {
            assert_eq!(
                ask(&File::options().write(true).open(path).unwrap(), Duration::ZERO),
                Readiness::Always
            );
        }
        let path = std::env::temp_dir().join(format!("kakashi-readiness-{}", std::process::id()));
        assert_eq!(ask(&File::create(&path).unwrap(), Duration::ZERO), Readiness::Always);
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn a_pipe_and_a_socket_are_ready_until_they_are_full() {
        let (mut reader, writer) = pipe().unwrap();
        assert_eq!(ask(&writer, Duration::ZERO), Readiness::Bytes(PIPE_BYTES));
        fill(&writer);
        // It says "not now" by itself: the write returns.
        assert_eq!(ask(&writer, Duration::ZERO), Readiness::Always);
        assert_eq!(ask(&writer, Duration::from_millis(1)), Readiness::NotNow);
        fcntl_setfl(&writer, OFlags::empty()).unwrap();
        assert_eq!(ask(&writer, Duration::ZERO), Readiness::NotNow);
        assert_eq!(ask(&writer, Duration::from_millis(1)), Readiness::NotNow);
        thread::scope(|scope| {
            let waits = scope.spawn(|| ask(&writer, LONG));
            reader.read_exact(&mut [0; PIPE_BYTES]).unwrap();
            assert_eq!(waits.join().unwrap(), Readiness::Bytes(PIPE_BYTES));
        });
        let (ours, _theirs) = UnixStream::pair().unwrap();
        assert_eq!(ask(&ours, Duration::ZERO), Readiness::Bytes(PIPE_BYTES));
        fill(&ours);
        fcntl_setfl(&ours, OFlags::empty()).unwrap();
        assert_eq!(ask(&ours, Duration::ZERO), Readiness::NotNow);
    }

    #[test]
    fn what_a_ready_pipe_takes_is_taken_without_waiting() {
        let (_reader, mut writer) = pipe().unwrap();
        let mut written = 0;
        while let Readiness::Bytes(most) = ask(&writer, Duration::ZERO) {
            // A pipe has room for pages: the odd size leaves parts of them.
            let bytes = vec![0; most - 1];
            writer.write_all(&bytes).unwrap();
            written += bytes.len();
        }
        assert!(written > 0);
    }

    #[test]
    fn a_pipe_whose_reader_is_gone_is_ready_for_the_write_that_says_so() {
        let (reader, writer) = pipe().unwrap();
        fill(&writer);
        fcntl_setfl(&writer, OFlags::empty()).unwrap();
        drop(reader);
        assert_eq!(ask(&writer, Duration::ZERO), Readiness::Bytes(PIPE_BYTES));
    }
}
