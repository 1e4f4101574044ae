//! What each request does, and its client.

use std::error::Error;
use std::net::SocketAddr;

use axum::http::{Request, StatusCode};
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

/// What a request is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Order,
    Stream,
    Panic,
    /// The client goes away while it waits.
    Wait,
}

impl Kind {
    pub(crate) fn of(id: u64) -> Self {
        match id % 8 {
            5 => Self::Stream,
            6 => Self::Panic,
            7 => Self::Wait,
            _ => Self::Order,
        }
    }

    fn path(self) -> &'static str {
        match self {
            Self::Order => "orders",
            Self::Stream => "streams",
            Self::Panic => "panics",
            Self::Wait => "waits",
        }
    }

    pub(crate) fn route(self) -> String {
        format!("/{}/{{id}}", self.path())
    }

    /// How many statements of the database it needs.
    pub(crate) fn statements(self) -> u64 {
        if self == Self::Order { 2 } else { 0 }
    }

    /// How many steps its handler logs.
    pub(crate) fn steps(self) -> u64 {
        match self {
            Self::Order => 6,
            Self::Stream => 4,
            Self::Panic => 1,
            Self::Wait => 2,
        }
    }
}

/// Clients of both versions of HTTP: a connection for each request at a time, and one for all.
#[derive(Clone)]
pub(crate) struct Clients([Client<HttpConnector, Empty<Bytes>>; 2]);

impl Clients {
    pub(crate) fn new() -> Self {
        let mut builder = Client::builder(TokioExecutor::new());
        let first = builder.build_http();
        Self([first, builder.http2_only(true).build_http()])
    }

    /// Sends a request, and reads the response to its end.
    pub(crate) async fn send(
        &self,
        address: SocketAddr,
        id: u64,
    ) -> Result<(), Box<dyn Error + Send + Sync>> {
        let kind = Kind::of(id);
        let method = if kind == Kind::Order { "POST" } else { "GET" };
        let request = Request::builder()
            .method(method)
            .uri(format!("http://{address}/{}/{id}", kind.path()))
            .header("x-request-id", format!("r-{id}"))
            .header("x-user", format!("u-{id}"))
            .body(Empty::new())?;
        let response = self.0[(id / 8 % 2) as usize].request(request).await?;
        let expected = if kind == Kind::Panic { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::OK };
        if response.status() != expected || response.headers()["x-request-id"] != format!("r-{id}") {
            return Err(format!("{id} {kind:?}: {response:?}").into());
        }
        response.into_body().collect().await?;
        Ok(())
    }
}
