//! Records at an OTLP receiver: what they look like there, and that each is confirmed, waits,
//! or is counted as dropped, whatever the receiver does.

#![cfg(unix)]

mod mapping;
mod metrics;
mod processes;
mod receiver;
mod second_decoder;
mod settings;
mod tls;
mod trouble;
mod vectors;

use std::ops::Range;

use kakashi_std::sinks::{Otlp, OtlpCompression, OtlpProtocol};
use kakashi_std::{DestinationStats, LevelFilter, configure, flush, get_logger, info, stats_by_destination};
use kakashi_tests::harness::wait::eventually;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};

use receiver::Receiver;

/// Has all loggers send as chosen.
fn send(otlp: Otlp) {
    let destination = otlp.destination().expect("it makes sense");
    configure()
        .reset()
        .level(LevelFilter::ALL)
        // Receivers of other tests log too, by `log`, once that is bridged.
        .level_of("rustls", LevelFilter::OFF)
        .batch_bytes(4096)
        .flush_after_millis(10)
        .destination(destination)
        .apply();
}

fn send_to(receiver: &Receiver) {
    send(Otlp::new(&receiver.url()).expect("it is a URL"));
}

/// What became of the records for this receiver, whatever is left of other tests.
fn stats_of(receiver: &Receiver) -> DestinationStats {
    let endpoint = receiver.url();
    let mut stats = stats_by_destination();
    let address = endpoint.split("://").last().unwrap_or_default();
    let at = stats.iter().position(|stats| stats.name.ends_with(&format!("//{address}/v1/logs")));
    stats.swap_remove(at.expect("it is in use"))
}

/// How many records were written, and how many dropped.
fn settled(receiver: &Receiver) -> (usize, usize) {
    let stats = stats_of(receiver);
    (stats.written, stats.dropped.total())
}

fn log_numbers(numbers: Range<u64>) {
    let logger = get_logger("sender");
    for n in numbers {
        info!(logger, "Counted", n);
    }
}

/// Flushes, also what another test has left for a receiver that is gone.
fn flush_all() {
    assert!(eventually(|| flush().is_complete()));
}

/// Every form of a request.
fn forms() -> impl Iterator<Item = (OtlpProtocol, OtlpCompression)> {
    [OtlpProtocol::Protobuf, OtlpProtocol::Json]
        .into_iter()
        .flat_map(|protocol| [OtlpCompression::None, OtlpCompression::Gzip].map(|gzip| (protocol, gzip)))
}

fn text(text: &str) -> Value {
    Value::StringValue(text.to_owned())
}

fn any(value: Value) -> AnyValue {
    AnyValue { value: Some(value) }
}

fn pair(key: &str, value: Value) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(any(value)), ..KeyValue::default() }
}

/// Asserts that each number came, and came first in order; a request whose answer was lost
/// comes twice.
fn assert_all_in_order(receiver: &Receiver, count: u64) {
    let mut next = 0;
    for number in receiver.numbers() {
        assert!(number <= next, "{number} before {next}");
        next = next.max(number + 1);
    }
    assert_eq!(next as u64, count);
}
