//! An OTLP receiver that a file of settings names.

use kakashi_std::flush;
use kakashi_tests::harness::global_state::alone;
use kakashi_tests::harness::process::TestFolder;
use kakashi_tests::harness::settings_file::{assert_refused, set_up};
use kakashi_tests::harness::wait::eventually;

use super::receiver::{Receiver, logs_of};
use super::{log_numbers, stats_of};

#[test]
fn a_table_has_its_headers_its_form_and_its_resource() {
    let _alone = alone();
    let receiver = Receiver::start();
    set_up(
        &receiver.url(),
        "otlp = { endpoint = 'URL', protocol = 'http/json', compression = 'gzip', timeout_millis = 5000, \
         headers = { authorization = 'secret' }, resource = { 'service.instance.id' = 'web-1' } }",
    );
    log_numbers(0..10);
    assert!(flush().is_complete());
    assert_eq!(receiver.numbers(), (0..10).collect::<Vec<_>>());
    for request in &receiver.taken() {
        let header = |name: &str| request.headers.get(name).map(String::as_str);
        assert_eq!(request.path, "/v1/logs");
        assert_eq!(header("content-type"), Some("application/json"));
        assert_eq!(header("content-encoding"), Some("gzip"));
        assert_eq!(header("authorization"), Some("secret"));
        let resource = logs_of(request).resource_logs.remove(0).resource.expect("a resource");
        assert!(resource.attributes.iter().any(|pair| pair.key == "service.instance.id"), "{resource:?}");
    }
}

#[test]
fn a_table_with_a_disk_buffer_keeps_there_what_is_not_taken() {
    let _alone = alone();
    let folder = TestFolder::new();
    let mut receiver = Receiver::start();
    receiver.kill();
    let buffer = folder.file("buffer");
    set_up(
        &receiver.url(),
        &format!("otlp = {{ endpoint = 'URL', disk_buffer = {{ path = '{}' }} }}", buffer.display()),
    );
    log_numbers(0..10);
    assert!(flush().is_complete(), "it lies on the disk");
    let stats = stats_of(&receiver);
    assert_eq!((stats.on_disk, stats.written), (10, 0), "{stats}");
    receiver.start_again();
    assert!(eventually(|| stats_of(&receiver).written == 10));
}

#[test]
fn what_is_wrong_in_a_table_is_an_error_with_its_place_and_what_would_be_right() {
    assert_refused(&[
        ("otlp = { endpoint = 'h:4318' }", "2:8: OTLP endpoint \"h:4318/v1/logs\": it must be a URL such as"),
        ("otlp = { url = 'x' }", "2:10: unknown field `url`, expected one of `endpoint`, `protocol`,"),
        ("otlp = { protocol = 'grpc' }", "2:8: OTLP protocol \"grpc\": it must be \"http/protobuf\" or"),
        ("otlp = { compression = 'zip' }", "2:8: OTLP compression \"zip\": it must be \"gzip\" or"),
        ("otlp = { headers = { 'a b' = 'secret' } }", "2:8: OTLP header \"a b\":"),
        (
            "otlp = { ca_certificate = '/none.pem' }",
            "2:8: OTLP: the CA certificate \"/none.pem\" can't be read:",
        ),
        ("otlp = {}\nformat = 'json'", "1:1: records for OpenTelemetry have a form of their own"),
    ]);
}
