//! One request to a receiver, and what its answer means.

use std::io::{self, Write as _};
use std::process;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use kakashi_core::{SinkError, SinkErrorKind};
use ureq::http::Uri;
use ureq::{Agent, Error};

use super::settings::OtlpCompression;
use crate::reentrancy::muted;

/// As much of an answer is read.
const MOST_ANSWER_BYTES: u64 = 64 << 10;

/// What came of a request.
pub(super) enum Outcome {
    /// The receiver has taken it; its answer.
    Taken(Vec<u8>),
    /// It refuses it, and would refuse it again.
    Refused(&'static str),
    /// It is to be asked again later; the text of its `Retry-After`.
    Busy(&'static str, Option<String>),
    /// No answer came, and it may have been taken or not.
    NoAnswer(SinkError),
}

/// Sends requests, over one connection as long as it lasts.
pub(super) struct Client {
    url: String,
    headers: Vec<(String, String)>,
    timeout: Duration,
    compression: OtlpCompression,
    agent: Agent,
    /// The process whose connections the agent has.
    pid: u32,
}

impl Client {
    pub(super) fn new(
        url: String,
        headers: Vec<(String, String)>,
        timeout: Duration,
        compression: OtlpCompression,
    ) -> Self {
        let agent = muted(|| new_agent(&url, timeout));
        Self { url, headers, timeout, compression, agent, pid: process::id() }
    }

    /// Sends a body and waits for the answer.
    pub(super) fn send(&mut self, content_type: &str, body: &[u8]) -> Outcome {
        if self.pid != process::id() {
            // After a fork: the connection is the parent's.
            let agent = new_agent(&self.url, self.timeout);
            std::mem::forget(std::mem::replace(&mut self.agent, agent));
            self.pid = process::id();
        }
        muted(|| self.exchange(content_type, body))
    }

    fn exchange(&self, content_type: &str, body: &[u8]) -> Outcome {
        let mut request = self.agent.post(&self.url).header("content-type", content_type);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let sent = match self.compression {
            OtlpCompression::None => request.send(body),
            OtlpCompression::Gzip => request.header("content-encoding", "gzip").send(&gzip(body)),
        };
        let mut response = match sent {
            Ok(response) => response,
            Err(error) => return Outcome::NoAnswer(sink_error(&error)),
        };
        let status = response.status().as_u16();
        if (200..300).contains(&status) {
            let answer = response.body_mut().with_config().limit(MOST_ANSWER_BYTES).read_to_vec();
            // It has confirmed, whatever else it wanted to say.
            return Outcome::Taken(answer.unwrap_or_default());
        }
        let cause = cause(status);
        if matches!(status, 429 | 502 | 503 | 504) {
            let header = response.headers().get("retry-after");
            return Outcome::Busy(cause, header.and_then(|text| text.to_str().ok()).map(str::to_owned));
        }
        Outcome::Refused(cause)
    }
}

fn new_agent(url: &str, timeout: Duration) -> Agent {
    let config = Agent::config_builder()
        .timeout_global(Some(timeout))
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .user_agent(concat!("OTel-OTLP-Exporter-kakashi/", env!("CARGO_PKG_VERSION")))
        .max_idle_connections(1);
    // No proxy leads to this machine.
    let is_local = url.parse::<Uri>().is_ok_and(|uri| {
        uri.host().is_some_and(|host| host == "localhost" || host.starts_with("127.") || host == "[::1]")
    });
    if is_local { config.proxy(None).build().into() } else { config.build().into() }
}

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 4), Compression::fast());
    // Memory takes everything.
    let _ = encoder.write_all(body);
    encoder.finish().unwrap_or_default()
}

/// Says what an error of the HTTP client is, as far as an operator can do something about it.
fn sink_error(error: &Error) -> SinkError {
    let closed = SinkError::new(SinkErrorKind::Closed);
    match error {
        Error::Io(error) => match error.raw_os_error() {
            Some(code) => closed.with_os_code(code),
            None if error.kind() == io::ErrorKind::TimedOut => closed.because("no answer within the timeout"),
            None => closed.because("the connection ended before an answer came"),
        },
        Error::Timeout(_) => closed.because("no answer within the timeout"),
        Error::HostNotFound => closed.because("the host's name is not known"),
        Error::ConnectionFailed => closed.because("no connection"),
        Error::Tls(_) | Error::Rustls(_) | Error::Pem(_) => closed
            .because("its TLS certificate is not one that is trusted for this host, or it speaks no TLS"),
        Error::Protocol(_) => closed.because("the answer is not HTTP"),
        _ => closed.because("the request failed"),
    }
}

fn cause(status: u16) -> &'static str {
    match status {
        300..400 => "the receiver answers with a redirection: the endpoint is another",
        400 => "the receiver answers 400 Bad Request",
        401 => "the receiver answers 401 Unauthorized",
        403 => "the receiver answers 403 Forbidden",
        404 => "the receiver answers 404 Not Found: the endpoint is another",
        405 => "the receiver answers 405 Method Not Allowed: the endpoint is another",
        413 => "the receiver answers 413 Content Too Large",
        415 => "the receiver answers 415 Unsupported Media Type",
        429 => "the receiver answers 429 Too Many Requests",
        500 => "the receiver answers 500 Internal Server Error",
        502 => "the receiver answers 502 Bad Gateway",
        503 => "the receiver answers 503 Service Unavailable",
        504 => "the receiver answers 504 Gateway Timeout",
        _ => "the receiver answers with another status of an error",
    }
}
