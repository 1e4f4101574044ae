//! A request and its response, from the call to the last byte: its scope and its record.

use std::any::Any;
use std::fmt::Display;
use std::sync::Arc;
use std::time::Instant;

use http::{HeaderMap, Method, StatusCode};
use kakashi_core::{Field, LogContext, LogLevel, log};

use super::fields::Fields;
use super::grpc;
use super::request_scope::RequestScope;
use super::settings::RequestSettings;
use crate::flight_recorder::dump;

/// What is known of a request that is not over.
#[derive(Debug)]
pub(super) struct Exchange {
    settings: Arc<RequestSettings>,
    scope: RequestScope,
    begun: Instant,
    /// Whether the request's method has responses without a body.
    is_without_body: bool,
    status: Option<StatusCode>,
    grpc_status: Option<u16>,
    bytes: u64,
}

impl Exchange {
    pub(super) fn begin(settings: Arc<RequestSettings>, context: LogContext, method: &Method) -> Self {
        let is_without_body = [Method::HEAD, Method::CONNECT].contains(method);
        let scope = RequestScope::new(context, &settings);
        let begun = Instant::now();
        Self { settings, scope, begun, is_without_body, status: None, grpc_status: None, bytes: 0 }
    }

    /// Runs a piece of the request in its scope.
    pub(super) fn run<R>(&mut self, piece: impl FnOnce() -> R) -> R {
        self.scope.run(piece)
    }

    /// Takes the head of the response; tells whether a body follows.
    pub(super) fn responded(&mut self, status: StatusCode, headers: &HeaderMap) -> bool {
        self.status = Some(status);
        self.grpc_status = grpc::status(headers);
        let has_none = [StatusCode::NO_CONTENT, StatusCode::NOT_MODIFIED].contains(&status);
        !(self.is_without_body || has_none || status.is_informational())
    }

    pub(super) fn add_bytes(&mut self, bytes: usize) {
        self.bytes += bytes as u64;
    }

    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    pub(super) fn take_trailers(&mut self, trailers: &HeaderMap) {
        self.grpc_status = grpc::status(trailers).or(self.grpc_status);
    }

    /// Writes the record of a request whose response is whole.
    pub(super) fn finish(mut self) {
        let by_grpc = self.grpc_status.map(grpc::level);
        let by_status = self.status.map(|status| (self.settings.level)(status));
        let level = by_grpc.max(by_status).unwrap_or(LogLevel::Info);
        if self.status.is_some_and(|status| status.is_server_error()) || by_grpc >= Some(LogLevel::Error) {
            self.publish_kept("the response is an error");
        }
        let (Some(status), None) = (self.status, self.grpc_status) else {
            return self.end(level, "Request finished", None);
        };
        let Self { settings, mut scope, begun, bytes, .. } = self;
        if settings.logger.is_enabled(level) {
            let (status, duration) = (status.as_u16(), begun.elapsed());
            // Most requests end here: what is constant of the record is written once.
            scope.run(|| log!(settings.logger, level, "Request finished", status, bytes, duration));
        }
    }

    /// Writes the record of a request whose service, or whose body, returned an error.
    pub(super) fn fail(mut self, error: &dyn Display) {
        self.publish_kept("the request failed");
        self.end(
            LogLevel::Error,
            "Request failed",
            Some(Field { key: "error", value: kakashi_core::Value::Display(error) }),
        );
    }

    /// Writes the record of a request that panicked.
    pub(super) fn panicked(mut self, panic: &(dyn Any + Send)) {
        self.publish_kept("the request panicked");
        self.status.get_or_insert(StatusCode::INTERNAL_SERVER_ERROR);
        let text = panic.downcast_ref::<&str>().copied();
        let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
        self.end(LogLevel::Error, "Request panicked", Some(Field::new("panic", &text)));
    }

    /// Writes the record of a request that nobody waits for any more.
    pub(super) fn abandon(self) {
        let message = match self.status {
            None => "Client went away before the response",
            Some(_) => "Client went away during the response",
        };
        self.end(LogLevel::Warning, message, None);
    }

    /// Has what the flight recorder has kept for the request published.
    fn publish_kept(&mut self, reason: &str) {
        self.scope.run(|| dump::before_failure(reason));
    }

    fn end(self, level: LogLevel, message: &str, reason: Option<Field<'_>>) {
        let Self { settings, mut scope, begun, status, grpc_status, bytes, .. } = self;
        if !settings.logger.is_enabled(level) {
            return;
        }
        let status = status.map(|status| status.as_u16());
        let duration = begun.elapsed();
        let fields = Fields::of([
            status.as_ref().map(|status| Field::new("status", status)),
            grpc_status.as_ref().map(|status| Field::new("grpc_status", status)),
            Some(Field::new("bytes", &bytes)),
            Some(Field::new("duration", &duration)),
            reason,
        ]);
        scope.run(|| settings.logger.log(level, message, fields.as_slice()));
    }
}
