//! Requests against the conformance vectors: each record is sent from its block of the wire, and JavaScript's
//! exporter has to send the same (`kakashi-wasm/tests/js/otlp_vectors.test.mjs`).

use kakashi_core::{Batch, RecordEnd};
use kakashi_std::sinks::{Otlp, OtlpProtocol};
use kakashi_tests::harness::vectors::vectors;
use serde_json::Value as Json;

use super::receiver::Receiver;

/// Makes a double of each number: 1 and 1.0 are one.
fn with_doubles(json: Json) -> Json {
    match json {
        Json::Number(number) => Json::from(number.as_f64()),
        Json::Array(items) => items.into_iter().map(with_doubles).collect(),
        Json::Object(members) => members.into_iter().map(|(key, value)| (key, with_doubles(value))).collect(),
        other => other,
    }
}

#[test]
fn every_request_is_the_vectors() {
    let file = include_str!("../../vectors/otlp.json");
    let expected: Vec<Json> = serde_json::from_str(file).expect("otlp.json is JSON");
    let vectors = vectors();
    assert_eq!(vectors.len(), expected.len());
    let receiver = Receiver::start();
    let otlp = Otlp::new(&receiver.url()).expect("a URL").protocol(OtlpProtocol::Json);
    let mut sink = otlp.destination().expect("it makes sense").sink;
    for (vector, expected) in vectors.iter().zip(&expected) {
        assert_eq!(expected["name"], vector.name);
        let ends = [RecordEnd { end: vector.block.len(), level: vector.record.level }];
        sink.write(&Batch::new(&vector.block, &ends)).expect("the receiver takes it");
        let [request] = &receiver.take_requests()[..] else { panic!("one request: {}", vector.name) };
        let body = with_doubles(serde_json::from_slice(&request.body).expect("JSON"));
        let [resource] = &body["resourceLogs"].as_array().expect("a list")[..] else { panic!("{body}") };
        let [scope] = &resource["scopeLogs"].as_array().expect("a list")[..] else { panic!("{body}") };
        assert_eq!(scope["scope"]["name"], expected["scope"], "{}", vector.name);
        let [record] = &scope["logRecords"].as_array().expect("a list")[..] else { panic!("{body}") };
        assert_eq!(*record, with_doubles(expected["record"].clone()), "{}", vector.name);
        let is_service = |attribute: &&Json| {
            let key = attribute["key"].as_str().expect("a key");
            !key.starts_with("telemetry.")
                && !attribute["value"]["stringValue"]
                    .as_str()
                    .is_some_and(|text| text.starts_with("unknown_service"))
        };
        let attributes = resource["resource"]["attributes"].as_array().expect("a list");
        let service: Vec<&Json> = attributes.iter().filter(is_service).collect();
        assert_eq!(service, expected["service"].as_array().expect("a list").iter().collect::<Vec<_>>());
    }
}
