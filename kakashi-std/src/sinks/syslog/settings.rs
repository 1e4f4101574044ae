//! What was chosen for a syslog destination, and whether it makes sense.

use std::path::PathBuf;
use std::time::Duration;

use super::address::HostPort;
use super::error::SyslogError;
use super::facility::Facility;
use super::header::{MessageForm, MessageHeader};
#[cfg(feature = "syslog-tls")]
use super::tls::TlsSetup;
use super::word::{is_head_char, is_name_char, push_word};
use crate::sinks::disk_buffer::DiskBuffer;
#[cfg(feature = "syslog-tls")]
use crate::sinks::tls::TlsFiles;

/// What rsyslog takes where nothing else is set.
const DEFAULT_MAX_BYTES: usize = 8192;
/// What each receiver takes: RFC 5424, section 6.1.
pub(super) const LEAST_MAX_BYTES: usize = 480;
/// What is left of a datagram of IPv4.
const MOST_OF_UDP: usize = 65_507;
const MOST_OF_A_STREAM: usize = 16 << 20;

/// Where messages go, as it was given.
#[derive(Clone, Debug)]
pub(super) enum GivenReceiver {
    Udp(String),
    Tcp(String),
    #[cfg(feature = "syslog-tls")]
    Tls(String),
    Local(PathBuf),
    /// What no address begins with.
    Unknown(String),
}

/// Where messages go.
#[derive(Clone, Debug)]
pub(super) enum ReceiverPlace {
    Udp(HostPort),
    Tcp(HostPort),
    #[cfg(feature = "syslog-tls")]
    Tls(HostPort, Box<TlsSetup>),
    #[cfg(unix)]
    Local(PathBuf),
}

/// See [`Syslog`](super::Syslog).
#[derive(Clone, Debug)]
pub(super) struct SyslogSettings {
    pub(super) receiver: GivenReceiver,
    pub(super) form: Option<MessageForm>,
    pub(super) facility: Facility,
    pub(super) app_name: Option<String>,
    pub(super) host_name: Option<String>,
    pub(super) proc_id: Option<String>,
    pub(super) structured_data_id: String,
    pub(super) has_byte_order_mark: bool,
    pub(super) in_local_time: bool,
    pub(super) max_bytes: Option<usize>,
    pub(super) connect_timeout: Duration,
    pub(super) write_timeout: Duration,
    #[cfg(feature = "syslog-tls")]
    pub(super) tls_files: TlsFiles,
    /// The name that the receiver's certificate must have, where it is not the host's.
    #[cfg(feature = "syslog-tls")]
    pub(super) server_name: Option<String>,
    pub(super) disk_buffer: Option<DiskBuffer>,
}

/// Settings of which each makes sense.
#[derive(Debug)]
pub(super) struct CheckedSettings {
    pub(super) target: ReceiverPlace,
    pub(super) header: MessageHeader,
    pub(super) max_bytes: usize,
    pub(super) connect_timeout: Duration,
    pub(super) write_timeout: Duration,
}

impl SyslogSettings {
    pub(super) fn new(receiver: GivenReceiver) -> Self {
        Self {
            receiver,
            form: None,
            facility: Facility::User,
            app_name: None,
            host_name: None,
            proc_id: None,
            structured_data_id: "kakashi@32473".into(),
            has_byte_order_mark: false,
            in_local_time: false,
            max_bytes: None,
            connect_timeout: Duration::from_secs(5),
            write_timeout: Duration::from_secs(30),
            #[cfg(feature = "syslog-tls")]
            tls_files: TlsFiles::default(),
            #[cfg(feature = "syslog-tls")]
            server_name: None,
            disk_buffer: None,
        }
    }

    /// Returns what the destination is called.
    pub(super) fn name(&self) -> String {
        match &self.receiver {
            GivenReceiver::Udp(receiver) => format!("syslog udp://{receiver}"),
            GivenReceiver::Tcp(receiver) => format!("syslog tcp://{receiver}"),
            #[cfg(feature = "syslog-tls")]
            GivenReceiver::Tls(receiver) => format!("syslog tls://{receiver}"),
            GivenReceiver::Local(path) => format!("syslog {}", path.display()),
            GivenReceiver::Unknown(text) => format!("syslog {text}"),
        }
    }

    pub(super) fn checked(self) -> Result<CheckedSettings, SyslogError> {
        #[cfg(feature = "syslog-tls")]
        if (!self.tls_files.is_empty() || self.server_name.is_some())
            && !matches!(self.receiver, GivenReceiver::Tls(_))
        {
            return Err(SyslogError(
                "certificates and server_name are for TLS: use tls://host:6514 as the receiver".into(),
            ));
        }
        let target = match self.receiver {
            GivenReceiver::Udp(text) => ReceiverPlace::Udp(HostPort::parse(&text)?),
            GivenReceiver::Tcp(text) => ReceiverPlace::Tcp(HostPort::parse(&text)?),
            #[cfg(feature = "syslog-tls")]
            GivenReceiver::Tls(text) => {
                let host = HostPort::parse(&text)?;
                let name = self.server_name.as_deref().unwrap_or(host.host());
                let setup = TlsSetup::new(&self.tls_files, name)?;
                ReceiverPlace::Tls(host, Box::new(setup))
            }
            #[cfg(unix)]
            GivenReceiver::Local(path) => ReceiverPlace::Local(path),
            #[cfg(not(unix))]
            GivenReceiver::Local(path) => {
                return Err(SyslogError(format!(
                    "the local socket {path:?}: this system has none; use udp://host:514 or tcp://host:514"
                )));
            }
            #[cfg(not(feature = "syslog-tls"))]
            GivenReceiver::Unknown(text) if text.starts_with("tls://") => {
                return Err(SyslogError(format!(
                    "the receiver {text:?} needs kakashi-std's feature \"syslog-tls\"; without it, use \
                     tcp://host:514"
                )));
            }
            GivenReceiver::Unknown(text) => {
                return Err(SyslogError(format!(
                    "unknown receiver {text:?}: use udp://host:514, tcp://host:514, tls://host:6514, \
                     unix:///dev/log or local"
                )));
            }
        };
        let words = [
            ("app_name", &self.app_name, 48),
            ("host_name", &self.host_name, 255),
            ("proc_id", &self.proc_id, 128),
        ];
        for (setting, word, most) in words {
            check_word(setting, word.as_deref().unwrap_or("-"), is_head_char, most)?;
        }
        check_word("structured_data_id", &self.structured_data_id, is_name_char, 32)?;
        let most = match target {
            ReceiverPlace::Tcp(_) => MOST_OF_A_STREAM,
            #[cfg(feature = "syslog-tls")]
            ReceiverPlace::Tls(..) => MOST_OF_A_STREAM,
            _ => MOST_OF_UDP,
        };
        let max_bytes = self.max_bytes.unwrap_or(DEFAULT_MAX_BYTES);
        if !(LEAST_MAX_BYTES..=most).contains(&max_bytes) {
            return Err(SyslogError(format!(
                "max_message_bytes is {max_bytes}: give a number from {LEAST_MAX_BYTES} to {most}"
            )));
        }
        let timeouts = [("connect_timeout", self.connect_timeout), ("write_timeout", self.write_timeout)];
        for (setting, timeout) in timeouts {
            if !(Duration::from_millis(1)..=Duration::from_secs(3600)).contains(&timeout) {
                return Err(SyslogError(format!(
                    "{setting} is {timeout:?}: give a duration from a millisecond to an hour"
                )));
            }
        }
        let form = match (&target, self.form) {
            #[cfg(unix)]
            (ReceiverPlace::Local(_), Some(MessageForm::Rfc3164) | None) => MessageForm::Local,
            (_, Some(form)) => form,
            (_, None) => MessageForm::Rfc5424,
        };
        let header = MessageHeader {
            form,
            facility: self.facility,
            host_name: self.host_name.unwrap_or_else(|| cleaned(&system::host_name(), 255)),
            app_name: self.app_name.unwrap_or_else(|| cleaned(&program_name(), 48)),
            proc_id: self.proc_id,
            structured_data_id: self.structured_data_id,
            has_byte_order_mark: self.has_byte_order_mark,
            in_local_time: self.in_local_time,
        };
        let Self { connect_timeout, write_timeout, .. } = self;
        Ok(CheckedSettings { target, header, max_bytes, connect_timeout, write_timeout })
    }
}

fn check_word(
    setting: &str,
    word: &str,
    is_allowed: fn(char) -> bool,
    most: usize,
) -> Result<(), SyslogError> {
    if !word.is_empty() && push_word(&mut String::new(), word, is_allowed, most) {
        return Ok(());
    }
    let without = if is_allowed('=') { "" } else { ", without =, ] and \"" };
    Err(SyslogError(format!("{setting} is {word:?}: give 1 to {most} printable ASCII characters{without}")))
}

fn cleaned(text: &str, most: usize) -> String {
    let mut word = String::new();
    push_word(&mut word, text, is_head_char, most);
    word
}

/// Returns the file name that the program was started by.
fn program_name() -> String {
    let path = std::env::args_os().next().map(PathBuf::from);
    let name = path.as_deref().and_then(|path| path.file_name());
    name.map_or_else(|| "kakashi".into(), |name| name.to_string_lossy().into_owned())
}

#[cfg(unix)]
mod system {
    pub(super) fn host_name() -> String {
        rustix::system::uname().nodename().to_string_lossy().into_owned()
    }
}

#[cfg(not(unix))]
mod system {
    pub(super) fn host_name() -> String {
        std::env::var("COMPUTERNAME").or_else(|_| std::env::var("HOSTNAME")).unwrap_or_default()
    }
}
