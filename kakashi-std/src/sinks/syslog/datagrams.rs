//! A socket that takes a message at a time: UDP, or a local socket of datagrams.

use std::io::{self, ErrorKind};
use std::net::{SocketAddr, UdpSocket};
#[cfg(unix)]
use std::os::unix::net::UnixDatagram;
#[cfg(unix)]
use std::path::Path;
use std::time::Duration;

/// How long a refusal is waited for where the message before was refused.
const ECHO: Duration = Duration::from_millis(20);

/// A connected socket, whose sends have a deadline.
#[derive(Debug)]
pub(super) enum DatagramSocket {
    Udp(UdpSocket),
    #[cfg(unix)]
    Local(UnixDatagram),
}

impl DatagramSocket {
    pub(super) fn to_host(address: SocketAddr, timeout: Duration) -> io::Result<Self> {
        let any: SocketAddr = match address {
            SocketAddr::V4(_) => ([0; 4], 0).into(),
            SocketAddr::V6(_) => ([0_u16; 8], 0).into(),
        };
        let socket = UdpSocket::bind(any)?;
        socket.connect(address)?;
        socket.set_write_timeout(Some(timeout))?;
        Ok(Self::Udp(socket))
    }

    #[cfg(unix)]
    pub(super) fn to_path(path: &Path, timeout: Duration) -> io::Result<Self> {
        let socket = UnixDatagram::unbound()?;
        socket.connect(path)?;
        socket.set_write_timeout(Some(timeout))?;
        Ok(Self::Local(socket))
    }

    /// Sends one message; nothing of it was sent if that fails.
    pub(super) fn send(&self, message: &[u8]) -> io::Result<()> {
        loop {
            let sent = match self {
                Self::Udp(socket) => socket.send(message),
                #[cfg(unix)]
                Self::Local(socket) => socket.send(message),
            };
            match sent {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                other => return other.map(|_| ()),
            }
        }
    }

    /// Tells whether the receiver's system has said that nobody listens there.
    pub(super) fn was_refused(&self) -> bool {
        match self {
            Self::Udp(socket) => matches!(socket.take_error(), Ok(Some(_))),
            #[cfg(unix)]
            Self::Local(_) => false,
        }
    }

    /// As `was_refused`, and waits for it.
    pub(super) fn is_refused_soon(&self) -> bool {
        match self {
            Self::Udp(socket) => {
                // What a receiver might answer is of no interest, but an error ends the wait.
                let _ = socket.set_read_timeout(Some(ECHO));
                let heard = socket.recv(&mut [0]);
                let is_silence = |kind| matches!(kind, ErrorKind::WouldBlock | ErrorKind::TimedOut);
                heard.is_err_and(|error| !is_silence(error.kind()))
            }
            #[cfg(unix)]
            Self::Local(_) => false,
        }
    }
}

/// Tells whether a message was too large for the socket, whatever room there is.
pub(super) fn is_too_large(error: &io::Error) -> bool {
    #[cfg(unix)]
    let code = rustix::io::Errno::MSGSIZE.raw_os_error();
    // WSAEMSGSIZE
    #[cfg(not(unix))]
    let code = 10040;
    error.raw_os_error() == Some(code)
}
