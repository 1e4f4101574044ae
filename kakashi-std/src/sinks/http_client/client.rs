//! One request to a receiver, and its answer.

use std::io::{self, Write as _};
use std::process;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use kakashi_core::{SinkError, SinkErrorKind};
use ureq::http::Uri;
use ureq::tls::TlsConfig;
use ureq::{Agent, Error};

use super::certificates::tls_config;
use super::headers::Headers;
use crate::reentrancy::muted;
use crate::sinks::tls::{OwnCertificates, cause_of, rustls_error_in};

/// What is wrong where a connection that was made ends too early.
pub(crate) const CONNECTION_ENDED: &str = "the connection ended before an answer came";

/// What a client is told once.
pub(crate) struct HttpClientSettings {
    pub(crate) url: String,
    pub(crate) headers: Headers,
    /// How long a request may take, its answer included.
    pub(crate) timeout: Duration,
    pub(crate) is_gzip: bool,
    pub(crate) user_agent: &'static str,
    /// An answer's body that is longer is not read.
    pub(crate) most_answer_bytes: u64,
}

/// What a receiver has answered.
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// The text of its `Retry-After`.
    pub(crate) retry_after: Option<String>,
    /// Nothing if it did not come whole, or is too long.
    pub(crate) body: Option<Vec<u8>>,
}

/// Sends requests, over one connection as long as it lasts.
pub(crate) struct HttpClient {
    settings: HttpClientSettings,
    tls: Option<TlsConfig>,
    agent: Agent,
    /// The process whose connections the agent has.
    pid: u32,
}

impl HttpClient {
    pub(crate) fn new(settings: HttpClientSettings) -> Self {
        let agent = muted(|| new_agent(&settings, None));
        Self { settings, tls: None, agent, pid: process::id() }
    }

    /// Trusts and shows certificates of the program's own.
    pub(crate) fn with_certificates(mut self, own: &OwnCertificates) -> Self {
        let tls = tls_config(own);
        self.agent = muted(|| new_agent(&self.settings, Some(&tls)));
        self.tls = Some(tls);
        self
    }

    /// Sends a body and waits for the answer.
    ///
    /// # Errors
    /// No answer came; the request may have been taken or not.
    pub(crate) fn send(&mut self, content_type: &str, body: &[u8]) -> Result<Answer, SinkError> {
        if self.pid != process::id() {
            // After a fork: the connection is the parent's.
            let agent = muted(|| new_agent(&self.settings, self.tls.as_ref()));
            std::mem::forget(std::mem::replace(&mut self.agent, agent));
            self.pid = process::id();
        }
        muted(|| self.exchange(content_type, body))
    }

    fn exchange(&self, content_type: &str, body: &[u8]) -> Result<Answer, SinkError> {
        let HttpClientSettings { url, headers, is_gzip, most_answer_bytes, .. } = &self.settings;
        let mut request = self.agent.post(url);
        if !headers.has("content-type") {
            request = request.header("content-type", content_type);
        }
        for (name, value) in headers.iter() {
            request = request.header(name, value);
        }
        let sent = match is_gzip {
            false => request.send(body),
            true => request.header("content-encoding", "gzip").send(&gzip(body)),
        };
        let mut response = sent.map_err(|error| sink_error(&error))?;
        let status = response.status().as_u16();
        let retry_after = response.headers().get("retry-after");
        let retry_after = retry_after.and_then(|text| text.to_str().ok()).map(str::to_owned);
        let body = response.body_mut().with_config().limit(*most_answer_bytes).read_to_vec().ok();
        Ok(Answer { status, retry_after, body })
    }
}

fn new_agent(settings: &HttpClientSettings, tls: Option<&TlsConfig>) -> Agent {
    let mut config = Agent::config_builder()
        .timeout_global(Some(settings.timeout))
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .user_agent(settings.user_agent)
        .max_idle_connections(1);
    if let Some(tls) = tls {
        config = config.tls_config(tls.clone());
    }
    // No proxy leads to this machine.
    let is_local = settings.url.parse::<Uri>().is_ok_and(|uri| {
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
    let failed = SinkError::new(SinkErrorKind::Failed);
    match error {
        Error::Rustls(error) => failed.because(cause_of(error)),
        Error::Io(error) => match (rustls_error_in(error), error.raw_os_error()) {
            (Some(error), _) => failed.because(cause_of(error)),
            (None, Some(code)) => closed.with_os_code(code),
            (None, None) if error.kind() == io::ErrorKind::TimedOut => {
                closed.because("no answer within the timeout")
            }
            (None, None) => closed.because(CONNECTION_ENDED),
        },
        Error::Timeout(_) => closed.because("no answer within the timeout"),
        Error::HostNotFound => closed.because("the host's name is not known"),
        Error::ConnectionFailed => closed.because("no connection"),
        Error::Tls(_) => failed.because("its host's name is none that a TLS certificate can have"),
        Error::Protocol(_) => closed.because("the answer is not HTTP"),
        _ => closed.because("the request failed"),
    }
}
