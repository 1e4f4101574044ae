//! The fields of a request, made at once.

use std::net::IpAddr;

use http::{HeaderMap, Method, header};
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
        let access = [self.method.as_str(), cut(self.path, MAX_PATH_BYTES)].join(" ");
        let agent =
            self.headers.get(header::USER_AGENT).map(|agent| String::from_utf8_lossy(agent.as_bytes()));
        let client = self.client.as_ref();
        let typed = Fields::of([
            client.map(|client| Field { key: "ip", value: Value::Display(client) }),
            Some(Field::new("access", &access)),
            Some(Field::new("request_id", self.id.as_str())),
            agent.as_deref().map(|agent| Field::new("user_agent", cut(agent, MAX_AGENT_BYTES))),
        ]);
        let parent = TraceParent::of(self.headers);
        let custom = Fields::of([
            Some(Field::new("method", self.method.as_str())),
            self.route.map(|route| Field::new("route", route)),
            parent.map(|parent| Field::new("trace_id", parent.trace_id)),
            parent.map(|parent| Field::new("span_id", parent.span_id)),
        ]);
        LogContext::of_distinct(typed.as_slice(), custom.as_slice())
    }
}

/// Cuts a text at the end of a character.
fn cut(text: &str, max_bytes: usize) -> &str {
    let boundary = (0..=max_bytes.min(text.len())).rev().find(|&at| text.is_char_boundary(at));
    &text[..boundary.unwrap_or(0)]
}
