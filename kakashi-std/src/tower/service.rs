//! The service around the program's own.

use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use http_body::Body;
use kakashi_core::current_context;
use tower_service::Service;

use super::body::RequestBody;
use super::client_address;
use super::exchange::Exchange;
use super::request_context::RequestFields;
use super::request_id::RequestId;
use super::response_future::RequestFuture;
use super::settings::RequestSettings;

/// Runs each request of a service in a scope of its own: what a
/// [`RequestLayer`](super::RequestLayer) makes.
#[derive(Clone, Debug)]
pub struct RequestService<S> {
    inner: S,
    settings: Arc<RequestSettings>,
}

impl<S> RequestService<S> {
    pub(super) fn new(inner: S, settings: Arc<RequestSettings>) -> Self {
        Self { inner, settings }
    }

    /// Finds the request's id or makes one, and makes its context.
    fn begin<B>(&self, request: &mut Request<B>) -> (RequestId, Exchange) {
        let settings = &*self.settings;
        let name = &settings.request_id_header;
        let mut all_given = request.headers().get_all(name).iter();
        let given = all_given.next().filter(|_| settings.takes_request_id).and_then(RequestId::of_header);
        let is_there = given.is_some() && all_given.next().is_none();
        let id = given.unwrap_or_else(RequestId::make);
        let fields = RequestFields {
            id: &id,
            client: client_address::client(
                (settings.peer_address)(request.extensions()),
                request.headers(),
                settings.forwarded_header,
                &settings.trusted_proxies,
            ),
            method: request.method(),
            path: request.uri().path(),
            route: (settings.route)(request.extensions()),
            headers: request.headers(),
        };
        let context = current_context().merge(&fields.context());
        let exchange = Exchange::begin(Arc::clone(&self.settings), context, request.method());
        if !is_there {
            request.headers_mut().insert(name.clone(), id.header_value().clone());
        }
        request.extensions_mut().insert(id.clone());
        (id, exchange)
    }
}

impl<S, B, R> Service<Request<B>> for RequestService<S>
where
    S: Service<Request<B>, Response = Response<R>, Error: Display>,
    R: Body<Error: Display>,
{
    type Response = Response<RequestBody<R>>;
    type Error = S::Error;
    type Future = RequestFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let (id, mut exchange) = self.begin(&mut request);
        let header = self.settings.request_id_header.clone();
        // What may be half changed is the service's own, as behind any layer that catches.
        let called = catch_unwind(AssertUnwindSafe(|| exchange.run(|| self.inner.call(request))));
        match called {
            Ok(future) => RequestFuture::new(future, exchange, (header, id)),
            Err(panic) => {
                exchange.panicked(&*panic);
                RequestFuture::panicked((header, id))
            }
        }
    }
}
