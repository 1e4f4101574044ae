//! A receiver of OTLP over HTTP on loopback, which reads requests by the messages that
//! OpenTelemetry generates, and misbehaves when it is asked to.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use kakashi_tests::harness::http_receiver::{EarlyReply, HttpReceiver, HttpReply, HttpRequest};
use opentelemetry_proto::tonic::collector::logs::v1::{
    ExportLogsPartialSuccess, ExportLogsServiceRequest, ExportLogsServiceResponse,
};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use prost::Message as _;
use rustls::ServerConfig;
use serde::de::DeserializeOwned;

/// What a receiver answers.
#[derive(Clone, Copy, Default)]
pub(crate) enum Answer {
    #[default]
    Take,
    /// This status, and seconds to wait.
    Status(u16, Option<u64>),
    /// It takes all but so many.
    TakeAllBut(i64),
    /// What is no HTTP.
    Garbage,
    /// A success whose body is no message.
    TakeWithGarbage,
    /// Closes after a part of the request.
    CloseWithin,
}

/// A receiver on a port of its own.
pub(crate) struct Receiver(HttpReceiver);

impl Deref for Receiver {
    type Target = HttpReceiver;

    fn deref(&self) -> &HttpReceiver {
        &self.0
    }
}

impl DerefMut for Receiver {
    fn deref_mut(&mut self) -> &mut HttpReceiver {
        &mut self.0
    }
}

impl Receiver {
    pub(crate) fn start() -> Self {
        Self(HttpReceiver::start())
    }

    /// As `start`, and speaks TLS.
    pub(crate) fn by_tls(config: Arc<ServerConfig>) -> Self {
        Self(HttpReceiver::by_tls(config))
    }

    pub(crate) fn answer(&self, answer: Answer) {
        let early = matches!(answer, Answer::CloseWithin).then_some(EarlyReply::Close);
        self.0.answer_early(move |_| early);
        self.0.answer(move |request| reply(answer, request));
    }

    /// The bytes of the largest request, without compression.
    pub(crate) fn largest(&self) -> usize {
        self.answered().iter().map(|(bytes, _)| *bytes).max().unwrap_or_default()
    }

    /// All records that were taken, in their order.
    pub(crate) fn records(&self) -> Vec<LogRecord> {
        self.taken().iter().filter(|request| !is_of_metrics(request)).flat_map(records).collect()
    }

    /// The value of each record's attribute `n`, if it has one.
    pub(crate) fn numbers(&self) -> Vec<i64> {
        let number = |record: &LogRecord| match attribute(record, "n")? {
            Value::IntValue(number) => Some(number),
            _ => None,
        };
        self.records().iter().filter_map(number).collect()
    }
}

fn reply(answer: Answer, request: &HttpRequest) -> HttpReply {
    match answer {
        Answer::Status(status, None) => HttpReply::status(status),
        Answer::Status(status, Some(seconds)) => HttpReply::retry_after(status, &seconds.to_string()),
        Answer::TakeAllBut(rejected) => {
            let partial = ExportLogsPartialSuccess {
                rejected_log_records: rejected,
                error_message: "not \"these\"".into(),
            };
            let response = ExportLogsServiceResponse { partial_success: Some(partial) };
            HttpReply::body(
                200,
                match is_json(request) {
                    true => serde_json::to_vec(&response).expect("it is JSON"),
                    false => response.encode_to_vec(),
                },
            )
        }
        Answer::TakeWithGarbage => HttpReply::body(200, b"<html>\xff"),
        Answer::Garbage => HttpReply::Raw(b"\0\x01garbage\r\n\r\n".to_vec()),
        Answer::Take | Answer::CloseWithin => HttpReply::body(200, ""),
    }
}

fn is_json(request: &HttpRequest) -> bool {
    request.headers["content-type"] == "application/json"
}

fn is_of_metrics(request: &HttpRequest) -> bool {
    request.path.ends_with("/v1/metrics")
}

/// Reads a request's logs.
pub(crate) fn logs_of(request: &HttpRequest) -> ExportLogsServiceRequest {
    message(request)
}

/// Reads a request's metrics.
pub(crate) fn metrics_of(request: &HttpRequest) -> ExportMetricsServiceRequest {
    message(request)
}

fn message<M: prost::Message + Default + DeserializeOwned>(request: &HttpRequest) -> M {
    match is_json(request) {
        true => serde_json::from_slice(&request.body).expect("the generated messages read it"),
        false => M::decode(&*request.body).expect("the generated messages read it"),
    }
}

fn records(request: &HttpRequest) -> Vec<LogRecord> {
    let resources = logs_of(request).resource_logs;
    resources.into_iter().flat_map(|logs| logs.scope_logs).flat_map(|logs| logs.log_records).collect()
}

/// Finds an attribute of a record.
pub(crate) fn attribute(record: &LogRecord, key: &str) -> Option<Value> {
    let found = record.attributes.iter().find(|attribute| attribute.key == key)?;
    found.value.clone()?.value
}
