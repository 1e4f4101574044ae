//! What a program chooses of a layer.

use std::fmt;
use std::net::IpAddr;

use http::{Extensions, HeaderName, StatusCode};
use kakashi_core::LogLevel;

use super::client_address::ForwardedHeader;
use super::networks::Networks;
use crate::loggers::logger::Logger;

/// The settings of a layer, which all of its services share.
#[derive(Clone)]
pub(super) struct RequestSettings {
    pub(super) logger: Logger,
    pub(super) request_id_header: HeaderName,
    pub(super) takes_request_id: bool,
    pub(super) trusted_proxies: Networks,
    pub(super) forwarded_header: ForwardedHeader,
    pub(super) peer_address: fn(&Extensions) -> Option<IpAddr>,
    pub(super) route: fn(&Extensions) -> Option<&str>,
    pub(super) level: fn(StatusCode) -> LogLevel,
    #[cfg(feature = "tracing")]
    pub(super) makes_span: bool,
}

impl fmt::Debug for RequestSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestSettings")
            .field("logger", &self.logger)
            .field("request_id_header", &self.request_id_header)
            .field("trusted_proxies", &self.trusted_proxies)
            .field("forwarded_header", &self.forwarded_header)
            .finish_non_exhaustive()
    }
}
