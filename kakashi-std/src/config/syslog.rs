//! A syslog receiver as a destination, as it is written: `syslog = { receiver = "…", … }`.

#[cfg(not(feature = "syslog"))]
pub(super) use self::elsewhere::SyslogTable;
#[cfg(feature = "syslog")]
pub(super) use self::with_feature::SyslogTable;

#[cfg(feature = "syslog")]
mod with_feature {
    use std::path::PathBuf;
    use std::time::Duration;

    use kakashi_core::Destination;
    use serde::Deserialize;

    use crate::config::disk_buffer::DiskBufferTable;
    use crate::config::error::ConfigError;
    use crate::config::values::with;
    use crate::sinks::{Syslog, SyslogError};

    /// Where messages go, and what they say.
    #[derive(Clone, Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub(in crate::config) struct SyslogTable {
        receiver: String,
        facility: Option<String>,
        app_name: Option<String>,
        host_name: Option<String>,
        structured_data_id: Option<String>,
        rfc: Option<u16>,
        max_message_bytes: Option<usize>,
        connect_timeout_millis: Option<u64>,
        write_timeout_millis: Option<u64>,
        ca_certificate: Option<PathBuf>,
        client_certificate: Option<PathBuf>,
        client_key: Option<PathBuf>,
        server_name: Option<String>,
        disk_buffer: Option<DiskBufferTable>,
    }

    impl SyslogTable {
        /// Makes the destination, which connects when there is something to send.
        pub(in crate::config) fn open(self) -> Result<Destination, ConfigError> {
            self.destination().map_err(|error| ConfigError::at(None, error))
        }

        fn destination(self) -> Result<Destination, SyslogError> {
            let disk_buffer = self.disk_buffer.clone();
            let mut syslog: Syslog = self.receiver.parse()?;
            if let Some(facility) = self.facility {
                syslog = syslog.facility(facility.parse()?);
            }
            syslog = match self.rfc {
                Some(5424) => syslog.rfc5424(),
                Some(3164) => syslog.rfc3164(),
                Some(other) => return Err(SyslogError::unknown_rfc(other)),
                None => syslog,
            };
            syslog = with(syslog, self.app_name, Syslog::app_name);
            syslog = with(syslog, self.host_name, Syslog::host_name);
            syslog = with(syslog, self.structured_data_id, Syslog::structured_data_id);
            syslog = with(syslog, self.max_message_bytes, Syslog::max_message_bytes);
            let timeout = |millis: Option<u64>| millis.map(Duration::from_millis);
            syslog = with(syslog, timeout(self.connect_timeout_millis), Syslog::connect_timeout);
            syslog = with(syslog, timeout(self.write_timeout_millis), Syslog::write_timeout);
            if self.ca_certificate.is_some()
                || self.client_certificate.is_some()
                || self.client_key.is_some()
                || self.server_name.is_some()
            {
                let Self { ca_certificate, client_certificate, client_key, server_name, .. } = self;
                syslog = syslog.with_tls(ca_certificate, client_certificate, client_key, server_name)?;
            }
            syslog = with(syslog, disk_buffer, |syslog, buffer| syslog.disk_buffer(buffer.buffer()));
            syslog.destination()
        }
    }
}

#[cfg(not(feature = "syslog"))]
mod elsewhere {
    use kakashi_core::Destination;
    use serde::de::{Deserialize, Deserializer, Error as _};

    use crate::config::error::ConfigError;

    /// There is none: to read one is an error.
    #[derive(Clone, Debug)]
    pub(in crate::config) enum SyslogTable {}

    impl SyslogTable {
        pub(in crate::config) fn open(self) -> Result<Destination, ConfigError> {
            match self {}
        }
    }

    impl<'de> Deserialize<'de> for SyslogTable {
        fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
            Err(D::Error::custom("syslog needs kakashi-std's feature \"syslog\""))
        }
    }
}
