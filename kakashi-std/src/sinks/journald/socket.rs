//! The socket of the journal, and how an entry gets there: as a datagram, or in a sealed file of
//! memory where it is too large for one.

use std::fs::File;
use std::io::{self, IoSlice, Write as _};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};
use rustix::io::Errno;
use rustix::net::sockopt::set_socket_send_buffer_size;
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};

/// What the journal's own library asks for; the system gives what it gives.
const SEND_BUFFER_BYTES: usize = 8 << 20;
/// How long a full socket is waited for at a time.
const PATIENCE: Duration = Duration::from_millis(20);
/// What the journal asks of a file of memory that it reads in place.
const SEALS: SealFlags =
    SealFlags::SHRINK.union(SealFlags::GROW).union(SealFlags::WRITE).union(SealFlags::SEAL);

/// What became of an entry.
#[derive(Debug)]
pub(super) enum Sent {
    /// The receiver's queue has it.
    Taken,
    /// It would be refused again.
    Refused,
    /// Nothing can be taken just now.
    NotNow,
    /// Nobody listens.
    Gone(Errno),
    /// Anything else, which may pass.
    Failed(Errno),
}

/// Connects to the journal, and again when it has gone.
#[derive(Debug)]
pub(super) struct JournalSocket {
    path: PathBuf,
    connected: Option<UnixDatagram>,
}

impl JournalSocket {
    /// Connects.
    ///
    /// # Errors
    /// When nobody listens there.
    pub(super) fn connect(path: &Path) -> io::Result<Self> {
        Ok(Self { path: path.into(), connected: Some(connected(path)?) })
    }

    /// Sends an entry; waits a moment for a receiver that takes nothing.
    pub(super) fn send(&mut self, entry: &[u8]) -> Sent {
        match self.send_once(entry) {
            // Another may listen by now.
            Err(errno) if is_gone(errno) => {
                self.connected = None;
                let again = self.send_once(entry);
                again.unwrap_or_else(|errno| self.fault(errno))
            }
            result => result.unwrap_or_else(|errno| self.fault(errno)),
        }
    }

    fn fault(&mut self, errno: Errno) -> Sent {
        self.connected = None;
        if is_gone(errno) { Sent::Gone(errno) } else { Sent::Failed(errno) }
    }

    fn send_once(&mut self, entry: &[u8]) -> Result<Sent, Errno> {
        let socket = match self.connected.take() {
            Some(socket) => socket,
            None => connected(&self.path).map_err(|error| errno_of(&error))?,
        };
        let socket = self.connected.insert(socket);
        match send_waiting(socket, &mut || errno_result(socket.send(entry).map(drop))) {
            Err(Errno::MSGSIZE | Errno::NOBUFS) => send_as_file(socket, entry),
            result => result,
        }
    }
}

fn connected(path: &Path) -> io::Result<UnixDatagram> {
    let socket = UnixDatagram::unbound()?;
    socket.set_nonblocking(true)?;
    // More is better, less will do.
    let _ = set_socket_send_buffer_size(&socket, SEND_BUFFER_BYTES);
    socket.connect(path)?;
    Ok(socket)
}

/// Sends by `send`; if the receiver takes nothing, once more when it does, or a moment later.
fn send_waiting(socket: &UnixDatagram, send: &mut dyn FnMut() -> Result<(), Errno>) -> Result<Sent, Errno> {
    let is_full = |result: &Result<(), Errno>| matches!(result, Err(Errno::AGAIN | Errno::INTR));
    let mut result = send();
    if is_full(&result) {
        let mut fds = [PollFd::new(socket, PollFlags::OUT)];
        let patience = Timespec::try_from(PATIENCE).ok();
        let _ = poll(&mut fds, patience.as_ref());
        result = send();
    }
    if is_full(&result) { Ok(Sent::NotNow) } else { result.map(|()| Sent::Taken) }
}

/// Sends an entry in a file of memory: the journal reads it there, since nobody can change it
/// any more.
fn send_as_file(socket: &UnixDatagram, entry: &[u8]) -> Result<Sent, Errno> {
    let file = match sealed(entry) {
        Ok(file) => file,
        Err(errno @ (Errno::MFILE | Errno::NFILE | Errno::NOMEM | Errno::NOSPC | Errno::INTR)) => {
            return Err(errno);
        }
        // The system has no such files, or not for this: the next attempt would fare no better.
        Err(_) => return Ok(Sent::Refused),
    };
    let mut send = || {
        let mut room = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut ancillary = SendAncillaryBuffer::new(&mut room);
        let descriptors = [file.as_fd()];
        ancillary.push(SendAncillaryMessage::ScmRights(&descriptors));
        sendmsg(socket, &[IoSlice::new(&[])], &mut ancillary, SendFlags::NOSIGNAL).map(drop)
    };
    match send_waiting(socket, &mut send) {
        // Too much memory of the system's, or too many files, are on their way.
        Err(Errno::NOBUFS | Errno::NOMEM | Errno::TOOMANYREFS) => Ok(Sent::NotNow),
        // The receiver takes no files, or not these.
        Err(Errno::MSGSIZE | Errno::INVAL | Errno::PERM | Errno::ACCESS | Errno::OPNOTSUPP) => {
            Ok(Sent::Refused)
        }
        result => result,
    }
}

/// Writes bytes to a file of memory, and seals it.
fn sealed(bytes: &[u8]) -> Result<OwnedFd, Errno> {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let made = match memfd_create("kakashi-entry", flags) {
        // The administrator forbids files that could be executed (vm.memfd_noexec=2).
        Err(Errno::ACCESS) => memfd_create("kakashi-entry", flags | MemfdFlags::NOEXEC_SEAL),
        made => made,
    };
    let mut file = File::from(made?);
    file.write_all(bytes).map_err(|error| errno_of(&error))?;
    fcntl_add_seals(&file, SEALS)?;
    Ok(file.into())
}

/// Tells whether an error means that nobody listens.
fn is_gone(errno: Errno) -> bool {
    matches!(
        errno,
        Errno::NOENT
            | Errno::NOTDIR
            | Errno::CONNREFUSED
            | Errno::CONNRESET
            | Errno::NOTCONN
            | Errno::PIPE
            | Errno::PROTOTYPE
            | Errno::ACCESS
            | Errno::PERM
    )
}

fn errno_result<T>(result: io::Result<T>) -> Result<T, Errno> {
    result.map_err(|error| errno_of(&error))
}

fn errno_of(error: &io::Error) -> Errno {
    Errno::from_io_error(error).unwrap_or(Errno::IO)
}
