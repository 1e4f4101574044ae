//! What there is to choose of an OTLP destination.

use std::time::Duration;

/// The form of requests.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum OtlpProtocol {
    /// `http/protobuf`, which every receiver takes.
    Protobuf,
    /// `http/json`.
    Json,
}

/// The compression of requests.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum OtlpCompression {
    /// None.
    None,
    /// `gzip`, which every receiver takes.
    Gzip,
}

/// The settings of an OTLP destination.
#[derive(Clone, Debug)]
pub(super) struct OtlpSettings {
    pub(super) url: String,
    pub(super) protocol: OtlpProtocol,
    pub(super) compression: OtlpCompression,
    pub(super) timeout: Duration,
    pub(super) headers: Vec<(String, String)>,
    /// The resource's attributes as the variables say; before the program's.
    pub(super) resource: Vec<(String, String)>,
    pub(super) own_resource: Vec<(String, String)>,
}

impl OtlpSettings {
    /// Begins with what OpenTelemetry says where nobody says anything.
    pub(super) fn new(url: String) -> Self {
        Self {
            url,
            protocol: OtlpProtocol::Protobuf,
            compression: OtlpCompression::None,
            timeout: Duration::from_secs(10),
            headers: Vec::new(),
            resource: Vec::new(),
            own_resource: Vec::new(),
        }
    }
}
