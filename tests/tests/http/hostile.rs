//! Hostile records in every kind of request, read back by a reader that shares no code.

use kakashi_core::{Batch, DecodingSink, Json, LogLevel, Profile, RecordEnd, Sink as _};
use kakashi_std::sinks::{ElasticsearchBulk, Http, LokiStreams};
use kakashi_tests::harness::lines::{line, relay};
use kakashi_tests::harness::vectors::vectors;
use kakashi_tests::model::record::OwnedRecord;
use kakashi_tests::model::strategies::record;
use kakashi_tests::oracle::json::ParsedJson;
use proptest::prelude::*;
use serde_json::Value;

use super::{elasticsearch, loki};
use kakashi_tests::harness::http_receiver::{HttpReceiver, HttpReply};

/// Sends a record without a queue.
fn send(http: Http, record: &OwnedRecord) {
    let sink = http.sink().expect("it makes sense");
    let block = record.prepare().with(relay);
    let ends = [RecordEnd { end: block.len(), level: LogLevel::Info }];
    assert_eq!(DecodingSink::new(sink).write(&Batch::new(&block, &ends)), Ok(()));
}

fn parsed(text: &str) -> ParsedJson {
    ParsedJson::read(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn check(record: &OwnedRecord) {
    let receiver = HttpReceiver::start();
    let url = receiver.url();
    let expected = record.prepare().with(|record| line(&Json::new(), record));
    for (http, expected) in [
        (Http::new(&url), expected.clone()),
        (Http::new(&url).map(|http| http.gzip()), expected.clone()),
        (
            Http::new(&url).map(|http| http.encoder(Json::profile(Profile::Datadog))),
            record.prepare().with(|record| line(&Json::profile(Profile::Datadog), record)),
        ),
    ] {
        send(http.expect("a URL"), record);
        let request = receiver.taken().pop().expect("it came");
        assert_eq!(String::from_utf8(request.body).expect("UTF-8"), expected);
    }

    receiver.answer(|_| HttpReply::body(204, ""));
    let fields: Vec<_> = record.own().iter().map(|(key, _)| key.clone()).collect();
    let streams = LokiStreams::new().logger_label().structured_metadata(fields);
    send(Http::loki(&url, streams).expect("a URL"), record);
    let request = receiver.taken().pop().expect("it came");
    // Names of metadata that differ in characters only that Loki does not take are the same.
    parsed(std::str::from_utf8(&request.body).expect("UTF-8"));
    let [entry] = &loki::entries(&request)[..] else { panic!("one line") };
    assert_eq!(parsed(&entry.line), parsed(expected.trim_end()));
    let logger = record.prepare().with(|record| record.logger.text().to_owned());
    assert_eq!(entry.labels.get("logger").cloned().unwrap_or_default(), logger);

    receiver.answer(|_| HttpReply::body(200, "{\"errors\":false}"));
    send(Http::elasticsearch(&url, ElasticsearchBulk::new("logs")).expect("a URL"), record);
    let request = receiver.taken().pop().expect("it came");
    let [(Some(_), document)] = &elasticsearch::documents(&request)[..] else { panic!("one document") };
    let expected: Value =
        serde_json::from_str(&record.prepare().with(|record| line(&Json::profile(Profile::Ecs), record)))
            .expect("JSON");
    assert_eq!(document, &expected);
}

#[test]
fn every_vector_arrives_as_it_is() {
    for vector in vectors() {
        check(&vector.record);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_record_arrives_as_it_is(record in record()) {
        check(&record);
    }
}
