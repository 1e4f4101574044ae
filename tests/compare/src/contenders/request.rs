//! A request of a service that does nothing, through kakashi's layer and without it.
//!
//! The request has an id and a user agent, the response a body of one frame; both are made and
//! dropped in each row, and the service is cloned for each request, as servers do.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::marker::PhantomData;
use std::path::Path;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use anyhow::{Result, ensure};
use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body, Frame};
use kakashi_std::tower::{RequestLayer, RequestService};
use kakashi_std::{Format, LogLevel, configure, flush, sinks};
use tower_layer::Layer as _;
use tower_service::Service;

use crate::cli::What;
use crate::contender::Contender;

/// What stands around the service.
pub trait Around: Sized + Sync {
    const NAME: &'static str;
    const NOTE: &'static str;
    const LEVEL: LogLevel = LogLevel::Info;
    type Service: Service<Request<()>, Response = Response<Self::Body>, Error = Infallible> + Clone + Sync;
    type Body: Body;

    fn service() -> Self::Service;
}

pub struct Bare;

impl Around for Bare {
    const NAME: &'static str = "service";
    const NOTE: &'static str = "a tower service that answers at once, without a layer";
    type Service = Answer;
    type Body = OneFrame;

    fn service() -> Answer {
        Answer
    }
}

pub struct Layered;

impl Around for Layered {
    const NAME: &'static str = "request-layer";
    const NOTE: &'static str = "the same in `kakashi_std::tower::RequestLayer::new()`, one record a request";
    type Service = RequestService<Answer>;
    type Body = kakashi_std::tower::RequestBody<OneFrame>;

    fn service() -> RequestService<Answer> {
        RequestLayer::new().layer(Answer)
    }
}

pub struct WithoutRecord;

impl Around for WithoutRecord {
    const NAME: &'static str = "request-layer-silent";
    const NOTE: &'static str = "the same at level ERROR: the context without the record";
    const LEVEL: LogLevel = LogLevel::Error;
    type Service = RequestService<Answer>;
    type Body = kakashi_std::tower::RequestBody<OneFrame>;

    fn service() -> RequestService<Answer> {
        Layered::service()
    }
}

/// A service with what stands around it.
pub struct Served<A: Around> {
    service: A::Service,
    around: PhantomData<A>,
}

impl<A: Around> Contender for Served<A> {
    const NAME: &'static str = A::NAME;
    const NOTE: &'static str = A::NOTE;
    const SERVES: bool = true;
    const EXEMPT: &'static [What] = &[What::Latency, What::Throughput, What::Context5, What::Disabled];

    fn setup(destination: &Path) -> Result<Self> {
        let file = sinks::file(destination)?;
        configure().format(Format::Text).level(A::LEVEL).destination(file).apply();
        Ok(Self { service: A::service(), around: PhantomData })
    }

    fn log(&self, _: u64, _: &'static str, _: f64) {
        let request = Request::get("/orders/42")
            .header("user-agent", "curl/8.5.0")
            .header("x-request-id", "0af7651916cd43dd8448eb211c80319c")
            .body(())
            .expect("a request");
        let mut cx = Context::from_waker(Waker::noop());
        let Poll::Ready(Ok(response)) = pin!(self.service.clone().call(request)).poll(&mut cx) else {
            unreachable!("it answers at once");
        };
        let mut body = pin!(response.into_body());
        while let Poll::Ready(Some(_)) = body.as_mut().poll_frame(&mut cx) {}
    }

    fn log_disabled(&self, _: u64, _: &'static str, _: f64) {}

    fn finish(self) -> Result<()> {
        let left = flush().left;
        ensure!(left == 0, "{left} records were not written");
        Ok(())
    }
}

/// Answers at once.
#[derive(Clone, Copy)]
pub struct Answer;

impl Service<Request<()>> for Answer {
    type Response = Response<OneFrame>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<()>) -> Self::Future {
        ready(Ok(Response::new(OneFrame(Some(Bytes::from_static(b"hello"))))))
    }
}

/// A body of one frame.
pub struct OneFrame(Option<Bytes>);

impl Body for OneFrame {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.take().map(|bytes| Ok(Frame::data(bytes))))
    }
}
