//! The way to a receiver: found, opened, lost and opened again.

use std::io;
#[cfg(unix)]
use std::path::Path;
use std::time::{Duration, Instant};

use super::address::Resolver;
use super::datagrams::DatagramSocket;
use super::settings::ReceiverPlace;
use super::stream::MessageStream;
#[cfg(feature = "syslog-tls")]
use super::tls::TlsSetup;

/// How long a call waits for a socket that takes nothing, before it lets others at the sink.
pub(super) const WAIT: Duration = Duration::from_millis(200);
/// A connection that ended sooner was of no use.
const SHORT: Duration = Duration::from_secs(1);
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// An open way to the receiver.
#[derive(Debug)]
pub(super) enum Connection {
    Datagrams(DatagramSocket),
    Stream(MessageStream),
}

/// Opens connections, with a deadline, and with pauses where they are of no use.
#[derive(Debug)]
pub(super) struct Connector {
    target: ConnectorTarget,
    timeout: Duration,
    /// Which of a host's addresses datagrams go to.
    turn: usize,
    pause: Duration,
    not_before: Option<Instant>,
    /// Why the last stream ended.
    ended_because: &'static str,
}

#[derive(Debug)]
enum ConnectorTarget {
    Udp(Resolver),
    Tcp(Resolver),
    #[cfg(feature = "syslog-tls")]
    Tls(Resolver, Box<TlsSetup>),
    #[cfg(unix)]
    Local(std::path::PathBuf),
}

impl Connector {
    pub(super) fn new(target: ReceiverPlace, timeout: Duration) -> Self {
        let target = match target {
            ReceiverPlace::Udp(host) => ConnectorTarget::Udp(Resolver::new(host)),
            ReceiverPlace::Tcp(host) => ConnectorTarget::Tcp(Resolver::new(host)),
            #[cfg(feature = "syslog-tls")]
            ReceiverPlace::Tls(host, setup) => ConnectorTarget::Tls(Resolver::new(host), setup),
            #[cfg(unix)]
            ReceiverPlace::Local(path) => ConnectorTarget::Local(path),
        };
        Self { target, timeout, turn: 0, pause: Duration::ZERO, not_before: None, ended_because: "" }
    }

    /// Returns how long to wait before the next connection, and why.
    pub(super) fn pause(&self) -> Option<(Duration, &'static str)> {
        let left = self.not_before?.saturating_duration_since(Instant::now());
        Some((left, self.ended_because)).filter(|(left, _)| !left.is_zero())
    }

    pub(super) fn connect(&mut self) -> io::Result<Connection> {
        let deadline = Instant::now() + self.timeout;
        match &mut self.target {
            ConnectorTarget::Udp(resolver) => {
                let addresses = resolver.find(self.timeout)?;
                self.turn += 1;
                let mut last = io::ErrorKind::NotFound.into();
                // A name may have addresses of a kind that this machine does not reach.
                for turn in 0..addresses.len() {
                    let Some(address) = addresses.get((self.turn - 1 + turn) % addresses.len()) else {
                        break;
                    };
                    match DatagramSocket::to_host(*address, WAIT) {
                        Ok(socket) => return Ok(Connection::Datagrams(socket)),
                        Err(error) => last = error,
                    }
                }
                Err(last)
            }
            ConnectorTarget::Tcp(resolver) => {
                let addresses = resolver.find(self.timeout)?;
                MessageStream::to_host(&addresses, deadline, WAIT).map(Connection::Stream)
            }
            #[cfg(feature = "syslog-tls")]
            ConnectorTarget::Tls(resolver, setup) => {
                let addresses = resolver.find(self.timeout)?;
                MessageStream::to_host_by_tls(&addresses, setup, deadline, WAIT).map(Connection::Stream)
            }
            #[cfg(unix)]
            ConnectorTarget::Local(path) => connect_to_path(path),
        }
    }

    /// Takes note that a stream has ended: one that did not last is not made again at once.
    pub(super) fn ended(&mut self, stream: &MessageStream, cause: &'static str) {
        self.ended_because = cause;
        self.pause = if stream.made_at.elapsed() < SHORT {
            (self.pause * 2).clamp(FIRST_PAUSE, LONGEST_PAUSE)
        } else {
            Duration::ZERO
        };
        self.not_before = Some(Instant::now() + self.pause);
    }

    /// Begins anew in the child of a fork.
    pub(super) fn forget(&mut self) {
        match &mut self.target {
            ConnectorTarget::Udp(resolver) | ConnectorTarget::Tcp(resolver) => resolver.forget(),
            #[cfg(feature = "syslog-tls")]
            ConnectorTarget::Tls(resolver, _) => resolver.forget(),
            #[cfg(unix)]
            ConnectorTarget::Local(_) => {}
        }
    }
}

/// Tries datagrams, which most receivers want, then a stream.
#[cfg(unix)]
fn connect_to_path(path: &Path) -> io::Result<Connection> {
    match DatagramSocket::to_path(path, WAIT) {
        Ok(socket) => Ok(Connection::Datagrams(socket)),
        Err(error) if error.raw_os_error() == Some(rustix::io::Errno::PROTOTYPE.raw_os_error()) => {
            MessageStream::to_path(path, WAIT).map(Connection::Stream)
        }
        Err(error) => Err(error),
    }
}
