//! Elasticsearch's bulk API, by a receiver that takes what the API says and nothing else:
//! <https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-bulk>.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use kakashi_std::sinks::{self, ElasticsearchBulk, Http};
use kakashi_std::{clear_context, configure, fields, flush_timeout, get_logger, info, set_custom_context};
use kakashi_tests::harness::global_state::alone;
use kakashi_tests::harness::wait::eventually;
use serde_json::{Value, json};

use super::{flush_all, hold_batches, log_numbers, rejected, send, settled, stats_of};
use kakashi_tests::harness::http_receiver::{HttpReceiver, HttpReply, HttpRequest};

/// Reads a request as strictly as the API is written: an action, a document, an action, …
pub(crate) fn documents(request: &HttpRequest) -> Vec<(Option<String>, Value)> {
    assert_eq!(request.headers["content-type"], "application/x-ndjson");
    let lines = request.lines();
    assert_eq!(lines.len() % 2, 0);
    let documents = lines.chunks(2).map(|pair| {
        let action = pair[0].as_object().expect("an object");
        assert!(action.len() == 1 && action["create"].is_object(), "data streams take no other: {action:?}");
        assert!(pair[1]["@timestamp"].is_string(), "data streams want it: {}", pair[1]);
        (action["create"].get("_id").map(|id| id.as_str().expect("a string").to_owned()), pair[1].clone())
    });
    documents.collect()
}

/// What is in the index, by id.
type Stored = BTreeMap<String, Value>;

/// An index behind a receiver.
struct Index {
    receiver: HttpReceiver,
    stored: Arc<Mutex<Stored>>,
}

impl Index {
    /// Starts one that stores documents for which `status_of` says 201, and answers as `reply` says of
    /// the items.
    fn start(
        status_of: impl Fn(u64) -> u16 + Send + 'static,
        mut reply: impl FnMut(Value) -> HttpReply + Send + 'static,
    ) -> Self {
        let receiver = HttpReceiver::start();
        let stored: Arc<Mutex<Stored>> = Arc::default();
        let index = stored.clone();
        receiver.answer(move |request| {
            let mut stored = index.lock().expect("nobody panics");
            let items: Vec<_> = documents(request)
                .into_iter()
                .map(|(id, document)| {
                    let id = id.unwrap_or_else(|| format!("own-{}", stored.len()));
                    let status = match document["n"].as_u64() {
                        _ if stored.contains_key(&id) => 409,
                        Some(number) => status_of(number),
                        None => 201,
                    };
                    if status == 201 {
                        stored.insert(id, document);
                        return json!({"create": {"status": 201}});
                    }
                    let error = json!({"type": format!("error_{status}"), "reason": "failed to parse [n] \u{1b}[2J\n"});
                    json!({"create": {"status": status, "error": error}})
                })
                .collect();
            let errors = items.iter().any(|item| item["create"]["error"].is_object());
            reply(json!({"errors": errors, "items": items}))
        });
        Self { receiver, stored }
    }

    /// How often the document of a number was sent.
    fn sent(&self, number: u64) -> usize {
        let documents = self.receiver.taken().iter().flat_map(documents).collect::<Vec<_>>();
        documents.iter().filter(|(_, document)| document["n"] == number).count()
    }

    fn bulk(&self) -> Http {
        Http::elasticsearch(&self.receiver.url(), ElasticsearchBulk::new("logs-shop-test")).expect("a URL")
    }

    fn stored(&self) -> MutexGuard<'_, Stored> {
        self.stored.lock().expect("nobody panics")
    }

    /// The numbers that are stored; ids are in the order of records.
    fn numbers(&self) -> Vec<u64> {
        self.stored().values().filter_map(|document| document["n"].as_u64()).collect()
    }
}

fn whole(answer: Value) -> HttpReply {
    HttpReply::body(200, answer.to_string())
}

#[test]
fn a_record_is_a_document_of_the_common_schema_that_a_data_stream_takes() {
    let _alone = alone();
    let index = Index::start(|_| 201, whole);
    send(index.bulk().gzip());
    configure().service("shop", "1.4.2", "production").apply();
    set_custom_context(fields![trace_id = "4bf9"]);
    info!(get_logger("shop::orders"), "Order {id} paid", id = 42);
    clear_context();
    flush_all();
    let request = &index.receiver.taken()[0];
    assert_eq!(
        request.path,
        "/logs-shop-test/_bulk?filter_path=errors,items.*.status,items.*.error.type,items.*.error.reason"
    );
    let (id, document) = &documents(request)[0];
    assert!(id.is_some());
    for (key, value) in [
        ("message", "Order 42 paid"),
        ("log.level", "info"),
        ("log.logger", "shop::orders"),
        ("service.name", "shop"),
        ("service.version", "1.4.2"),
        ("trace.id", "4bf9"),
    ] {
        assert_eq!(document[key], value);
    }
    assert_eq!((document["id"].as_u64(), settled(&index.receiver)), (Some(42), (1, 0)));
}

#[test]
fn the_function_is_the_shortest_way() {
    let _alone = alone();
    let index = Index::start(|_| 201, whole);
    let destination = sinks::elasticsearch(&index.receiver.url(), "logs").expect("it makes sense");
    configure().reset().destination(destination).apply();
    log_numbers(0..3);
    flush_all();
    assert_eq!(index.numbers(), [0, 1, 2]);
}

#[test]
fn documents_that_are_refused_are_rejected_and_their_neighbours_are_not() {
    let _alone = alone();
    let index = Index::start(|n| if n % 10 == 3 { 400 } else { 201 }, whole);
    send(index.bulk());
    hold_batches();
    log_numbers(0..100);
    flush_all();
    assert!(index.numbers().into_iter().eq((0..100).filter(|n| n % 10 != 3)));
    assert_eq!((settled(&index.receiver), rejected(&index.receiver)), ((90, 10), 10));
    for n in 0..100 {
        assert_eq!(index.sent(n), 1, "{n} is not sent again");
    }
}

#[test]
fn documents_for_which_there_is_no_room_now_are_sent_again_alone() {
    let _alone = alone();
    for status in [429, 503, 403, 404] {
        let is_full = Arc::new(Mutex::new(true));
        let full = is_full.clone();
        let index = Index::start(
            move |n| if n % 3 == 1 && *full.lock().expect("nobody panics") { status } else { 201 },
            |answer| {
                let headers = vec![("retry-after", "0".to_owned())];
                HttpReply::Status(200, headers, answer.to_string().into_bytes())
            },
        );
        send(index.bulk());
        hold_batches();
        log_numbers(0..30);
        assert!(!flush_timeout(std::time::Duration::from_millis(50)).is_complete());
        // What stands before the first that is open is confirmed, what is behind it waits with it.
        assert!(eventually(|| stats_of(&index.receiver).written == 1), "{status}");
        assert!(eventually(|| index.receiver.calls() >= 3));
        for n in (0..30).filter(|n| n % 3 != 1) {
            assert!(index.sent(n) <= 1, "{n} has its place");
        }
        *is_full.lock().expect("nobody panics") = false;
        flush_all();
        assert!(index.numbers().into_iter().eq(0..30), "{status}");
        assert_eq!(settled(&index.receiver), (30, 0));
    }
}

#[test]
fn a_lost_answer_doubles_nothing() {
    let _alone = alone();
    let mut calls = 0;
    let index = Index::start(
        |_| 201,
        move |answer| {
            calls += 1;
            match calls {
                1 => HttpReply::Raw(Vec::new()),
                2 => HttpReply::body(200, &answer.to_string().into_bytes()[..20]),
                3 => HttpReply::Raw(b"HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n{\"errors\":".to_vec()),
                _ => whole(answer),
            }
        },
    );
    send(index.bulk());
    hold_batches();
    log_numbers(0..100);
    flush_all();
    assert!(index.numbers().into_iter().eq(0..100));
    assert_eq!((settled(&index.receiver), index.receiver.calls() >= 4), ((100, 0), true));
}

#[test]
fn identical_records_are_stored_each() {
    let _alone = alone();
    let index = Index::start(|_| 201, whole);
    send(index.bulk().encoder(Constant));
    hold_batches();
    (0..50).for_each(|_| log_numbers(0..1));
    flush_all();
    assert_eq!((index.stored().len(), settled(&index.receiver)), (50, (50, 0)));
}

/// A form in which all records are the same.
struct Constant;

impl kakashi_std::Encoder for Constant {
    fn encode(
        &self,
        _: &kakashi_std::LogRecord<'_>,
        _: &mut kakashi_std::EncoderCache,
        out: &mut kakashi_std::Output<'_>,
    ) {
        out.put(b"{\"@timestamp\":\"2026-11-30T00:00:00Z\"}\n");
    }
}

#[test]
fn answers_that_do_not_say_what_became_of_each_record_are_none() {
    let _alone = alone();
    let answers: [Vec<u8>; 8] = [
        b"<html>Please log in</html>".to_vec(),
        b"{}".to_vec(),
        format!("{{\"errors\":false,\"items\":[{}]}}", ["{\"create\":{\"status\":201}}"; 11].join(","))
            .into_bytes(),
        b"{\"errors\":true}".to_vec(),
        b"[".repeat(1_000_000),
        [b"{\"items\":[".to_vec(), b"{\"create\":{\"status\":201}},".repeat(200_000)].concat(),
        vec![b' '; 16 << 20],
        Vec::new(),
    ];
    for answer in answers {
        let index = Index::start(
            |_| 201,
            move |_| HttpReply::Status(200, vec![("retry-after", "0".into())], answer.clone()),
        );
        send(index.bulk());
        hold_batches();
        log_numbers(0..10);
        assert!(!flush_timeout(std::time::Duration::from_millis(20)).is_complete());
        assert!(eventually(|| index.receiver.calls() >= 2));
        let stats = stats_of(&index.receiver);
        assert_eq!((stats.written, stats.waiting, stats.dropped.total()), (0, 10, 0));
        // What was stored of those that were sent is there, by its id.
        index.receiver.answer(|request| {
            let items: Vec<_> =
                documents(request).iter().map(|_| json!({"create": {"status": 409}})).collect();
            whole(json!({"errors": true, "items": items}))
        });
        flush_all();
        assert_eq!(settled(&index.receiver), (10, 0));
    }
}

#[test]
fn an_answer_of_no_errors_may_leave_out_the_items() {
    let _alone = alone();
    let index = Index::start(|_| 201, |_| HttpReply::body(200, "{\"took\":3,\"errors\":false}"));
    send(index.bulk());
    log_numbers(0..10);
    flush_all();
    assert_eq!(settled(&index.receiver), (10, 0));
}

#[test]
fn ids_may_be_left_to_the_receiver() {
    let _alone = alone();
    let index = Index::start(|_| 201, whole);
    let bulk = ElasticsearchBulk::new("metrics").without_ids();
    send(Http::elasticsearch(&index.receiver.url(), bulk).expect("a URL"));
    log_numbers(0..10);
    flush_all();
    let requests = index.receiver.taken();
    assert!(requests.iter().flat_map(documents).all(|(id, _)| id.is_none()));
    assert_eq!(settled(&index.receiver), (10, 0));
}
