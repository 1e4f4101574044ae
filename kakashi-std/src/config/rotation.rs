//! How files of a destination follow one another, as it is written.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use kakashi_core::Destination;
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};

use crate::sinks::{RotatingFile, RotatingFileError};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// `rotate = { … }` beside `file` or `wire_file`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RotationTable {
    every: Option<PeriodName>,
    local_time: bool,
    max_bytes: Option<u64>,
    numbered: bool,
    keep_files: Option<usize>,
    keep_days: Option<u32>,
    keep_bytes: Option<u64>,
    compress: Option<CompressionName>,
    remove_oldest_when_full: bool,
    pid_in_names: bool,
    link: Option<LinkName>,
    mode: Option<ModeText>,
    user: Option<u32>,
    group: Option<u32>,
}

#[derive(Clone, Copy, Debug)]
enum PeriodName {
    Hour,
    Day,
}

#[derive(Clone, Copy, Debug)]
enum CompressionName {
    Gzip,
    Zstd,
}

/// A path, or `false` for none.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum LinkName {
    Has(bool),
    At(PathBuf),
}

/// Permission bits as people write them.
#[derive(Clone, Copy, Debug)]
struct ModeText(u32);

impl FromStr for PeriodName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "hour" => Ok(Self::Hour),
            "day" => Ok(Self::Day),
            _ => Err(format!("unknown period {text:?}: use hour or day")),
        }
    }
}

impl FromStr for CompressionName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let needs = |feature| format!("compress = {text:?} needs kakashi-std's feature {feature:?}");
        match text {
            "gzip" if cfg!(feature = "gzip") => Ok(Self::Gzip),
            "zstd" if cfg!(feature = "zstd") => Ok(Self::Zstd),
            "gzip" => Err(needs("gzip")),
            "zstd" => Err(needs("zstd")),
            _ => Err(format!("unknown compression {text:?}: use gzip or zstd")),
        }
    }
}

impl FromStr for ModeText {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mode = u32::from_str_radix(text.trim_start_matches("0o"), 8);
        mode.map(Self).map_err(|_| format!("unknown mode {text:?}: use octal digits, such as \"0640\""))
    }
}

macro_rules! from_text {
    ($($name:ident)*) => {$(
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
            }
        }
    )*};
}

from_text! { PeriodName CompressionName ModeText }

impl RotationTable {
    /// Opens the files of a path.
    pub(super) fn open(self, path: &Path) -> Result<Destination, RotatingFileError> {
        let mut files = RotatingFile::new(path);
        files = match self.every {
            Some(PeriodName::Hour) => files.hourly(),
            Some(PeriodName::Day) => files.daily(),
            None => files,
        };
        if self.local_time {
            files = in_local_time(files)?;
        }
        files = match self.compress {
            Some(compression) => compressed(files, compression),
            None => files,
        };
        files = with(files, self.max_bytes, RotatingFile::max_bytes);
        files = with(files, self.keep_files, RotatingFile::keep_files);
        files = with(files, self.keep_days, |files, days| files.keep_for(DAY * days));
        files = with(files, self.keep_bytes, RotatingFile::keep_bytes);
        files = with(files, self.numbered.then_some(()), |files, ()| files.numbered());
        files = with(files, self.remove_oldest_when_full.then_some(()), |files, ()| {
            files.remove_oldest_when_full()
        });
        files = with(files, self.pid_in_names.then_some(()), |files, ()| files.pid_in_names());
        files = match self.link {
            Some(LinkName::At(link)) => files.link(link),
            Some(LinkName::Has(false)) => files.no_link(),
            Some(LinkName::Has(true)) | None => files,
        };
        #[cfg(unix)]
        {
            files = with(files, self.mode, |files, ModeText(mode)| files.mode(mode));
            files = files.owner(self.user, self.group);
        }
        #[cfg(not(unix))]
        if self.user.is_some() || self.group.is_some() || self.mode.is_some_and(|ModeText(mode)| mode > 0) {
            let text = "mode, user and group are Unix's: leave them out here".to_owned();
            return Err(RotatingFileError::Setting(text));
        }
        files.destination()
    }
}

fn with<T>(
    files: RotatingFile,
    value: Option<T>,
    step: impl FnOnce(RotatingFile, T) -> RotatingFile,
) -> RotatingFile {
    match value {
        Some(value) => step(files, value),
        None => files,
    }
}

#[cfg(feature = "local-time")]
#[expect(clippy::unnecessary_wraps, reason = "as it is without the feature")]
fn in_local_time(files: RotatingFile) -> Result<RotatingFile, RotatingFileError> {
    Ok(files.local_time())
}

#[cfg(not(feature = "local-time"))]
fn in_local_time(_: RotatingFile) -> Result<RotatingFile, RotatingFileError> {
    let text = "local_time = true needs kakashi-std's feature \"local-time\"".to_owned();
    Err(RotatingFileError::Setting(text))
}

fn compressed(files: RotatingFile, compression: CompressionName) -> RotatingFile {
    match compression {
        #[cfg(feature = "gzip")]
        CompressionName::Gzip => files.gzip(),
        #[cfg(feature = "zstd")]
        CompressionName::Zstd => files.zstd(),
        // Refused when it was read.
        #[cfg(not(all(feature = "gzip", feature = "zstd")))]
        _ => files,
    }
}
