//! The directory of a black box: it must be this user's alone.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, Mode, OFlags, fstat, fstatfs, openat};
use rustix::process::geteuid;

/// Linux's `TMPFS_MAGIC`.
const TMPFS: u64 = 0x0102_1994;

/// Why a directory can't be used.
#[derive(Debug)]
pub(super) enum DirectoryError {
    /// Others could read or change what is there.
    Refused(String),
    /// It can't be made, or nothing can be made in it.
    Io(io::Error),
}

impl From<io::Error> for DirectoryError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Returns where black boxes lie unless the program says: in the memory of this user's session, else of the machine.
pub(super) fn default_directory() -> PathBuf {
    let uid = geteuid().as_raw();
    let program = program_name();
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    match runtime.filter(|path| path.is_absolute() && path.is_dir()) {
        Some(runtime) => runtime.join(format!("kakashi-{uid}-{program}")),
        None => Path::new("/dev/shm").join(format!("kakashi-{uid}-{program}")),
    }
}

/// Returns the name of this process's program, as it may stand in a path.
pub(super) fn program_name() -> String {
    let program = std::env::current_exe().unwrap_or_default();
    let name = program.file_name().unwrap_or_default().to_string_lossy();
    let kept = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let name: String = name.chars().map(|c| if kept(c) { c } else { '_' }).take(64).collect();
    if name.trim_start_matches('.').is_empty() { "program".into() } else { name }
}

/// Opens a directory, which is made if it is missing.
pub(super) fn open(path: &Path) -> Result<OwnedFd, DirectoryError> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    match DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error.into()),
        _ => {}
    }
    open_existing(path)
}

/// Opens a directory that is there.
pub(super) fn open_existing(path: &Path) -> Result<OwnedFd, DirectoryError> {
    let refused = |why: String| Err(DirectoryError::Refused(format!("{}: {why}", path.display())));
    let found = fs::symlink_metadata(path)?;
    if found.is_symlink() {
        return refused("it is a symbolic link, which could lead anywhere: name the directory itself".into());
    }
    if !found.is_dir() {
        return refused("it is no directory".into());
    }
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let directory = openat(CWD, path, flags, Mode::empty()).map_err(io::Error::from)?;
    // Asked of what is open: another may stand there by now.
    let opened = fstat(&directory).map_err(io::Error::from)?;
    let (own, mode) = (geteuid().as_raw(), opened.st_mode & 0o7777);
    if opened.st_uid != own {
        let owner = opened.st_uid;
        return refused(format!(
            "it belongs to user {owner}, and this process runs as {own}: use one of your own"
        ));
    }
    if mode & 0o022 != 0 {
        return refused(format!("others may write there (mode {mode:04o}): chmod 700"));
    }
    Ok(directory)
}

/// Tells whether a directory is surely on a disk, or elsewhere but in memory.
pub(super) fn is_no_tmpfs(directory: &OwnedFd) -> bool {
    fstatfs(directory).is_ok_and(|found| found.f_type as u64 != TMPFS)
}

/// Tells whether a directory could be used, as far as that can be seen without making anything.
pub(super) fn check(path: &Path) -> Result<(), String> {
    match open_existing(path) {
        Err(DirectoryError::Refused(why)) => Err(why),
        // What can't be had now may be had later, and the heap until then.
        Ok(_) | Err(DirectoryError::Io(_)) => Ok(()),
    }
}

/// Returns the owner of this process.
pub(super) fn user() -> u32 {
    geteuid().as_raw()
}
