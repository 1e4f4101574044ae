//! Requests of a tower service: whose context their records have, and what is said at their end.

mod contexts;
mod ends;

use std::convert::Infallible;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, Request, Response, StatusCode};
use http_body::{Body, Frame, SizeHint};
use http_body_util::{BodyExt as _, Empty, Full};
use kakashi_std::tower::{PeerAddress, RequestBody, RequestId, RequestLayer};
use kakashi_std::{
    LogContext, LogLevel, Scope as _, UserContext, current_context, flush, get_logger, info,
    set_user_context, sinks::MemorySink, task,
};
use kakashi_tests::harness::global_state::alone;
use kakashi_tests::harness::read_back::{ArrivedRecord, text};
use tokio::task::yield_now;
use tower::{Layer as _, Service, ServiceExt as _, service_fn};

use crate::to_memory;

pub(crate) fn arrived(memory: &MemorySink) -> Vec<ArrivedRecord> {
    assert!(flush().is_complete());
    text(&memory.bytes())
}

/// The one record of the end of a request.
pub(crate) fn end(memory: &MemorySink) -> ArrivedRecord {
    let mut ends: Vec<_> = arrived(memory).into_iter().filter(|entry| entry.logger == "http").collect();
    assert_eq!(ends.len(), 1, "one for a request: {ends:?}");
    ends.pop().unwrap()
}

pub(crate) fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap().block_on(future)
}

pub(crate) fn get(path: &str) -> Request<()> {
    Request::get(path).body(()).unwrap()
}

/// Answers with a body.
pub(crate) fn full(text: &'static str) -> Response<Full<Bytes>> {
    Response::new(Full::from(text))
}

/// Has one request served, and its body read to the end.
pub(crate) async fn served<S, B>(
    layer: RequestLayer,
    service: S,
    request: Request<()>,
) -> (StatusCode, HeaderMap, Bytes)
where
    S: Service<Request<()>, Response = Response<B>, Error = Infallible>,
    B: Body<Data = Bytes, Error = Infallible>,
{
    let response = layer.layer(service).oneshot(request).await.unwrap();
    let (head, body) = response.into_parts();
    (head.status, head.headers, body.collect().await.unwrap().to_bytes())
}

/// Frames that are polled in the scope of the request, each after a pause; then trailers,
/// an end, a panic, or nothing at all.
pub(crate) struct Frames {
    left: usize,
    paused: bool,
    last: Last,
}

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Last {
    End,
    GrpcStatus(&'static str),
    Panic,
    Error,
}

impl Body for Frames {
    type Data = Bytes;
    type Error = &'static str;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, &'static str>>> {
        self.paused = !self.paused;
        if self.paused {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        if self.left > 0 {
            self.left -= 1;
            info!(get_logger("body"), "Frame", left = self.left);
            return Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b"12345")))));
        }
        match std::mem::replace(&mut self.last, Last::End) {
            Last::End => Poll::Ready(None),
            Last::GrpcStatus(status) => {
                let trailers = [(HeaderName::from_static("grpc-status"), status.parse().unwrap())];
                Poll::Ready(Some(Ok(Frame::trailers(trailers.into_iter().collect()))))
            }
            Last::Panic => panic!("the body panics"),
            Last::Error => Poll::Ready(Some(Err("the disk is gone"))),
        }
    }
}

impl Drop for Frames {
    fn drop(&mut self) {
        info!(get_logger("body"), "Dropped");
    }
}

pub(crate) fn frames(left: usize, last: Last) -> Response<Frames> {
    Response::new(Frames { left, paused: false, last })
}
