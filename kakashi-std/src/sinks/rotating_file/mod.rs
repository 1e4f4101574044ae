//! Files that are closed by size, hour or day, kept for a while, and compressed.
//!
//! All that a restart must know is in the files' names: a file is made under the name that it
//! keeps. Nothing of a running process is renamed, so there is no moment at which a kill loses
//! or doubles a record. It never waits for compression, and never removes what is not named
//! as its files are.

mod active_file;
mod calendar;
mod closed_files;
mod compression;
mod error;
mod folder;
mod names;
#[cfg(all(feature = "black-box", unix))]
mod recovered;
mod settings;
mod shared_file;
mod sink;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use kakashi_core::{Clock, Destination};

use self::calendar::Period;
#[cfg(feature = "local-time")]
use self::calendar::Zone;
#[cfg(any(feature = "gzip", feature = "zstd"))]
use self::compression::Compression;
pub use self::error::RotatingFileError;
#[cfg(all(feature = "black-box", unix))]
pub(crate) use self::recovered::{first_file, plain_files};
use self::settings::{FileClock, FileSettings, LinkPlace};
#[cfg(unix)]
pub(crate) use self::shared_file::{LockedFiles, lock_for_fork};
pub use self::sink::RotatingFileSink;

/// Chooses how files of a path follow one another: by size, by hour or day, how long they are
/// kept, whether they are compressed.
///
/// Of the path `logs/shop.log` files such as `logs/shop.2026-11-30.000000.log` are made, and
/// `logs/shop.log` itself is a symbolic link to the one that is written. Where nothing else is
/// chosen, a file lasts a day in UTC, and none is removed. A record is never divided between
/// two files; each file of the [`wire`](crate::wire) can be read alone. A process that starts
/// goes on with the newest file, if its time is not over.
///
/// One process writes the files of a path; another gets
/// [`InUse`](RotatingFileError::InUse), or with [`pid_in_names`](Self::pid_in_names) files of its
/// own. The child of a fork that logs does so in files with its id, unless its parent has
/// ended.
///
/// ```no_run
/// use std::time::Duration;
/// use kakashi_std::configure;
/// use kakashi_std::sinks::RotatingFile;
///
/// let files = RotatingFile::new("/var/log/shop/shop.log")
///     .daily()
///     .max_bytes(256 << 20)
///     .keep_files(30)
///     .keep_bytes(4 << 30);
/// configure().destination(files.destination()?).apply();
/// # Ok::<(), kakashi_std::sinks::RotatingFileError>(())
/// ```
///
/// # Platforms
///
/// On Unix the lock is flock(2) on `.shop.log.lock`; on Windows that file is opened for one
/// process alone, and there is no link. Elsewhere there is no lock.
#[derive(Clone, Debug)]
#[must_use = "it does nothing until it is opened"]
pub struct RotatingFile {
    settings: FileSettings,
}

impl RotatingFile {
    /// Begins with a path, whose folders are made if they are missing.
    pub fn new(path: impl AsRef<Path>) -> Self {
        Self { settings: FileSettings::new(path.as_ref()) }
    }

    fn with(mut self, change: impl FnOnce(&mut FileSettings)) -> Self {
        change(&mut self.settings);
        self
    }

    /// Begins a file each hour, by the time at which records are written.
    pub fn hourly(self) -> Self {
        self.with(|settings| settings.period = Some(Period::Hour))
    }

    /// Begins a file each day, by the time at which records are written.
    pub fn daily(self) -> Self {
        self.with(|settings| settings.period = Some(Period::Day))
    }

    /// Takes hours and days from the system's time zone (`TZ`, `/etc/localtime`), in place of
    /// UTC. Where an hour comes twice, files of the second have higher numbers.
    #[cfg(feature = "local-time")]
    pub fn local_time(self) -> Self {
        self.with(|settings| settings.zone = Zone::Local)
    }

    /// Begins a file before one would have more than so many bytes. A record that is larger,
    /// or a block of the wire, has a file to itself.
    pub fn max_bytes(self, bytes: u64) -> Self {
        self.with(|settings| settings.max_bytes = Some(bytes))
    }

    /// Names files by number alone: `shop.00000042.log`. By default names have the time when
    /// the file was begun, then a number.
    ///
    /// Files by the one kind of names are neither removed nor compressed by the other.
    pub fn numbered(self) -> Self {
        self.with(|settings| settings.by_number = true)
    }

    /// Keeps so many closed files at most; the oldest are removed.
    pub fn keep_files(self, files: usize) -> Self {
        self.with(|settings| settings.keep_files = Some(files))
    }

    /// Removes closed files whose last record is older, when a file is begun, and once an hour
    /// while something is written.
    pub fn keep_for(self, age: Duration) -> Self {
        self.with(|settings| settings.keep_for = Some(age))
    }

    /// Keeps so many bytes of closed files at most, as they lie there, compressed or not; the
    /// oldest are removed.
    pub fn keep_bytes(self, bytes: u64) -> Self {
        self.with(|settings| settings.keep_bytes = Some(bytes))
    }

    /// Compresses closed files by gzip, on a thread of its own.
    #[cfg(feature = "gzip")]
    pub fn gzip(self) -> Self {
        self.with(|settings| settings.compression = Some(Compression::Gzip))
    }

    /// Compresses closed files by Zstandard, on a thread of its own.
    #[cfg(feature = "zstd")]
    pub fn zstd(self) -> Self {
        self.with(|settings| settings.compression = Some(Compression::Zstd))
    }

    /// Removes the oldest closed file, and the next, while the disk is full. By default records
    /// wait as they do for any sink that fails.
    pub fn remove_oldest_when_full(self) -> Self {
        self.with(|settings| settings.removes_oldest_when_full = true)
    }

    /// Has the process's id in the names: several processes may be given one path. There is no
    /// link then. Limits hold for each process; files of one that has ended count as those of
    /// the next one that looks.
    pub fn pid_in_names(self) -> Self {
        self.with(|settings| settings.pid_in_names = true)
    }

    /// Keeps the symbolic link to the file that is written there, in place of at the path; a
    /// relative one is taken from the files' folder.
    pub fn link(self, link: impl Into<PathBuf>) -> Self {
        self.with(|settings| settings.link = LinkPlace::At(link.into()))
    }

    /// Keeps no link.
    pub fn no_link(self) -> Self {
        self.with(|settings| settings.link = LinkPlace::Nowhere)
    }

    /// Sets the permission bits of files, whatever the umask is.
    #[cfg(unix)]
    pub fn mode(self, mode: u32) -> Self {
        self.with(|settings| settings.mode = Some(mode))
    }

    /// Sets the user and the group of files, by number, which needs the right to do so.
    #[cfg(unix)]
    pub fn owner(self, user: impl Into<Option<u32>>, group: impl Into<Option<u32>>) -> Self {
        self.with(|settings| settings.owner = (user.into(), group.into()))
    }

    /// Sets the clock by which files are begun, named and removed; the system's at first.
    pub fn clock(self, clock: impl Clock + Send + Sync + 'static) -> Self {
        self.with(|settings| settings.clock = FileClock(Arc::new(clock)))
    }

    /// Opens the newest file, or begins one.
    ///
    /// # Errors
    /// When a setting makes no sense, another process writes these files, or the system refuses
    /// a folder, a file, its owner or the link.
    pub fn open(self) -> Result<RotatingFileSink, RotatingFileError> {
        RotatingFileSink::open(self.settings)
    }

    /// Opens as [`open`](Self::open) does, and makes a destination of it.
    ///
    /// # Errors
    /// As `open`.
    pub fn destination(self) -> Result<Destination, RotatingFileError> {
        let name = format!("file {}", self.settings.path.display());
        Ok(Destination::new(self.open()?).named(name))
    }
}
