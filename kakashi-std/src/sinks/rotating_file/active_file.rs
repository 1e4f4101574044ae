//! The file that is written, and the step to the next one.
//!
//! A step makes a new file under its final name, then points the link to it: nothing is
//! renamed while it is written, so a kill at any moment leaves whole files in order. Where a
//! step fails (no rights, no room) the file goes on beyond its limit, which is reported once,
//! and the step is tried again a second later.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use kakashi_core::{Batch, RecordEnd, SinkError, SinkErrorKind, SinkTarget, wire};

use super::closed_files::{ClosedFiles, remove_oldest};
use super::error::RotatingFileError;
use super::folder::files_of;
use super::names::{FileName, FileState};
use super::settings::FileSettings;
use crate::sinks::file::{reopen_requests, target_of};
use crate::sinks::notice;
use crate::sinks::sync_state::SyncState;
use crate::sinks::tail::Tail;

/// Seconds between two looks whether the file is still there, and between two attempts to
/// begin the next.
const PAUSE: i64 = 1;
/// Seconds between two looks at closed files while none is closed.
const AGES_PAUSE: i64 = 3600;
/// After so many seconds without a full disk a full one is reported anew.
const FULL_PAUSE: i64 = 3600;
/// How many names are tried: somebody else may have made files by them.
const NAMES: usize = 1000;

/// See the module.
#[derive(Debug)]
pub(super) struct ActiveFile {
    settings: Arc<FileSettings>,
    /// This process's id, if it is in the names.
    pid: u32,
    name: FileName,
    path: PathBuf,
    pub(super) file: File,
    target: Option<SinkTarget>,
    tail: Tail,
    sync: SyncState,
    /// Its length, as far as this process knows.
    written: u64,
    max_bytes: u64,
    /// The second after its period.
    ends_at: i64,
    looked_at: i64,
    ages_looked_at: i64,
    failed_at: Option<i64>,
    /// When a file was removed to make room.
    full_at: Option<i64>,
    reopen_requests: usize,
    closed_files: Arc<ClosedFiles>,
    /// What is wrong, which was reported.
    reported: bool,
}

impl ActiveFile {
    /// Goes on with the newest file, or begins one.
    pub(super) fn open(
        settings: &Arc<FileSettings>,
        pid: u32,
        closed_files: Arc<ClosedFiles>,
    ) -> Result<Self, RotatingFileError> {
        let now = settings.now();
        let requests = reopen_requests();
        let of_folder = RotatingFileError::of(settings.folder());
        let found = files_of(&settings.naming(), settings.folder()).map_err(of_folder)?;
        let newest = found.iter().rfind(|file| file.name.pid == pid && file.state != FileState::Temporary);
        let goes_on = newest.filter(|newest| {
            let calendar = settings.calendar();
            let is_over = settings.period.is_some()
                && if settings.by_number {
                    let modified =
                        newest.modified.map(|modified| modified.duration_since(std::time::UNIX_EPOCH));
                    let written =
                        modified.and_then(Result::ok).map_or(0, |since| since.as_secs().cast_signed());
                    newest.bytes > 0 && calendar.end_of_period(written) <= now
                } else {
                    newest.name.stamp < calendar.stamp(now)
                };
            newest.state == FileState::Plain
                && !is_over
                && settings.max_bytes.is_none_or(|most| newest.bytes < most)
        });
        let (name, path, file) = match goes_on {
            Some(newest) => {
                let opened =
                    open(settings, &newest.path, false).map_err(RotatingFileError::of(&newest.path))?;
                (newest.name.clone(), newest.path.clone(), opened)
            }
            None => begin(settings, newest.map(|newest| &newest.name), pid, now)?,
        };
        let metadata = file.metadata().map_err(RotatingFileError::of(&path))?;
        let mut active = Self {
            settings: settings.clone(),
            pid,
            name,
            target: target_of(&metadata),
            path,
            file,
            tail: Tail::default(),
            sync: SyncState::default(),
            written: metadata.len(),
            max_bytes: settings.max_bytes.unwrap_or(u64::MAX),
            ends_at: settings.calendar().end_of_period(now),
            looked_at: now,
            ages_looked_at: now,
            failed_at: None,
            full_at: None,
            reopen_requests: requests,
            closed_files,
            reported: false,
        };
        active.closed_files.look(settings, &active.name);
        active.point_link().map_err(|(link, error)| RotatingFileError::Io { path: link, error })?;
        Ok(active)
    }

    /// Goes on with the same file by other settings; false if they want another one. A record
    /// may have been taken in part: the rest belongs there.
    pub(super) fn go_on_by(&mut self, settings: &Arc<FileSettings>) -> Result<bool, RotatingFileError> {
        let is_same = self.settings.path == settings.path && self.settings.by_number == settings.by_number;
        if !is_same || self.is_gone() {
            return Ok(false);
        }
        set_owner(settings, &self.file).map_err(RotatingFileError::of(&self.path))?;
        let (calendar, now) = (settings.calendar(), settings.now());
        let end = calendar.end_of_period(now);
        self.ends_at = match settings.period {
            Some(_) if settings.by_number => end.min(self.ends_at),
            Some(_) if self.name.stamp < calendar.stamp(now) => now,
            _ => end,
        };
        self.max_bytes = settings.max_bytes.unwrap_or(u64::MAX);
        self.settings = settings.clone();
        self.closed_files.look(settings, &self.name);
        self.point_link().map_err(|(link, error)| RotatingFileError::Io { path: link, error })?;
        Ok(true)
    }

    /// Tells whether the file is no longer where it was made: it looks once a second, and
    /// when it is asked for.
    pub(super) fn is_lost(&mut self, now: i64) -> bool {
        let requests = reopen_requests();
        // A clock may be set back.
        if (self.looked_at..self.looked_at + PAUSE).contains(&now) && requests == self.reopen_requests {
            return false;
        }
        self.looked_at = now;
        self.reopen_requests = requests;
        if !(self.ages_looked_at..self.ages_looked_at + AGES_PAUSE).contains(&now) {
            self.ages_looked_at = now;
            self.closed_files.look(&self.settings, &self.name);
        }
        self.is_gone()
    }

    fn is_gone(&self) -> bool {
        match fs::metadata(&self.path) {
            Ok(found) => target_of(&found) != self.target,
            Err(_) => true,
        }
    }

    /// Has it look before the next batch: it could not be opened again.
    pub(super) fn look_again(&mut self) {
        self.looked_at = i64::MIN;
    }

    /// Writes a batch; the next file begins between two records of it.
    pub(super) fn write(&mut self, batch: &Batch<'_>, now: i64) -> Result<(), SinkError> {
        if now >= self.ends_at && batch.begun().is_empty() {
            self.step(now);
        }
        if batch.bytes().len() as u64 <= self.max_bytes.saturating_sub(self.written) {
            return self.append(batch);
        }
        self.append_in_pieces(batch, now)
    }

    /// Puts what was written on the disk.
    pub(super) fn sync(&mut self) -> Result<(), SinkError> {
        self.sync.sync(&self.file, &self.path)
    }

    #[cold]
    fn append_in_pieces(&mut self, batch: &Batch<'_>, now: i64) -> Result<(), SinkError> {
        let (bytes, ends) = (batch.bytes(), batch.ends());
        let is_one = bytes.starts_with(&wire::SYNC) || batch.begun().starts_with(&wire::SYNC);
        let (mut start, mut first) = (0, 0);
        while start < bytes.len() {
            let is_begun = start == 0 && !batch.begun().is_empty();
            let room = usize::try_from(self.max_bytes.saturating_sub(self.written)).unwrap_or(usize::MAX);
            let fits = bytes.len() - start <= room;
            let records = ends[first..].partition_point(|record| record.end - start <= room);
            let end = if fits {
                bytes.len()
            } else if records > 0 && !is_one {
                ends[first + records - 1].end
            } else if !is_begun && self.written > 0 {
                if self.step(now) {
                    continue;
                }
                bytes.len()
            } else {
                // What is larger than a file has one to itself; what is begun stays together.
                ends.get(first).filter(|_| !is_one).map_or(bytes.len(), |record| record.end)
            };
            let last = first + ends[first..].partition_point(|record| record.end <= end);
            let piece: Vec<_> = ends[first..last]
                .iter()
                .map(|record| RecordEnd { end: record.end - start, ..*record })
                .collect();
            let begun = if is_begun { batch.begun() } else { &[] };
            self.append(&Batch::new(&bytes[start..end], &piece).continuing(begun))
                .map_err(|error| error.accepted(start + error.accepted_bytes()))?;
            (start, first) = (end, last);
        }
        Ok(())
    }

    fn append(&mut self, batch: &Batch<'_>) -> Result<(), SinkError> {
        let result = self.tail.write(&mut self.file, batch);
        let taken = result.map_or_else(|error| error.accepted_bytes(), |()| batch.bytes().len());
        self.written += taken as u64;
        match result {
            Err(error) if error.kind() == SinkErrorKind::Full && self.makes_room() => {
                Err(SinkError::new(SinkErrorKind::Retry).accepted(taken))
            }
            result => result,
        }
    }

    #[cold]
    fn makes_room(&mut self) -> bool {
        let removed =
            self.settings.removes_oldest_when_full && remove_oldest(&self.settings, self.pid, &self.name);
        if removed {
            let now = self.settings.now();
            let is_news =
                self.full_at.replace(now).is_none_or(|last| !(last..last + FULL_PAUSE).contains(&now));
            if is_news {
                let path = self.settings.path.display();
                notice::print(format_args!("{path}: the disk is full: the oldest files are removed"));
            }
        }
        removed
    }

    /// Begins the next file; false if that failed, now or a moment ago.
    #[cold]
    fn step(&mut self, now: i64) -> bool {
        if self.failed_at.is_some_and(|failed_at| (failed_at..failed_at + PAUSE).contains(&now)) {
            return false;
        }
        if let Err(error) = self.begin_next(now) {
            if is_full(&error) && self.makes_room() {
                return false;
            }
            self.failed_at = Some(now);
            let path = self.path.display();
            let text = "the next file can't be begun, and is tried again";
            report(&mut self.reported, format_args!("{path} goes on beyond its end: {text}: {error}"));
            return false;
        }
        (self.failed_at, self.reported) = (None, false);
        self.closed_files.look(&self.settings, &self.name);
        if let Err((link, error)) = self.point_link() {
            report(&mut self.reported, format_args!("the link {} can't be made: {error}", link.display()));
        }
        true
    }

    fn begin_next(&mut self, now: i64) -> Result<(), RotatingFileError> {
        let (name, path, file) = begin(&self.settings, Some(&self.name), self.pid, now)?;
        self.target = file.metadata().ok().as_ref().and_then(target_of);
        self.sync.leave(&self.file);
        (self.name, self.path, self.file) = (name, path, file);
        (self.tail, self.written) = (Tail::default(), 0);
        (self.looked_at, self.ages_looked_at) = (now, now);
        self.ends_at = self.settings.calendar().end_of_period(now);
        Ok(())
    }

    /// Points the link to the file; it is never missing meanwhile.
    fn point_link(&mut self) -> Result<(), (PathBuf, io::Error)> {
        let Some(link) = self.settings.link() else { return Ok(()) };
        let beside = link.parent() == Some(self.settings.folder());
        let target = if beside { self.path.file_name().map(Path::new) } else { None };
        replace_link(target.unwrap_or(&self.path), &link).map_err(|error| (link, error))
    }
}

/// Reports what is wrong, once until a file begins.
fn report(reported: &mut bool, text: std::fmt::Arguments<'_>) {
    if !std::mem::replace(reported, true) {
        notice::print(text);
    }
}

fn is_full(error: &RotatingFileError) -> bool {
    let RotatingFileError::Io { error, .. } = error else { return false };
    matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded)
}

/// Makes the file after the last one.
fn begin(
    settings: &FileSettings,
    last: Option<&FileName>,
    pid: u32,
    now: i64,
) -> Result<(FileName, PathBuf, File), RotatingFileError> {
    let naming = settings.naming();
    let mut name = naming.after(last, settings.calendar().stamp(now), pid);
    for _ in 0..NAMES {
        let path = settings.folder().join(naming.text(&name));
        match open(settings, &path, true) {
            Ok(file) => return Ok((name, path, file)),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                name = naming.after(Some(&name), String::new(), pid);
            }
            Err(error) => return Err(RotatingFileError::Io { path, error }),
        }
    }
    let error = io::Error::new(
        ErrorKind::AlreadyExists,
        format!("{NAMES} files from {} on exist", naming.text(&name)),
    );
    Err(RotatingFileError::Io { path: settings.folder().into(), error })
}

/// Opens a file, or makes it; its mode and owner are as they were chosen.
fn open(settings: &FileSettings, path: &Path, is_new: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    // Read is its last byte only.
    options.read(true).append(true).create_new(is_new);
    #[cfg(unix)]
    if let Some(mode) = settings.mode {
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    }
    let file = options.open(path)?;
    let result = set_owner(settings, &file);
    if result.is_err() && is_new {
        let _ = fs::remove_file(path);
    }
    result.map(|()| file)
}

#[cfg(unix)]
fn set_owner(settings: &FileSettings, file: &File) -> io::Result<()> {
    use std::os::unix::fs::{PermissionsExt as _, fchown};

    let (user, group) = settings.owner;
    if user.is_some() || group.is_some() {
        fchown(file, user, group)?;
    }
    // After the owner, whose change takes bits away; not what the umask leaves of it.
    settings.mode.map_or(Ok(()), |mode| file.set_permissions(fs::Permissions::from_mode(mode)))
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "as it is on Unix")]
fn set_owner(_: &FileSettings, _: &File) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
fn replace_link(target: &Path, link: &Path) -> io::Result<()> {
    if fs::read_link(link).is_ok_and(|now| now == target) {
        return Ok(());
    }
    if link.symlink_metadata().is_ok_and(|found| !found.file_type().is_symlink()) {
        return Err(io::Error::new(ErrorKind::AlreadyExists, "there is something else by now"));
    }
    let mut name = std::ffi::OsString::from(".");
    name.push(link.file_name().unwrap_or_default());
    name.push(".link");
    let temporary = link.with_file_name(name);
    // A kill may have left it.
    match fs::remove_file(&temporary) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    std::os::unix::fs::symlink(target, &temporary)?;
    fs::rename(temporary, link)
}

/// Links need rights there that few programs have.
#[cfg(not(unix))]
fn replace_link(_: &Path, _: &Path) -> io::Result<()> {
    Err(ErrorKind::Unsupported.into())
}
