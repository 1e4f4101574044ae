//! The fields of a request, made at once.

use std::borrow::Cow;
use std::net::IpAddr;

use http::{HeaderMap, HeaderValue, Method, header};
use kakashi_core::{Field, LogContext, Value};

use super::fields::Fields;
use super::request_id::RequestId;
use super::trace_parent::TraceParent;

/// The most that is kept of texts that a client chooses.
const MAX_PATH_BYTES: usize = 1024;
const MAX_AGENT_BYTES: usize = 256;

/// What a request's context is made of.
pub(super) struct RequestFields<'a> {
    pub(super) id: &'a RequestId,
    pub(super) client: Option<IpAddr>,
    pub(super) method: &'a Method,
    pub(super) path: &'a str,
    pub(super) route: Option<&'a str>,
    pub(super) headers: &'a HeaderMap,
}

impl RequestFields<'_> {
    pub(super) fn context(&self) -> LogContext {
        let (method, path) = (self.method.as_str(), cut(self.path, MAX_PATH_BYTES));
        let mut access = String::with_capacity(method.len() + 1 + path.len());
        access.push_str(method);
        access.push(' ');
        access.push_str(path);
        let agent = self.headers.get(header::USER_AGENT).map(text_of);
        let client = self.client.as_ref();
        let typed = Fields::of([
            client.map(|client| Field { key: "ip", value: Value::Display(client) }),
            Some(Field::new("access", &access)),
            Some(Field::new("request_id", self.id.as_str())),
            agent.as_deref().map(|agent| Field::new("user_agent", cut(agent, MAX_AGENT_BYTES))),
        ]);
        let parent = TraceParent::of(self.headers);
        let custom = Fields::of([
            Some(Field::new("method", method)),
            self.route.map(|route| Field::new("route", route)),
            parent.map(|parent| Field::new("trace_id", parent.trace_id)),
            parent.map(|parent| Field::new("span_id", parent.span_id)),
        ]);
        LogContext::of_distinct(typed.as_slice(), custom.as_slice())
    }
}

/// Returns a header's text; what is not UTF-8 is replaced.
fn text_of(value: &HeaderValue) -> Cow<'_, str> {
    value.to_str().map_or_else(|_| String::from_utf8_lossy(value.as_bytes()), Cow::Borrowed)
}

/// Cuts a text at the end of a character.
fn cut(text: &str, max_bytes: usize) -> &str {
    if text.len() <= max_bytes {
        return text;
    }
    let boundary = (0..=max_bytes.min(text.len())).rev().find(|&at| text.is_char_boundary(at));
    &text[..boundary.unwrap_or(0)]
}
