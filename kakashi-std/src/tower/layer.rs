//! The layer and its settings.

use std::net::IpAddr;
use std::sync::Arc;

use http::{Extensions, HeaderName, StatusCode};
use kakashi_core::LogLevel;
use tower_layer::Layer;

use super::client_address::{self, ForwardedHeader};
use super::networks::{InvalidNetwork, Networks};
use super::service::RequestService;
use super::settings::RequestSettings;
use crate::loggers::logger::{Logger, get_logger};

/// Gives each request its context, and a record at its end: see the [module](super).
///
/// # Examples
///
/// With axum, whose routes are known with the feature `axum`:
///
/// ```
/// # #[cfg(feature = "axum")] {
/// use kakashi_std::tower::RequestLayer;
///
/// let app: axum::Router = axum::Router::new()
///     // .route("/orders/{id}", get(order))
///     .layer(RequestLayer::new());
/// # let _ = app;
/// # }
/// ```
///
/// # Panics
///
/// A panic of the service is caught: the request gets a 500 without a body, and a record.
/// Programs that are built with `panic = "abort"` end as ever.
///
/// # Blocking
///
/// The record at the end is one of a [`Logger`]: at ERROR it is written before the task goes on.
#[derive(Clone, Debug)]
pub struct RequestLayer {
    settings: Arc<RequestSettings>,
}

/// Returns the route that axum matched.
fn matched_route(extensions: &Extensions) -> Option<&str> {
    #[cfg(feature = "axum")]
    return extensions.get().map(axum::extract::MatchedPath::as_str);
    #[cfg(not(feature = "axum"))]
    {
        let _ = extensions;
        None
    }
}

fn level_of(status: StatusCode) -> LogLevel {
    match status.as_u16() {
        ..400 => LogLevel::Info,
        400..500 => LogLevel::Warning,
        500.. => LogLevel::Error,
    }
}

impl RequestLayer {
    /// Makes a layer whose records the logger `http` writes, that takes ids from `x-request-id`
    /// and trusts no proxy.
    pub fn new() -> Self {
        let settings = RequestSettings {
            logger: get_logger("http"),
            request_id_header: HeaderName::from_static("x-request-id"),
            takes_request_id: true,
            trusted_proxies: Networks::default(),
            forwarded_header: ForwardedHeader::default(),
            peer_address: client_address::peer,
            route: matched_route,
            level: level_of,
            #[cfg(feature = "tracing")]
            makes_span: false,
        };
        Self { settings: Arc::new(settings) }
    }

    fn with(mut self, change: impl FnOnce(&mut RequestSettings)) -> Self {
        change(Arc::make_mut(&mut self.settings));
        self
    }

    /// Writes the records at the end with another logger.
    #[must_use]
    pub fn logger(self, logger: Logger) -> Self {
        self.with(|settings| settings.logger = logger)
    }

    /// Takes the id of a request from another header, and returns it there.
    ///
    /// An id of 1 to 128 letters, digits and `-_.:/+=@~` is taken; in place of another one, and of none,
    /// a new one is made. The request that the service gets has the header, too.
    #[must_use]
    pub fn request_id_header(self, name: HeaderName) -> Self {
        self.with(|settings| settings.request_id_header = name)
    }

    /// Makes a new id for each request, whatever the client sent.
    #[must_use]
    pub fn always_new_request_id(self) -> Self {
        self.with(|settings| settings.takes_request_id = false)
    }

    /// Takes the client's address from a header where the other end is one of these networks.
    ///
    /// The header is read from its end: the first address that is no proxy's is the client's.
    ///
    /// # Errors
    /// [`InvalidNetwork`] for a text that is no address and no network.
    pub fn trusted_proxies<'a>(
        self,
        networks: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, InvalidNetwork> {
        let mut trusted = Networks::default();
        networks.into_iter().try_for_each(|network| trusted.add(network))?;
        Ok(self.with(|settings| settings.trusted_proxies = trusted))
    }

    /// Says in which header the trusted proxies name the client; `X-Forwarded-For` by default.
    #[must_use]
    pub fn forwarded_header(self, header: ForwardedHeader) -> Self {
        self.with(|settings| settings.forwarded_header = header)
    }

    /// Finds the address of the other end with a function.
    ///
    /// By default it is that of [`PeerAddress`](super::PeerAddress) or, with the feature `axum`, of
    /// `ConnectInfo<SocketAddr>`.
    #[must_use]
    pub fn peer_address(self, find: fn(&Extensions) -> Option<IpAddr>) -> Self {
        self.with(|settings| settings.peer_address = find)
    }

    /// Finds the route that matched with a function.
    ///
    /// By default, with the feature `axum`, it is that of `MatchedPath`, for a layer of a `Router`.
    #[must_use]
    pub fn route(self, find: fn(&Extensions) -> Option<&str>) -> Self {
        self.with(|settings| settings.route = find)
    }

    /// Makes a span of `tracing` for each request, too: `request`, of level ERROR, so that nothing leaves
    /// it out, and without fields.
    ///
    /// It is current wherever the request's context is. Libraries know it, and enter it where they work
    /// for the request on threads and in tasks of their own: as sqlx does for SQLite, and all who call
    /// `in_current_span`. With kakashi's [bridge](crate::bridges::tracing) that brings the request's
    /// context along. It costs a span and each of its entries: more than the rest of the layer; the bench
    /// `request_layer` compares them.
    #[cfg(feature = "tracing")]
    #[must_use]
    pub fn tracing_span(self) -> Self {
        self.with(|settings| settings.makes_span = true)
    }

    /// Chooses the level of the record at the end by the response's status.
    #[must_use]
    pub fn level(self, level_of: fn(StatusCode) -> LogLevel) -> Self {
        self.with(|settings| settings.level = level_of)
    }
}

impl Default for RequestLayer {
    fn default() -> Self {
        Self::new()
    }
}

impl<S> Layer<S> for RequestLayer {
    type Service = RequestService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        RequestService::new(inner, Arc::clone(&self.settings))
    }
}
