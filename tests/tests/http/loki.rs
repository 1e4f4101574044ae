//! Grafana Loki's push API, by a receiver that takes what the API says and nothing else:
//! <https://grafana.com/docs/loki/latest/reference/loki-http-api/#ingest-logs>.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use kakashi_std::sinks::{self, Http, LokiStreams};
use kakashi_std::{
    Logfmt, clear_context, configure, error, fields, get_logger, info, set_custom_context, warning,
};
use kakashi_tests::harness::global_state::alone;
use serde_json::Value;

use super::{flush_all, hold_batches, log_numbers, rejected, send, settled};
use kakashi_tests::harness::http_receiver::{HttpReceiver, HttpReply, HttpRequest};

/// A line as Loki stores it.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Entry {
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) nanos: u64,
    pub(crate) line: String,
    pub(crate) metadata: BTreeMap<String, String>,
}

fn strings(value: &Value) -> BTreeMap<String, String> {
    let object = value.as_object().expect("an object");
    let text = |value: &Value| value.as_str().expect("a string").to_owned();
    object.iter().map(|(key, value)| (key.clone(), text(value))).collect()
}

fn is_label(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && chars.all(|char| char.is_ascii_alphanumeric() || char == '_')
}

/// Reads a push as strictly as the API is written.
pub(crate) fn entries(request: &HttpRequest) -> Vec<Entry> {
    assert_eq!(
        (&*request.path, &*request.headers["content-type"]),
        ("/loki/api/v1/push", "application/json")
    );
    let body: Value = serde_json::from_slice(&request.body).expect("it is JSON");
    let keys: Vec<_> = body.as_object().expect("an object").keys().collect();
    assert_eq!(keys, ["streams"]);
    let mut entries = Vec::new();
    for stream in body["streams"].as_array().expect("a list") {
        let labels = strings(&stream["stream"]);
        assert!(!labels.is_empty() && labels.keys().all(|name| is_label(name)), "{labels:?}");
        let values = stream["values"].as_array().expect("a list");
        assert!(!values.is_empty());
        for value in values {
            let value = value.as_array().expect("a list");
            assert!((2..=3).contains(&value.len()));
            let metadata = value.get(2).map(strings).unwrap_or_default();
            assert!(metadata.keys().all(|name| is_label(name)), "{metadata:?}");
            entries.push(Entry {
                labels: labels.clone(),
                nanos: value[0].as_str().expect("a string").parse().expect("nanoseconds"),
                line: value[1].as_str().expect("a string").to_owned(),
                metadata,
            });
        }
    }
    entries
}

fn taken(receiver: &HttpReceiver) -> Vec<Entry> {
    receiver.taken().iter().flat_map(entries).collect()
}

fn number(entry: &Entry) -> Option<u64> {
    serde_json::from_str::<Value>(&entry.line).ok()?["n"].as_u64()
}

fn loki(receiver: &HttpReceiver, streams: LokiStreams) -> Http {
    Http::loki(&receiver.url(), streams).expect("it makes sense")
}

fn labels(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn a_record_is_a_line_in_the_stream_of_its_labels() {
    let _alone = alone();
    let receiver = HttpReceiver::start();
    receiver.answer(|_| HttpReply::body(204, ""));
    let streams = LokiStreams::new()
        .label("env", "no")
        .label("env", "pro\"duction\n")
        .logger_label()
        .structured_metadata(["trace.id", "order_id", "items", "absent"]);
    send(loki(&receiver, streams).header("x-scope-orgid", "tenant-1"));
    hold_batches();
    configure().service("shop", "1.4.2", "production").apply();
    let before = std::time::SystemTime::UNIX_EPOCH.elapsed().expect("after 1970").as_nanos();
    set_custom_context(fields!["trace.id" = "4bf9"]);
    info!(get_logger("shop::orders"), "Order {order_id} paid", order_id = 42, items = ["a\"", "b"]);
    clear_context();
    info!(get_logger("shop::orders"), "Packed");
    error!(get_logger("shop::stock"), "Empty");
    flush_all();
    let entries = taken(&receiver);
    assert_eq!(receiver.taken()[0].headers["x-scope-orgid"], "tenant-1");
    let base = [("env", "pro\"duction\n"), ("service_name", "shop")];
    let of = |level, logger| labels(&[base[0], base[1], ("level", level), ("logger", logger)]);
    assert_eq!(entries.len(), 3);
    for (entry, expected) in entries.iter().zip([
        of("info", "shop::orders"),
        of("info", "shop::orders"),
        of("error", "shop::stock"),
    ]) {
        assert_eq!(entry.labels, expected);
        assert!(u128::from(entry.nanos).abs_diff(before) < 60_000_000_000);
    }
    let line: Value = serde_json::from_str(&entries[0].line).expect("it is JSON");
    assert_eq!((&line["message"], &line["order_id"]), (&"Order 42 paid".into(), &42.into()));
    let metadata = labels(&[("trace_id", "4bf9"), ("order_id", "42"), ("items", r#"["a\"","b"]"#)]);
    assert_eq!((&entries[0].metadata, entries[1].metadata.len()), (&metadata, 0));
    assert_eq!(settled(&receiver), (3, 0));
}

#[test]
fn the_function_is_the_shortest_way_and_needs_no_path() {
    let _alone = alone();
    let receiver = HttpReceiver::start();
    configure().reset().destination(sinks::loki(&receiver.url()).expect("a URL")).apply();
    warning!(get_logger("short"), "Sent");
    flush_all();
    assert_eq!(taken(&receiver)[0].labels, labels(&[("level", "warning")]));
}

#[test]
fn a_line_may_have_any_form() {
    let _alone = alone();
    let receiver = HttpReceiver::start();
    send(loki(&receiver, LokiStreams::new()).encoder(Logfmt).gzip());
    info!(get_logger("shop"), "Two\nlines", id = 7);
    flush_all();
    let entries = taken(&receiver);
    assert!(entries[0].line.contains("id=7") && !entries[0].line.contains('\n'), "{}", entries[0].line);
}

#[test]
fn what_loki_says_it_has_ignored_is_rejected_and_the_rest_is_written() {
    let _alone = alone();
    let receiver = HttpReceiver::start();
    let sent: Arc<Mutex<Vec<u64>>> = Arc::default();
    let seen = sent.clone();
    receiver.answer(move |request| {
        let numbers: Vec<_> = entries(request).iter().filter_map(number).collect();
        let (all, late) = (entries(request).len(), numbers.iter().filter(|n| **n < 30).count());
        seen.lock().expect("nobody panics").extend(numbers);
        // Two streams of one push.
        let text = |ignored: usize| {
            format!(
                "entry with timestamp 2024-05-06 15:58:50 +0000 UTC ignored, reason: 'entry too far behind, oldest acceptable timestamp is: 2024-05-07T10:25:30Z',\nuser 'fake', total ignored: {ignored} out of {all} for stream: {{level=\"info\"}}\n"
            )
        };
        if late == 0 { HttpReply::body(204, "") } else { HttpReply::body(400, text(late - late / 3) + &text(late / 3)) }
    });
    send(loki(&receiver, LokiStreams::new()));
    hold_batches();
    log_numbers(0..100);
    flush_all();
    assert_eq!((settled(&receiver), rejected(&receiver)), ((70, 30), 30));
    assert!(sent.lock().expect("nobody panics").iter().copied().eq(0..100), "nothing is sent again");
}

#[test]
fn a_line_that_loki_refuses_without_a_number_is_found() {
    let _alone = alone();
    let receiver = HttpReceiver::start();
    receiver.answer(|request| match entries(request).iter().any(|entry| entry.line.len() > 1000) {
        true => HttpReply::body(400, "Max entry size '1000' bytes exceeded for stream '{level=\"info\"}'"),
        false => HttpReply::body(204, ""),
    });
    send(loki(&receiver, LokiStreams::new()));
    hold_batches();
    log_numbers(0..50);
    info!(get_logger("sender"), "Large", text = "x".repeat(2000));
    log_numbers(50..100);
    flush_all();
    let numbers: Vec<_> = taken(&receiver).iter().filter_map(number).collect();
    assert!(numbers.into_iter().eq(0..100));
    assert_eq!((settled(&receiver), rejected(&receiver)), ((100, 1), 1));
}

#[test]
fn a_rate_limit_is_waited_for() {
    let _alone = alone();
    let receiver = HttpReceiver::start();
    let mut calls = 0;
    receiver.answer(move |_| {
        calls += 1;
        if calls < 4 {
            HttpReply::body(429, "Ingestion rate limit exceeded for user fake")
        } else {
            HttpReply::body(204, "")
        }
    });
    send(loki(&receiver, LokiStreams::new()));
    hold_batches();
    log_numbers(0..100);
    flush_all();
    assert_eq!((taken(&receiver).len(), settled(&receiver)), (100, (100, 0)));
}
