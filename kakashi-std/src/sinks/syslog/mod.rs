//! Messages for syslog receivers: RFC 5424 over UDP, TCP, TLS and the local socket, or RFC 3164.
//!
//! No protocol of these confirms anything: a record counts as written when the system has taken
//! it for the receiver. It never waits for an answer, and never divides a record or puts two
//! into one message.

mod address;
mod connection;
mod datagrams;
mod error;
mod facility;
mod header;
mod message;
mod rfc3164;
mod rfc5424;
mod settings;
mod sink;
mod stream;
#[cfg(feature = "syslog-tls")]
mod tls;
mod word;

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use kakashi_core::Destination;

pub use self::error::SyslogError;
pub use self::facility::Facility;
use self::header::MessageForm;
use self::settings::{GivenReceiver, SyslogSettings};
pub use self::sink::SyslogSink;
use crate::sinks::disk_buffer::DiskBuffer;

/// Chooses a syslog receiver and what its messages say.
///
/// A record is one message: its time with microseconds, its logger as `MSGID`, the fields as
/// parameters of one element of structured data, the message as text. What can't be shown is
/// escaped as in JSON, so that it is one line. CRITICAL, ERROR, WARNING and INFO are `crit`, `err`,
/// `warning` and `info`; DEBUG and TRACE are `debug`.
///
/// ```no_run
/// use kakashi_std::configure;
/// use kakashi_std::sinks::{Facility, Syslog};
///
/// let receiver = Syslog::tcp("logs.example.com:601").facility(Facility::Local3).app_name("shop");
/// configure().destination(receiver.destination()?).apply();
/// # std::io::Result::Ok(())
/// ```
///
/// # What counts as written
///
/// What the system has taken for the receiver. Over **UDP** nobody knows what arrives. Over **TCP**
/// each message is sent once and in order as long as the connection holds; if it breaks, what lay
/// in the buffers of both systems may have been lost, which can't be known. A message that was
/// begun then is sent again whole, on the next connection. Over **TLS** all of that holds too. A **local socket** has what was
/// written until its receiver ends.
///
/// # Blocking
///
/// The sink has a thread of its own. It connects within `connect_timeout`, and waits a fifth of a
/// second at a time for a receiver that takes nothing; callers wait as for any
/// [sink](crate::Sink).
///
/// # Platforms
///
/// The local socket is Unix's.
#[derive(Clone, Debug)]
#[must_use = "it does nothing until it is opened"]
pub struct Syslog {
    settings: SyslogSettings,
}

impl Syslog {
    /// Sends a datagram for each record to `host:port`; syslog's port is 514.
    pub fn udp(receiver: impl Into<String>) -> Self {
        Self { settings: SyslogSettings::new(GivenReceiver::Udp(receiver.into())) }
    }

    /// Sends to `host:port` over TCP, each message with its length before it (octet counting,
    /// RFC 6587); its port is 601, where it is not set to 514.
    pub fn tcp(receiver: impl Into<String>) -> Self {
        Self { settings: SyslogSettings::new(GivenReceiver::Tcp(receiver.into())) }
    }

    /// Sends to `host:port` over TLS (RFC 5425), each message with its length before it; its port
    /// is 6514.
    ///
    /// The receiver must have a certificate for that host, valid now, that comes from a public
    /// CA (Mozilla's list, as it was when kakashi was built) or one of
    /// [`ca_certificate`](Self::ca_certificate). If it has not, or speaks no TLS, nothing is sent,
    /// records wait, and the report of the destination's failure says what is wrong. TLS is 1.2
    /// or 1.3.
    #[cfg(feature = "syslog-tls")]
    #[cfg_attr(docsrs, doc(cfg(feature = "syslog-tls")))]
    pub fn tls(receiver: impl Into<String>) -> Self {
        Self { settings: SyslogSettings::new(GivenReceiver::Tls(receiver.into())) }
    }

    /// Trusts the CAs in a PEM file, in place of the public ones. It is read when the sink is made.
    #[cfg(feature = "syslog-tls")]
    #[cfg_attr(docsrs, doc(cfg(feature = "syslog-tls")))]
    pub fn ca_certificate(self, file: impl Into<PathBuf>) -> Self {
        self.with(|settings| settings.tls_files.set(Some(file.into()), None, None))
    }

    /// Shows a certificate to a receiver that asks for one: PEM files with the certificate (and
    /// those between it and its CA) and with its key, which has no password. They are read when the
    /// sink is made.
    #[cfg(feature = "syslog-tls")]
    #[cfg_attr(docsrs, doc(cfg(feature = "syslog-tls")))]
    pub fn client_certificate(self, certificate: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Self {
        self.with(|settings| {
            settings.tls_files.set(None, Some(certificate.into()), Some(key.into()));
        })
    }

    /// Sets the name that the receiver's certificate must have, and that it is asked for: a DNS
    /// name or an IP address; the host's at first.
    #[cfg(feature = "syslog-tls")]
    #[cfg_attr(docsrs, doc(cfg(feature = "syslog-tls")))]
    pub fn server_name(self, name: impl Into<String>) -> Self {
        self.with(|settings| settings.server_name = Some(name.into()))
    }

    /// Sends to `/dev/log`, in the form of a C library's `syslog`, which is the only one that
    /// journald and rsyslog take there: see [`rfc3164`](Self::rfc3164).
    pub fn local() -> Self {
        Self::local_at("/dev/log")
    }

    /// Sends to a local socket elsewhere, one of datagrams or a stream.
    pub fn local_at(path: impl Into<PathBuf>) -> Self {
        Self { settings: SyslogSettings::new(GivenReceiver::Local(path.into())) }
    }

    fn with(mut self, change: impl FnOnce(&mut SyslogSettings)) -> Self {
        change(&mut self.settings);
        self
    }

    /// Sets the facility; [`Facility::User`] at first.
    pub fn facility(self, facility: Facility) -> Self {
        self.with(|settings| settings.facility = facility)
    }

    /// Sets the program's name, of at most 48 printable ASCII characters; at first that of its
    /// file.
    pub fn app_name(self, name: impl Into<String>) -> Self {
        self.with(|settings| settings.app_name = Some(name.into()))
    }

    /// Sets the machine's name, of at most 255 printable ASCII characters; at first the system
    /// is asked, once.
    pub fn host_name(self, name: impl Into<String>) -> Self {
        self.with(|settings| settings.host_name = Some(name.into()))
    }

    /// Sets what stands in the place of the process's id, of at most 128 printable ASCII
    /// characters.
    pub fn proc_id(self, id: impl Into<String>) -> Self {
        self.with(|settings| settings.proc_id = Some(id.into()))
    }

    /// Sets the name of the element that has the fields, of at most 32 characters; at first
    /// `kakashi@32473`, whose number is the one for examples. Who has an enterprise number of
    /// one's own takes that.
    pub fn structured_data_id(self, id: impl Into<String>) -> Self {
        self.with(|settings| settings.structured_data_id = id.into())
    }

    /// Makes messages by RFC 5424: the form at first, but for a local socket. There only a
    /// receiver that was set up for it takes it (syslog-ng's `syslog-protocol`, rsyslog's
    /// `UseSpecialParser="off"`).
    pub fn rfc5424(self) -> Self {
        self.with(|settings| settings.form = Some(MessageForm::Rfc5424))
    }

    /// Makes messages by RFC 3164, for old receivers: `<14>Nov 30 16:05:08 web-1 shop[42]: ` and
    /// then kakashi's line of text without its time. Seconds are all that it has, in UTC. To a
    /// local socket the host's name is left out.
    pub fn rfc3164(self) -> Self {
        self.with(|settings| settings.form = Some(MessageForm::Rfc3164))
    }

    /// Writes RFC 3164's times in the system's time zone, as most receivers read them, in place of
    /// UTC.
    #[cfg(feature = "local-time")]
    #[cfg_attr(docsrs, doc(cfg(all(feature = "syslog", feature = "local-time"))))]
    pub fn local_time(self) -> Self {
        self.with(|settings| settings.in_local_time = true)
    }

    /// Puts a byte order mark before the text, by which RFC 5424 marks UTF-8; receivers that
    /// don't know it show it.
    pub fn byte_order_mark(self) -> Self {
        self.with(|settings| settings.has_byte_order_mark = true)
    }

    /// Sets how long a message may be, in bytes: 480 to 16,777,216 over TCP and TLS, else to 65,507;
    /// 8192 at first, as rsyslog takes them. In a longer one fields that don't fit are left out
    /// and counted in `left_out`, and the text is cut and ends in `…`: such a record counts as
    /// written. A socket that takes less still is sent less; what does not fit into 480 bytes
    /// then is counted as [`Rejected`](crate::DropReason::Rejected).
    pub fn max_message_bytes(self, bytes: usize) -> Self {
        self.with(|settings| settings.max_bytes = Some(bytes))
    }

    /// Sets how long a connection may take, its host's look-up and the agreement on TLS too: a millisecond to an hour, 5 s
    /// at first.
    pub fn connect_timeout(self, timeout: Duration) -> Self {
        self.with(|settings| settings.connect_timeout = timeout)
    }

    /// Sets after how long a connection is given up that takes nothing: a millisecond to an
    /// hour, 30 s at first. Records wait, and go to the next one.
    pub fn write_timeout(self, timeout: Duration) -> Self {
        self.with(|settings| settings.write_timeout = timeout)
    }

    /// Sets what a file of settings says of TLS, each as it is there.
    #[cfg(feature = "config")]
    pub(crate) fn with_tls(
        self,
        ca: Option<PathBuf>,
        client_certificate: Option<PathBuf>,
        client_key: Option<PathBuf>,
        server_name: Option<String>,
    ) -> Result<Self, SyslogError> {
        #[cfg(feature = "syslog-tls")]
        return Ok(self.with(|settings| {
            settings.tls_files.set(ca, client_certificate, client_key);
            settings.server_name = server_name;
        }));
        #[cfg(not(feature = "syslog-tls"))]
        {
            let _ = (ca, client_certificate, client_key, server_name);
            Err(SyslogError("certificates and server_name need kakashi-std's feature \"syslog-tls\"".into()))
        }
    }

    /// Keeps on the disk what the receiver does not take, and sends it when it does. Worth it over
    /// TCP: nobody knows what arrives over UDP.
    pub fn disk_buffer(self, buffer: DiskBuffer) -> Self {
        self.with(|settings| settings.disk_buffer = Some(buffer))
    }

    /// Makes the sink, without a disk buffer before it, which connects when there is something to send.
    ///
    /// # Errors
    /// When a setting makes no sense.
    pub fn open(self) -> Result<SyslogSink, SyslogError> {
        Ok(SyslogSink::new(self.settings.checked()?))
    }

    /// Makes the sink and a destination of it.
    ///
    /// # Errors
    /// As `open`, and if the directory of the disk buffer can't be had.
    pub fn destination(mut self) -> Result<Destination, SyslogError> {
        let name = self.settings.name();
        match self.settings.disk_buffer.take() {
            Some(buffer) => {
                let buffered = buffer.destination_named(self.open()?, &name);
                buffered.map_err(|error| SyslogError(error.to_string()))
            }
            None => Ok(Destination::records(self.open()?).named(name)),
        }
    }
}

/// Takes `udp://host:port`, `tcp://host:port`, `tls://host:port` (with the feature `syslog-tls`),
/// `unix:///path` or `local`.
impl FromStr for Syslog {
    type Err = SyslogError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let receiver = match text.split_once("://") {
            Some(("udp", host)) => Self::udp(host),
            Some(("tcp", host)) => Self::tcp(host),
            #[cfg(feature = "syslog-tls")]
            Some(("tls", host)) => Self::tls(host),
            Some(("unix", path)) if path.starts_with('/') => Self::local_at(path),
            None if text == "local" => Self::local(),
            _ => Self { settings: SyslogSettings::new(GivenReceiver::Unknown(text.into())) },
        };
        receiver.settings.clone().checked().map(|_| receiver)
    }
}
