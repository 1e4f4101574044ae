//! A server of tonic, without generated code, and calls to it: run it to see their lines.

use std::convert::Infallible;
use std::error::Error;
use std::task::{Context, Poll};

use axum::http;
use bytes::{Buf as _, BufMut as _, Bytes};
use kakashi_std::tower::RequestLayer;
use kakashi_std::{Format, configure, flush, info, sinks};
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::server::NamedService;
use tonic::transport::server::TcpConnectInfo;
use tonic::transport::{Channel, Server};
use tonic::{Request, Response, Status};
use tower::service_fn;

/// Messages as their bytes.
#[derive(Clone, Copy)]
struct Raw;

impl Codec for Raw {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, item: Bytes, into: &mut EncodeBuf<'_>) -> Result<(), Status> {
        into.put(item);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        let len = from.remaining();
        Ok(Some(from.copy_to_bytes(len)))
    }
}

/// Says a message again, if there is one.
#[derive(Clone, Copy)]
struct Echo;

impl NamedService for Echo {
    const NAME: &'static str = "demo.Echo";
}

async fn echo(request: Request<Bytes>) -> Result<Response<Bytes>, Status> {
    info!("Echo", bytes = request.get_ref().len());
    if request.get_ref().is_empty() {
        return Err(Status::invalid_argument("an empty message"));
    }
    Ok(Response::new(request.into_inner()))
}

impl tower::Service<http::Request<tonic::body::Body>> for Echo {
    type Response = http::Response<tonic::body::Body>;
    type Error = Infallible;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<tonic::body::Body>) -> Self::Future {
        Box::pin(async { Ok(tonic::server::Grpc::new(Raw).unary(service_fn(echo), request).await) })
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let memory = sinks::MemorySink::new();
    configure().format(Format::Text).destination(kakashi_std::Destination::new(memory.clone())).apply();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let layer = RequestLayer::new()
        .peer_address(|extensions| Some(extensions.get::<TcpConnectInfo>()?.remote_addr()?.ip()));
    let server = Server::builder().layer(layer).add_service(Echo);
    tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
    let mut client =
        tonic::client::Grpc::new(Channel::from_shared(format!("http://{address}"))?.connect().await?);
    for (message, is_answered) in [("hello", true), ("", false)] {
        client.ready().await?;
        let path = http::uri::PathAndQuery::from_static("/demo.Echo/Echo");
        let answer = client.unary(Request::new(Bytes::from(message)), path, Raw).await;
        assert_eq!(answer.is_ok(), is_answered, "{answer:?}");
    }
    assert!(flush().is_complete());
    let log = memory.text();
    print!("{log}");
    for line in [
        "INFO tonic Echo bytes=5",
        "INFO http Request finished status=200 grpc_status=0",
        "WARNING http Request finished status=200 grpc_status=3",
    ] {
        let line = log.lines().find(|found| found.contains(line)).ok_or_else(|| format!("no line {line}"))?;
        assert!(line.contains("ip=127.0.0.1") && line.contains("POST /demo.Echo/Echo"), "{line}");
    }
    Ok(())
}
