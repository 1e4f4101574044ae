//! Why no OTLP destination could be made.

use std::fmt;

/// Says which setting of an OTLP destination makes no sense.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum OtlpError {
    /// The endpoint is no URL of http or https with a host.
    Endpoint(String),
    /// The protocol is neither `http/protobuf` nor `http/json`; gRPC is not spoken.
    Protocol(String),
    /// The compression is neither `gzip` nor `none`.
    Compression(String),
    /// The timeout is no number of milliseconds above 0.
    Timeout(String),
    /// A header is not `name=value`, or has characters that no header may have.
    Header(String),
    /// The interval of metrics is no number of milliseconds above 0.
    Interval(String),
    /// A resource attribute is not `key=value`.
    ResourceAttribute(String),
    /// A file of certificates or of a key is not what TLS needs, as the text says.
    Certificate(String),
    /// The directory of the disk buffer can't be had: why, and what would be right.
    DiskBuffer(String),
}

impl fmt::Display for OtlpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Endpoint(text) => {
                write!(f, "OTLP endpoint {text:?}: it must be a URL such as \"http://localhost:4318\"")
            }
            Self::Protocol(text) => {
                write!(f, "OTLP protocol {text:?}: it must be \"http/protobuf\" or \"http/json\"")
            }
            Self::Compression(text) => {
                write!(f, "OTLP compression {text:?}: it must be \"gzip\" or \"none\"")
            }
            Self::Timeout(text) => {
                write!(f, "OTLP timeout {text:?}: it must be a number of milliseconds above 0")
            }
            Self::Interval(text) => {
                write!(f, "interval of metrics {text:?}: it must be a number of milliseconds above 0")
            }
            // Its value may be a secret.
            Self::Header(name) => write!(f, "OTLP header {name:?}: it must be \"name=value\""),
            Self::Certificate(text) => write!(f, "OTLP: {text}"),
            Self::DiskBuffer(text) => f.write_str(text),
            Self::ResourceAttribute(text) => {
                write!(f, "OpenTelemetry resource attribute {text:?}: it must be \"key=value\"")
            }
        }
    }
}

impl std::error::Error for OtlpError {}
