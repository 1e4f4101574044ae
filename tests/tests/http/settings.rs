//! Receivers over HTTP that a file of settings names.

use kakashi_std::{flush, stats_by_destination};
use kakashi_tests::harness::global_state::alone;
use kakashi_tests::harness::http_receiver::{HttpReceiver, HttpReply};
use kakashi_tests::harness::process::TestFolder;
use kakashi_tests::harness::settings_file::{assert_refused, set_up};
use kakashi_tests::harness::wait::eventually;

use super::log_numbers;

#[test]
fn a_table_of_json_lines_has_its_headers_its_form_and_its_compression() {
    let _alone = alone();
    let receiver = HttpReceiver::start();
    set_up(
        &receiver.url(),
        "http = { url = 'URL/logs', headers = { authorization = 'secret' }, gzip = true, timeout_millis = 5000, \
         request_bytes = 2048 }\nformat = 'datadog'\nname = 'lines'",
    );
    log_numbers(0..100);
    assert!(flush().is_complete());
    let requests = receiver.taken();
    assert!(requests.len() > 1, "of at most 2 KiB each");
    for request in &requests {
        assert_eq!(request.path, "/logs");
        assert_eq!(request.headers.get("authorization").map(String::as_str), Some("secret"));
        assert_eq!(request.headers.get("content-encoding").map(String::as_str), Some("gzip"));
        assert!(request.lines().iter().all(|line| line["status"].is_string()), "{:?}", request.lines());
    }
    assert!(stats_by_destination().iter().any(|stats| &*stats.name == "lines" && stats.written == 100));
}

#[test]
fn a_table_of_loki_has_its_labels_and_one_of_elasticsearch_its_index() {
    let _alone = alone();
    let receiver = HttpReceiver::start();
    set_up(
        &receiver.url(),
        "loki = { url = 'URL', labels = { env = 'test' }, logger_label = true, structured_metadata = ['n'] }\n\
         pattern = '{message} {fields}'",
    );
    log_numbers(0..1);
    flush();
    let request = receiver.taken().pop().expect("a request");
    assert_eq!(request.path, "/loki/api/v1/push");
    let body = String::from_utf8(request.body).unwrap();
    for part in [r#""env":"test""#, r#""logger":"sender""#, r#"{"n":"0"}"#, "\"Counted n=0"] {
        assert!(body.contains(part), "{part}: {body}");
    }
    let receiver = HttpReceiver::start();
    receiver.answer(|_| HttpReply::body(200, r#"{"errors":false,"items":[{"create":{"status":201}}]}"#));
    set_up(&receiver.url(), "elasticsearch = { url = 'URL', index = 'logs-shop', ids = false }");
    log_numbers(0..1);
    flush();
    let request = receiver.taken().pop().expect("a request");
    assert!(request.path.starts_with("/logs-shop/_bulk"), "{}", request.path);
    assert!(!String::from_utf8(request.body).unwrap().contains("_id"));
}

#[test]
fn a_table_with_a_disk_buffer_keeps_there_what_is_not_taken() {
    let _alone = alone();
    let folder = TestFolder::new();
    let mut receiver = HttpReceiver::start();
    receiver.kill();
    let buffer = folder.file("buffer");
    set_up(
        &receiver.url(),
        &format!("http = {{ url = 'URL', disk_buffer = {{ path = '{}' }} }}", buffer.display()),
    );
    log_numbers(0..10);
    assert!(flush().is_complete(), "it lies on the disk");
    let stats = super::stats_of(&receiver);
    assert_eq!((stats.on_disk, stats.written), (10, 0), "{stats}");
    receiver.start_again();
    assert!(eventually(|| super::stats_of(&receiver).written == 10));
}

#[test]
fn what_is_wrong_in_a_table_is_an_error_with_its_place_and_what_would_be_right() {
    assert_refused(&[
        ("http = { url = 'localhost' }", "2:8: HTTP receiver \"localhost\": it must be a URL such as"),
        ("http = {}", "2:8: missing field `url`"),
        ("http = { uri = 'x' }", "2:10: unknown field `uri`, expected one of `url`, `headers`, `gzip`,"),
        ("http = { url = 'http://h', index = 'x' }", "2:8: index and ids go with elasticsearch"),
        ("http = { url = 'http://h', labels = {} }", "2:8: labels, logger_label and structured_metadata go"),
        ("http = { url = 'http://h' }\nformat = 'text'", "2:8: HTTP encoder: it must write one line a"),
        ("loki = { url = 'http://h', labels = { 'a b' = 'x' } }", "2:8: label \"a b\": it must be letters,"),
        ("elasticsearch = { url = 'http://h' }", "2:17: elasticsearch needs index = \"name\""),
        ("elasticsearch = { url = 'http://h', index = 'A' }", "2:17: index \"A\": it must be 1 to 255"),
        ("http = { url = 'http://h', headers = { 'a b' = 'secret' } }", "2:8: HTTP header \"a b\":"),
        (
            "http = { url = 'https://h', client_key = 'k' }",
            "2:8: HTTP: the client key \"k\" has no certificate",
        ),
        ("http = { url = 'http://h', disk_buffer = { path = '/proc/x' } }", "2:8: "),
        ("http = { url = 'http://h' }\nrotate = {}", "1:1: only files are rotated"),
    ]);
}
