//! A connection on which messages follow one another: TCP, TLS, or a local socket that is a
//! stream.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
#[cfg(unix)]
use std::os::unix::net::UnixStream;
#[cfg(unix)]
use std::path::Path;
use std::time::{Duration, Instant};

#[cfg(feature = "syslog-tls")]
use super::tls::{TlsSetup, TlsSocket};

/// A connected socket, whose writes have a deadline.
#[derive(Debug)]
enum StreamSocket {
    Tcp(TcpStream),
    #[cfg(feature = "syslog-tls")]
    Tls(Box<TlsSocket>),
    #[cfg(unix)]
    Local(UnixStream),
}

/// A connection, and the messages that it has taken a part of.
#[derive(Debug)]
pub(super) struct MessageStream {
    socket: StreamSocket,
    pub(super) made_at: Instant,
    /// When it took a byte last, or was asked to.
    took_at: Option<Instant>,
    begun: Option<BegunFrames>,
}

/// Frames that were begun: the first is not wholly taken by the system, the last may have been
/// begun only. Over TLS they may be several, since what is encrypted can't be taken back.
#[derive(Debug)]
struct BegunFrames {
    bytes: Vec<u8>,
    ends: Vec<usize>,
    /// Up to where they are the connection's.
    sent: usize,
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
        let socket = connect_to_first(addresses, deadline)?;
        socket.set_write_timeout(Some(write))?;
        Ok(Self::new(StreamSocket::Tcp(socket)))
    }

    /// Connects to the first address that answers, and agrees on TLS with it.
    #[cfg(feature = "syslog-tls")]
    pub(super) fn to_host_by_tls(
        addresses: &[SocketAddr],
        setup: &TlsSetup,
        deadline: Instant,
        write: Duration,
    ) -> io::Result<Self> {
        let tls = setup.agree(connect_to_first(addresses, deadline)?, deadline)?;
        tls.socket().set_write_timeout(Some(write))?;
        Ok(Self::new(StreamSocket::Tls(Box::new(tls))))
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
        match self.socket {
            StreamSocket::Tcp(_) => false,
            #[cfg(feature = "syslog-tls")]
            StreamSocket::Tls(_) => false,
            #[cfg(unix)]
            StreamSocket::Local(_) => true,
        }
    }

    /// Returns why the connection can't be used any more, if the receiver has ended it. What
    /// it says else is of no interest: syslog has no answers.
    pub(super) fn ended_because(&mut self) -> Option<&'static str> {
        const CLOSED: &str = "the receiver closes the connection";
        if self.set_nonblocking(true).is_err() {
            return Some(CLOSED);
        }
        let mut answer = [0; 512];
        let cause = loop {
            let read = match &mut self.socket {
                StreamSocket::Tcp(socket) => socket.read(&mut answer),
                #[cfg(feature = "syslog-tls")]
                StreamSocket::Tls(socket) => break socket.ended_because(),
                #[cfg(unix)]
                StreamSocket::Local(socket) => socket.read(&mut answer),
            };
            match read {
                Ok(0) => break Some(CLOSED),
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => break None,
                Err(_) => break Some(CLOSED),
            }
        };
        cause.or_else(|| self.set_nonblocking(false).is_err().then_some(CLOSED))
    }

    /// Returns what the receiver has said before a connection was lost: over TLS it may have
    /// said why.
    pub(super) fn said_at_end(&mut self) -> Option<&'static str> {
        match &mut self.socket {
            #[cfg(feature = "syslog-tls")]
            StreamSocket::Tls(_) => self.ended_because(),
            _ => None,
        }
    }

    fn set_nonblocking(&self, on: bool) -> io::Result<()> {
        match &self.socket {
            StreamSocket::Tcp(socket) => socket.set_nonblocking(on),
            #[cfg(feature = "syslog-tls")]
            StreamSocket::Tls(socket) => socket.socket().set_nonblocking(on),
            #[cfg(unix)]
            StreamSocket::Local(socket) => socket.set_nonblocking(on),
        }
    }

    /// Ends the connection as its protocol wants it; nothing is written afterwards.
    pub(super) fn close(&mut self) {
        #[cfg(feature = "syslog-tls")]
        if let StreamSocket::Tls(socket) = &mut self.socket {
            socket.close();
        }
    }

    /// Writes frames, of which each ends where `ends` says; returns how many were taken whole,
    /// and what stopped it.
    ///
    /// The first may be ones that were begun before. What was begun is written to its end
    /// first, whether it comes again or was dropped meanwhile: it can't be taken back.
    pub(super) fn write(&mut self, frames: &[u8], ends: &[usize]) -> (usize, Option<Stopped>) {
        let mut known = 0;
        if let Some(begun) = self.begun.take() {
            let (sent, taken, stopped) = self.write_from(&begun.bytes, begun.sent);
            if stopped.is_some() {
                known = begun.count_first(frames, ends, taken);
                self.begun = Some(BegunFrames { sent, ..begun }.without(taken));
                return (known, stopped);
            }
            known = begun.count_first(frames, ends, begun.bytes.len());
        }
        let start = end_of(ends, known);
        let (sent, taken, stopped) = self.write_from(frames, start);
        let whole = ends.partition_point(|end| *end <= taken);
        let start = end_of(ends, whole);
        if sent > start {
            let begun = ends.partition_point(|end| *end < sent);
            let ends: Vec<_> = ends.iter().take(begun + 1).skip(whole).map(|end| end - start).collect();
            let bytes = frames.get(start..start + end_of(&ends, ends.len())).unwrap_or_default().to_vec();
            self.begun = Some(BegunFrames { bytes, ends, sent: sent - start });
        }
        (whole, stopped)
    }

    /// Returns up to where the bytes are the connection's, up to where the system has taken
    /// them, and what stopped it.
    fn write_from(&mut self, bytes: &[u8], mut at: usize) -> (usize, usize, Option<Stopped>) {
        let began_at = Instant::now();
        // What is pending is of these bytes: it is not known how many are before it.
        let mut taken = if self.socket.is_pending() { 0 } else { at };
        loop {
            let rest = bytes.get(at..).unwrap_or_default();
            if !self.socket.is_pending() {
                taken = at;
                if rest.is_empty() {
                    self.took_at = None;
                    return (at, taken, None);
                }
            }
            match self.socket.write(rest) {
                Ok(written) => {
                    at += written;
                    self.took_at = Some(Instant::now());
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                    self.took_at.get_or_insert(began_at);
                    return (at, taken, Some(Stopped::Full));
                }
                Err(error) => return (at, taken, Some(Stopped::Ended(error))),
            }
        }
    }

    /// Returns for how long it has taken nothing of what it should.
    pub(super) fn stalled_for(&self) -> Duration {
        self.took_at.map_or(Duration::ZERO, |at| at.elapsed())
    }
}

impl BegunFrames {
    /// Returns how many frames from the front of a batch are among those that end before `taken`.
    /// Of these none comes in another order, but some may not come: they were dropped.
    fn count_first(&self, frames: &[u8], ends: &[usize], taken: usize) -> usize {
        let (mut count, mut start) = (0, 0);
        for end in self.ends.iter().take_while(|end| **end <= taken) {
            let next = ends.get(count).and_then(|end| frames.get(end_of(ends, count)..*end));
            if next == self.bytes.get(start..*end) {
                count += 1;
            }
            start = *end;
        }
        count
    }

    /// Leaves out those that end before `taken`.
    fn without(mut self, taken: usize) -> Self {
        let whole = self.ends.partition_point(|end| *end <= taken);
        let start = end_of(&self.ends, whole);
        self.bytes.drain(..start);
        self.ends = self.ends.iter().skip(whole).map(|end| end - start).collect();
        self.sent -= start;
        self
    }
}

/// Returns where the first `count` frames end.
fn end_of(ends: &[usize], count: usize) -> usize {
    count.checked_sub(1).and_then(|last| ends.get(last)).copied().unwrap_or(0)
}

impl StreamSocket {
    /// Tells whether the socket has not taken all of what is the connection's.
    fn is_pending(&self) -> bool {
        match self {
            Self::Tcp(_) => false,
            #[cfg(feature = "syslog-tls")]
            Self::Tls(socket) => socket.is_pending(),
            #[cfg(unix)]
            Self::Local(_) => false,
        }
    }

    /// Takes bytes, or has the system take what is pending; returns how many are the
    /// connection's now.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = match self {
            Self::Tcp(socket) => socket.write(bytes)?,
            #[cfg(feature = "syslog-tls")]
            Self::Tls(socket) => return socket.write(bytes),
            #[cfg(unix)]
            Self::Local(socket) => local::write(socket, bytes)?,
        };
        if taken == 0 { Err(ErrorKind::WriteZero.into()) } else { Ok(taken) }
    }
}

fn connect_to_first(addresses: &[SocketAddr], deadline: Instant) -> io::Result<TcpStream> {
    let mut last = ErrorKind::TimedOut.into();
    for address in addresses {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            break;
        }
        match TcpStream::connect_timeout(address, left) {
            Ok(socket) => {
                // Messages are put together before they are written.
                socket.set_nodelay(true)?;
                return Ok(socket);
            }
            Err(error) => last = error,
        }
    }
    Err(last)
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
