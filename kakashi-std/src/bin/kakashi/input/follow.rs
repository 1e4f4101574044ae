//! An input that is read on as it grows.
//!
//! What has a name is followed by its name: a file that a rotation has put in
//! its place is read from its start, a device that was unplugged is opened again
//! when it is back. A regular file at its end is looked at ten times a second,
//! with three system calls: no system tells of each change of any file, those of
//! a network least of all. What has no name (stdin) ends as it would otherwise;
//! if it is a regular file, it never does.

use std::fs::{self, Metadata};
use std::io::{self, ErrorKind, Read as _, Seek as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::open::{Kind, Opened, identity, open};
use super::poll::{Waiter, Wake};
use super::read_once::read;
use super::{Input, Step};
use crate::report::{CannotOpen, Notice};

/// How long nothing is done where nothing tells of a change.
const NAP: Duration = Duration::from_millis(100);

/// Reads on.
#[derive(Debug)]
pub(crate) struct Follow<'w> {
    place: Option<Place>,
    /// None while there is nothing of this name.
    opened: Option<Opened>,
    waiter: &'w Waiter,
    /// How many bytes of the file lie behind.
    position: u64,
    /// The last that was told of why nothing comes.
    told: Option<String>,
}

/// Where to look for the input again.
#[derive(Debug)]
struct Place {
    path: PathBuf,
    baud: Option<u32>,
}

impl<'w> Follow<'w> {
    /// Follows what has this name, now or some day.
    ///
    /// # Errors
    /// When there is something, but it can't be read.
    pub(crate) fn name(path: &Path, baud: Option<u32>, waiter: &'w Waiter) -> Result<Self, CannotOpen> {
        let opened = match open(path, baud) {
            Ok(opened) => Some(opened),
            Err(why) if why.is_absent() => None,
            Err(why) => return Err(why),
        };
        let place = Some(Place { path: path.into(), baud });
        Ok(Self { place, opened, waiter, position: 0, told: None })
    }

    /// Follows what is open already, and has no name.
    ///
    /// # Errors
    /// When the system does not tell how much of a file was read before.
    pub(crate) fn nameless(mut opened: Opened, waiter: &'w Waiter) -> io::Result<Self> {
        let position = if opened.kind == Kind::Regular { opened.file.stream_position()? } else { 0 };
        Ok(Self { place: None, opened: Some(opened), waiter, position, told: None })
    }

    /// Goes on where there is nothing more to read now.
    fn at_end(&mut self, room: &mut [u8]) -> io::Result<Step> {
        let Some(opened) = &mut self.opened else { return Ok(self.look_again()) };
        match (opened.kind, &self.place) {
            (Kind::Regular, _) => {
                if opened.file.metadata()?.len() < self.position {
                    opened.file.rewind()?;
                    self.position = 0;
                    return Ok(Step::Anew(Notice::Truncated));
                }
                self.look_for_another(room)
            }
            (Kind::Device, _) => Ok(self.nap()),
            (Kind::Terminal, Some(_)) => Ok(self.lose(Notice::Gone)),
            (Kind::Pipe, Some(_)) => Ok(self.lose(Notice::Closed)),
            (Kind::Terminal | Kind::Pipe, None) => Ok(Step::End),
        }
    }

    /// Looks whether another file has taken the name of this one.
    fn look_for_another(&mut self, room: &mut [u8]) -> io::Result<Step> {
        let (Some(opened), Some(place)) = (&mut self.opened, &self.place) else { return Ok(self.nap()) };
        match fs::metadata(&place.path) {
            Ok(named) if is_another(&named, &opened.file.metadata()?, self.position) => {
                // Whoever writes has opened the new one: the old one is as it will be.
                let len = opened.file.read(room)?;
                if len > 0 {
                    self.position += len as u64;
                    return Ok(Step::Bytes(len));
                }
                match open(&place.path, place.baud) {
                    Ok(other) => {
                        (self.opened, self.position, self.told) = (Some(other), 0, None);
                        Ok(Step::Anew(Notice::Replaced))
                    }
                    Err(why) => Ok(self.tell_or_nap(Notice::Shut(why))),
                }
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(self.tell_or_nap(Notice::Gone)),
            Ok(_) => {
                self.told = None;
                Ok(self.nap())
            }
            // Nothing can be said now.
            Err(_) => Ok(self.nap()),
        }
    }

    /// Closes what has ended.
    fn lose(&mut self, notice: Notice) -> Step {
        self.opened = None;
        if self.is_told(&notice) { Step::Quiet } else { Step::Anew(notice) }
    }

    /// Looks whether there is something again.
    fn look_again(&mut self) -> Step {
        let Some(Place { path, baud }) = &self.place else { return Step::End };
        if self.told.is_none() {
            return self.tell_or_nap(Notice::NotYet);
        }
        // Before the look: what is back may be gone again at once.
        match self.waiter.pause(NAP) {
            Wake::Stopped => return Step::Stopped,
            Wake::Unread => return Step::Unread,
            Wake::Late | Wake::Ready => {}
        }
        match open(path, *baud) {
            Ok(opened) => {
                (self.opened, self.position) = (Some(opened), 0);
                Step::Quiet
            }
            Err(why) if why.is_absent() => Step::Quiet,
            Err(why) => {
                let notice = Notice::Shut(why);
                if self.is_told(&notice) { Step::Quiet } else { Step::Tell(notice) }
            }
        }
    }

    fn tell_or_nap(&mut self, notice: Notice) -> Step {
        if self.is_told(&notice) { self.nap() } else { Step::Tell(notice) }
    }

    /// Tells whether this has been told last, and remembers it.
    fn is_told(&mut self, notice: &Notice) -> bool {
        let text = notice.to_string();
        let is_told = self.told.as_ref() == Some(&text);
        self.told = Some(text);
        is_told
    }

    fn nap(&self) -> Step {
        match self.waiter.pause(NAP) {
            Wake::Stopped => Step::Stopped,
            Wake::Unread => Step::Unread,
            Wake::Late | Wake::Ready => Step::Quiet,
        }
    }
}

/// Tells whether what has the name is another file than the open one, and already
/// in use: one that is empty waits for the program that still writes to the old.
fn is_another(named: &Metadata, open: &Metadata, position: u64) -> bool {
    let differs = identity(named) != identity(open) || (cfg!(not(unix)) && named.len() < position);
    differs && !(named.is_file() && named.len() == 0)
}

impl Input for Follow<'_> {
    fn step(&mut self, room: &mut [u8], pause: Option<Duration>) -> Step {
        let Some(opened) = &mut self.opened else { return self.look_again() };
        match read(opened, self.waiter, room, pause) {
            Step::Bytes(0) => self.at_end(room).unwrap_or_else(Step::Failed),
            Step::Bytes(len) => {
                self.position += len as u64;
                if opened.kind != Kind::Regular {
                    self.told = None;
                }
                Step::Bytes(len)
            }
            step => step,
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    /// A folder that goes when the test is done.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("kakashi-follow-{name}-{}", std::process::id()));
            fs::create_dir_all(&path).unwrap();
            Self(path)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn step(follow: &mut Follow<'_>) -> String {
        let mut room = [0; 100];
        match follow.step(&mut room, None) {
            Step::Bytes(len) => String::from_utf8_lossy(&room[..len]).into_owned(),
            Step::Tell(notice) => format!("(it {notice})"),
            Step::Anew(notice) => format!("(anew: it {notice})"),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn an_empty_file_that_has_taken_the_name_waits_for_who_still_writes_to_the_old() {
        let folder = Folder::new("empty");
        let [path, old] = ["log", "log.1"].map(|name| folder.0.join(name));
        fs::write(&path, "one").unwrap();
        let waiter = Waiter::default();
        let mut follow = Follow::name(&path, None, &waiter).unwrap();
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
    fn what_was_written_between_two_looks_is_read_before_the_new_file() {
        let folder = Folder::new("between");
        let [path, new] = ["log", "new"].map(|name| folder.0.join(name));
        fs::write(&path, "one").unwrap();
        let waiter = Waiter::default();
        let mut follow = Follow::name(&path, None, &waiter).unwrap();
        fs::write(&new, "two").unwrap();
        fs::rename(&new, &path).unwrap();
        // As if a read had found nothing a moment ago.
        assert!(matches!(follow.look_for_another(&mut [0; 100]), Ok(Step::Bytes(3))));
        assert_eq!(step(&mut follow), "(anew: it was replaced; the new file is read from its start)");
        assert_eq!(step(&mut follow), "two");
    }

    #[test]
    fn what_can_not_be_opened_is_told_once_and_tried_again() {
        let folder = Folder::new("shut");
        let path = folder.0.join("log");
        let waiter = Waiter::default();
        let mut follow = Follow::name(&path, None, &waiter).unwrap();
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
