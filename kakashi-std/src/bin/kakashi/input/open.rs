//! Opens inputs: finds out the kind of each, and sets up serial lines.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use super::serial;
use crate::report::OpenError;

/// An input that is ready to be read.
#[derive(Debug)]
pub(crate) struct OpenedInput {
    pub(crate) file: File,
    pub(crate) kind: InputKind,
}

/// The kind of an input, which decides what its end means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum InputKind {
    /// A file, which may grow.
    Regular,
    /// A terminal, as serial lines are: it ends when it is unplugged.
    Terminal,
    /// A pipe or a socket: it ends when all writers have closed it.
    Pipe,
    /// Another device: a read without bytes may not be its end.
    Device,
}

/// Opens a file, a named pipe or a device.
///
/// # Errors
/// When it can't be read, or `--baud` is given and it has no speed.
pub(crate) fn open(path: &Path, baud: Option<u32>) -> Result<OpenedInput, OpenError> {
    // Before opening: not all systems open a directory.
    if fs::metadata(path)?.is_dir() {
        return Err(OpenError::Directory);
    }
    let opened = prepare(open_nonblocking(path)?, baud)?;
    set_blocking(&opened.file, true)?;
    Ok(opened)
}

/// Opens stdin.
///
/// # Errors
/// As [`open`].
pub(crate) fn stdin(baud: Option<u32>) -> Result<OpenedInput, OpenError> {
    prepare(clone_of_stdin()?, baud)
}

/// Finds out the kind, and sets up a terminal.
fn prepare(file: File, baud: Option<u32>) -> Result<OpenedInput, OpenError> {
    let metadata = file.metadata()?;
    let kind = if metadata.is_dir() {
        return Err(OpenError::Directory);
    } else if metadata.is_file() {
        InputKind::Regular
    } else if io::IsTerminal::is_terminal(&file) {
        InputKind::Terminal
    } else if is_device(&metadata) {
        InputKind::Device
    } else {
        InputKind::Pipe
    };
    match (kind, baud) {
        (InputKind::Terminal, _) => serial::set_up(&file, baud)?,
        (_, Some(_)) => return Err(OpenError::NoSpeed),
        (_, None) => {}
    }
    Ok(OpenedInput { file, kind })
}

/// Identifies a file: no two that are open at once have the same identity.
#[cfg(unix)]
pub(crate) fn identity(metadata: &fs::Metadata) -> impl PartialEq + use<> {
    use std::os::unix::fs::MetadataExt as _;

    (metadata.dev(), metadata.ino())
}

/// No identity is known here: [`Follow`](super::Follow) takes a shorter file for another.
#[cfg(not(unix))]
pub(crate) fn identity(_: &fs::Metadata) -> impl PartialEq + use<> {}

/// Opens a file without waiting for the carrier of a serial line or for the writer of a
/// pipe: no signal could end that wait. A terminal does not become the controlling
/// terminal of this process, or its Ctrl-C would end the process.
#[cfg(unix)]
fn open_nonblocking(path: &Path) -> io::Result<File> {
    use rustix::fs::OFlags;
    use std::os::unix::fs::OpenOptionsExt as _;

    let flags = (OFlags::NONBLOCK | OFlags::NOCTTY).bits();
    File::options().read(true).custom_flags(flags.cast_signed()).open(path)
}

/// Sets whether a read without bytes waits for some.
#[cfg(unix)]
pub(super) fn set_blocking(file: &File, on: bool) -> io::Result<()> {
    use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};

    let rest = fcntl_getfl(file)? - OFlags::NONBLOCK;
    Ok(fcntl_setfl(file, if on { rest } else { rest | OFlags::NONBLOCK })?)
}

#[cfg(unix)]
fn clone_of_stdin() -> io::Result<File> {
    use std::os::fd::AsFd as _;

    Ok(io::stdin().as_fd().try_clone_to_owned()?.into())
}

#[cfg(unix)]
fn is_device(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt as _;

    metadata.file_type().is_char_device() || metadata.file_type().is_block_device()
}

#[cfg(not(unix))]
fn open_nonblocking(path: &Path) -> io::Result<File> {
    File::open(path)
}

#[cfg(not(unix))]
pub(super) fn set_blocking(_: &File, _: bool) -> io::Result<()> {
    Ok(())
}

#[cfg(windows)]
fn clone_of_stdin() -> io::Result<File> {
    use std::os::windows::io::AsHandle as _;

    Ok(io::stdin().as_handle().try_clone_to_owned()?.into())
}

#[cfg(not(unix))]
fn is_device(_: &fs::Metadata) -> bool {
    false
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn the_kind_of_each_input_is_found() {
        let kind =
            |path: &str| open(path.as_ref(), None).map(|opened| opened.kind).map_err(|e| e.to_string());
        assert_eq!(kind("/dev/null"), Ok(InputKind::Device));
        assert_eq!(kind(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")), Ok(InputKind::Regular));
        assert_eq!(kind("/"), Err("is a directory; name the files in it".into()));
        assert!(open("/there/is/none".as_ref(), None).unwrap_err().is_absent());
        let wrong = open("/dev/null".as_ref(), Some(9600)).unwrap_err();
        assert_eq!(wrong.to_string(), "is no terminal and has no speed; leave --baud away");
    }
}
