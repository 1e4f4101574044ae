//! A connection on which messages follow one another: TCP, or a local socket that is a stream.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
#[cfg(unix)]
use std::os::unix::net::UnixStream;
#[cfg(unix)]
use std::path::Path;
use std::time::{Duration, Instant};

/// A connected socket, whose writes have a deadline.
#[derive(Debug)]
enum StreamSocket {
    Tcp(TcpStream),
    #[cfg(unix)]
    Local(UnixStream),
}

/// A connection, and the message that it has taken a part of.
#[derive(Debug)]
pub(super) struct MessageStream {
    socket: StreamSocket,
    pub(super) made_at: Instant,
    /// When it took a byte last, or was asked to.
    took_at: Option<Instant>,
    /// A message that was begun, with its frame, and how much of it was taken.
    begun: Option<(Vec<u8>, usize)>,
}

/// Why not all messages were taken.
#[derive(Debug)]
pub(super) enum Stopped {
    /// The connection takes nothing just now.
    Full,
    /// The connection has ended.
    Ended(io::Error),
}

impl MessageStream {
    /// Connects to the first address that answers.
    pub(super) fn to_host(addresses: &[SocketAddr], deadline: Instant, write: Duration) -> io::Result<Self> {
        let mut last = ErrorKind::TimedOut.into();
        for address in addresses {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            match TcpStream::connect_timeout(address, left) {
                Ok(socket) => {
                    socket.set_write_timeout(Some(write))?;
                    // Messages are put together before they are written.
                    socket.set_nodelay(true)?;
                    return Ok(Self::new(StreamSocket::Tcp(socket)));
                }
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    #[cfg(unix)]
    pub(super) fn to_path(path: &Path, write: Duration) -> io::Result<Self> {
        let socket = local::connect(path)?;
        socket.set_write_timeout(Some(write))?;
        Ok(Self::new(StreamSocket::Local(socket)))
    }

    fn new(socket: StreamSocket) -> Self {
        Self { socket, made_at: Instant::now(), took_at: None, begun: None }
    }

    pub(super) const fn is_local(&self) -> bool {
        !matches!(self.socket, StreamSocket::Tcp(_))
    }

    /// Tells whether the receiver has closed the connection. What it says is of no interest:
    /// syslog has no answers.
    pub(super) fn is_closed(&mut self) -> bool {
        if self.set_nonblocking(true).is_err() {
            return true;
        }
        let mut answer = [0; 512];
        let is_closed = loop {
            let read = match &mut self.socket {
                StreamSocket::Tcp(socket) => socket.read(&mut answer),
                #[cfg(unix)]
                StreamSocket::Local(socket) => socket.read(&mut answer),
            };
            match read {
                Ok(0) => break true,
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => break error.kind() != ErrorKind::WouldBlock,
            }
        };
        is_closed || self.set_nonblocking(false).is_err()
    }

    fn set_nonblocking(&self, on: bool) -> io::Result<()> {
        match &self.socket {
            StreamSocket::Tcp(socket) => socket.set_nonblocking(on),
            #[cfg(unix)]
            StreamSocket::Local(socket) => socket.set_nonblocking(on),
        }
    }

    /// Writes frames, of which each ends where `ends` says; returns how many were taken whole,
    /// and what stopped it.
    ///
    /// The first may be one of which a part was taken before. If it does not come again (it was
    /// dropped meanwhile), its rest is written first: a frame can't be taken back.
    pub(super) fn write(&mut self, frames: &[u8], ends: &[usize]) -> (usize, Option<Stopped>) {
        let mut written = 0;
        if let Some((frame, taken)) = self.begun.take() {
            if frames.get(..ends.first().copied().unwrap_or(0)) == Some(&frame[..]) {
                written = taken;
            } else {
                let (taken, stopped) = self.write_from(&frame, taken);
                if stopped.is_some() {
                    self.begun = Some((frame, taken));
                    return (0, stopped);
                }
            }
        }
        let (written, stopped) = self.write_from(frames, written);
        let whole = ends.partition_point(|end| *end <= written);
        let start = whole.checked_sub(1).and_then(|last| ends.get(last)).copied().unwrap_or(0);
        if let Some(frame) = ends.get(whole).and_then(|end| frames.get(start..*end))
            && written > start
        {
            self.begun = Some((frame.to_vec(), written - start));
        }
        (whole, stopped)
    }

    /// Returns up to where the bytes were taken.
    fn write_from(&mut self, bytes: &[u8], mut at: usize) -> (usize, Option<Stopped>) {
        let began_at = Instant::now();
        while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
            let taken = match &mut self.socket {
                StreamSocket::Tcp(socket) => socket.write(rest),
                #[cfg(unix)]
                StreamSocket::Local(socket) => local::write(socket, rest),
            };
            match taken {
                Ok(0) => return (at, Some(Stopped::Ended(ErrorKind::WriteZero.into()))),
                Ok(taken) => {
                    at += taken;
                    self.took_at = Some(Instant::now());
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                    self.took_at.get_or_insert(began_at);
                    return (at, Some(Stopped::Full));
                }
                Err(error) => return (at, Some(Stopped::Ended(error))),
            }
        }
        self.took_at = None;
        (at, None)
    }

    /// Returns for how long it has taken nothing of what it should.
    pub(super) fn stalled_for(&self) -> Duration {
        self.took_at.map_or(Duration::ZERO, |at| at.elapsed())
    }
}

#[cfg(unix)]
mod local {
    use std::io;
    use std::os::unix::net::UnixStream;
    use std::path::Path;

    use rustix::io::{FdFlags, fcntl_setfd, ioctl_fionbio};
    use rustix::net::{
        AddressFamily, SendFlags, SocketAddrUnix, SocketType, connect as connect_to, send, socket,
    };

    /// Connects at once or not at all: std's would wait for a receiver that accepts nobody.
    pub(super) fn connect(path: &Path) -> io::Result<UnixStream> {
        let socket = socket(AddressFamily::UNIX, SocketType::STREAM, None)?;
        fcntl_setfd(&socket, FdFlags::CLOEXEC)?;
        ioctl_fionbio(&socket, true)?;
        connect_to(&socket, &SocketAddrUnix::new(path)?)?;
        let socket = UnixStream::from(socket);
        socket.set_nonblocking(false)?;
        Ok(socket)
    }

    /// Writes without SIGPIPE, which a program that is not Rust's does not ignore.
    pub(super) fn write(socket: &UnixStream, bytes: &[u8]) -> io::Result<usize> {
        #[cfg(not(target_vendor = "apple"))]
        let flags = SendFlags::NOSIGNAL;
        #[cfg(target_vendor = "apple")]
        let flags = SendFlags::empty();
        Ok(send(socket, bytes, flags)?)
    }
}
