//! What an exporter consists of, whatever it sends.

use super::form::RequestForm;
use super::resource::ResourceSettings;
use crate::sinks::http_client::HttpClient;

/// What sends requests to a receiver.
pub(crate) struct OtlpParts {
    /// As reports have it.
    pub(crate) name: String,
    pub(crate) client: HttpClient,
    pub(crate) form: Box<dyn RequestForm>,
    pub(crate) resource: ResourceSettings,
}
