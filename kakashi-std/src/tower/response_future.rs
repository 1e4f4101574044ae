//! The future of a response.

use std::fmt::{self, Display};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::{HeaderName, Response, StatusCode};
use http_body::Body;
use pin_project_lite::pin_project;

use super::body::RequestBody;
use super::exchange::Exchange;
use super::request_id::RequestId;

pin_project! {
    /// Makes a response in the scope of its request.
    ///
    /// It is polled and dropped there. When it is dropped before it is done, the record of the
    /// request says that the client went away.
    #[must_use = "futures do nothing unless polled"]
    pub struct RequestFuture<F> {
        // None after a panic, and while it is dropped.
        #[pin]
        future: Option<F>,
        // None after the record.
        exchange: Option<Exchange>,
        id: Option<(HeaderName, RequestId)>,
    }

    impl<F> PinnedDrop for RequestFuture<F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if let Some(mut exchange) = this.exchange.take() {
                exchange.run(|| this.future.set(None));
                exchange.abandon();
            }
        }
    }
}

impl<F> RequestFuture<F> {
    pub(super) fn new(future: F, exchange: Exchange, id: (HeaderName, RequestId)) -> Self {
        Self { future: Some(future), exchange: Some(exchange), id: Some(id) }
    }

    /// Makes that of a service that panicked instead of returning a future.
    pub(super) fn panicked(id: (HeaderName, RequestId)) -> Self {
        Self { future: None, exchange: None, id: Some(id) }
    }
}

impl<F, R, E> Future for RequestFuture<F>
where
    F: Future<Output = Result<Response<R>, E>>,
    R: Body,
    E: Display,
{
    type Output = Result<Response<RequestBody<R>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let polled = match this.exchange.as_mut() {
            Some(exchange) => {
                let piece = AssertUnwindSafe(|| exchange.run(|| poll_to_end(this.future.as_mut(), cx)));
                match catch_unwind(piece) {
                    Ok(polled) => ready!(polled),
                    Err(panic) => {
                        exchange.run(|| this.future.set(None));
                        if let Some(exchange) = this.exchange.take() {
                            exchange.panicked(&*panic);
                        }
                        None
                    }
                }
            }
            None => None,
        };
        let exchange = this.exchange.take();
        let mut response = match (polled, exchange) {
            (Some(Ok(response)), Some(exchange)) => RequestBody::within(response, exchange),
            (Some(Err(error)), exchange) => {
                exchange.into_iter().for_each(|exchange| exchange.fail(&error));
                return Poll::Ready(Err(error));
            }
            _ => {
                let mut response = Response::new(RequestBody::empty());
                *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
                response
            }
        };
        if let Some((name, id)) = this.id.take() {
            response.headers_mut().entry(name).or_insert(id.header_value().clone());
        }
        Poll::Ready(Ok(response))
    }
}

/// Polls a future, if there is one, and drops it at its end.
fn poll_to_end<F: Future>(mut future: Pin<&mut Option<F>>, cx: &mut Context<'_>) -> Poll<Option<F::Output>> {
    let Some(polled) = future.as_mut().as_pin_mut().map(|future| future.poll(cx)) else {
        return Poll::Ready(None);
    };
    let output = ready!(polled);
    future.set(None);
    Poll::Ready(Some(output))
}

impl<F> fmt::Debug for RequestFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestFuture").field("exchange", &self.exchange).finish_non_exhaustive()
    }
}
