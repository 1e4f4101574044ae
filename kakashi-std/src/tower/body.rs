//! The body of a response, which is made in the scope of its request.

use std::fmt::{self, Display};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Buf as _;
use http::{Response, header};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use super::exchange::Exchange;

pin_project! {
    /// Streams a response in the scope of its request, and writes the request's record at its end.
    ///
    /// It is polled and dropped in the scope. When it is dropped before its end, the record says that
    /// the client went away. A panic goes on to the server after the record: the head of the
    /// response is gone already.
    pub struct RequestBody<B> {
        // None at its end, and for a request that panicked.
        #[pin]
        inner: Option<B>,
        // None after the record.
        exchange: Option<Exchange>,
        // The length, where it is known.
        expected: Option<u64>,
    }

    impl<B> PinnedDrop for RequestBody<B> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if let Some(mut exchange) = this.exchange.take() {
                exchange.run(|| this.inner.set(None));
                // A server that knows the length need not ask for the end.
                if this.expected.is_some_and(|expected| exchange.bytes() >= expected) {
                    exchange.finish();
                } else {
                    exchange.abandon();
                }
            }
        }
    }
}

impl<B: Body> RequestBody<B> {
    /// Takes a response; without a body that is streamed the request is over.
    pub(super) fn within(response: Response<B>, mut exchange: Exchange) -> Response<Self> {
        let (head, body) = response.into_parts();
        let has_body = exchange.responded(head.status, &head.headers);
        let length =
            head.headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        let expected = length.or_else(|| body.size_hint().exact());
        let exchange = if has_body && !body.is_end_stream() {
            Some(exchange)
        } else {
            exchange.finish();
            None
        };
        Response::from_parts(head, Self { inner: Some(body), exchange, expected })
    }
}

impl<B> RequestBody<B> {
    /// Makes the body of a request that panicked.
    pub(super) fn empty() -> Self {
        Self { inner: None, exchange: None, expected: None }
    }
}

impl<B> Body for RequestBody<B>
where
    B: Body<Error: Display>,
{
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let mut this = self.project();
        let Some(exchange) = this.exchange.as_mut() else {
            return this.inner.as_pin_mut().map_or(Poll::Ready(None), |inner| inner.poll_frame(cx));
        };
        let piece = AssertUnwindSafe(|| exchange.run(|| poll_frame(this.inner.as_mut(), cx)));
        let (frame, is_over) = match catch_unwind(piece) {
            Ok(polled) => ready!(polled),
            Err(panic) => {
                exchange.run(|| this.inner.set(None));
                this.exchange.take().into_iter().for_each(|exchange| exchange.panicked(&*panic));
                resume_unwind(panic);
            }
        };
        if let Some(Ok(frame)) = &frame {
            if let Some(data) = frame.data_ref() {
                exchange.add_bytes(data.remaining());
            } else if let Some(trailers) = frame.trailers_ref() {
                exchange.take_trailers(trailers);
            }
        }
        if is_over && let Some(exchange) = this.exchange.take() {
            match &frame {
                Some(Err(error)) => exchange.fail(error),
                _ => exchange.finish(),
            }
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.as_ref().map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}

type PolledFrame<B> = Option<Result<Frame<<B as Body>::Data>, <B as Body>::Error>>;

/// Polls a body, if there is one, and drops it at its end: what it logs then stands before the
/// record. Tells whether that was the end.
fn poll_frame<B: Body>(mut body: Pin<&mut Option<B>>, cx: &mut Context<'_>) -> Poll<(PolledFrame<B>, bool)> {
    let Some(mut inner) = body.as_mut().as_pin_mut() else { return Poll::Ready((None, true)) };
    let frame = ready!(inner.as_mut().poll_frame(cx));
    let is_over = match &frame {
        Some(Ok(frame)) => frame.is_trailers() || inner.is_end_stream(),
        None | Some(Err(_)) => true,
    };
    if is_over {
        body.set(None);
    }
    Poll::Ready((frame, is_over))
}

impl<B> fmt::Debug for RequestBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestBody").field("exchange", &self.exchange).finish_non_exhaustive()
    }
}
