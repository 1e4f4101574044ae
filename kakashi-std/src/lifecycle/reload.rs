//! Reading directives again when a signal or a file's change asks for it.
//!
//! A signal handler may call next to nothing, so it stores a flag; a thread looks at the
//! flag and at the file twice a second.

use std::path::Path;
use std::{fs, io};

use crate::dispatch::directives::{reload_directives, use_file};

/// Makes SIGHUP call [`reload_directives`], within half a second; it no longer ends the process.
///
/// Call it once, at the beginning of `main`; later calls do nothing. With
/// [`watch_directives`] SIGHUP reads the file, else the environment, which a process can
/// only change itself. In the child of a fork SIGHUP does nothing until the child calls this
/// itself.
///
/// # Errors
/// When the system has no thread to give; with [`Unsupported`](io::ErrorKind::Unsupported)
/// where there is no such signal, as on Windows.
pub fn reload_directives_on_hangup() -> io::Result<()> {
    platform::register_hangup()?;
    platform::start()
}

/// Takes directives from a file, in place of the environment's, now and a second after each
/// of its changes at the latest.
///
/// The file has directives as `KAKASHI_LOG` has them; a newline is as good as a comma, and
/// `#` at the beginning of one makes the rest of the line a comment. What is not understood is
/// reported on stderr, and the rest holds. While the file can't be read, what it said before
/// holds.
///
/// ```no_run
/// kakashi_std::watch_directives("/etc/shop/log.directives")?;
/// # std::io::Result::Ok(())
/// ```
///
/// In the child of a fork nobody looks at the file until the child calls this itself.
///
/// # Errors
/// When the file can't be read, or the system has no thread to give; with
/// [`AlreadyExists`](io::ErrorKind::AlreadyExists) when another file is watched, and with
/// [`Unsupported`](io::ErrorKind::Unsupported) on Windows and where there are no signals.
pub fn watch_directives(path: impl AsRef<Path>) -> io::Result<()> {
    let path = path.as_ref();
    platform::check()?;
    super::install();
    // Before the path is kept: a wrong one may be tried again.
    fs::File::open(path)?;
    use_file(path)?;
    let path = std::path::absolute(path)?;
    let seen = platform::stamp(&path);
    reload_directives()?;
    platform::watch(path, seen)
}

#[cfg(not(unix))]
mod platform {
    use std::io;
    use std::path::{Path, PathBuf};

    pub(super) fn check() -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(super) fn register_hangup() -> io::Result<()> {
        check()
    }

    pub(super) fn start() -> io::Result<()> {
        check()
    }

    pub(super) fn stamp(_: &Path) {}

    pub(super) fn watch(_: PathBuf, _read: ()) -> io::Result<()> {
        check()
    }
}

#[cfg(unix)]
mod platform {
    use std::hash::{DefaultHasher, Hash as _, Hasher as _};
    use std::os::unix::fs::MetadataExt as _;
    use std::path::{Path, PathBuf};
    use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
    use std::sync::{Arc, OnceLock};
    use std::time::Duration;
    use std::{fs, io, process, thread};

    use signal_hook::consts::SIGHUP;
    use signal_hook::flag;

    use crate::delivery::report;
    use crate::dispatch::directives::reload_directives;

    /// Between two looks. A change counts when two looks see the same: whoever writes the
    /// file may not be done.
    const INTERVAL: Duration = Duration::from_millis(500);

    /// Identifies what a file has in it, by device, inode, length and the time of the last
    /// change; 0 while there is no file.
    pub(super) type Stamp = u64;

    /// Id of the process whose thread looks; 0 for none.
    static SERVED: AtomicU32 = AtomicU32::new(0);
    static HANGUP: OnceLock<Arc<AtomicBool>> = OnceLock::new();
    static WATCHED: OnceLock<PathBuf> = OnceLock::new();
    /// What the file had in it when it was read.
    static READ: AtomicU64 = AtomicU64::new(0);

    pub(super) fn check() -> io::Result<()> {
        Ok(())
    }

    pub(super) fn register_hangup() -> io::Result<()> {
        if HANGUP.get().is_none() {
            let raised = Arc::new(AtomicBool::new(false));
            flag::register(SIGHUP, raised.clone())?;
            let _ = HANGUP.set(raised);
        }
        Ok(())
    }

    pub(super) fn stamp(path: &Path) -> Stamp {
        let Ok(metadata) = fs::metadata(path) else { return 0 };
        let mut hasher = DefaultHasher::new();
        let changed = (metadata.mtime(), metadata.mtime_nsec());
        (metadata.dev(), metadata.ino(), metadata.len(), changed).hash(&mut hasher);
        hasher.finish().max(1)
    }

    pub(super) fn watch(path: PathBuf, read: Stamp) -> io::Result<()> {
        READ.store(read, Ordering::Relaxed);
        WATCHED.get_or_init(|| path);
        start()
    }

    /// Starts the thread, unless this process has it.
    pub(super) fn start() -> io::Result<()> {
        if SERVED.swap(process::id(), Ordering::Relaxed) == process::id() {
            return Ok(());
        }
        let started = thread::Builder::new().name("kakashi-reload".into()).spawn(look_for_ever);
        if started.is_err() {
            SERVED.store(0, Ordering::Relaxed);
        }
        started.map(drop)
    }

    fn look_for_ever() {
        let mut last = 0;
        loop {
            let hangup = HANGUP.get().is_some_and(|raised| raised.swap(false, Ordering::Relaxed));
            let changed = WATCHED.get().is_some_and(|path| {
                let now = stamp(path);
                let is_settled = std::mem::replace(&mut last, now) == now;
                // One that is gone says nothing, and may come back.
                let is_new = now != 0 && now != READ.load(Ordering::Relaxed) && (is_settled || hangup);
                if is_new {
                    READ.store(now, Ordering::Relaxed);
                }
                is_new
            });
            if (hangup || changed)
                && let Err(error) = reload_directives()
            {
                report::print(format_args!("directives can't be read: {error}; those before hold"));
            }
            thread::sleep(INTERVAL);
        }
    }
}
