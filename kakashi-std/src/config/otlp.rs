//! An OpenTelemetry receiver as a destination, as it is written: `otlp = { endpoint = "…", … }`.

#[cfg(not(feature = "otlp"))]
pub(super) use self::elsewhere::OtlpTable;
#[cfg(feature = "otlp")]
pub(super) use self::with_feature::OtlpTable;

#[cfg(feature = "otlp")]
mod with_feature {
    use std::collections::BTreeMap;
    use std::fmt;
    use std::path::PathBuf;
    use std::time::Duration;

    use kakashi_core::Destination;
    use serde::Deserialize;

    use crate::config::disk_buffer::DiskBufferTable;
    use crate::config::error::ConfigError;
    use crate::config::values::with;
    use crate::sinks::{Otlp, OtlpCompression, OtlpError, OtlpProtocol};

    /// Where records go, and how; what it does not say is as OpenTelemetry's variables say.
    #[derive(Clone, Default, Deserialize)]
    #[serde(deny_unknown_fields, default)]
    pub(in crate::config) struct OtlpTable {
        endpoint: Option<String>,
        protocol: Option<String>,
        compression: Option<String>,
        timeout_millis: Option<u64>,
        headers: BTreeMap<String, String>,
        resource: BTreeMap<String, String>,
        ca_certificate: Option<PathBuf>,
        client_certificate: Option<PathBuf>,
        client_key: Option<PathBuf>,
        disk_buffer: Option<DiskBufferTable>,
    }

    /// Headers and the endpoint may have secrets.
    impl fmt::Debug for OtlpTable {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.debug_struct("OtlpTable").finish_non_exhaustive()
        }
    }

    impl OtlpTable {
        /// Makes the destination, which connects when there is something to send.
        pub(in crate::config) fn open(self) -> Result<Destination, ConfigError> {
            self.destination().map_err(|error| ConfigError::at(None, error))
        }

        fn destination(self) -> Result<Destination, OtlpError> {
            let mut otlp = match &self.endpoint {
                Some(endpoint) => Otlp::new(endpoint)?,
                None => Otlp::from_env()?,
            };
            otlp = match self.protocol.as_deref() {
                Some("http/protobuf") => otlp.protocol(OtlpProtocol::Protobuf),
                Some("http/json") => otlp.protocol(OtlpProtocol::Json),
                Some(other) => return Err(OtlpError::Protocol(other.to_owned())),
                None => otlp,
            };
            otlp = match self.compression.as_deref() {
                Some("gzip") => otlp.compression(OtlpCompression::Gzip),
                Some("none") => otlp.compression(OtlpCompression::None),
                Some(other) => return Err(OtlpError::Compression(other.to_owned())),
                None => otlp,
            };
            otlp = with(otlp, self.timeout_millis.map(Duration::from_millis), Otlp::timeout);
            for (name, value) in self.headers {
                otlp = otlp.header(name, value);
            }
            for (key, value) in self.resource {
                otlp = otlp.resource(key, value);
            }
            otlp = otlp.with_certificates(self.ca_certificate, self.client_certificate, self.client_key);
            with(otlp, self.disk_buffer, |otlp, buffer| otlp.disk_buffer(buffer.buffer())).destination()
        }
    }
}

#[cfg(not(feature = "otlp"))]
mod elsewhere {
    use kakashi_core::Destination;
    use serde::de::{Deserialize, Deserializer, Error as _};

    use crate::config::error::ConfigError;

    /// There is none: to read one is an error.
    #[derive(Clone, Debug)]
    pub(in crate::config) enum OtlpTable {}

    impl OtlpTable {
        pub(in crate::config) fn open(self) -> Result<Destination, ConfigError> {
            match self {}
        }
    }

    impl<'de> Deserialize<'de> for OtlpTable {
        fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
            Err(D::Error::custom("otlp needs kakashi-std's feature \"otlp\""))
        }
    }
}
