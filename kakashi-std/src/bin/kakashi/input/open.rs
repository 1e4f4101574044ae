//! An input before its first byte: what it is, and made ready to be read.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use super::serial;
use crate::report::CannotOpen;

/// An input that can be read.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) file: File,
    pub(crate) kind: Kind,
}

/// What an input is: that decides what its end means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// A file that may grow.
    Regular,
    /// A serial line, or what looks like one: it ends when it is unplugged.
    Terminal,
    /// A pipe or a socket: it ends when all have closed it who write to it.
    Pipe,
    /// Any other device: nothing is known of its end.
    Device,
}

/// Opens a file, a pipe by its name, or a device.
///
/// # Errors
/// When it can't be read, or has no speed where one is asked for.
pub(crate) fn open(path: &Path, baud: Option<u32>) -> Result<Opened, CannotOpen> {
    // Not all systems open a folder at all.
    if fs::metadata(path)?.is_dir() {
        return Err(CannotOpen::Directory);
    }
    let opened = prepare(open_at_once(path)?, baud)?;
    wait_again(&opened.file)?;
    Ok(opened)
}

/// Takes stdin.
///
/// # Errors
/// As [`open`].
pub(crate) fn stdin(baud: Option<u32>) -> Result<Opened, CannotOpen> {
    prepare(clone_of_stdin()?, baud)
}

/// Finds out what it is, and sets up a terminal.
fn prepare(file: File, baud: Option<u32>) -> Result<Opened, CannotOpen> {
    let metadata = file.metadata()?;
    let kind = if metadata.is_dir() {
        return Err(CannotOpen::Directory);
    } else if metadata.is_file() {
        Kind::Regular
    } else if io::IsTerminal::is_terminal(&file) {
        Kind::Terminal
    } else if is_device(&metadata) {
        Kind::Device
    } else {
        Kind::Pipe
    };
    match (kind, baud) {
        (Kind::Terminal, _) => serial::set_up(&file, baud)?,
        (_, Some(_)) => return Err(CannotOpen::NoSpeed),
        (_, None) => {}
    }
    Ok(Opened { file, kind })
}

/// Tells files apart; two that are open at once never have the same.
#[cfg(unix)]
pub(crate) fn identity(metadata: &fs::Metadata) -> impl PartialEq + use<> {
    use std::os::unix::fs::MetadataExt as _;

    (metadata.dev(), metadata.ino())
}

/// Nothing tells files apart here: the new one is known by being shorter.
#[cfg(not(unix))]
pub(crate) fn identity(_: &fs::Metadata) -> impl PartialEq + use<> {}

/// Opens it without waiting: for the carrier of a serial line, or for somebody
/// who writes to a pipe, nobody could stop us. Nor is a terminal to become ours,
/// so that its Ctrl-C would end us.
#[cfg(unix)]
fn open_at_once(path: &Path) -> io::Result<File> {
    use rustix::fs::OFlags;
    use std::os::unix::fs::OpenOptionsExt as _;

    let flags = (OFlags::NONBLOCK | OFlags::NOCTTY).bits();
    File::options().read(true).custom_flags(flags.cast_signed()).open(path)
}

#[cfg(unix)]
fn wait_again(file: &File) -> io::Result<()> {
    use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};

    Ok(fcntl_setfl(file, fcntl_getfl(file)? - OFlags::NONBLOCK)?)
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
fn open_at_once(path: &Path) -> io::Result<File> {
    File::open(path)
}

#[cfg(not(unix))]
fn wait_again(_: &File) -> io::Result<()> {
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
    fn each_input_is_known_for_what_it_is() {
        let kind =
            |path: &str| open(path.as_ref(), None).map(|opened| opened.kind).map_err(|e| e.to_string());
        assert_eq!(kind("/dev/null"), Ok(Kind::Device));
        assert_eq!(kind(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")), Ok(Kind::Regular));
        assert_eq!(kind("/"), Err("is a directory; name the files in it".into()));
        assert!(open("/there/is/none".as_ref(), None).unwrap_err().is_absent());
        let wrong = open("/dev/null".as_ref(), Some(9600)).unwrap_err();
        assert_eq!(wrong.to_string(), "is no terminal and has no speed; leave --baud away");
    }
}
