//! Syslog over TLS (RFC 5425): a connection that is encrypted, and knows what the system has
//! taken of it.

use std::io::{self, ErrorKind, Read as _, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use std::{error, fmt};

use rustls::client::{ResolvesClientCert, WebPkiServerVerifier};
use rustls::crypto::ring;
use rustls::pki_types::ServerName;
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, ClientConnection, ProtocolVersion, RootCertStore, SignatureScheme};

use super::error::SyslogError;
use crate::reentrancy::muted;
use crate::sinks::tls::{TlsFiles, cause_of, rustls_error_in};

/// What is encrypted at a time: one record of TLS, which arrives whole or not at all.
const MOST_PLAIN: usize = 16 << 10;
/// How long a receiver is waited for that has asked for a certificate: in TLS 1.3 it refuses it
/// when this side is ready already.
const VERDICT: Duration = Duration::from_secs(1);
/// What is said of a connection that ended in the midst of TLS.
const CUT_OFF: &str = "it ended the connection without TLS's close_notify: it was killed or cut off";

const SILENT: &str = "it does not answer in TLS by connect_timeout: give a port at which TLS is spoken";
const CLOSED_WITHIN: &str =
    "it closes the connection within TLS's handshake: give a port at which TLS is spoken";

/// What TLS connections to a receiver are made by.
#[derive(Clone, Debug)]
pub(super) struct TlsSetup {
    config: Arc<ClientConfig>,
    name: ServerName<'static>,
    identity: Arc<ClientIdentity>,
}

/// The certificate that this side shows, if it has one.
#[derive(Debug)]
struct ClientIdentity {
    key: Option<Arc<CertifiedKey>>,
    /// Whether a receiver has asked for it.
    was_asked: AtomicBool,
}

impl ResolvesClientCert for ClientIdentity {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.was_asked.store(true, Ordering::Relaxed);
        self.key.clone()
    }

    fn has_certs(&self) -> bool {
        self.key.is_some()
    }
}

impl TlsSetup {
    /// Reads the files and checks the name, which the receiver's certificate must have.
    pub(super) fn new(files: &TlsFiles, name: &str) -> Result<Self, SyslogError> {
        let own = files.read().map_err(|error| SyslogError(error.to_string()))?;
        let server = ServerName::try_from(name.to_owned())
            .map_err(|_| SyslogError(format!("server_name is {name:?}: give a DNS name or an IP address")))?;
        let failed = |error| SyslogError(format!("TLS can't be set up: {error}"));
        let mut roots = RootCertStore::empty();
        match own.roots {
            Some(own) => {
                for root in own {
                    roots.add(root).map_err(failed)?;
                }
            }
            None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
        }
        // Not the process's default, which may be another's business.
        let provider = Arc::new(ring::default_provider());
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone())
            .build()
            .map_err(|error| SyslogError(format!("TLS can't be set up: {error}")))?;
        let key = match own.client {
            Some(client) => Some(Arc::new(client.certified().map_err(failed)?)),
            None => None,
        };
        let identity = Arc::new(ClientIdentity { key, was_asked: AtomicBool::new(false) });
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(failed)?
            .with_webpki_verifier(verifier)
            .with_client_cert_resolver(identity.clone());
        Ok(Self { config: Arc::new(config), name: server, identity })
    }

    /// Agrees on TLS over a connection, by the deadline.
    pub(super) fn agree(&self, socket: TcpStream, deadline: Instant) -> io::Result<TlsSocket> {
        let failed = |error: io::Error| {
            let cause = match (rustls_error_in(&error), error.kind()) {
                (Some(error), _) => cause_of(error),
                (None, ErrorKind::TimedOut) => SILENT,
                (None, _) => CLOSED_WITHIN,
            };
            io::Error::new(ErrorKind::InvalidData, NoTls(cause))
        };
        self.handshake(socket, deadline).map_err(failed)
    }

    fn handshake(&self, socket: TcpStream, deadline: Instant) -> io::Result<TlsSocket> {
        muted(|| {
            self.identity.was_asked.store(false, Ordering::Relaxed);
            let connection = ClientConnection::new(self.config.clone(), self.name.clone());
            let connection = connection.map_err(|error| io::Error::new(ErrorKind::InvalidData, error))?;
            let mut tls = TlsSocket { connection, socket };
            while tls.connection.is_handshaking() || tls.connection.wants_write() {
                tls.step(deadline)?;
            }
            let may_refuse = self.identity.was_asked.load(Ordering::Relaxed)
                && tls.connection.protocol_version() == Some(ProtocolVersion::TLSv1_3);
            if may_refuse {
                match tls.step(deadline.min(Instant::now() + VERDICT)) {
                    Err(error) if error.kind() == ErrorKind::TimedOut => {}
                    other => other?,
                }
            }
            tls.socket.set_read_timeout(None)?;
            Ok(tls)
        })
    }
}

/// Reports that no TLS was agreed on, and why.
#[derive(Debug)]
struct NoTls(&'static str);

impl fmt::Display for NoTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl error::Error for NoTls {}

/// Says why no TLS was agreed on, if that is what failed.
pub(super) fn cause_of_failure(error: &io::Error) -> Option<&'static str> {
    error.get_ref()?.downcast_ref::<NoTls>().map(|error| error.0)
}

/// A connection over which TLS was agreed.
#[derive(Debug)]
pub(super) struct TlsSocket {
    connection: ClientConnection,
    socket: TcpStream,
}

/// Writes one slice at a time, for std's writes of many may raise SIGPIPE.
struct OneSlice<'a>(&'a TcpStream);

impl Write for OneSlice<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl TlsSocket {
    pub(super) fn socket(&self) -> &TcpStream {
        &self.socket
    }

    /// Writes or reads once, until the deadline.
    fn step(&mut self, deadline: Instant) -> io::Result<()> {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(ErrorKind::TimedOut.into());
        }
        let is_write = self.connection.wants_write();
        let moved = if is_write {
            self.socket.set_write_timeout(Some(left))?;
            self.connection.write_tls(&mut OneSlice(&self.socket))
        } else {
            self.socket.set_read_timeout(Some(left))?;
            self.connection.read_tls(&mut &self.socket)
        };
        match moved {
            Ok(0) if is_write => Err(ErrorKind::WriteZero.into()),
            Ok(0) => Err(ErrorKind::UnexpectedEof.into()),
            Ok(_) if is_write => Ok(()),
            Ok(_) => self.take_in().map(|_| ()),
            // The deadline is asked for next.
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => Ok(()),
            Err(error) if error.kind() == ErrorKind::Interrupted => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Reads what has come; returns whether the receiver has ended TLS.
    fn take_in(&mut self) -> io::Result<bool> {
        match self.connection.process_new_packets() {
            Ok(state) => {
                // Syslog has no answers.
                io::copy(
                    &mut self.connection.reader().take(state.plaintext_bytes_to_read() as u64),
                    &mut io::sink(),
                )?;
                Ok(state.peer_has_closed())
            }
            Err(error) => {
                // The receiver is told why; it may be gone.
                let _ = self.connection.write_tls(&mut OneSlice(&self.socket));
                Err(io::Error::new(ErrorKind::InvalidData, error))
            }
        }
    }

    /// Reads what has come of a socket that does not block; returns why the connection can't be
    /// used any more, if that is so.
    pub(super) fn ended_because(&mut self) -> Option<&'static str> {
        muted(|| {
            loop {
                match self.connection.read_tls(&mut &self.socket) {
                    Ok(0) => return Some(CUT_OFF),
                    Ok(_) => match self.take_in() {
                        Ok(false) => {}
                        Ok(true) => return Some("the receiver closes the connection"),
                        Err(error) => return Some(rustls_error_in(&error).map_or(CUT_OFF, cause_of)),
                    },
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    Err(error) if error.kind() == ErrorKind::WouldBlock => return None,
                    Err(_) => return Some(CUT_OFF),
                }
            }
        })
    }

    /// Tells whether something that was encrypted has not been taken by the system.
    pub(super) fn is_pending(&self) -> bool {
        self.connection.wants_write()
    }

    /// Has the system take what is pending, else encrypts the next bytes; returns how many.
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        muted(|| {
            if self.connection.wants_write() {
                return match self.connection.write_tls(&mut OneSlice(&self.socket))? {
                    0 => Err(ErrorKind::WriteZero.into()),
                    _ => Ok(0),
                };
            }
            let next = bytes.get(..MOST_PLAIN).unwrap_or(bytes);
            self.connection.writer().write(next)
        })
    }

    /// Says that no more follows, as far as the system takes it at once.
    pub(super) fn close(&mut self) {
        muted(|| {
            self.connection.send_close_notify();
            if self.socket.set_nonblocking(true).is_ok() {
                let _ = self.connection.write_tls(&mut OneSlice(&self.socket));
            }
        });
    }
}
