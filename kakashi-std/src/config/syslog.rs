//! A syslog receiver as a destination, as it is written: `syslog = { receiver = "…", … }`.

#[cfg(not(feature = "syslog"))]
pub(super) use self::elsewhere::SyslogTable;
#[cfg(feature = "syslog")]
pub(super) use self::with_feature::SyslogTable;

#[cfg(feature = "syslog")]
mod with_feature {
    use std::time::Duration;

    use kakashi_core::Destination;
    use serde::Deserialize;

    use crate::config::error::ConfigError;
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
    }

    impl SyslogTable {
        /// Makes the destination, which connects when there is something to send.
        pub(in crate::config) fn open(self) -> Result<Destination, ConfigError> {
            self.destination().map_err(|error| ConfigError::at(None, error))
        }

        fn destination(self) -> Result<Destination, SyslogError> {
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
            syslog.destination()
        }
    }

    fn with<T>(syslog: Syslog, value: Option<T>, step: impl FnOnce(Syslog, T) -> Syslog) -> Syslog {
        match value {
            Some(value) => step(syslog, value),
            None => syslog,
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
