//! An input that is read on as it grows.
//!
//! A path is followed by its name: the file that a rotation puts in its place is read
//! from its start, a device that was unplugged is opened again when it is back. A regular
//! file at its end, and a pipe into which nobody writes, are polled ten times a second, with
//! three system calls: no system reports every change of every file, least of all on a
//! network. Stdin has no name: it
//! ends where it ends, or never if it is a regular file.

use std::fs::{self, Metadata};
use std::io::{self, ErrorKind, Read as _, Seek as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::open::{InputKind, OpenedInput, identity, open, set_blocking};
use super::poll::{PollResult, Poller};
use super::read_once::read;
use super::{Input, Step};
use crate::report::{Notice, OpenError};

/// How often what can't be waited for is polled.
const POLL_INTERVAL: Duration = Duration::from_millis(100);

/// A followed input.
#[derive(Debug)]
pub(crate) struct Follow<'w> {
    /// None for stdin.
    named: Option<FollowedPath>,
    /// None while no file has this name.
    opened: Option<OpenedInput>,
    poller: &'w Poller,
    /// How many bytes of the file were read.
    position: u64,
    /// Whether bytes came since a pipe was opened, or since its last writer closed it.
    is_read: bool,
    /// The last notice, which is not repeated.
    reported: Option<String>,
}

/// How to open the input again.
#[derive(Debug)]
struct FollowedPath {
    path: PathBuf,
    baud: Option<u32>,
}

impl<'w> Follow<'w> {
    /// Follows a path; the file may not exist yet.
    ///
    /// # Errors
    /// When the file exists, but can't be opened.
    pub(crate) fn name(path: &Path, baud: Option<u32>, poller: &'w Poller) -> Result<Self, OpenError> {
        let opened = match open(path, baud) {
            Ok(opened) => Some(opened),
            Err(error) if error.is_absent() => None,
            Err(error) => return Err(error),
        };
        let named = Some(FollowedPath { path: path.into(), baud });
        Ok(Self { named, opened, poller, position: 0, is_read: false, reported: None })
    }

    /// Follows stdin, which is open already and has no name.
    ///
    /// # Errors
    /// When the position in a file can't be asked for.
    pub(crate) fn nameless(mut opened: OpenedInput, poller: &'w Poller) -> io::Result<Self> {
        let position = if opened.kind == InputKind::Regular { opened.file.stream_position()? } else { 0 };
        Ok(Self { named: None, opened: Some(opened), poller, position, is_read: false, reported: None })
    }

    /// Decides how to go on after a read without bytes.
    fn at_end(&mut self, buffer: &mut [u8]) -> io::Result<Step> {
        let Some(opened) = &mut self.opened else { return Ok(self.reopen()) };
        match (opened.kind, &self.named) {
            (InputKind::Regular, _) => {
                if opened.file.metadata()?.len() < self.position {
                    opened.file.rewind()?;
                    self.position = 0;
                    return Ok(Step::Restart(Notice::Truncated));
                }
                self.switch_or_wait(buffer)
            }
            (InputKind::Device, _) => self.switch_or_wait(buffer),
            (InputKind::Terminal, Some(_)) => Ok(self.close(Notice::Gone)),
            // It stays open: what a writer that comes now writes would be lost if it were
            // closed and opened again.
            (InputKind::Pipe, Some(_)) if cfg!(unix) => {
                if std::mem::take(&mut self.is_read) {
                    return Ok(Step::Restart(Notice::Closed));
                }
                self.switch_or_wait(buffer)
            }
            (InputKind::Pipe, Some(_)) => Ok(self.close(Notice::Closed)),
            (InputKind::Terminal | InputKind::Pipe, None) => Ok(Step::End),
        }
    }

    fn switch_or_wait(&mut self, buffer: &mut [u8]) -> io::Result<Step> {
        Ok(self.switch_if_replaced(buffer)?.unwrap_or_else(|| self.wait()))
    }

    /// Switches to another file if one has taken the name of this one; None if nothing is to
    /// be done.
    fn switch_if_replaced(&mut self, buffer: &mut [u8]) -> io::Result<Option<Step>> {
        let (Some(opened), Some(named)) = (&mut self.opened, &self.named) else { return Ok(None) };
        match fs::metadata(&named.path) {
            Ok(metadata) if is_another(&metadata, &opened.file.metadata()?, self.position) => {
                // The writer has opened the new file: the old one grows no more.
                match read_now(opened, buffer)? {
                    Some(0) => {}
                    Some(len) => {
                        self.position += len as u64;
                        return Ok(Some(Step::Bytes(len)));
                    }
                    // Somebody still has the pipe open to write to it.
                    None => return Ok(None),
                }
                match open(&named.path, named.baud) {
                    Ok(other) => {
                        (self.opened, self.position, self.reported) = (Some(other), 0, None);
                        self.is_read = false;
                        Ok(Some(Step::Restart(Notice::Replaced)))
                    }
                    Err(error) => Ok(self.report(Notice::OpenFailed(error))),
                }
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(self.report(Notice::Gone)),
            Ok(_) => {
                self.reported = None;
                Ok(None)
            }
            // Not known now: the next poll may know.
            Err(_) => Ok(None),
        }
    }

    /// Closes the ended input.
    fn close(&mut self, notice: Notice) -> Step {
        self.opened = None;
        if self.is_repeated(&notice) { Step::Quiet } else { Step::Restart(notice) }
    }

    /// Tries to open the path.
    fn reopen(&mut self) -> Step {
        let Some(FollowedPath { path, baud }) = &self.named else { return Step::End };
        if self.reported.is_none() {
            return self.report(Notice::NotYet).unwrap_or_else(|| self.wait());
        }
        // Before the attempt: a file that is back may be gone again at once.
        match self.poller.pause(POLL_INTERVAL) {
            PollResult::Stopped => return Step::Stopped,
            PollResult::OutputClosed => return Step::OutputClosed,
            PollResult::TimedOut | PollResult::Ready => {}
        }
        match open(path, *baud) {
            Ok(opened) => {
                (self.opened, self.position) = (Some(opened), 0);
                Step::Quiet
            }
            Err(error) if error.is_absent() => Step::Quiet,
            Err(error) => {
                let notice = Notice::OpenFailed(error);
                if self.is_repeated(&notice) { Step::Quiet } else { Step::Notice(notice) }
            }
        }
    }

    fn report(&mut self, notice: Notice) -> Option<Step> {
        (!self.is_repeated(&notice)).then_some(Step::Notice(notice))
    }

    /// Tells whether this was the last notice, and remembers it.
    fn is_repeated(&mut self, notice: &Notice) -> bool {
        let text = notice.to_string();
        let is_repeated = self.reported.as_ref() == Some(&text);
        self.reported = Some(text);
        is_repeated
    }

    fn wait(&self) -> Step {
        match self.poller.pause(POLL_INTERVAL) {
            PollResult::Stopped => Step::Stopped,
            PollResult::OutputClosed => Step::OutputClosed,
            PollResult::TimedOut | PollResult::Ready => Step::Quiet,
        }
    }
}

/// Tells whether the file of this name is another than the open one, and not empty: while
/// it is empty, the program may still write to the open one.
fn is_another(named: &Metadata, open: &Metadata, position: u64) -> bool {
    let differs = identity(named) != identity(open) || (cfg!(not(unix)) && named.len() < position);
    differs && !(named.is_file() && named.len() == 0)
}

/// Reads what is there, without waiting: nothing at the end, None if more may come.
fn read_now(opened: &mut OpenedInput, buffer: &mut [u8]) -> io::Result<Option<usize>> {
    match opened.kind {
        InputKind::Regular => opened.file.read(buffer).map(Some),
        InputKind::Pipe => {
            set_blocking(&opened.file, false)?;
            let read = opened.file.read(buffer);
            set_blocking(&opened.file, true)?;
            match read {
                Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(None),
                read => read.map(Some),
            }
        }
        // It may have no end.
        InputKind::Device | InputKind::Terminal => Ok(Some(0)),
    }
}

impl Input for Follow<'_> {
    fn step(&mut self, buffer: &mut [u8], timeout: Option<Duration>) -> Step {
        let Some(opened) = &mut self.opened else { return self.reopen() };
        let kind = opened.kind;
        // Nothing reports that another file takes the name of a pipe.
        let is_polled = cfg!(unix) && self.named.is_some() && kind == InputKind::Pipe;
        let most = is_polled.then_some(POLL_INTERVAL);
        match read(opened, self.poller, buffer, timeout.into_iter().chain(most).min()) {
            Step::Bytes(0) => self.at_end(buffer).unwrap_or_else(Step::Failed),
            Step::Bytes(len) => {
                self.position += len as u64;
                self.is_read = true;
                if kind == InputKind::Terminal {
                    self.reported = None;
                }
                Step::Bytes(len)
            }
            Step::Quiet if is_polled => {
                self.switch_if_replaced(buffer).map_or_else(Step::Failed, |step| step.unwrap_or(Step::Quiet))
            }
            step => step,
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    /// A folder that is deleted after the test.
    struct TempFolder(PathBuf);

    impl TempFolder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("kakashi-follow-{name}-{}", std::process::id()));
            fs::create_dir_all(&path).unwrap();
            Self(path)
        }
    }

    impl Drop for TempFolder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn step(follow: &mut Follow<'_>) -> String {
        let mut buffer = [0; 100];
        match follow.step(&mut buffer, None) {
            Step::Bytes(len) => String::from_utf8_lossy(&buffer[..len]).into_owned(),
            Step::Notice(notice) => format!("(it {notice})"),
            Step::Restart(notice) => format!("(anew: it {notice})"),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn an_empty_file_of_the_same_name_is_not_switched_to_while_the_old_one_grows() {
        let folder = TempFolder::new("empty");
        let [path, old] = ["log", "log.1"].map(|name| folder.0.join(name));
        fs::write(&path, "one").unwrap();
        let poller = Poller::default();
        let mut follow = Follow::name(&path, None, &poller).unwrap();
        assert_eq!([step(&mut follow), step(&mut follow)], ["one", "Quiet"]);
        fs::rename(&path, &old).unwrap();
        assert_eq!(step(&mut follow), "(it is gone; waiting until it is back)");
        assert_eq!(step(&mut follow), "Quiet");
        fs::write(&path, "").unwrap();
        assert_eq!(step(&mut follow), "Quiet");
        fs::write(&old, "one two").unwrap();
        assert_eq!([step(&mut follow), step(&mut follow)], [" two", "Quiet"]);
        fs::write(&path, "three").unwrap();
        assert_eq!(step(&mut follow), "(anew: it was replaced; the new file is read from its start)");
        assert_eq!([step(&mut follow), step(&mut follow)], ["three", "Quiet"]);
    }

    #[test]
    fn what_was_written_between_two_polls_is_read_before_the_new_file() {
        let folder = TempFolder::new("between");
        let [path, new] = ["log", "new"].map(|name| folder.0.join(name));
        fs::write(&path, "one").unwrap();
        let poller = Poller::default();
        let mut follow = Follow::name(&path, None, &poller).unwrap();
        fs::write(&new, "two").unwrap();
        fs::rename(&new, &path).unwrap();
        // As after a read without bytes.
        assert!(matches!(follow.switch_if_replaced(&mut [0; 100]), Ok(Some(Step::Bytes(3)))));
        assert_eq!(step(&mut follow), "(anew: it was replaced; the new file is read from its start)");
        assert_eq!(step(&mut follow), "two");
    }

    #[test]
    fn what_can_not_be_opened_is_reported_once_and_tried_again() {
        let folder = TempFolder::new("shut");
        let path = folder.0.join("log");
        let poller = Poller::default();
        let mut follow = Follow::name(&path, None, &poller).unwrap();
        assert_eq!(step(&mut follow), "(it does not exist yet; waiting for it)");
        assert_eq!(step(&mut follow), "Quiet");
        fs::create_dir(&path).unwrap();
        assert_eq!(step(&mut follow), "(it is a directory; name the files in it; trying again)");
        assert_eq!(step(&mut follow), "Quiet");
        fs::remove_dir(&path).unwrap();
        fs::write(&path, "one").unwrap();
        assert_eq!([step(&mut follow), step(&mut follow)], ["Quiet", "one"]);
    }
}
