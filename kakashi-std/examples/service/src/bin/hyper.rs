//! A server of hyper without a framework, and a request to it: run it to see both lines.

use std::convert::Infallible;
use std::error::Error;

use axum::http::{Request, Response};
use http_body_util::{BodyExt as _, Empty, Full};
use hyper::body::{Bytes, Incoming};
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use kakashi_std::tower::{PeerAddress, RequestLayer};
use kakashi_std::{Format, configure, flush, info, sinks};
use tokio::net::TcpListener;
use tower::{Layer as _, ServiceExt as _, service_fn};

async fn hello(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    info!("Greeting", path = request.uri().path());
    Ok(Response::new(Full::from("hello\n")))
}

async fn serve(listener: TcpListener) -> std::io::Result<()> {
    let service = RequestLayer::new().layer(service_fn(hello));
    loop {
        let (connection, peer) = listener.accept().await?;
        let service = service.clone().map_request(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(PeerAddress(peer));
            request
        });
        tokio::spawn(async move {
            let connection = TokioIo::new(connection);
            // What is wrong with a connection, its request's record says.
            let _ = auto::Builder::new(TokioExecutor::new())
                .serve_connection(connection, TowerToHyperService::new(service))
                .await;
        });
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let memory = sinks::MemorySink::new();
    configure().format(Format::Text).destination(kakashi_std::Destination::new(memory.clone())).apply();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(serve(listener));
    let client = Client::builder(TokioExecutor::new()).build_http();
    let request = Request::get(format!("http://{address}/hello")).header("x-request-id", "r-1");
    let response = client.request(request.body(Empty::<Bytes>::new())?).await?;
    assert_eq!(response.into_body().collect().await?.to_bytes(), "hello\n");
    assert!(flush().is_complete());
    let log = memory.text();
    print!("{log}");
    for line in ["INFO hyper Greeting path=/hello", "INFO http Request finished status=200 bytes=6"] {
        let line = log.lines().find(|found| found.contains(line)).ok_or_else(|| format!("no line {line}"))?;
        assert!(line.contains("ip=127.0.0.1") && line.contains("request_id=r-1"), "{line}");
    }
    Ok(())
}
