//! A receiver's host and port, and its addresses, looked for with a deadline.

use std::net::{SocketAddr, ToSocketAddrs as _};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::Duration;
use std::{fmt, io, thread};

use super::error::SyslogError;

/// A host, by name or number, and a port.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct HostPort {
    host: String,
    port: u16,
}

impl HostPort {
    pub(super) fn parse(text: &str) -> Result<Self, SyslogError> {
        let wrong = |what: &str| {
            Err(SyslogError(format!(
                "the receiver {text:?} {what}: give host and port, such as \"logs.example.com:514\" or \
                 \"[::1]:514\""
            )))
        };
        let Some((host, port)) = text.rsplit_once(':') else { return wrong("has no port") };
        let host = match host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            Some(host) => host,
            None if host.contains(':') => return wrong("is an IPv6 address without brackets"),
            None => host,
        };
        if host.is_empty() {
            return wrong("has no host");
        }
        if !host.chars().all(|c| c.is_ascii_graphic() && !"/@[]?#\"\\".contains(c)) {
            return wrong("has characters that no host's name has");
        }
        match port.parse() {
            Ok(0) | Err(_) => wrong("has a port that is no number from 1 to 65535"),
            Ok(port) => Ok(Self { host: host.into(), port }),
        }
    }
}

#[cfg(feature = "syslog-tls")]
impl HostPort {
    pub(super) fn host(&self) -> &str {
        &self.host
    }
}

impl fmt::Display for HostPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port } = self;
        if host.contains(':') { write!(f, "[{host}]:{port}") } else { write!(f, "{host}:{port}") }
    }
}

type FoundAddresses = io::Result<Vec<SocketAddr>>;

/// Looks a host up, on a thread of its own: the system's resolver has no deadline.
#[derive(Debug)]
pub(super) struct Resolver {
    host: HostPort,
    /// A search that has not ended: another would not end neither.
    search: Option<Receiver<FoundAddresses>>,
}

impl Resolver {
    pub(super) fn new(host: HostPort) -> Self {
        Self { host, search: None }
    }

    /// Finds at least one address.
    pub(super) fn find(&mut self, timeout: Duration) -> FoundAddresses {
        let HostPort { host, port } = &self.host;
        if let Ok(number) = host.parse() {
            return Ok(vec![SocketAddr::new(number, *port)]);
        }
        let search = match self.search.take() {
            Some(search) => search,
            None => {
                let (done, search) = mpsc::channel();
                let (host, port) = (host.clone(), *port);
                let find = move || {
                    let found = (&*host, port).to_socket_addrs().map(Iterator::collect);
                    // Nobody may wait any more.
                    _ = done.send(found);
                };
                thread::Builder::new().name("kakashi-resolver".into()).spawn(find)?;
                search
            }
        };
        match search.recv_timeout(timeout) {
            Ok(Ok(found)) if found.is_empty() => Err(io::ErrorKind::NotFound.into()),
            Ok(found) => found,
            Err(RecvTimeoutError::Timeout) => {
                self.search = Some(search);
                Err(io::ErrorKind::TimedOut.into())
            }
            Err(RecvTimeoutError::Disconnected) => Err(io::ErrorKind::Other.into()),
        }
    }

    /// Forgets a search, whose thread is not in the child of a fork.
    pub(super) fn forget(&mut self) {
        self.search = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_have_names_or_numbers_and_a_port() {
        for text in ["localhost:514", "10.0.0.1:601", "[::1]:514", "a-b.example:1"] {
            assert_eq!(HostPort::parse(text).unwrap().to_string(), text);
        }
        for (text, what) in [
            ("localhost", "has no port"),
            (":514", "has no host"),
            ("::1:514", "is an IPv6 address without brackets"),
            ("localhost:0", "has a port that is no number"),
            ("localhost:65536", "has a port that is no number"),
            ("localhost:syslog", "has a port that is no number"),
            ("udp://localhost:514", "without brackets"),
            ("a b:514", "has characters"),
            ("localhost:514/path", "has a port"),
        ] {
            let error = HostPort::parse(text).unwrap_err().to_string();
            assert!(error.contains(what) && error.contains(text) && error.contains("give host"), "{error}");
        }
    }

    #[test]
    fn a_number_is_an_address_without_a_search() {
        let mut resolver = Resolver::new(HostPort::parse("[::1]:514").unwrap());
        assert_eq!(resolver.find(Duration::ZERO).unwrap(), ["[::1]:514".parse().unwrap()]);
    }
}
