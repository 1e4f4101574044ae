//! What was chosen for a rotating file, and whether it makes sense.

use std::fmt;
use std::path::{self, Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use kakashi_core::{Clock, Timestamp};

use super::calendar::{Calendar, Period, Zone};
use super::compression::Compression;
use super::error::RotatingFileError;
use super::names::{COMPRESSED, Naming};
use crate::clock::SystemClock;

/// Where the symbolic link to the file that is written lies.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum LinkPlace {
    /// At the path itself.
    Path,
    At(PathBuf),
    Nowhere,
}

/// A clock, which can't be printed.
#[derive(Clone)]
pub(super) struct FileClock(pub(super) Arc<dyn Clock + Send + Sync>);

impl fmt::Debug for FileClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FileClock")
    }
}

/// See [`RotatingFile`](super::RotatingFile).
#[derive(Clone, Debug)]
pub(super) struct FileSettings {
    pub(super) path: PathBuf,
    pub(super) period: Option<Period>,
    pub(super) zone: Zone,
    pub(super) max_bytes: Option<u64>,
    pub(super) by_number: bool,
    pub(super) keep_files: Option<usize>,
    pub(super) keep_for: Option<Duration>,
    pub(super) keep_bytes: Option<u64>,
    pub(super) compression: Option<Compression>,
    pub(super) removes_oldest_when_full: bool,
    pub(super) pid_in_names: bool,
    pub(super) link: LinkPlace,
    pub(super) mode: Option<u32>,
    #[cfg(unix)]
    pub(super) owner: (Option<u32>, Option<u32>),
    pub(super) clock: FileClock,
}

impl FileSettings {
    pub(super) fn new(path: &Path) -> Self {
        Self {
            path: path.into(),
            period: None,
            zone: Zone::Utc,
            max_bytes: None,
            by_number: false,
            keep_files: None,
            keep_for: None,
            keep_bytes: None,
            compression: None,
            removes_oldest_when_full: false,
            pid_in_names: false,
            link: LinkPlace::Path,
            mode: None,
            #[cfg(unix)]
            owner: (None, None),
            clock: FileClock(Arc::new(SystemClock)),
        }
    }

    /// Makes the path absolute and checks everything.
    pub(super) fn checked(mut self) -> Result<Self, RotatingFileError> {
        let wrong = |text: String| Err(RotatingFileError::Setting(text));
        let given = self.path.display().to_string();
        let name = self.path.file_name();
        let Some(name) = name.filter(|_| !given.ends_with(path::is_separator)) else {
            return wrong(format!(
                "{given:?} names no file: give a path such as \"logs/shop.log\", of which \
                 logs/shop.2026-11-30.000000.log is made"
            ));
        };
        let Some(name) = name.to_str() else {
            return wrong(format!("the file name in {given:?} is no UTF-8: give one that is"));
        };
        if let Some(ending) = COMPRESSED.iter().find(|ending| name.ends_with(**ending)) {
            return wrong(format!(
                "{given:?} ends in {ending:?}, which compressed files get by themselves: leave it out"
            ));
        }
        let numbers = [
            ("max_bytes", self.max_bytes, "would begin a file for each record"),
            (
                "keep_files",
                self.keep_files.map(|files| files as u64),
                "would remove each file that is closed",
            ),
            ("keep_bytes", self.keep_bytes, "would remove each file that is closed"),
        ];
        if let Some((setting, _, effect)) = numbers.into_iter().find(|(_, value, _)| *value == Some(0)) {
            return wrong(format!("{setting} is 0, which {effect}: give at least 1, or leave it out"));
        }
        if self.keep_for.is_some_and(|age| age < Duration::from_secs(1)) {
            return wrong(
                "keep_for is less than a second, which would remove each file that is closed: \
                          give a day or more, or leave it out"
                    .into(),
            );
        }
        if let Some(mode) = self.mode.filter(|mode| mode & !0o777 != 0 || mode & 0o200 == 0) {
            return wrong(format!(
                "mode is {mode:#o}: give permission bits by which the owner may write, such as 0o640"
            ));
        }
        if self.pid_in_names && matches!(self.link, LinkPlace::At(_)) {
            return wrong(
                "a link and pid_in_names() together: several processes can't share one link; \
                          leave one of them out"
                    .into(),
            );
        }
        self.path = path::absolute(&self.path).map_err(RotatingFileError::of(&self.path))?;
        if self.path.is_dir() {
            return wrong(format!(
                "{given:?} is a folder: give the path of a file in it, such as {:?}",
                Path::new(&given).join("shop.log").display().to_string()
            ));
        }
        if let Some(link) = self.link() {
            let is_other = |found: &std::fs::Metadata| !found.file_type().is_symlink();
            if link.symlink_metadata().is_ok_and(|found| is_other(&found)) {
                return wrong(format!(
                    "{} is there already and is no symbolic link: a rotating file keeps one there to the \
                     file that it writes; rename what is there, or choose link(\"…\") or no_link()",
                    link.display()
                ));
            }
        }
        if self.period.is_none() && self.max_bytes.is_none() {
            self.period = Some(Period::Day);
        }
        Ok(self)
    }

    /// Returns where the link lies.
    pub(super) fn link(&self) -> Option<PathBuf> {
        match &self.link {
            _ if self.pid_in_names => None,
            LinkPlace::Path if cfg!(unix) => Some(self.path.clone()),
            LinkPlace::At(link) => Some(self.folder().join(link)),
            LinkPlace::Path | LinkPlace::Nowhere => None,
        }
    }

    pub(super) fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new("."))
    }

    /// Returns the path's last part.
    pub(super) fn file_name(&self) -> &str {
        self.path.file_name().and_then(|name| name.to_str()).unwrap_or_default()
    }

    pub(super) fn naming(&self) -> Naming {
        Naming::of(self.file_name(), self.by_number)
    }

    pub(super) fn calendar(&self) -> Calendar {
        Calendar { period: self.period, zone: self.zone }
    }

    /// Returns the seconds since 1970.
    pub(super) fn now(&self) -> i64 {
        match self.clock.0.now() {
            Timestamp::Wall(nanos) => nanos.div_euclid(1_000_000_000),
            Timestamp::Uptime(nanos) => (nanos / 1_000_000_000).cast_signed(),
        }
    }

    /// Tells whether closed files are compressed or removed.
    pub(super) fn has_chores(&self) -> bool {
        self.compression.is_some()
            || self.keep_files.is_some()
            || self.keep_for.is_some()
            || self.keep_bytes.is_some()
    }
}
