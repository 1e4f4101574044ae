//! What there is to choose of an OTLP destination.

use std::time::Duration;

use super::resource::ResourceSettings;
use crate::sinks::disk_buffer::DiskBuffer;
use crate::sinks::http_client::Headers;
use crate::sinks::tls::TlsFiles;

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
    pub(super) headers: Headers,
    pub(super) tls_files: TlsFiles,
    pub(super) resource: ResourceSettings,
    pub(super) disk_buffer: Option<DiskBuffer>,
}

impl OtlpSettings {
    /// Begins with what OpenTelemetry says where nobody says anything.
    pub(super) fn new(url: String) -> Self {
        Self {
            url,
            protocol: OtlpProtocol::Protobuf,
            compression: OtlpCompression::None,
            timeout: Duration::from_secs(10),
            headers: Headers::default(),
            tls_files: TlsFiles::default(),
            resource: ResourceSettings { by_variables: Vec::new(), own: Vec::new() },
            disk_buffer: None,
        }
    }
}
