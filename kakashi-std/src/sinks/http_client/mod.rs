//! One HTTP client for every exporter: requests, their answers, and when to ask again.
//!
//! It waits on the destination's own thread and needs no runtime. It says what came back; what
//! an answer means for records is the exporter's business, who reads it by the one reader of JSON.

mod certificates;
mod client;
mod headers;
pub(super) mod json_reader;
mod retry_after;
mod status;
mod url;

#[cfg(feature = "http")]
pub(super) use self::client::{Answer, CONNECTION_ENDED};
pub(crate) use self::client::{HttpClient, HttpClientSettings};
pub(crate) use self::headers::Headers;
pub(crate) use self::retry_after::BusyPauses;
pub(crate) use self::status::cause_of_status;
pub(super) use self::url::{is_http_url, without_password};
