//! What `tower::RequestLayer` costs a request: the same service with and without it.
//!
//! `cargo bench -p kakashi-std --features tower,tracing --bench request_layer`; without `tracing` there
//! is no layer with a span.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use criterion::{Criterion, criterion_group, criterion_main};
use http::{Request, Response};
use http_body::{Body, Frame};
use kakashi_std::tower::RequestLayer;
use kakashi_std::{Format, LogLevel, configure, sinks};
use tower_layer::Layer as _;
use tower_service::Service;

/// A body of one frame.
struct OneFrame(Option<Bytes>);

impl Body for OneFrame {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.take().map(|bytes| Ok(Frame::data(bytes))))
    }
}

/// Answers at once.
#[derive(Clone, Copy)]
struct Answer;

impl Service<Request<()>> for Answer {
    type Response = Response<OneFrame>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _request: Request<()>) -> Self::Future {
        ready(Ok(Response::new(OneFrame(Some(Bytes::from_static(b"hello"))))))
    }
}

/// Serves a request to the end of its body.
fn serve<S, B>(service: &mut S)
where
    S: Service<Request<()>, Response = Response<B>, Error = Infallible>,
    B: Body,
{
    let request = Request::get("/orders/42")
        .header("user-agent", "curl/8.5.0")
        .header("x-request-id", "0af7651916cd43dd8448eb211c80319c")
        .body(())
        .expect("a request");
    let mut cx = Context::from_waker(Waker::noop());
    let Poll::Ready(Ok(response)) = pin!(service.call(request)).poll(&mut cx) else {
        unreachable!("it answers at once");
    };
    let mut body: Pin<&mut B> = pin!(response.into_body());
    while let Poll::Ready(Some(_)) = body.as_mut().poll_frame(&mut cx) {}
}

fn requests(criterion: &mut Criterion) {
    let null = sinks::file("/dev/null").expect("there is a null device");
    configure().format(Format::Json).level(LogLevel::Info).destination(null).apply();
    let mut group = criterion.benchmark_group("request");
    group.bench_function("bare", |bencher| bencher.iter(|| serve(&mut Answer)));
    let mut layered = RequestLayer::new().layer(Answer);
    group.bench_function("layered", |bencher| bencher.iter(|| serve(&mut layered)));
    #[cfg(feature = "tracing")]
    {
        kakashi_std::bridges::tracing::install().expect("nobody else has installed anything");
        let mut spanned = RequestLayer::new().tracing_span().layer(Answer);
        group.bench_function("layered, with a span", |bencher| bencher.iter(|| serve(&mut spanned)));
    }
    configure().level(LogLevel::Error).apply();
    group.bench_function("layered, without the record", |bencher| bencher.iter(|| serve(&mut layered)));
    group.finish();
}

criterion_group!(benches, requests);
criterion_main!(benches);
