//! What requests of JSON lines are.

use kakashi_std::sinks::http;
use kakashi_std::{
    Json, LogRecord, Profile, clear_context, configure, fields, get_logger, info, set_custom_context,
};
use kakashi_tests::harness::global_state::alone;

use super::{flush_all, hold_batches, lines, log_numbers, send, settled};
use kakashi_tests::harness::http_receiver::{HttpReceiver, HttpRequest};

#[test]
fn a_batch_is_a_request_of_json_lines_with_the_headers_that_were_chosen() {
    let _alone = alone();
    for is_gzip in [false, true] {
        let receiver = HttpReceiver::start();
        let http = lines(&receiver).header("authorization", "Bearer 4711").header("x-tenant", "blue");
        send(if is_gzip { http.gzip() } else { http });
        hold_batches();
        log_numbers(0..100);
        flush_all();
        for request in receiver.taken() {
            let headers = &request.headers;
            assert_eq!((&*request.path, &*headers["content-type"]), ("/", "application/x-ndjson"));
            assert_eq!((&*headers["authorization"], &*headers["x-tenant"]), ("Bearer 4711", "blue"));
            assert!(headers["user-agent"].starts_with("kakashi/"));
            assert_eq!(headers.contains_key("content-encoding"), is_gzip);
            assert!(request.lines().iter().all(|line| line["message"] == "Counted"));
        }
        assert!(receiver.numbers().into_iter().eq(0..100));
        assert_eq!(settled(&receiver), (100, 0));
    }
}

#[test]
fn lines_have_the_profile_that_was_chosen() {
    let _alone = alone();
    for (profile, message, level) in [
        (Profile::Plain, "/message", "/level"),
        (Profile::Ecs, "/message", "/log.level"),
        (Profile::Gcp, "/message", "/severity"),
        (Profile::Datadog, "/message", "/status"),
        (Profile::OpenTelemetry, "/Body", "/SeverityText"),
        (Profile::Pino, "/msg", "/level"),
        (Profile::Bunyan, "/msg", "/level"),
    ] {
        let receiver = HttpReceiver::start();
        send(lines(&receiver).encoder(Json::profile(profile)));
        info!(get_logger("shop"), "Order {id} paid", id = 42);
        flush_all();
        let lines = receiver.taken()[0].lines();
        assert_eq!(lines[0].pointer(message).expect("a message"), "Order 42 paid", "{profile:?}");
        assert!(lines[0].pointer(level).is_some(), "{profile:?}");
    }
}

#[test]
fn a_content_type_of_ones_own_replaces_the_usual_one() {
    let _alone = alone();
    let receiver = HttpReceiver::start();
    send(lines(&receiver).header("Content-Type", "text/plain"));
    log_numbers(0..1);
    flush_all();
    assert_eq!(receiver.taken()[0].headers["content-type"], "text/plain");
}

#[test]
fn a_user_and_a_password_in_the_url_are_basic_authentication() {
    let _alone = alone();
    let receiver = HttpReceiver::start();
    let url = receiver.url().replace("http://", "http://martin:secret@") + "/in?source=shop";
    configure().reset().destination(http(&url).expect("a URL")).apply();
    log_numbers(0..1);
    flush_all();
    let request = &receiver.taken()[0];
    assert_eq!(request.headers["authorization"], "Basic bWFydGluOnNlY3JldA==");
    assert_eq!(request.path, "/in?source=shop");
}

#[test]
fn requests_have_no_more_bytes_than_was_chosen_and_a_larger_record_is_rejected() {
    let _alone = alone();
    let receiver = HttpReceiver::start();
    send(lines(&receiver).request_bytes(4096));
    hold_batches();
    let large = "x".repeat(5000);
    log_numbers(0..200);
    info!(get_logger("sender"), "{large}", large);
    log_numbers(200..400);
    flush_all();
    assert!(receiver.numbers().into_iter().eq(0..400));
    assert!(receiver.answered().iter().all(|(bytes, _)| *bytes <= 4096), "{:?}", receiver.answered());
    assert_eq!(settled(&receiver), (400, 1));
}

#[test]
fn a_context_is_among_the_fields() {
    let _alone = alone();
    let receiver = HttpReceiver::start();
    send(lines(&receiver));
    set_custom_context(fields![tenant = "blue\u{2028}\"", n = 7]);
    info!(get_logger("shop"), "Paid");
    clear_context();
    flush_all();
    let lines = receiver.taken()[0].lines();
    assert_eq!((&lines[0]["tenant"], &lines[0]["n"]), (&"blue\u{2028}\"".into(), &7.into()));
}

/// A form of one's own that panics for some records and puts others over several lines.
struct Odd;

impl kakashi_std::Encoder for Odd {
    fn encode(
        &self,
        record: &LogRecord<'_>,
        cache: &mut kakashi_std::EncoderCache,
        out: &mut kakashi_std::Output<'_>,
    ) {
        let number = record.field("n").map(|value| format!("{value:?}"));
        assert!(number.as_deref() != Some("U64(13)"), "no such record");
        out.put(b"{\n\"pretty\":\r\n");
        Json::new().encode(record, cache, out);
        out.put(b"}\r\n");
    }
}

#[test]
fn a_form_of_ones_own_that_panics_costs_its_record_and_one_of_many_lines_is_one_line() {
    let _alone = alone();
    let receiver = HttpReceiver::start();
    send(lines(&receiver).encoder(Odd));
    hold_batches();
    log_numbers(0..20);
    flush_all();
    let lines: Vec<_> = receiver.taken().iter().flat_map(HttpRequest::lines).collect();
    assert!(lines.iter().all(|line| line["pretty"]["message"].is_string()));
    let counted = lines.iter().filter(|line| line["pretty"]["message"] == "Counted").count();
    assert_eq!((counted, settled(&receiver)), (19, (19, 1)));
}
